"""Whether report windows add up: the days of a week, a day on which clocks change, PBXs, and how far back."""

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from functools import lru_cache

import pendulum

from source_8x8_work_analytics.doctor.findings import REPORT_THIS, Outcome, Question
from source_8x8_work_analytics.doctor.moment_questions import moments_of
from source_8x8_work_analytics.doctor.observations import (
    CALLS_PER_PAGE,
    EXTENSIONS,
    RECORDS,
    SECOND,
    Observations,
    Reply,
    Request,
    Unsettled,
    additive_fields,
    call_count,
    hours_of,
    number,
    utc_text,
)
from source_8x8_work_analytics.messages import counted
from source_8x8_work_analytics.reports.rows import Row
from source_8x8_work_analytics.settings import ALL_PBXES
from source_8x8_work_analytics.windows.calendar import oldest_day, start_of_day

Totals = dict[tuple[str, str], dict[str, float]]
"""By PBX (ignoring case) and extension: the sum of each field that adds up. Rows of zeros are left out."""
FIELDS_SHOWN = 6
DAYS_TRIED = 3
"""How many days on which clocks change are tried; the one with most calls is used."""
SHORT_CALL = timedelta(minutes=20)
"""Shorter than any change of clocks."""
BY_DAYLIGHT = range(6, 22)
"""Local hours that are far from a change of clocks, and from the ends of the day."""
WEEKS_BEYOND = 3
"""How far before and after the edge of the two years a day is requested."""
PBXES_COMPARED = 20


def totals(rows: Iterable[Row]) -> Totals:
    """Return the totals by extension. Several rows of one extension, or of several days, are added up."""
    found: Totals = {}
    for row in rows:
        numbers = {name: number(row.get(name)) for name in additive_fields()}
        if any(numbers.values()):
            sums = found.setdefault((str(row.get("PbxId")).casefold(), str(row.get("Extension"))), {})
            for name, value in numbers.items():
                if value is not None:
                    sums[name] = sums.get(name, 0) + value
    return found


@lru_cache(maxsize=256)
def totals_of(reply: Reply) -> Totals:
    """Return the totals of one report."""
    return totals(reply.rows)


def differences(left: Totals, right: Totals) -> str:
    """Return which fields differ, in how many rows, and by how much `left` exceeds `right`."""
    amounts: dict[str, list[float]] = {name: [] for name in additive_fields()}
    for key in left.keys() | right.keys():
        ours, theirs = left.get(key, {}), right.get(key, {})
        for name in ours.keys() | theirs.keys():
            if by := ours.get(name, 0) - theirs.get(name, 0):
                amounts[name].append(by)
    parts = [
        f"{name} by {sum(each):+,.0f} in {counted(len(each), 'row')}"
        for name, each in amounts.items()
        if each
    ]
    more = len(parts) - FIELDS_SHOWN
    return ", ".join([*parts[:FIELDS_SHOWN], f"and {more} more fields"] if more > 0 else parts)


class WindowsAddUp(Question, id="windows_add_up", assumed="equal"):
    """Do the days of a completed week add up to the report for the week?"""

    def _requests(self, seen: Observations) -> list[Request]:
        return [*seen.week_days(), seen.week_request(EXTENSIONS)]

    def _judge(self, seen: Observations) -> Outcome:
        *days, week = seen.read(self._requests(seen))
        summed = totals(row for day in days for row in day.rows)
        found = differences(summed, totals_of(week))
        evidence = f"{counted(len(summed), 'extension')}, {call_count(week):,} calls in the week"
        advice = f"Do not mix sums over days with reports over weeks or months. {REPORT_THIS}"
        return self.compared(found or "equal", evidence, advice)


class ClockChangeDay(Question, id="clock_change_day", assumed="equal"):
    """Is the last 23- or 25-hour day the sum of its hours?"""

    def _requests(self, seen: Observations) -> list[Request]:
        days = [seen.day_request(day) for day in seen.clock_change_days()[:DAYS_TRIED]]
        day = self._day(seen) if seen.has(days) else None
        return [*days, _records(seen, day), *self._pairs(seen, day)] if day else days

    def _judge(self, seen: Observations) -> Outcome:
        days = seen.clock_change_days()[:DAYS_TRIED]
        if not days:
            raise Unsettled("clocks do not change in this time zone")
        day = self._day(seen)
        if day is None:
            seen.read(seen.day_request(day) for day in days)
            raise Unsettled(f"no calls on the last {len(days)} days on which clocks changed")
        calls = call_count(seen.reply(seen.day_request(day)))
        evidence = f"{day} has {hours_of(day, seen.settings.time_zone):g} hours; {calls:,} calls"
        replies = seen.read([*self._pairs(seen, day), _records(seen, day)])[:-1]
        for zone, utc in zip(replies[::2], replies[1::2], strict=True):
            if found := differences(totals_of(zone), totals_of(utc)):
                advice = f"Do not trust the sums of days on which clocks change. {REPORT_THIS}"
                return self.compared("different", f"{evidence}; zone compared with UTC: {found}", advice)
        if len(replies) == 2:
            raise Unsettled(f"{evidence}, none of them a short daytime call")
        return self.compared("equal", evidence)

    def _day(self, seen: Observations) -> pendulum.Date | None:
        """Return the day with most calls of those that are tried; None if there are none."""
        counts = {
            day: call_count(seen.reply(seen.day_request(day)))
            for day in seen.clock_change_days()[:DAYS_TRIED]
        }
        return max(counts, key=lambda day: counts[day]) if any(counts.values()) else None

    def _pairs(self, seen: Observations, day: pendulum.Date) -> list[Request]:
        """Return the day as a sync requests it, and its parts, each in the zone and in UTC."""
        zone = seen.settings.time_zone
        ends = [start_of_day(day.add(days=1), zone) - SECOND]
        for row in seen.reply(_records(seen, day)).rows:
            first, last = (
                datetime.fromtimestamp(moments_of(row, RECORDS).get(name, 0) // 1000, timezone.utc)
                for name in ("start", "disconnect")
            )
            local = pendulum.instance(last).in_timezone(zone)
            if local.date() == day and local.hour in BY_DAYLIGHT and last - first < SHORT_CALL:
                ends += [first - SECOND, last + SECOND]
                break
        return [request for end in ends for request in _pair(seen, day, end)]


def _records(seen: Observations, day: pendulum.Date) -> Request:
    return seen.day_request(day, RECORDS, pageSize=CALLS_PER_PAGE)


def _pair(seen: Observations, day: pendulum.Date, end: datetime) -> list[Request]:
    """Return the extension summary of a day up to a moment, in the zone and in UTC."""
    zone = seen.settings.time_zone
    local = pendulum.instance(end).in_timezone(zone)
    return [
        seen.report(EXTENSIONS, f"{day} 00:00:00", f"{local:YYYY-MM-DD HH:mm:ss}"),
        seen.report(EXTENSIONS, utc_text(start_of_day(day, zone)), utc_text(end), "UTC"),
    ]


class Retention(Question, id="retention", assumed="empty"):
    """What does 8x8 return for a day older than two years?"""

    def _requests(self, seen: Observations) -> list[Request]:
        busiest = seen.busiest_day()
        if busiest is None:
            return []
        edge = oldest_day(seen.settings.time_zone, seen.started_at)
        near = (edge.add(weeks=weeks * WEEKS_BEYOND) for weeks in (-1, 1, 2))
        same_weekday = (day.add(days=(busiest.weekday() - day.weekday()) % 7) for day in near)
        old, kept, later = (seen.day_request(day) for day in same_weekday)
        silent = seen.has([old, kept]) and not call_count(seen.reply(kept))
        return [old, kept, later] if silent else [old, kept]

    def _judge(self, seen: Observations) -> Outcome:
        requests = self._requests(seen)
        if not requests:
            raise Unsettled(f"not requested: {seen.stopped}")
        old, *kept = (seen.reply(request) for request in requests)
        if old.rejected:
            evidence = f"a day {WEEKS_BEYOND} weeks before the two-year limit: {old.problem}"
            return self.compared("error", evidence, "Nothing to set: the connector never requests such days.")
        seen.read(requests[:1])
        found, within = call_count(old), sum(call_count(reply) for reply in kept)
        evidence = f"{found:,} calls on a day older than two years, {within:,} on one within two years"
        if not found and not within:
            raise Unsettled(f"{evidence}: the account may be younger than two years")
        advice = f"Days older than two years can be read, which the connector does not do. {REPORT_THIS}"
        return self.compared("rows" if found else "empty", evidence, advice)


class AllPbxes(Question, id="all_pbxes", assumed="equal"):
    """Does allpbxes equal the sum of the PBXs that the user can see?"""

    def _requests(self, seen: Observations) -> list[Request]:
        names = [pbx.name for pbx in seen.listed_pbxes().values()]
        compared = 0 < len(names) <= PBXES_COMPARED
        return [seen.week_request(EXTENSIONS, pbx) for pbx in (ALL_PBXES, *names)] if compared else []

    def _judge(self, seen: Observations) -> Outcome:
        requests, count = self._requests(seen), len(seen.listed_pbxes())
        if not requests:
            seen.read(seen.pbx_pages())
            many = f"{count} PBXs exceed the limit of {PBXES_COMPARED} for this comparison"
            raise Unsettled(many if count else "the list of PBXs is empty")
        together, *each = seen.read(requests)
        found = differences(totals_of(together), totals(row for reply in each for row in reply.rows))
        with_calls = sum(call_count(reply) > 0 for reply in each)
        evidence = f"{len(each)} PBXs, {with_calls} of them with calls in the week"
        evidence += f"; allpbxes compared with their sum: {found}" if found else ""
        advice = "List each PBX in pbx_ids instead of allpbxes."
        return self.compared("different" if found else "equal", evidence, advice)
