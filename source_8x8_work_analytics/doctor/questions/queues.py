"""How the newer queue and agent reports read dates and durations.

All of them are asked for one UTC day: whether a server keeps the instants or only the dates, it is the same
day. See https://developer.8x8.com/analytics/docs for the endpoints.
"""

from datetime import datetime, time, timedelta, timezone
from statistics import median

import pendulum

from source_8x8_work_analytics.doctor.account import busiest_day, main_pbx, opaque_id, week_report
from source_8x8_work_analytics.doctor.model import Answers, Outcome, Request, Row, compared, unknown
from source_8x8_work_analytics.doctor.questions.reasons import nothing_to_ask
from source_8x8_work_analytics.doctor.rows import number
from source_8x8_work_analytics.doctor.streams import of_pbx
from source_8x8_work_analytics.settings import ALL_PBXES

QUEUES, QUEUE_AGENTS = "call-queue-metrics", "queue-agent-activity"
AGENTS, CALLS = "agent-activity", "calls"
QUEUE_STREAMS = {
    "call_queue_summary": QUEUES,
    "call_queue_agent_summary": QUEUE_AGENTS,
    "agent_summary": AGENTS,
    "queue_calls": CALLS,
}
RING_GROUP_AGENTS = "ring-group-agent-activity"

DAY_SECONDS = 86_400
LONGEST_AVERAGE = 3_600
"""No average call lasts an hour: a greater number is milliseconds."""
SOON = 0.05
"""How far two halves and a whole may be apart, as a share: a call may be counted in both halves."""

ENTRIES = (
    ("acceptedCalls",),
    ("abandonedInWaitingCalls",),
    ("abandonedInHandlingCalls",),
    ("missedCalls",),
    ("divertedCalls", "diverted"),
)
"""What becomes of a call that entered a queue, each with its spellings."""


def queue_day(answers: Answers) -> pendulum.Date | None:
    """Return the UTC day that is asked for."""
    return busiest_day(answers)


def queue_request(answers: Answers, endpoint: str, first: int = 0, last: int = 24) -> Request | None:
    """Return the request for a report of the main PBX, from one hour of the UTC day to before another."""
    day, pbx = queue_day(answers), main_pbx(answers)
    key = opaque_id(answers, pbx) if pbx and pbx != ALL_PBXES else ""
    if day is None or not key:
        return None
    midnight = datetime.combine(day, time(), timezone.utc)
    start, end = midnight + timedelta(hours=first), midnight + timedelta(hours=last, seconds=-1)
    params = {"startDate": f"{start:%Y-%m-%dT%H:%M:%S}Z", "endDate": f"{end:%Y-%m-%dT%H:%M:%S}Z"}
    if endpoint == CALLS:
        params |= {"limit": "100", "sortingField": "callId", "sortingDirection": "ASC"}
    elif endpoint != RING_GROUP_AGENTS:
        params |= {"includeSummary": "false"}
    return of_pbx(endpoint, key, **params)


def _ring_group_request(answers: Answers) -> Request | None:
    """Return the request for the log-in times of one ring group's members, from midnight to midnight."""
    request, pbx = queue_request(answers, RING_GROUP_AGENTS), main_pbx(answers)
    rows = answers.get(week_report(answers, "ring_group_summary", pbx)).rows if pbx else []
    if request is None or not rows:
        return None
    day = queue_day(answers) or answers.today
    params = {"startDate": f"{day}T00:00:00Z", "endDate": f"{day.add(days=1)}T00:00:00Z"}
    extension = rows[0].get("extension")
    return Request(RING_GROUP_AGENTS, f"{request.path}/by-extension/{extension}", tuple(params.items()))


def _present(*requests: Request | None) -> list[Request]:
    return [request for request in requests if request]


def window_requests(answers: Answers) -> list[Request]:
    """Return the requests that show whether instants or whole days are read."""
    return _present(
        queue_request(answers, QUEUES),
        queue_request(answers, QUEUES, 0, 12),
        queue_request(answers, QUEUES, 12, 24),
        _ring_group_request(answers),
    )


def queue_window(answers: Answers) -> Outcome:
    """Tell instants from whole days: by the halves of a day, and by the times logged in and out."""
    assumed = "instants"
    if reason := _not_asked(answers, QUEUES):
        return unknown(assumed, reason)
    whole, *halves = (
        answers.get(request)
        for request in _present(*(queue_request(answers, QUEUES, *h) for h in ((0, 24), (0, 12), (12, 24))))
    )
    if problem := next((answer.problem for answer in halves if answer.problem), ""):
        return unknown(assumed, f"half a day of {QUEUES}: {problem}")
    entered, parts = _entered(whole.rows), [_entered(half.rows) for half in halves]
    by_halves = ""
    if entered and parts == [entered, entered]:
        by_halves = "whole days"
    elif entered and abs(sum(parts) - entered) <= max(2, SOON * entered):
        by_halves = "instants"
    by_logins = _read_by_logins(answers)
    evidence = f"the halves of a day count {parts[0]:,.0f} and {parts[1]:,.0f} calls, the day {entered:,.0f}"
    if by_logins:
        evidence += f"; the times logged in and out of a ring group say {by_logins}"
    seen = {by_halves, by_logins} - {""}
    if len(seen) != 1:
        return unknown(assumed, evidence)
    advice = "Leave the queue and agent streams out: their days are not local days. Report this."
    return compared(assumed, seen.pop(), evidence, advice)


def _read_by_logins(answers: Answers) -> str:
    """Return what the log-in and log-out times of a day add up to; empty if it is neither reading."""
    request = _ring_group_request(answers)
    rows = answers.get(request).rows if request else []
    sums = [
        (number(_metrics(row).get("loggedInDuration")) or 0)
        + (number(_metrics(row).get("loggedOutDuration")) or 0)
        for row in rows
    ]
    if sums and all(abs(total - 1000 * DAY_SECONDS) <= 2000 for total in sums):
        return "instants"
    if sums and all(abs(total - 2000 * DAY_SECONDS) <= 2000 for total in sums):
        return "whole days"
    return ""


def units_requests(answers: Answers) -> list[Request]:
    """Return the requests for durations."""
    return _present(*(queue_request(answers, endpoint) for endpoint in QUEUE_STREAMS.values()))


def queue_units(answers: Answers) -> Outcome:
    """Tell seconds from milliseconds, for each report."""
    assumed = "seconds"
    reasons = [_not_asked(answers, endpoint) for endpoint in QUEUE_STREAMS.values()]
    if all(reasons):
        return unknown(assumed, reasons[0])
    read = {}
    for endpoint in QUEUE_STREAMS.values():
        request = queue_request(answers, endpoint)
        rows = answers.get(request).rows if request else []
        unit = _unit_of_calls(rows) if endpoint == CALLS else _unit(rows)
        if unit:
            read[endpoint] = unit
    if not read:
        return unknown(assumed, "no report has a duration that is only plausible in one unit")
    evidence = "; ".join(f"{endpoint}: {unit}" for endpoint, unit in read.items())
    seen = "milliseconds" if "milliseconds" in read.values() else "seconds"
    advice = "Syncs of these streams fail rather than store wrong durations. Report this."
    return compared(assumed, seen, evidence, advice)


def _unit(rows: list[Row]) -> str:
    """Return the unit of totals, longest times and averages; empty if there are none to tell by."""
    averages, longest = [], []
    for metrics in map(_metrics, rows):
        for name, value in metrics.items():
            seconds = number(value)
            if not seconds or "ongoing" in name.lower() or name.endswith(("StatusTime", "Percentage")):
                continue
            if name.startswith(("average", "agentAverage")):
                averages.append(seconds)
            elif name.startswith("longest") or name in ("agentTotalTalkTime", "totalInteractionTime"):
                longest.append(seconds)
    if max(longest, default=0) > DAY_SECONDS or max(averages, default=0) > LONGEST_AVERAGE:
        return "milliseconds"
    if averages or longest:
        return "seconds"
    return ""


def _unit_of_calls(rows: list[Row]) -> str:
    """Return the unit in which a call's duration agrees with its start and stop, which are milliseconds."""
    ratios = []
    for row in rows:
        span = (number(row.get("stopTime")) or 0) - (number(row.get("startTime")) or 0)
        total = number(row.get("totalDuration")) or 0
        if span > 1000 and total > 0:
            ratios.append(span / total)
    if not ratios:
        return ""
    middle = median(ratios)
    if 500 < middle < 2000:
        return "seconds"
    return "milliseconds" if 0.5 < middle < 2 else ""


def identity_requests(answers: Answers) -> list[Request]:
    """Return the request for the counts of a day."""
    return _present(queue_request(answers, QUEUES))


def queue_identity(answers: Answers) -> Outcome:
    """Return whether the counts of each queue add up to the calls that entered it."""
    assumed = "equal"
    if reason := _not_asked(answers, QUEUES):
        return unknown(assumed, reason)
    request = queue_request(answers, QUEUES)
    rows = answers.get(request).rows if request else []
    off, checked, absent = 0, 0, set()
    for metrics in map(_metrics, rows):
        entered = number(metrics.get("enteredCalls"))
        found = [next((number(metrics[n]) for n in names if n in metrics), None) for names in ENTRIES]
        absent |= {names[0] for names, value in zip(ENTRIES, found, strict=True) if value is None}
        if not entered or None in found:
            continue
        checked += 1
        ended = sum(value or 0 for value in found)
        off += ended not in (entered, entered - (number(metrics.get("activeCalls")) or 0))
    if not checked:
        missing = f"; never sent: {', '.join(sorted(absent))}" if absent else ""
        return unknown(assumed, f"no queue with calls and all counts on that day{missing}")
    evidence = f"{checked - off} of {checked} queues with calls add up"
    advice = "Do not add up these counts; take each as it is. Report this."
    return compared(assumed, "different" if off else "equal", evidence, advice)


def _metrics(row: Row) -> Row:
    metrics = row.get("metrics")
    return metrics if isinstance(metrics, dict) else {}


def _entered(rows: list[Row]) -> float:
    return sum(number(_metrics(row).get("enteredCalls")) or 0 for row in rows)


def _not_asked(answers: Answers, endpoint: str) -> str:
    """Return why a report has no answer; empty if it has one."""
    if reason := nothing_to_ask(answers):
        return reason
    request = queue_request(answers, endpoint)
    if request is None:
        return "the list of PBXs does not have this PBX, so its id is not known"
    answer = answers.get(request)
    if answer.problem:
        return f"{endpoint}: {answer.problem}"
    return "" if answer.rows else f"{endpoint}: no rows on that day"
