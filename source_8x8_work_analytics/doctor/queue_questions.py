"""How the newer queue and agent reports read dates and durations.

All of them are requested for one UTC day: whether a server keeps the instants or only the dates, it is the
same day. Source: https://developer.8x8.com/analytics/docs/work-analytics-queue-agent-reports
"""

from datetime import datetime, time, timedelta, timezone
from statistics import median

from source_8x8_work_analytics.doctor.findings import REPORT_THIS, Outcome, Question
from source_8x8_work_analytics.doctor.observations import (
    GROUPS,
    QUEUE_CALLS,
    SECOND,
    Observations,
    Reply,
    Request,
    Unsettled,
    number,
)
from source_8x8_work_analytics.reports.queue_identities import OUTCOMES
from source_8x8_work_analytics.reports.rows import Row
from source_8x8_work_analytics.streams import STREAM_TYPES

QUEUES, RING_GROUP_AGENTS = "call_queue_summary", "ring_group_agent_activity"
BY_ID = tuple(kind.name for kind in STREAM_TYPES if kind.report and kind.report.by_id)
WITH_UNITS = tuple(stream for stream in BY_ID if stream != RING_GROUP_AGENTS)
"""Streams whose durations are seconds; those of ring group agents are milliseconds."""
PARTS = ((0, 24), (0, 12), (12, 24))
"""Hours of a day, and of its halves."""
DAY_SECONDS = 86_400
LONGEST_AVERAGE = 3_600
"""No average call lasts an hour: a greater number is milliseconds."""
HALVES_TOLERANCE = 0.05
"""How far two halves and a whole may be apart, as a share: a call may be counted in both halves."""


def queue_request(seen: Observations, stream: str, first: int = 0, last: int = 24) -> Request | None:
    """Return the request for a report of the main PBX, for the UTC hours from `first` to `last`.

    The day is the busiest one of the week. The agents of ring groups are those of the first ring group.
    """
    day = seen.busiest_day()
    if day is None:
        return None
    midnight = datetime.combine(day, time(), timezone.utc)
    start, end = midnight + timedelta(hours=first), midnight + timedelta(hours=last)
    if stream != RING_GROUP_AGENTS:
        return seen.by_id(stream, start, end - SECOND)
    groups = seen.reply(seen.week_request(GROUPS)).rows
    return seen.by_id(stream, start, end, str(groups[0].get("extension"))) if groups else None


def _read(seen: Observations, stream: str, first: int = 0, last: int = 24) -> Reply:
    """Return a report.

    Raises:
        Unsettled: it was not read, or has no rows.
    """
    request = queue_request(seen, stream, first, last)
    if request is None:
        if seen.busiest_day() is None:
            raise Unsettled(seen.failures(seen.week_days()))
        raise Unsettled("the list of PBXs does not include this PBX, so its id is not known")
    if problem := seen.failures([request]):
        raise Unsettled(f"{stream}: {problem}")
    reply = seen.reply(request)
    if not reply.rows:
        raise Unsettled(f"{stream}: no rows on that day")
    return reply


class QueueWindow(Question, id="queue_window", assumed="instants"):
    """Do the queue reports interpret dates as instants or as whole days?"""

    def _requests(self, seen: Observations) -> list[Request | None]:
        agents = queue_request(seen, RING_GROUP_AGENTS)
        return [*(queue_request(seen, QUEUES, *hours) for hours in PARTS), agents]

    def _judge(self, seen: Observations) -> Outcome:
        entered, *parts = (
            sum(number(row.get("enteredCalls")) or 0 for row in _read(seen, QUEUES, *hours).rows)
            for hours in PARTS
        )
        by_halves = ""
        if entered and parts == [entered, entered]:
            by_halves = "whole days"
        elif entered and abs(sum(parts) - entered) <= max(2, HALVES_TOLERANCE * entered):
            by_halves = "instants"
        by_logins = self._by_logins(seen)
        evidence = (
            f"the halves of a day have {parts[0]:,.0f} and {parts[1]:,.0f} calls, the whole day "
            f"{entered:,.0f}"
        )
        if by_logins:
            evidence += f"; ring group log-in and log-out times indicate {by_logins}"
        found = {by_halves, by_logins} - {""}
        if len(found) != 1:
            raise Unsettled(evidence)
        advice = f"Do not load the queue and agent streams: their days are not local days. {REPORT_THIS}"
        return self.compared(found.pop(), evidence, advice)

    def _by_logins(self, seen: Observations) -> str:
        """Return what the log-in and log-out times of a day add up to; empty if it is neither reading."""
        request = queue_request(seen, RING_GROUP_AGENTS)
        sums = [
            sum(number(row.get(name)) or 0 for name in ("loggedInDuration", "loggedOutDuration"))
            for row in (seen.reply(request).rows if request else ())
        ]
        for days, reading in ((1, "instants"), (2, "whole days")):
            if sums and all(abs(total - days * 1000 * DAY_SECONDS) <= 2000 for total in sums):
                return reading
        return ""


class QueueUnits(Question, id="queue_units", assumed="seconds"):
    """Are the durations in the queue reports in seconds?"""

    def _requests(self, seen: Observations) -> list[Request | None]:
        return [queue_request(seen, stream) for stream in WITH_UNITS]

    def _judge(self, seen: Observations) -> Outcome:
        units, reasons = {}, []
        for stream in WITH_UNITS:
            try:
                rows = _read(seen, stream).rows
                units[stream] = _unit_of_calls(rows) if stream == QUEUE_CALLS else _unit(rows)
            except Unsettled as reason:
                reasons.append(reason)
        if not units:
            raise reasons[0]
        told = {stream: unit for stream, unit in units.items() if unit}
        if not told:
            raise Unsettled("no report has a duration that is plausible in only one unit")
        evidence = "; ".join(f"{stream}: {unit}" for stream, unit in told.items())
        found = "milliseconds" if "milliseconds" in told.values() else "seconds"
        advice = f"Syncs of these streams fail rather than store wrong durations. {REPORT_THIS}"
        return self.compared(found, evidence, advice)


def _unit(rows: list[Row]) -> str:
    """Return the unit of totals, longest times and averages; empty if there are none to tell by."""
    averages, longest = [], []
    for name, value in (item for row in rows for item in row.items()):
        seconds = number(value)
        if not seconds or name.endswith("Percentage"):
            continue
        if name.startswith(("average", "agentAverage")):
            averages.append(seconds)
        elif name.startswith("longest") or name in ("agentTotalTalkTime", "totalInteractionTime"):
            longest.append(seconds)
    if max(longest, default=0) > DAY_SECONDS or max(averages, default=0) > LONGEST_AVERAGE:
        return "milliseconds"
    return "seconds" if averages or longest else ""


def _unit_of_calls(rows: list[Row]) -> str:
    """Return the unit in which a call's duration agrees with its start and stop, which are milliseconds."""
    ratios = []
    for row in rows:
        span = (number(row.get("stopTime")) or 0) - (number(row.get("startTime")) or 0)
        total = number(row.get("totalDuration")) or 0
        if span > 1000 and total > 0:
            ratios.append(span / total)
    middle = median(ratios) if ratios else 0
    if 500 < middle < 2000:
        return "seconds"
    return "milliseconds" if 0.5 < middle < 2 else ""


class QueueIdentity(Question, id="queue_identity", assumed="equal"):
    """Do the counts of a queue add up to the calls that entered it?"""

    def _requests(self, seen: Observations) -> list[Request | None]:
        return [queue_request(seen, QUEUES)]

    def _judge(self, seen: Observations) -> Outcome:
        off, checked, absent = 0, 0, set()
        for row in _read(seen, QUEUES).rows:
            counts = {name: number(row.get(name)) for name in OUTCOMES}
            absent |= {name for name, count in counts.items() if count is None}
            entered, ended = number(row.get("enteredCalls")), sum(count or 0 for count in counts.values())
            if entered and None not in counts.values():
                checked += 1
                off += ended not in (entered, entered - (number(row.get("activeCalls")) or 0))
        if not checked:
            missing = f"; never sent: {', '.join(sorted(absent))}" if absent else ""
            raise Unsettled(f"no queue with calls and all counts on that day{missing}")
        evidence = f"{checked - off} of {checked} queues with calls add up"
        advice = f"Do not add these counts up; use each one by itself. {REPORT_THIS}"
        return self.compared("different" if off else "equal", evidence, advice)
