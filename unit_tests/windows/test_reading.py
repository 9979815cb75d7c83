"""How far a stream has come: lines of the log, and the estimates of Airbyte's progress bar."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from airbyte_cdk.models import AirbyteMessage, AirbyteMessageSerializer, EstimateType, TraceType, Type

from source_8x8_work_analytics import clock, messages
from source_8x8_work_analytics.messages import duration
from source_8x8_work_analytics.windows.reading import Reading, Tally
from unit_tests.conftest import NOW


def tally(total: int = 0, began: float = 1000.0) -> Tally:
    return Tally("extension_summary", began, total)


def test_what_was_read_adds_up() -> None:
    counts = tally(3)
    counts.add(Reading(rows=3, requests=2, repeated=2, size=100))
    counts.add(Reading(rows=4, requests=1, repeated=1, size=150))
    assert (counts.windows, counts.rows, counts.requests) == (2, 7, 3)
    assert (counts.repeated, counts.size) == (3, 250)


def milestones(total: int) -> list[int]:
    """The numbers of windows after which there is a line."""
    counts = tally(total)
    found = []
    for _ in range(total):
        counts.add(Reading())
        if counts.is_milestone:
            found.append(counts.windows)
    return found


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (1, [1]),
        (4, [1, 2, 3, 4]),
        (10, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        (20, [2, 4, 6, 8, 10, 12, 14, 16, 18, 20]),
        (25, [3, 5, 8, 10, 13, 15, 18, 20, 23, 25]),
        (49, [5, 10, 15, 20, 25, 30, 35, 40, 45, 49]),
        (50, [3, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50]),
        (731, [3, 74, 147, 220, 293, 366, 439, 512, 585, 658, 731]),
    ],
)
def test_each_tenth_is_a_milestone_and_the_third_window_of_a_long_load(
    total: int, expected: list[int]
) -> None:
    assert milestones(total) == expected


@pytest.mark.parametrize(
    ("windows", "total", "elapsed", "line"),
    [
        (3, 731, 6.0, "3 of 731 windows read, 12 rows, about 24 min left"),
        (10, 40, 10.0, "10 of 40 windows read, 12 rows, about 30 s left"),
        (1, 2, 20.0, "1 of 2 windows read, 12 rows, about 20 s left"),
        (1, 2, 0.0, "1 of 2 windows read, 12 rows, about 1 s left"),
        (73, 73100, 10.0, "73 of 73,100 windows read, 12 rows, about 2.8 h left"),
        (40, 40, 10.0, "40 of 40 windows read, 12 rows"),
        (1, 1, 5.0, "1 of 1 window read, 12 rows"),
    ],
)
def test_a_line_says_how_far_it_is_and_how_long_the_rest_takes(
    monkeypatch: pytest.MonkeyPatch, windows: int, total: int, elapsed: float, line: str
) -> None:
    monkeypatch.setattr(clock, "elapsed", lambda: 500.0 + elapsed)
    counts = Tally("extension_summary", 500.0, total, windows=windows, rows=12)
    assert counts.line() == f"extension_summary: {line}."


def test_a_line_of_one_row() -> None:
    assert Tally("calls", 1000.0, 1, windows=1, rows=1).line() == "calls: 1 of 1 window read, 1 row."


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1 s"),
        (0.4, "1 s"),
        (1.6, "2 s"),
        (89.9, "90 s"),
        (90, "2 min"),
        (100, "2 min"),
        (5399, "90 min"),
        (5400, "1.5 h"),
        (36_360, "10.1 h"),
        (3_600_000, "1000.0 h"),
    ],
)
def test_lengths_of_time_read_well(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_summary_says_what_was_read() -> None:
    counts = Tally("calls", 0.0, 2, windows=2, rows=1200, requests=3)
    assert counts.summary() == "calls: read 1,200 rows from 2 windows in 3 requests."
    one = Tally("calls", 0.0, 1, windows=1, rows=1, requests=1)
    assert one.summary() == "calls: read 1 row from 1 window in 1 request."


def test_repeated_keys_are_a_warning() -> None:
    assert tally().warning() is None
    counts = Tally("calls", 0.0, repeated=2)
    assert counts.warning() == messages.REPEATED_KEYS.text(stream="calls", count="2 rows")


def estimates(message: AirbyteMessage) -> tuple[int, int]:
    """The rows and bytes of an estimate."""
    assert message.trace
    assert message.trace.estimate
    rows, size = message.trace.estimate.row_estimate, message.trace.estimate.byte_estimate
    assert isinstance(rows, int)
    assert isinstance(size, int)
    return rows, size


def test_an_estimate_is_a_trace_of_the_stream_with_rows_and_bytes() -> None:
    message = Tally("calls", 0.0, total=30, windows=7, rows=100, size=4567).estimate()
    assert message.type is Type.TRACE
    assert message.trace
    assert message.trace.type is TraceType.ESTIMATE
    assert message.trace.emitted_at == NOW.timestamp() * 1000
    assert message.trace.estimate
    assert (message.trace.estimate.name, message.trace.estimate.type) == ("calls", EstimateType.STREAM)
    assert estimates(message) == (429, 19573)
    dumped = AirbyteMessageSerializer.dump(message)["trace"]["estimate"]
    assert dumped == {"name": "calls", "type": "STREAM", "row_estimate": 429, "byte_estimate": 19573}


def test_an_estimate_without_rows_has_both_numbers() -> None:
    """Airbyte's tracker does not check whether there is a number of bytes."""
    assert estimates(Tally("calls", 0.0, total=30, windows=3).estimate()) == (0, 0)
    assert estimates(Tally("calls", 0.0).estimate()) == (0, 0)


def test_an_estimate_after_one_window() -> None:
    assert estimates(Tally("calls", 0.0, total=30, windows=1, rows=2, size=50).estimate()) == (60, 1500)


@dataclass
class Series:
    """A company: the extensions with calls on a weekday and at a weekend, and the growth over two years."""

    weekday: int
    weekend: int
    growth: float
    pbxs: int = 1

    def readings(self, total: int, seed: int) -> Iterator[Reading]:
        """The readings of a first load of so many days, from old to new, PBXs taking turns."""
        chance = random.Random(seed)  # noqa: S311 - no secret
        for day in range(total):
            usual = self.weekend if day % 7 in (5, 6) else self.weekday
            for _ in range(self.pbxs):
                scale = (1 + self.growth * day / total) * chance.uniform(0.8, 1.2)
                rows = round(usual * scale)
                yield Reading(rows=rows, size=rows * chance.randint(380, 420), requests=1)


@pytest.mark.parametrize("days", [70, 365, 731])
@pytest.mark.parametrize(
    "series",
    [
        Series(100, 100, 0.0),
        Series(100, 20, 0.0),
        Series(100, 0, 0.0),
        Series(100, 20, 0.3),
        Series(100, 20, -0.3),
        Series(8, 1, 0.2),
        Series(40, 10, 0.2, pbxs=3),
    ],
    ids=repr,
)
def test_estimates_are_within_30_percent_from_the_second_tenth_on(series: Series, days: int) -> None:
    readings = list(series.readings(days, seed=days))
    rows, size = sum(each.rows for each in readings), sum(each.size for each in readings)
    counts = tally(len(readings))
    checked = 0
    for each in readings:
        counts.add(each)
        if counts.is_milestone and 10 * counts.windows >= 2 * counts.total:
            row_estimate, byte_estimate = estimates(counts.estimate())
            assert row_estimate == pytest.approx(rows, rel=0.3)
            assert byte_estimate == pytest.approx(size, rel=0.3)
            checked += 1
    assert checked == 9
    assert estimates(counts.estimate()) == (rows, size)
