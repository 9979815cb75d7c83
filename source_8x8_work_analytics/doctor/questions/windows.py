"""Whether report windows add up: the days of a week, and the day on which clocks change."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import pendulum

from source_8x8_work_analytics.doctor.account import (
    EXTENSIONS,
    HOUR,
    SECOND,
    day_report,
    day_text,
    failures,
    has_calls,
    hours_of,
    main_pbx,
    unusual_days,
    utc_text,
    week,
    week_report,
)
from source_8x8_work_analytics.doctor.model import Answer, Answers, Outcome, Request, compared, unknown
from source_8x8_work_analytics.doctor.questions.reasons import nothing_to_ask
from source_8x8_work_analytics.doctor.rows import call_count, describe, differences, totals, totals_of
from source_8x8_work_analytics.doctor.samples import moments_of
from source_8x8_work_analytics.doctor.streams import calls, report
from source_8x8_work_analytics.windows.calendar import start_of_day

DAYS_TRIED = 3
"""How many days on which clocks change are tried until one has enough calls."""
ENOUGH_CALLS = 10


def week_requests(answers: Answers) -> list[Request]:
    """Return the days of the week, and the week."""
    pbx = main_pbx(answers)
    if pbx is None or not has_calls(answers):
        return []
    return [*(day_report(answers, pbx, day) for day in week(answers)), week_report(answers, EXTENSIONS, pbx)]


def windows_add_up(answers: Answers) -> Outcome:
    """Compare the sum of seven days with the report over the week."""
    requests = week_requests(answers)
    if not requests:
        return unknown("equal", nothing_to_ask(answers))
    if problems := failures(answers, requests):
        return unknown("equal", problems)
    *days, whole = (answers.get(request) for request in requests)
    summed = totals(row for day in days for row in day.rows)
    found = differences(summed, totals_of(whole))
    evidence = f"{len(summed):,} extensions, {call_count(whole):,} calls in the week"
    if not found:
        return compared("equal", "equal", evidence)
    return compared(
        "equal",
        describe(found),
        f"days against week: {describe(found)}; {evidence}",
        "Do not mix sums over days with reports over weeks or months. Report this.",
    )


def clock_change_requests(answers: Answers) -> list[Request]:
    """Return the requests for the newest day of a clock change that has enough calls."""
    if not has_calls(answers):
        return []
    wanted: list[Request] = []
    for day in unusual_days(answers)[:DAYS_TRIED]:
        pair = _whole_day(answers, day)
        wanted += pair
        if not answers.has(pair):
            return wanted
        if _calls_on(answers, day) >= ENOUGH_CALLS:
            break
    chosen = _chosen_day(answers)
    if chosen is None:
        return wanted
    wanted.append(_calls_of(answers, chosen))
    return [*wanted, *_part_of_day(answers, chosen)] if answers.has(wanted) else wanted


def _calls_on(answers: Answers, day: pendulum.Date) -> int:
    return max(call_count(answers.get(request)) for request in _whole_day(answers, day))


def _chosen_day(answers: Answers) -> pendulum.Date | None:
    """Return the first of the days tried that has enough calls, or the one that has most."""
    days = [day for day in unusual_days(answers)[:DAYS_TRIED] if _calls_on(answers, day)]
    return max(days, key=lambda day: min(_calls_on(answers, day), ENOUGH_CALLS), default=None)


def _whole_day(answers: Answers, day: pendulum.Date) -> list[Request]:
    """Return a day as a sync asks for it, and the same hours in UTC."""
    zone, pbx = answers.settings.time_zone, main_pbx(answers) or ""
    return [
        day_report(answers, pbx, day),
        _in_utc(pbx, start_of_day(day, zone), start_of_day(day.add(days=1), zone)),
    ]


def _part_of_day(answers: Answers, day: pendulum.Date) -> list[Request]:
    """Return the day up to its busiest moment, in the zone and in UTC.

    An offset that is wrong after the change moves the bound of this window, where there are calls. The bound
    of the whole day lies at night, where a wrong hour may hold none.
    """
    zone, pbx = answers.settings.time_zone, main_pbx(answers) or ""
    split = _split(answers, day).at
    local = pendulum.instance(split).in_timezone(zone) - SECOND
    end = f"{day} {local:HH:mm:ss}"
    return [
        report(EXTENSIONS, pbx, day_text(day)[0], end, zone),
        _in_utc(pbx, start_of_day(day, zone), split),
    ]


def _in_utc(pbx: str, start: datetime, end: datetime) -> Request:
    return report(EXTENSIONS, pbx, utc_text(start), utc_text(end - SECOND), "UTC")


def _calls_of(answers: Answers, day: pendulum.Date) -> Request:
    return calls("call_records", main_pbx(answers) or "", *day_text(day), answers.settings.time_zone)


class _Split(NamedTuple):
    """A moment of the day, and how many calls ended shortly before and after it."""

    at: datetime
    before: int
    after: int


def _split(answers: Answers, day: pendulum.Date) -> _Split:
    """Return the moment, well after the change, with the most calls within the changed time beside it."""
    return _split_of(answers.get(_calls_of(answers, day)), day, answers.settings.time_zone)


@lru_cache(maxsize=8)
def _split_of(page: Answer, day: pendulum.Date, zone: str) -> _Split:
    ended = [moments_of(row).get("disconnect", 0) / 1000 for row in page.rows]
    midnight = start_of_day(day.add(days=1), zone)
    changed = abs(hours_of(day, zone) - 24) * HOUR.total_seconds()

    def split(at: datetime) -> _Split:
        second = at.timestamp()
        before = sum(second - changed <= moment < second for moment in ended)
        after = sum(second <= moment < second + changed for moment in ended)
        return _Split(at, before, after)

    splits = [split(midnight - timedelta(minutes=15 * back)) for back in range(8, 72)]
    return max(splits, key=lambda split: (min(split.before, split.after), split.before + split.after))


def clock_change_day(answers: Answers) -> Outcome:
    """Compare a day of 23 or 25 hours with the same hours asked for in UTC."""
    days = unusual_days(answers)[:DAYS_TRIED]
    if not days:
        return unknown("equal", "clocks do not change in this time zone")
    if reason := nothing_to_ask(answers):
        return unknown("equal", reason)
    day = _chosen_day(answers)
    if day is None:
        problems = failures(answers, (request for day in days for request in _whole_day(answers, day)))
        return unknown("equal", problems or f"no calls on the last {len(days)} days on which clocks changed")
    whole, part = _whole_day(answers, day), _part_of_day(answers, day)
    if problems := failures(answers, [*whole, _calls_of(answers, day), *part]):
        return unknown("equal", problems)
    found = {**_difference(answers, part), **_difference(answers, whole)}
    hours = hours_of(day, answers.settings.time_zone)
    evidence = f"{day} has {hours:g} hours; {_calls_on(answers, day):,} calls"
    if found:
        advice = "Do not trust the sums of days on which clocks change. Report this."
        return compared("equal", "different", f"{evidence}; zone against UTC: {describe(found)}", advice)
    split = _split(answers, day)
    if not split.before or not split.after:
        return unknown("equal", f"{evidence}, which are too few to tell")
    return compared("equal", "equal", evidence)


def _difference(answers: Answers, pair: list[Request]) -> dict[str, tuple[int, float]]:
    left, right = (totals_of(answers.get(request)) for request in pair)
    return differences(left, right)
