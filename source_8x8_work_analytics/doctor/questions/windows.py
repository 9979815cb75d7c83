"""Whether report windows add up: the days of a week, and the day on which clocks change."""

from datetime import datetime, timedelta

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
from source_8x8_work_analytics.doctor.model import Answers, Outcome, Request, compared, unknown
from source_8x8_work_analytics.doctor.moments import moments_of
from source_8x8_work_analytics.doctor.questions.reasons import nothing_to_ask
from source_8x8_work_analytics.doctor.rows import call_count, describe, differences, totals
from source_8x8_work_analytics.doctor.streams import calls, report
from source_8x8_work_analytics.windows.calendar import start_of_day

DAYS_TRIED = 3
"""How many days on which clocks change are tried until one has calls."""


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
    *days, whole = (answers.get(request).rows for request in requests)
    summed = totals(row for rows in days for row in rows)
    found = differences(summed, totals(whole))
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
    """Return the requests for the newest day of a clock change that has calls."""
    if not has_calls(answers):
        return []
    wanted: list[Request] = []
    for day in unusual_days(answers)[:DAYS_TRIED]:
        pair = _whole_day(answers, day)
        wanted += pair
        if not answers.has(pair):
            return wanted
        if any(call_count(answers.get(request).rows) for request in pair):
            page = _calls_of(answers, day)
            wanted.append(page)
            return [*wanted, *_part_of_day(answers, day)] if page in answers.by_request else wanted
    return wanted


def _whole_day(answers: Answers, day: pendulum.Date) -> list[Request]:
    """Return a day as a sync asks for it, and the same hours in UTC."""
    zone, pbx = answers.settings.time_zone, main_pbx(answers) or ""
    return [
        day_report(answers, pbx, day),
        _in_utc(pbx, start_of_day(day, zone), start_of_day(day.add(days=1), zone)),
    ]


def _part_of_day(answers: Answers, day: pendulum.Date) -> list[Request]:
    """Return the day up to its busiest hours, in the zone and in UTC.

    An offset that is wrong after the change moves the bound of this window, where there are calls. The bound
    of the whole day lies at night, where a wrong hour may hold none.
    """
    zone, pbx = answers.settings.time_zone, main_pbx(answers) or ""
    split = _busy_moment(answers, day)
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


def _busy_moment(answers: Answers, day: pendulum.Date) -> datetime:
    """Return the full hour, well after the change, with the most calls in the hours before and after it."""
    rows = answers.get(_calls_of(answers, day)).rows
    ended = [moments_of(row).get("disconnect", 0) / 1000 for row in rows]
    midnight = start_of_day(day.add(days=1), answers.settings.time_zone)
    hours = [midnight - timedelta(hours=back) for back in range(2, 18)]

    def strength(hour: datetime) -> tuple[int, int]:
        at, length = hour.timestamp(), HOUR.total_seconds()
        before = sum(at - length <= moment < at for moment in ended)
        after = sum(at <= moment < at + length for moment in ended)
        return min(before, after), before + after

    return max(hours, key=strength)


def clock_change_day(answers: Answers) -> Outcome:
    """Compare a day of 23 or 25 hours with the same hours asked for in UTC."""
    days = unusual_days(answers)
    if not days:
        return unknown("equal", "clocks do not change in this time zone")
    if not has_calls(answers):
        return unknown("equal", nothing_to_ask(answers))
    for day in days[:DAYS_TRIED]:
        pairs = [_whole_day(answers, day)]
        if problems := failures(answers, pairs[0]):
            return unknown("equal", problems)
        if not any(call_count(answers.get(request).rows) for request in pairs[0]):
            continue
        if answers.has(part := _part_of_day(answers, day)) and not failures(answers, part):
            pairs.append(part)
        found = {
            **_difference(answers, pairs[-1]),
            **_difference(answers, pairs[0]),
        }
        calls_seen = call_count(answers.get(pairs[0][1]).rows)
        evidence = f"{day} has {hours_of(day, answers.settings.time_zone):g} hours; {calls_seen:,} calls"
        if not found:
            return compared("equal", "equal", evidence)
        return compared(
            "equal",
            "different",
            f"{evidence}; zone against UTC: {describe(found)}",
            "Do not trust the sums of days on which clocks change. Report this.",
        )
    return unknown("equal", f"no calls on the last {len(days[:DAYS_TRIED])} days on which clocks changed")


def _difference(answers: Answers, pair: list[Request]) -> dict[str, tuple[int, float]]:
    left, right = (totals(answers.get(request).rows) for request in pair)
    return differences(left, right)
