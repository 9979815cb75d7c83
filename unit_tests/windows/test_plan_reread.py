"""A range to read again: which windows it adds to a plan."""

from typing import Any

import pytest

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.windows.state import PbxState
from unit_tests.windows.planning import Planned, day, planned, state

SAVED = state("2026-11-20", "2026-11-01")


def reread(first: str, last: str | None = None, saved: PbxState | None = SAVED, **changes: Any) -> Planned:
    return planned(saved, reread_from=first, reread_to=last or first, **changes)


def november(first: int, last: int) -> list[str]:
    return [f"2026-11-{n:02}" for n in range(first, last + 1)]


def test_a_range_is_added_to_what_is_read_anyway() -> None:
    found = reread("2026-11-09", "2026-11-11")
    assert found.notes == [
        "call_records: PBX acme has 7 windows to read, from 2026-11-21 to 2026-11-24 and from 2026-11-09 to "
        "2026-11-11, in time zone America/New_York.",
        "call_records: PBX acme has 3 windows to read again (reread_from).",
    ]
    assert found.warnings == []
    assert found.progress.state == SAVED
    assert found.windows == [*november(21, 24), *november(9, 11)]


def test_one_day_is_a_range() -> None:
    found = planned(SAVED, reread_from="2026-11-09")
    assert found.notes[1] == "call_records: PBX acme has 1 window to read again (reread_from)."
    assert found.windows == [*november(21, 24), "2026-11-09"]


def test_days_that_are_read_anyway_are_read_once() -> None:
    """In the lookback, after the mark, and before what was read."""
    found = reread("2026-11-17", "2026-11-22", lookback_days=2)
    assert found.windows == [*november(19, 24), "2026-11-17", "2026-11-18"]
    found = reread("2026-11-01", "2026-11-07", state("2026-11-20", "2026-11-05"))
    assert found.windows == [*november(21, 24), *november(1, 4)[::-1], *november(5, 7)]


def test_a_range_in_the_open_window_adds_nothing() -> None:
    found = reread("2026-11-24")
    assert (found.windows, found.warnings) == (november(21, 24), [])
    assert len(found.notes) == 1


def test_a_range_that_ends_in_the_future_is_read_up_to_now() -> None:
    found = reread("2026-11-19", "2027-01-31")
    assert (found.windows, found.warnings) == ([*november(21, 24), *november(19, 20)], [])


def test_an_open_window_that_is_left_out_cannot_be_read_again() -> None:
    found = reread("2026-11-24", only_finished_windows=True)
    assert found.windows == november(21, 23)
    assert found.says(messages.REREAD_OUTSIDE, name="acme", first="2026-11-24", last="2026-11-24")


def test_a_range_before_the_start_date_is_read_where_it_was_read_before() -> None:
    found = reread("2026-11-03", "2026-11-05", start_date="2026-11-10")
    assert (found.windows, found.warnings) == ([*november(21, 24), *november(3, 5)], [])
    found = reread("2026-11-03", "2026-11-05", state("2026-11-20", "2026-11-05"), start_date="2026-11-10")
    assert (found.windows, found.warnings) == ([*november(21, 24), "2026-11-05"], [])


def test_a_range_that_was_never_read_is_a_warning() -> None:
    found = reread("2026-10-01", "2026-10-31")
    assert found.windows == november(21, 24)
    assert found.says(messages.REREAD_OUTSIDE, name="acme", first="2026-10-01", last="2026-10-31")


def test_a_range_before_the_two_years_is_a_warning() -> None:
    found = reread("2024-11-01", "2024-11-23", state("2026-11-20", "2024-10-01"), start_date=...)
    assert found.windows == november(21, 24)
    assert found.says(messages.REREAD_OUTSIDE, name="acme", first="2024-11-01", last="2024-11-23")
    found = reread("2024-11-01", "2024-11-25", state("2026-11-20", "2024-10-01"), start_date=...)
    assert (found.windows, found.warnings) == ([*november(21, 24), "2024-11-24", "2024-11-25"], [])


def test_a_range_after_the_end_date_is_a_warning() -> None:
    found = reread("2026-11-15", "2026-11-16", end_date="2026-11-10")
    assert found.windows == []
    assert found.says(messages.REREAD_OUTSIDE, name="acme", first="2026-11-15", last="2026-11-16")
    found = reread("2026-11-09", "2026-11-16", end_date="2026-11-10")
    assert (found.windows, found.warnings) == (["2026-11-09", "2026-11-10"], [])


def test_a_range_can_be_read_where_nothing_else_is() -> None:
    """The end date lies before the start of what is kept, but the range was read earlier."""
    found = reread("2026-11-09", start_date="2026-11-12", end_date="2026-11-12")
    assert found.windows == ["2026-11-09"]


@pytest.mark.parametrize(
    ("unit", "first", "last", "again"),
    [
        ("week", "2026-10-11", "2026-10-12", ["2026-10-05", "2026-10-12"]),
        ("week", "2026-10-12", "2026-10-18", ["2026-10-12"]),
        ("month", "2026-09-30", "2026-09-30", ["2026-09-01"]),
        ("month", "2026-08-31", "2026-10-01", ["2026-08-01", "2026-09-01", "2026-10-01"]),
    ],
)
def test_windows_that_the_range_touches_are_read_whole(
    unit: Any, first: str, last: str, again: list[str]
) -> None:
    mark, newest = {"week": ("2026-11-16", "2026-11-23"), "month": ("2026-10-01", "2026-11-01")}[unit]
    saved = state(mark, {"week": "2026-06-01", "month": "2026-06-01"}[unit])
    found = reread(first, last, saved, unit=unit, start_date="2026-06-01")
    assert found.windows == [newest, *again]


def test_a_range_that_was_read_again_is_not_read_twice() -> None:
    days = (day("2026-11-09"), day("2026-11-11"))
    done = state("2026-11-20", "2026-11-01", reread=days)
    found = reread("2026-11-09", "2026-11-11", done)
    assert (found.windows, found.warnings) == (november(21, 24), [])
    assert found.saved.get("acme") == done


@pytest.mark.parametrize(
    ("first", "last"),
    [("2026-11-09", "2026-11-12"), ("2026-11-10", "2026-11-11"), ("2026-11-02", "2026-11-02")],
)
def test_another_range_is_read_again(first: str, last: str) -> None:
    done = state("2026-11-20", "2026-11-01", reread=(day("2026-11-09"), day("2026-11-11")))
    assert reread(first, last, done).windows == [*november(21, 24), *november(int(first[8:]), int(last[8:]))]


def test_without_a_range_the_one_before_stays_noted() -> None:
    done = state("2026-11-20", "2026-11-01", reread=(day("2026-11-09"), day("2026-11-11")))
    assert planned(done).saved.get("acme") == done


def test_a_first_sync_reads_the_range_once_with_everything_else() -> None:
    found = reread("2026-11-09", "2026-11-11", None)
    pbx = found.progress
    reads = [pbx.start() for _ in range(pbx.total)]
    assert [read.window.report_date for read in reads] == november(1, 24)
    for read in reads[:-1]:
        pbx.record(read, True)
    assert pbx.state == state("2026-11-23", "2026-11-01", reread=(day("2026-11-09"), day("2026-11-11")))
    assert reread("2026-11-09", "2026-11-11", pbx.state).windows == ["2026-11-24"]


def test_a_stretch_that_begins_anew_reads_the_range_with_it() -> None:
    found = reread("2026-11-09", "2026-11-11", state("2026-10-05", "2026-10-01"))
    assert (found.windows, found.warnings) == (november(1, 24), [])


def test_a_range_of_which_nothing_is_left_after_a_stretch_began_anew_is_a_warning() -> None:
    found = reread("2026-10-02", "2026-10-03", state("2026-10-05", "2026-10-01"))
    assert found.windows == november(1, 24)
    assert found.says(messages.REREAD_OUTSIDE, name="acme", first="2026-10-02", last="2026-10-03")
