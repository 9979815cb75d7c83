"""Whether report windows add up: the days of a week, a day on which clocks change, PBXs, and how far back."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import NamedTuple

import pendulum

from source_8x8_work_analytics.doctor.findings import REPORT_THIS, Outcome, Question, unknown
from source_8x8_work_analytics.doctor.moment_questions import moments_of
from source_8x8_work_analytics.doctor.observations import (
    CALLS_PER_PAGE,
    EXTENSIONS,
    HOUR,
    SECOND,
    Observations,
    Reply,
    Request,
    call_count,
    day_bounds,
    hours_of,
    number,
    utc_text,
)
from source_8x8_work_analytics.reports.rows import Row
from source_8x8_work_analytics.settings import ALL_PBXES
from source_8x8_work_analytics.streams import stream_type
from source_8x8_work_analytics.windows.calendar import oldest_day, start_of_day

Totals = dict[tuple[str, str], dict[str, float]]
"""By PBX (ignoring case) and extension: the sum of each field that adds up. Rows of zeros are left out."""
FIELDS_SHOWN = 6
DAYS_TRIED = 3
"""How many days on which clocks change are tried until one has enough calls."""
ENOUGH_CALLS = 10
WEEKS_BEYOND = 3
"""How far before and after the edge of the two years a day is requested."""
PBXES_COMPARED = 20


@cache
def additive_fields() -> tuple[str, ...]:
    """Return the fields of an extension summary that add up over days: counts and total times."""
    properties = stream_type(EXTENSIONS).schema["properties"].items()
    return tuple(
        name
        for name, about in properties
        if {"integer", "number"} & set(about["type"]) and not name.startswith(("Avg_", "Percent_"))
    )


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
    """Return in which fields, in how many rows and by how much `left` exceeds `right`; empty if it does not."""
    found: dict[str, tuple[int, float]] = {}
    for key in left.keys() | right.keys():
        ours, theirs = left.get(key, {}), right.get(key, {})
        for name in ours.keys() | theirs.keys():
            if by := ours.get(name, 0) - theirs.get(name, 0):
                rows, amount = found.get(name, (0, 0.0))
                found[name] = (rows + 1, amount + by)
    names = [name for name in additive_fields() if name in found]
    parts = [
        f"{name} by {found[name][1]:+,.0f} in {found[name][0]:,} {'row' if found[name][0] == 1 else 'rows'}"
        for name in names[:FIELDS_SHOWN]
    ]
    more = len(names) - FIELDS_SHOWN
    return ", ".join([*parts, f"and {more} more fields"] if more > 0 else parts)


class WindowsAddUp(Question):
    """The days of a week against the week."""

    id = "windows_add_up"
    text = "Do the days of a completed week add up to one report over the week?"
    assumed = "equal"

    def requests(self, seen: Observations) -> list[Request]:
        """Return the days of the week, and the week."""
        if seen.main_pbx is None or seen.no_calls():
            return []
        return [*seen.week_days(), seen.week_request(EXTENSIONS)]

    def judge(self, seen: Observations) -> Outcome:
        """Compare the sum of seven days with the report over the week."""
        requests = self.requests(seen)
        if reason := seen.no_calls() or seen.failures(requests):
            return unknown(reason)
        *days, whole = (seen.reply(request) for request in requests)
        summed = totals(row for day in days for row in day.rows)
        found = differences(summed, totals_of(whole))
        evidence = f"{len(summed):,} extensions, {call_count(whole):,} calls in the week"
        advice = f"Do not mix sums over days with reports over weeks or months. {REPORT_THIS}"
        return self.compared(found or "equal", evidence, advice)


class _Split(NamedTuple):
    """A moment of the day, and how many calls ended shortly before and after it."""

    at: datetime
    before: int
    after: int


class ClockChangeDay(Question):
    """A 23- or 25-hour day in the zone, against the same hours in UTC; then a part of it.

    An offset that is wrong after the change moves the end of the part, which lies where there are calls. The
    end of the whole day lies at night, where a wrong hour may contain none.
    """

    id = "clock_change_day"
    text = "Is the last 23- or 25-hour day the sum of its hours?"
    assumed = "equal"

    def requests(self, seen: Observations) -> list[Request]:
        """Return the requests for the newest day of a clock change that has enough calls."""
        if seen.no_calls():
            return []
        needed: list[Request] = []
        for day in self._days(seen):
            needed += self._whole(seen, day)
            if not seen.has(needed):
                return needed
            if self._calls(seen, day) >= ENOUGH_CALLS:
                break
        day_chosen = self._chosen(seen)
        if day_chosen is None:
            return needed
        needed.append(self._records(seen, day_chosen))
        return [*needed, *self._part(seen, day_chosen)] if seen.has(needed) else needed

    def judge(self, seen: Observations) -> Outcome:
        """Compare the day, and a part of it, with the same hours in UTC."""
        days = self._days(seen)
        if not days:
            return unknown("clocks do not change in this time zone")
        if reason := seen.no_calls():
            return unknown(reason)
        day = self._chosen(seen)
        if day is None:
            problems = seen.failures(request for day in days for request in self._whole(seen, day))
            return unknown(problems or f"no calls on the last {len(days)} days on which clocks changed")
        whole, part = self._whole(seen, day), self._part(seen, day)
        if problems := seen.failures([*whole, self._records(seen, day), *part]):
            return unknown(problems)
        hours = hours_of(day, seen.settings.time_zone)
        evidence = f"{day} has {hours:g} hours; {self._calls(seen, day):,} calls"
        for zone, utc in (whole, part):
            if found := differences(totals_of(seen.reply(zone)), totals_of(seen.reply(utc))):
                advice = f"Do not trust the sums of days on which clocks change. {REPORT_THIS}"
                return self.compared("different", f"{evidence}; zone against UTC: {found}", advice)
        split = self._split(seen, day)
        if not split.before or not split.after:
            return unknown(f"{evidence}, which are too few to tell")
        return self.compared("equal", evidence)

    def _days(self, seen: Observations) -> list[pendulum.Date]:
        return seen.clock_change_days()[:DAYS_TRIED]

    def _calls(self, seen: Observations, day: pendulum.Date) -> int:
        return max(call_count(seen.reply(request)) for request in self._whole(seen, day))

    def _chosen(self, seen: Observations) -> pendulum.Date | None:
        """Return the first of the days that has enough calls, or the one that has most."""
        days = [day for day in self._days(seen) if self._calls(seen, day)]
        return max(days, key=lambda day: min(self._calls(seen, day), ENOUGH_CALLS), default=None)

    def _whole(self, seen: Observations, day: pendulum.Date) -> list[Request]:
        """Return a day as a sync requests it, and the same hours in UTC."""
        zone = seen.settings.time_zone
        start, end = start_of_day(day, zone), start_of_day(day.add(days=1), zone)
        return [seen.day_request(day), _in_utc(seen, start, end)]

    def _part(self, seen: Observations, day: pendulum.Date) -> list[Request]:
        """Return the day up to its busiest moment, in the zone and in UTC."""
        zone, split = seen.settings.time_zone, self._split(seen, day).at
        local = pendulum.instance(split).in_timezone(zone) - SECOND
        return [
            seen.report(EXTENSIONS, day_bounds(day)[0], f"{day} {local:HH:mm:ss}"),
            _in_utc(seen, start_of_day(day, zone), split),
        ]

    def _records(self, seen: Observations, day: pendulum.Date) -> Request:
        return seen.report("call_records", *day_bounds(day), pageSize=str(CALLS_PER_PAGE))

    def _split(self, seen: Observations, day: pendulum.Date) -> _Split:
        return _split_of(seen.reply(self._records(seen, day)), day, seen.settings.time_zone)


def _in_utc(seen: Observations, start: datetime, end: datetime) -> Request:
    return seen.report(EXTENSIONS, utc_text(start), utc_text(end - SECOND), "UTC")


@lru_cache(maxsize=8)
def _split_of(records: Reply, day: pendulum.Date, zone: str) -> _Split:
    """Return the moment, well after the change, with the most calls within the changed time on either side."""
    ended = [moments_of(row, "call_records").get("disconnect", 0) / 1000 for row in records.rows]
    midnight = start_of_day(day.add(days=1), zone)
    changed = abs(hours_of(day, zone) - 24) * HOUR.total_seconds()

    def split(at: datetime) -> _Split:
        second = at.timestamp()
        before = sum(second - changed <= moment < second for moment in ended)
        after = sum(second <= moment < second + changed for moment in ended)
        return _Split(at, before, after)

    splits = [split(midnight - timedelta(minutes=15 * back)) for back in range(8, 72)]
    return max(splits, key=lambda split: (min(split.before, split.after), split.before + split.after))


class Retention(Question):
    """A day older than two years."""

    id = "retention"
    text = "What does 8x8 return for a day older than two years?"
    assumed = "empty"

    def requests(self, seen: Observations) -> list[Request]:
        """Return a day beyond the two years, and days within them until one has calls."""
        busiest = seen.busiest_day()
        if busiest is None or seen.no_calls():
            return []
        edge = oldest_day(seen.settings.time_zone, seen.started_at)

        def near_edge(move: Callable[[pendulum.Date], pendulum.Date]) -> Request:
            day = move(edge)
            return seen.day_request(day.add(days=(busiest.weekday() - day.weekday()) % 7))

        old = near_edge(lambda day: day.subtract(weeks=WEEKS_BEYOND))
        kept = near_edge(lambda day: day.add(weeks=WEEKS_BEYOND))
        later = near_edge(lambda day: day.add(weeks=2 * WEEKS_BEYOND))
        silent = seen.has([old, kept]) and not call_count(seen.reply(kept))
        return [old, kept, later] if silent else [old, kept]

    def judge(self, seen: Observations) -> Outcome:
        """Return what came back for the old day."""
        requests = self.requests(seen)
        if not requests:
            return unknown(seen.no_calls() or f"not requested: {seen.stopped}")
        old, *kept = (seen.reply(request) for request in requests)
        within = sum(call_count(reply) for reply in kept)
        if old.rejected:
            evidence = f"a day {WEEKS_BEYOND} weeks beyond two years: {old.problem}"
            return self.compared("error", evidence, "Nothing to set: the connector never requests such days.")
        if old.problem:
            return unknown(old.problem)
        found = call_count(old)
        evidence = f"{found:,} calls on a day beyond two years, {within:,} within them"
        if found:
            advice = f"Days older than two years can be read, which the connector does not do. {REPORT_THIS}"
            return self.compared("rows", evidence, advice)
        if not within:
            return unknown(f"{evidence}: the account may be younger than two years")
        return self.compared("empty", evidence)


class AllPbxes(Question):
    """`allpbxes` against each PBX."""

    id = "all_pbxes"
    text = "Does allpbxes equal the sum of the PBXs that the user can see?"
    assumed = "equal"

    def requests(self, seen: Observations) -> list[Request]:
        """Return the week of all PBXs in one report, and of each one."""
        names = [pbx.name for pbx in seen.listed_pbxes().values()]
        if not names or len(names) > PBXES_COMPARED or seen.main_pbx is None:
            return []
        return [seen.week_request(EXTENSIONS, pbx) for pbx in (ALL_PBXES, *names)]

    def judge(self, seen: Observations) -> Outcome:
        """Compare the report over all PBXs with the sum of the others."""
        requests = self.requests(seen)
        if not requests:
            count = len(seen.listed_pbxes())
            if count > PBXES_COMPARED:
                return unknown(f"{count} PBXs are more than the {PBXES_COMPARED} that are compared")
            problem = seen.failures(seen.pbx_pages()) or seen.no_calls()
            return unknown(problem or "the list of PBXs is empty")
        together, *each = (seen.reply(request) for request in requests)
        if together.problem:
            return unknown(f"allpbxes: {together.problem}")
        if problems := seen.failures(requests):
            return unknown(f"a PBX of the list: {problems}")
        if not any(call_count(reply) for reply in [together, *each]):
            return unknown("no calls in the week on any PBX")
        found = differences(totals_of(together), totals(row for reply in each for row in reply.rows))
        with_calls = sum(call_count(reply) > 0 for reply in each)
        evidence = f"{len(each)} PBXs, {with_calls} of them with calls in the week"
        if not found:
            return self.compared("equal", evidence)
        evidence += f"; allpbxes against their sum: {found}"
        return self.compared("different", evidence, "Name each PBX in pbx_ids instead of allpbxes.")
