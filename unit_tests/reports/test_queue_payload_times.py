"""Times are in seconds: a long call is kept, milliseconds are rejected."""

from typing import Any

import pytest

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.reports.queue_payload import (
    LONG_AVERAGE,
    LONGEST_CALL,
    WITHIN_WINDOW,
    check_times,
)

DAY = 86_400.0
TIMES = pytest.mark.parametrize("name", sorted(WITHIN_WINDOW))
ORDINARY: dict[str, Any] = {"longestTalkTime": 3_000.0, "averageTalkTime": 180.5, "averageWaitingTime": 20.0}


def rejected(*rows: dict[str, Any]) -> str:
    """The time that is named when the rows are rejected."""
    with pytest.raises(ConnectorError) as error:
        check_times(rows, DAY)
    assert error.value.problem is messages.NOT_SECONDS
    return error.value.sentence()


def named(name: str) -> str:
    return ConnectorError(messages.NOT_SECONDS, name=name).sentence()


def milliseconds(row: dict[str, Any]) -> dict[str, Any]:
    return {name: 1000 * value for name, value in row.items()}


@TIMES
@pytest.mark.parametrize("seconds", [82_800.0, DAY, 90_000.0])
def test_times_within_the_window_are_seconds(name: str, seconds: float) -> None:
    for value in (0, None, 1, seconds, seconds - 0.5, "n/a", True):
        assert check_times([{name: value}] * 3, seconds) is None


@TIMES
def test_one_time_longer_than_the_window_is_a_long_call(name: str) -> None:
    assert check_times([{name: DAY + 0.5}], DAY) == name
    assert check_times([{name: 90_000}], DAY) == name
    assert check_times([ORDINARY, {name: 90_000}, ORDINARY, ORDINARY], DAY) == name


def test_the_only_call_of_a_queue_may_last_25_hours() -> None:
    row = {
        "longestHandlingTime": 90_000.0,
        "longestTalkTime": 89_900.0,
        "averageHandlingTime": 90_000.0,
        "averageTalkTime": 89_900.0,
        "averageWaitingTime": 12.0,
        "averageTimeToAnswer": 12.0,
    }
    assert check_times([row], DAY) == "longestHandlingTime"


@TIMES
def test_no_call_lasts_longer_than_a_week(name: str) -> None:
    assert check_times([ORDINARY, {name: LONGEST_CALL}], DAY) == name
    assert rejected(ORDINARY, ORDINARY, {name: LONGEST_CALL + 1}) == named(name)
    assert LONGEST_CALL == 7 * DAY


@TIMES
def test_long_times_in_most_rows_are_not_seconds(name: str) -> None:
    long, short = {name: 90_000}, {name: 80_000}
    assert check_times([long, long, short, short], DAY) == name
    assert rejected(long, long, short) == named(name)
    assert rejected(long, long) == named(name)


def test_two_long_times_of_one_row_are_one_row() -> None:
    row = {"longestHandlingTime": 90_000, "longestTalkTime": 90_000}
    assert check_times([row, ORDINARY], DAY) == "longestHandlingTime"


def test_long_averages_show_milliseconds() -> None:
    """A quarter of all averages is a limit that one long call cannot move, and milliseconds always pass."""
    row = {"longestTalkTime": 90_000, "averageTalkTime": 60_000, "averageWaitingTime": LONG_AVERAGE}
    assert rejected(row) == named("longestTalkTime")
    assert check_times([{**row, "averageWaitingTime": LONG_AVERAGE - 1}], DAY) == "longestTalkTime"
    four = {f"average{n}": 60_000 for n in range(3)}
    assert check_times([{**row, **four, "averageWaitingTime": 20, "averageWrapUpTime": 5}], DAY)
    assert rejected({**row, **four, "averageWaitingTime": 20})


def test_averages_of_zero_and_other_values_show_nothing() -> None:
    zeros = {"averageWaitingTime": 0, "averageOnHoldTime": 0.0, "averageWrapUpTime": None, "averageX": "n/a"}
    assert rejected({"longestTalkTime": 90_000, "averageTalkTime": 60_000, **zeros})


@pytest.mark.parametrize("rows", [1, 2, 5, 50])
def test_milliseconds_of_an_ordinary_day_are_rejected(rows: int) -> None:
    assert check_times([ORDINARY] * rows, DAY) is None
    assert rejected(*[milliseconds(ORDINARY)] * rows) == named("longestTalkTime")


def test_milliseconds_of_a_quiet_queue_are_rejected() -> None:
    quiet = {"longestTalkTime": 95.0, "averageTalkTime": 60.0, "averageWaitingTime": 3.0}
    assert rejected(milliseconds(quiet)) == named("longestTalkTime")


def test_totals_of_a_queue_may_exceed_the_window() -> None:
    assert check_times([{"totalTalkTime": 200_000.0}] * 3, DAY) is None


def test_rows_without_times_fit_a_window_of_zero_seconds() -> None:
    assert check_times([{"id": "q1"}, {}], 0.0) is None
    assert check_times([], DAY) is None
