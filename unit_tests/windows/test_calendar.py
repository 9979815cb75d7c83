"""Windows tile the calendar: in every zone, on every day, for every clock."""

from collections import defaultdict
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta, timezone
from functools import cache
from itertools import pairwise
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pendulum
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from source_8x8_work_analytics.settings import Settings, WindowUnit
from source_8x8_work_analytics.time_zones import TIME_ZONES
from source_8x8_work_analytics.windows.calendar import (
    Window,
    local_bounds,
    oldest_day,
    report_windows,
    start_of_day,
    utc_bounds,
    window_at,
)
from testing.builders import config
from unit_tests.conftest import NOW

SECOND = timedelta(seconds=1)
UNITS = get_args(WindowUnit)
FIRST, SPAN = date(2024, 11, 1), 1156
"""Days: two years that 8x8 keeps, and one to come."""

zones = st.sampled_from(sorted(TIME_ZONES))
units = st.sampled_from(UNITS)
days = st.dates(date(2024, 11, 1), date(2027, 12, 31)).map(lambda d: pendulum.date(d.year, d.month, d.day))
moments = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)).map(
    lambda d: pendulum.instance(d, tz="UTC")
)


def made(now: pendulum.DateTime = NOW, **changes: Any) -> Settings:
    return Settings.from_config(config(**{"start_date": ..., **changes}), now)


NOONS = [datetime.combine(FIRST + timedelta(days=n), time(12)) for n in range(-1, SPAN + 1)]


def days_around_changes(zone: ZoneInfo) -> set[date]:
    """The first and last days of the span, and those around each change of the zone's offset."""
    offsets = [zone.utcoffset(noon) for noon in NOONS]
    changed = [n for n, (before, after) in enumerate(pairwise(offsets)) if before != after]
    around = {FIRST + timedelta(days=n + shift) for n in changed for shift in range(-2, 3)}
    return {FIRST, FIRST + timedelta(days=SPAN - 1), *around}


@cache
def half_hours(day: date) -> list[datetime]:
    return [datetime.combine(day, time(hour, minute)) for hour in range(24) for minute in (0, 30)]


def offsets_on(days: AbstractSet[date], zone: ZoneInfo) -> tuple[timedelta | None, ...]:
    """The zone's offset at each half hour of these days."""
    return tuple(zone.utcoffset(moment) for day in sorted(days) for moment in half_hours(day))


def check_day(zone: str, local: ZoneInfo, day: date) -> None:
    """The window of a day begins where that of the day before ends, and contains that day and no other."""
    before, window = (
        window_at(pendulum.date(d.year, d.month, d.day), "day", zone) for d in (day - timedelta(days=1), day)
    )
    assert window.start == before.end + SECOND, (zone, day)
    for instant in (window.start, window.end):
        assert instant.astimezone(local).date() == day, (zone, day)
    assert (window.start - SECOND).astimezone(local).date() < day, (zone, day)
    assert timedelta(hours=22) <= window.end - window.start + SECOND <= timedelta(hours=26)


def test_days_around_every_clock_change_of_every_zone_follow_each_other() -> None:
    """The last two years and the next one, against the standard library's clock.

    Of zones whose clocks agree on all these days, one is checked in full, and the others for where their days
    begin. `make soak` checks every day of every zone.
    """
    clocks = defaultdict(list)
    for zone in sorted(TIME_ZONES):
        days = days_around_changes(ZoneInfo(zone))
        clocks[frozenset(days), offsets_on(days, ZoneInfo(zone))].append(zone)
    for (around, _), zones in clocks.items():
        for day in around:
            check_day(zones[-1], ZoneInfo(zones[-1]), day)
            local_day = pendulum.date(day.year, day.month, day.day)
            assert len({start_of_day(local_day, zone) for zone in zones}) == 1, (zones, day)
    assert sum(len(days) > 2 for days, _ in clocks) > 20


@pytest.mark.soak
@pytest.mark.parametrize("zone", sorted(TIME_ZONES))
def test_every_day_of_every_zone_follows_the_one_before(zone: str) -> None:
    for n in range(SPAN):
        check_day(zone, ZoneInfo(zone), FIRST + timedelta(days=n))


@pytest.mark.parametrize(
    ("zone", "day", "hours", "start", "end"),
    [
        ("America/New_York", (2026, 3, 8), 23, "2026-03-08T05:00:00+00:00", "2026-03-09T03:59:59+00:00"),
        ("America/New_York", (2026, 11, 1), 25, "2026-11-01T04:00:00+00:00", "2026-11-02T04:59:59+00:00"),
        ("Europe/London", (2026, 3, 29), 23, "2026-03-29T00:00:00+00:00", "2026-03-29T22:59:59+00:00"),
        ("Australia/Lord_Howe", (2026, 4, 5), 24.5, "2026-04-04T13:00:00+00:00", "2026-04-05T13:29:59+00:00"),
        (
            "Australia/Lord_Howe",
            (2026, 10, 4),
            23.5,
            "2026-10-03T13:30:00+00:00",
            "2026-10-04T12:59:59+00:00",
        ),
        # local midnight does not exist: the day begins at one o'clock
        ("Africa/Cairo", (2026, 4, 24), 23, "2026-04-23T22:00:00+00:00", "2026-04-24T20:59:59+00:00"),
        ("America/Santiago", (2026, 9, 6), 23, "2026-09-06T04:00:00+00:00", "2026-09-07T02:59:59+00:00"),
        # local midnight comes twice: the hour before it belongs to the day before
        ("America/Havana", (2026, 11, 1), 25, "2026-11-01T04:00:00+00:00", "2026-11-02T04:59:59+00:00"),
        ("Asia/Kathmandu", (2026, 11, 1), 24, "2026-10-31T18:15:00+00:00", "2026-11-01T18:14:59+00:00"),
    ],
)
def test_days_of_the_clock_change(
    zone: str, day: tuple[int, int, int], hours: float, start: str, end: str
) -> None:
    window = window_at(pendulum.date(*day), "day", zone)
    assert window.end - window.start + SECOND == timedelta(hours=hours)
    assert window.seconds == hours * 3600
    assert window.fields() == {
        "report_date": str(date(*day)),
        "window_start": start,
        "window_end": end,
        "time_zone": zone,
    }


def test_a_day_that_a_zone_skipped_has_no_window() -> None:
    now = pendulum.datetime(2012, 1, 2, tz="UTC")
    found = report_windows(made(now, time_zone="Pacific/Apia", start_date="2011-12-28"), "day", now)
    assert [w.report_date for w in found][:4] == ["2011-12-28", "2011-12-29", "2011-12-31", "2012-01-01"]


@given(zones, units, moments, st.integers(0, 60) | st.integers(0, 1000), st.booleans())
@example("UTC", "month", pendulum.datetime(2028, 2, 29, tz="UTC"), 1000, False)
def test_windows_tile(
    zone: str, unit: WindowUnit, now: pendulum.DateTime, days_back: int, only_finished: bool
) -> None:
    today = now.in_timezone(zone).date()
    start = today.subtract(days=days_back)
    chosen = made(now, time_zone=zone, start_date=str(start), only_finished_windows=only_finished)
    found = report_windows(chosen, unit, now)
    oldest = oldest_day(zone, now)
    for before, after in pairwise(found):
        assert after.start == before.end + SECOND
        assert after.first_day == before.last_day.add(days=1)
    for window in found:
        assert window.first_day >= oldest
        assert window.start <= now
        assert window.has_ended(now) or not only_finished
    if found and start >= oldest and window_at(start, unit, zone).first_day >= oldest:
        assert found[0].first_day <= start <= found[0].last_day
    if not only_finished:
        here = window_at(today, unit, zone)
        assert (found[-1] == here) if here.first_day >= oldest else not found


def test_units_begin_where_the_calendar_says() -> None:
    day = pendulum.date(2026, 11, 25)
    assert window_at(day, "week", "UTC").first_day == pendulum.date(2026, 11, 23)
    assert window_at(day, "week", "UTC").last_day == pendulum.date(2026, 11, 29)
    assert window_at(day, "month", "UTC").first_day == pendulum.date(2026, 11, 1)
    assert window_at(day, "month", "UTC").last_day == pendulum.date(2026, 11, 30)


def test_two_years_are_731_days_and_end_today() -> None:
    found = report_windows(made(), "day", NOW)
    assert (len(found), found[0].report_date, found[-1].report_date) == (731, "2024-11-24", "2026-11-24")


def test_a_week_or_month_that_8x8_no_longer_keeps_whole_is_left_out() -> None:
    assert report_windows(made(), "week", NOW)[0].report_date == "2024-11-25"
    assert report_windows(made(), "month", NOW)[0].report_date == "2024-12-01"
    assert report_windows(made(start_date="2025-06-18"), "month", NOW)[0].report_date == "2025-06-01"


def test_the_end_date_is_inclusive() -> None:
    chosen = made(start_date="2026-11-01", end_date="2026-11-12")
    assert report_windows(chosen, "day", NOW)[-1].report_date == "2026-11-12"
    assert report_windows(chosen, "week", NOW)[-1].last_day == pendulum.date(2026, 11, 15)


def test_an_end_date_before_the_two_years_leaves_no_window() -> None:
    for unit in UNITS:
        assert report_windows(made(end_date="2020-01-01"), unit, NOW) == []
        assert report_windows(made(start_date="2019-01-01", end_date="2024-11-23"), unit, NOW) == []
    found = report_windows(made(end_date="2024-11-24"), "day", NOW)
    assert [window.report_date for window in found] == ["2024-11-24"]


def test_windows_can_begin_on_another_day_than_the_start_date() -> None:
    chosen = made(start_date="2026-11-01", end_date="2026-11-03")
    earlier = report_windows(chosen, "day", NOW, pendulum.date(2026, 10, 30))
    assert [window.report_date[5:] for window in earlier] == ["10-30", "10-31", "11-01", "11-02", "11-03"]
    long_ago = report_windows(chosen, "day", NOW, pendulum.date(2020, 1, 1))
    assert long_ago[0].first_day == oldest_day("America/New_York", NOW)


@given(zones, days, st.integers(-2, 2))
def test_a_window_has_ended_from_the_second_after_its_last(
    zone: str, day: pendulum.Date, seconds: int
) -> None:
    window = window_at(day, "day", zone)
    assert window.has_ended(window.end + SECOND + timedelta(seconds=seconds)) == (seconds >= 0)
    assert not window.has_ended(window.end + SECOND - timedelta(microseconds=1))
    assert start_of_day(day.add(days=1), zone) == window.end + SECOND


def test_windows_are_values() -> None:
    window = window_at(pendulum.date(2026, 1, 5), "week", "UTC")
    assert window == Window(
        pendulum.date(2026, 1, 5),
        pendulum.date(2026, 1, 11),
        datetime(2026, 1, 5, tzinfo=timezone.utc),
        datetime(2026, 1, 11, 23, 59, 59, tzinfo=timezone.utc),
        "UTC",
    )


def test_bounds_are_the_last_second_or_the_next_midnight() -> None:
    week = window_at(pendulum.date(2026, 1, 31), "week", "America/New_York")
    assert local_bounds(week, "last_second") == ("2026-01-26 00:00:00", "2026-02-01 23:59:59")
    assert local_bounds(week, "next_midnight") == ("2026-01-26 00:00:00", "2026-02-02 00:00:00")


def test_bounds_as_instants_are_the_last_second_or_the_next_midnight() -> None:
    long = window_at(pendulum.date(2026, 11, 1), "day", "America/New_York")
    start = "2026-11-01T04:00:00Z"
    assert utc_bounds(long.start, long.end, "last_second") == {
        "startDate": start,
        "endDate": "2026-11-02T04:59:59Z",
    }
    assert utc_bounds(long.start, long.end, "next_midnight") == {
        "startDate": start,
        "endDate": "2026-11-02T05:00:00Z",
    }


def test_instants_are_in_utc() -> None:
    assert start_of_day(pendulum.date(2026, 7, 1), "Asia/Kathmandu").tzinfo is timezone.utc


def test_the_oldest_day_is_a_local_one() -> None:
    early = pendulum.datetime(2026, 11, 24, 3)
    assert oldest_day("America/New_York", early) == pendulum.date(2024, 11, 23)
    assert report_windows(made(early), "day", early)[0].first_day == pendulum.date(2024, 11, 23)
