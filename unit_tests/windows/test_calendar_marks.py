"""What is left to read after a mark: for every unit, lookback and clock."""

from typing import Any

import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_8x8_work_analytics.settings import WindowUnit
from source_8x8_work_analytics.windows.calendar import (
    leaves_no_gap,
    left_to_read,
    newest_mark,
    report_windows,
    window_at,
)
from unit_tests.conftest import NOW
from unit_tests.windows.test_calendar import made, moments, units, zones


def left(mark: str | None, lookback: int, unit: WindowUnit = "day", **changes: Any) -> list[str]:
    chosen = made(lookback_days=lookback, **changes)
    windows = report_windows(chosen, unit, NOW)
    marked = pendulum.Date.fromisoformat(mark) if mark else None
    return [window.report_date for window in left_to_read(windows, marked, chosen, unit, NOW)]


def test_a_mark_of_4_september_with_two_days_reads_from_3_september() -> None:
    assert left("2026-09-04", 2)[0] == "2026-09-03"
    assert left("2026-09-04", 0)[0] == "2026-09-05"
    assert left("2026-09-04", 60)[0] == "2026-07-07"


def test_nothing_new_reads_the_lookback_and_the_open_window() -> None:
    assert left("2026-11-23", 2) == ["2026-11-22", "2026-11-23", "2026-11-24"]
    assert left("2026-11-23", 0) == ["2026-11-24"]
    assert left("2026-11-23", 2, only_finished_windows=True) == ["2026-11-22", "2026-11-23"]
    assert left("2026-11-16", 2, "week") == ["2026-11-16", "2026-11-23"]
    assert left("2026-11-16", 8, "week") == ["2026-11-09", "2026-11-16", "2026-11-23"]
    assert left("2026-10-01", 2, "month") == ["2026-10-01", "2026-11-01"]


def test_no_mark_reads_everything() -> None:
    assert len(left(None, 2)) == 731


def test_a_mark_from_the_future_counts_as_the_newest_window_that_ended() -> None:
    assert left("2031-01-01", 2) == ["2026-11-22", "2026-11-23", "2026-11-24"]
    assert left("2026-11-24", 1) == ["2026-11-23", "2026-11-24"]


def test_a_mark_beyond_the_end_date_leaves_nothing() -> None:
    assert left("2026-11-23", 2, end_date="2026-10-31") == []


@given(zones, units, moments, st.integers(-40, 900), st.integers(0, 60), st.integers(0, 900))
def test_what_is_left_has_no_hole(
    zone: str, unit: WindowUnit, now: pendulum.DateTime, mark_back: int, lookback: int, start_back: int
) -> None:
    """For any state: what a sync leaves out had ended, and lies before the mark and the lookback."""
    today = now.in_timezone(zone).date()
    chosen = made(
        now, time_zone=zone, lookback_days=lookback, start_date=str(today.subtract(days=start_back))
    )
    windows = report_windows(chosen, unit, now)
    mark = window_at(today.subtract(days=mark_back), unit, zone).first_day
    todo = left_to_read(windows, mark, chosen, unit, now)
    assert todo == windows[len(windows) - len(todo) :]
    mark_window = min((window_at(mark, unit, zone), newest_mark(zone, unit, now)), key=lambda w: w.first_day)
    for window in windows:
        due = window.last_day > mark_window.last_day.subtract(days=lookback)
        assert (window in todo) == due
        if not window.has_ended(now):
            assert window in todo


@pytest.mark.parametrize(
    ("unit", "day", "last"),
    [
        ("day", "2026-03-03", "2026-03-04"),
        ("week", "2026-03-02", "2026-03-09"),
        ("month", "2026-03-15", "2026-04-01"),
    ],
)
def test_what_follows_a_mark(unit: WindowUnit, day: str, last: str) -> None:
    """Up to the first day after the window at the mark nothing is missing."""
    mark, limit = pendulum.Date.fromisoformat(day), pendulum.Date.fromisoformat(last)
    for shift in range(-40, 40):
        found = leaves_no_gap(limit.add(days=shift), mark, unit, "America/New_York")
        assert found == (shift <= 0)


def test_nothing_follows_a_mark_of_long_ago() -> None:
    long_ago = pendulum.date(1, 1, 1)
    assert leaves_no_gap(pendulum.date(1970, 1, 2), long_ago, "day", "UTC")
    assert not leaves_no_gap(pendulum.date(1970, 1, 3), long_ago, "day", "UTC")


def test_a_mark_within_a_week_covers_the_week_up_to_the_mark_only() -> None:
    """As a state has it that was saved with another unit."""
    settings = made(lookback_days=0)
    windows = report_windows(settings, "week", NOW)
    monday = windows[-5].first_day
    for mark, first in ((monday, windows[-4]), (monday.add(days=2), windows[-5])):
        assert left_to_read(windows, mark, settings, "week", NOW)[0] == first
