"""What one reading of a window returned, and what its rows carry of it."""

from datetime import datetime, timedelta, timezone

import pendulum

from source_8x8_work_analytics.windows.calendar import window_at
from source_8x8_work_analytics.windows.reading import Reading

WEEK = window_at(pendulum.date(2026, 11, 2), "week", "Europe/London")
AFTER = WEEK.end + timedelta(seconds=1)


def test_a_reading_begins_with_nothing() -> None:
    reading = Reading()
    assert (reading.read_at, reading.complete) == (None, True)
    assert (reading.rows, reading.repeated, reading.requests, reading.size) == (0, 0, 0, 0)


def test_one_request_within_the_window_makes_it_incomplete_for_good() -> None:
    reading = Reading()
    reading.add_request(WEEK, AFTER)
    assert reading.complete
    reading.add_request(WEEK, WEEK.end)
    assert not reading.complete
    reading.add_request(WEEK, AFTER)
    assert not reading.complete


def test_requests_add_up() -> None:
    reading = Reading()
    reading.add_request(WEEK, AFTER)
    reading.add_request(WEEK, AFTER, 3)
    assert reading.requests == 4


def test_rows_carry_the_moment_of_the_first_request() -> None:
    reading = Reading()
    first = datetime(2026, 11, 9, 8, 0, 0, 25, tzinfo=timezone.utc)
    reading.add_request(WEEK, first)
    fields = reading.fields(WEEK)
    assert fields == {
        "report_date": "2026-11-02",
        "window_start": "2026-11-02T00:00:00+00:00",
        "window_end": "2026-11-08T23:59:59+00:00",
        "time_zone": "Europe/London",
        "window_complete": True,
        "window_read_at": "2026-11-09T08:00:00.000025+00:00",
    }
    reading.add_request(WEEK, first + timedelta(seconds=5))
    assert reading.fields(WEEK) == fields


def test_a_whole_second_has_microseconds_too() -> None:
    reading = Reading()
    reading.add_request(WEEK, WEEK.end)
    fields = reading.fields(WEEK)
    assert fields["window_read_at"] == "2026-11-08T23:59:59.000000+00:00"
    assert fields["window_complete"] is False
