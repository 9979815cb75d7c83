"""What stands in the rows: extensions without calls, keys twice, the company's sides."""

from collections import Counter
from functools import lru_cache

from source_8x8_work_analytics.doctor.account import (
    EXTENSIONS,
    HOUR,
    busiest_day,
    day_report,
    failures,
    main_pbx,
    week_report,
)
from source_8x8_work_analytics.doctor.model import Answer, Answers, Outcome, Request, compared, unknown
from source_8x8_work_analytics.doctor.questions.reasons import nothing_to_ask
from source_8x8_work_analytics.doctor.rows import is_zero, number
from source_8x8_work_analytics.doctor.samples import moments_of, week_calls
from source_8x8_work_analytics.doctor.streams import CALLS, report, streams
from source_8x8_work_analytics.windows.calendar import start_of_day

REPORTS = (EXTENSIONS, "company_summary", "ring_group_summary", "ring_group_member_summary", *CALLS)
SIDES = ("external", "internal")


def zero_rows_requests(answers: Answers) -> list[Request]:
    """Return the busiest day of the week, and its quietest hour."""
    pbx, day = main_pbx(answers), busiest_day(answers)
    if pbx is None or day is None or nothing_to_ask(answers):
        return []
    page = week_calls(answers, "call_records")
    if page and page not in answers.by_request:
        return [page]
    hour = _quiet_hour(answers)
    zone = answers.settings.time_zone
    quiet = report(EXTENSIONS, pbx, f"{day} {hour:02}:00:00", f"{day} {hour:02}:59:59", zone)
    return [day_report(answers, pbx, day), quiet]


def _quiet_hour(answers: Answers) -> int:
    """Return the hour of the busiest day with the fewest calls in the page of records, 3 o'clock first."""
    day, page = busiest_day(answers), week_calls(answers, "call_records")
    if day is None or page is None:
        return 3
    return _hour_with_fewest(answers.get(page), start_of_day(day, answers.settings.time_zone).timestamp())


@lru_cache(maxsize=4)
def _hour_with_fewest(page: Answer, midnight: float) -> int:
    counts: Counter[int] = Counter(
        int((moment / 1000 - midnight) // HOUR.total_seconds())
        for row in page.rows
        for moment in moments_of(row).values()
    )
    hours: list[int] = [3, *range(24)]
    return min(hours, key=lambda hour: counts[hour])


def zero_rows(answers: Answers) -> Outcome:
    """Return whether extensions without calls are listed."""
    requests = zero_rows_requests(answers)
    if reason := nothing_to_ask(answers):
        return unknown("no", reason)
    if len(requests) < 2:
        return unknown("no", f"not asked: {answers.stopped}")
    if problems := failures(answers, requests):
        return unknown("no", problems)
    day, quiet = (answers.get(request).rows for request in requests)
    zeros = sum(is_zero(row) for row in [*day, *quiet])
    evidence = f"{len(day):,} rows for a day, {len(quiet):,} for its quietest hour, {zeros:,} of them zeros"
    if not zeros and len(quiet) >= len(day):
        return unknown("no", f"{evidence}: no hour of the day was quiet enough to tell")
    advice = "Nothing is wrong; leave out rows without calls when you average over extensions."
    return compared("no", "yes" if zeros else "no", evidence, advice)


def one_row_per_key(answers: Answers) -> Outcome:
    """Return whether a report holds a key twice, in all reports that were read."""
    repeated: Counter[str] = Counter()
    reports: Counter[str] = Counter()
    for request, answer in answers.by_request.items():
        if request.stream not in REPORTS or not answer.rows:
            continue
        names = streams()[request.stream].key
        keys = Counter(tuple(str(row.get(name)).casefold() for name in names) for row in answer.rows)
        reports[request.stream] += 1
        repeated[request.stream] += sum(count - 1 for count in keys.values())
    if not reports:
        return unknown("no", nothing_to_ask(answers) or "no report with rows was read")
    evidence = ", ".join(
        f"{stream}: {repeated[stream]:,} in {reports[stream]:,}" for stream in REPORTS if reports[stream]
    )
    by_stream = {name: [asked for asked in answers.by_request if asked.stream == name] for name in REPORTS}
    refused = [name for name in REPORTS if not reports[name] and failures(answers, by_stream[name])]
    if refused and not +repeated:
        return unknown("no", f"{', '.join(refused)} could not be read; rows that repeat a key: {evidence}")
    return compared(
        "no",
        "yes" if +repeated else "no",
        f"rows that repeat a key, and reports read: {evidence}",
        "Rows of the same key replace each other in a deduplicated table, so sums are too low. Report this.",
    )


def company_requests(answers: Answers) -> list[Request]:
    """Return the company summary of the week."""
    pbx = main_pbx(answers)
    return [week_report(answers, "company_summary", pbx)] if pbx else []


def company_sides(answers: Answers) -> Outcome:
    """Return whether the counts by side are filled. The connector passes on either."""
    assumed = "either"
    if reason := nothing_to_ask(answers) or failures(answers, company_requests(answers)):
        return unknown(assumed, reason)
    rows = answers.get(company_requests(answers)[0]).rows
    if not any(number(row.get("totalCall")) for row in rows):
        return unknown(assumed, "the company summary of the week counts no calls")
    filled = {name for row in rows for name, value in row.items() if name.startswith(SIDES) and number(value)}
    evidence = f"{len(filled)} of the {'… and '.join(SIDES)}… fields are not 0 over the week"
    if filled:
        return Outcome(assumed, "yes", "holds", evidence)
    advice = "Take calls by side from extension_summary: here these fields are always 0."
    return Outcome(assumed, "no", "holds", evidence, advice)
