"""Which moment of a call decides its window, and whether a window covers its last second."""

from source_8x8_work_analytics.doctor.account import EXTENSIONS, failures
from source_8x8_work_analytics.doctor.model import Answers, Outcome, Request, compared, unknown
from source_8x8_work_analytics.doctor.moments import (
    NOT_INCLUSIVE,
    around,
    deciding,
    end_requests,
    ends,
)
from source_8x8_work_analytics.doctor.questions.reasons import nothing_to_ask
from source_8x8_work_analytics.doctor.samples import MOMENTS, sample_of, week_calls

TRIED = ("call_legs", "call_records", EXTENSIONS)
NO_SAMPLE = (
    "no answered call of one leg among the newest of the week whose start, connect and disconnect lie far "
    "enough apart"
)
COARSE = "windows of a few seconds are not kept to the second"
NEXT_MIDNIGHT = (
    'Set "window_end": "next_midnight" in the configuration, or calls of that second are lost. Airbyte hides '
    "it in its form: set it through Airbyte's API."
)
LATE_CALLS = (
    "Nothing is lost as long as lookback_days is at least 1: a call that lasts past midnight is added to the "
    "day before, and its report_date is that day."
)
MOVED_CALLS = "The report_date of a call that lasts past midnight is another day than assumed. Report this."


def time_requests(answers: Answers) -> list[Request]:
    """Return the requests that tell both, for records, legs and the extension summary."""
    pages = [page for stream in ("call_legs", "call_records") if (page := week_calls(answers, stream))]
    return [*pages, *(request for stream in TRIED for request in end_requests(answers, stream))]


def end_time(answers: Answers) -> Outcome:
    """Return how far an `endTime` reaches."""
    seen = {stream: word for stream in TRIED if (word := ends(answers, stream))}
    if not seen:
        return unknown("inclusive", _why_not(answers, TRIED[0]) or COARSE)
    evidence = ", ".join(f"{stream}: {word}" for stream, word in seen.items())
    untold = [stream for stream in TRIED if stream not in seen]
    if untold:
        evidence += f"; not told for {', '.join(untold)}"
    contradicting = [word for word in seen.values() if word != "inclusive"]
    word = min(contradicting, key=lambda word: word == NOT_INCLUSIVE, default="inclusive")
    if word == NOT_INCLUSIVE:
        word = "exclusive"
        evidence += '; it may be "to the millisecond": no call at a whole second was found to tell'
    return compared("inclusive", word, evidence, NEXT_MIDNIGHT)


def call_records_time(answers: Answers) -> Outcome:
    """Return the moment that decides the window of a call record."""
    return _time(answers, "call_records")


def call_legs_time(answers: Answers) -> Outcome:
    """Return the moment that decides the window of a call leg."""
    return _time(answers, "call_legs")


def _time(answers: Answers, stream: str) -> Outcome:
    if reason := _why_not(answers, stream):
        return unknown("disconnect", reason)
    moments = deciding(answers, stream)
    evidence = f"one call, looked for in windows of 4 seconds around {', '.join(MOMENTS)}"
    advice = LATE_CALLS if moments == ["start"] or moments == ["connect"] else MOVED_CALLS
    return compared("disconnect", " and ".join(moments), evidence, advice)


def _why_not(answers: Answers, stream: str) -> str:
    """Return why the deciding moment is not known; empty if it is."""
    if reason := nothing_to_ask(answers):
        return reason
    page = week_calls(answers, "call_legs" if stream == "call_legs" else "call_records")
    if page and (problem := answers.get(page).problem):
        return problem
    sample = sample_of(answers, stream)
    if sample is None:
        return NO_SAMPLE
    if problems := failures(answers, around(answers, stream, sample).values()):
        return problems
    if not deciding(answers, stream):
        return "the call is reported in none of the windows around its start, connect and disconnect"
    return ""
