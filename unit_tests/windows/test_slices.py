"""One window on its way: its slices, and what is noted of it."""

from datetime import timedelta

import pendulum
import pytest
from airbyte_cdk.sources.declarative.stream_slicers.declarative_partition_generator import (
    DeclarativePartition,
)
from airbyte_cdk.sources.types import StreamSlice

from source_8x8_work_analytics.windows.calendar import window_at
from source_8x8_work_analytics.windows.window_read import Outcome, WindowRead

FIRST, LAST = (window_at(pendulum.date(2026, 11, day), "week", "Europe/London") for day in (2, 30))


def read() -> WindowRead:
    return WindowRead("acmecorp", FIRST, (FIRST, LAST))


def test_it_begins_with_nothing_seen() -> None:
    made = read()
    assert (made.complete, made.outcome, made.rows, made.repeated, made.requests) == (True, None, 0, 0, 0)


def test_its_slice_says_what_the_manifest_asks_for() -> None:
    made = read()
    asked = made.to_slice()
    assert asked.partition == {"pbx_id": "acmecorp"}
    assert asked.cursor_slice == {
        "report_date": "2026-11-02",
        "start_time": "2026-11-02 00:00:00",
        "end_time": "2026-11-08 23:59:59",
    }
    assert WindowRead.of(asked) is made


def test_the_slice_of_its_span_covers_all_windows_of_the_span() -> None:
    asked = read().span_slice()
    assert asked.partition == {"pbx_id": "acmecorp"}
    assert asked.cursor_slice == {"start_time": "2026-11-02 00:00:00", "end_time": "2026-12-06 23:59:59"}


def test_both_slices_can_end_at_the_next_midnight() -> None:
    made = WindowRead("acmecorp", FIRST, (FIRST, LAST), "next_midnight")
    assert made.to_slice()["end_time"] == "2026-11-09 00:00:00"
    assert made.span_slice()["end_time"] == "2026-12-07 00:00:00"


def test_one_request_within_the_window_makes_it_incomplete_for_good() -> None:
    made = read()
    after = FIRST.end + timedelta(seconds=1)
    made.record_response(after)
    assert made.complete
    made.record_response(FIRST.end)
    assert not made.complete
    made.record_response(after)
    assert not made.complete


def test_rows_add_up() -> None:
    made = read()
    made.record_rows(10, 2)
    made.record_rows(5, 1)
    assert (made.rows, made.repeated) == (15, 3)


def test_it_is_found_behind_a_partition() -> None:
    made = read()

    class Held(DeclarativePartition):
        def __init__(self) -> None:
            pass

        def to_slice(self) -> StreamSlice:
            return made.to_slice()

    assert WindowRead.of(Held()) is made


@pytest.mark.parametrize("source", [None, {}, {"pbx_id": "x"}, StreamSlice(partition={}, cursor_slice={})])
def test_a_slice_from_elsewhere_is_a_bug(source: object) -> None:
    with pytest.raises(TypeError, match=r"^a report stream's slices come from WindowRouter$"):
        WindowRead.of(source)  # type: ignore[arg-type]


def test_outcomes_can_be_told_apart() -> None:
    assert [outcome.value for outcome in Outcome] == ["read", "failed"]
