"""This machine's clock against 8x8's."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from source_8x8_work_analytics import clock, messages
from source_8x8_work_analytics.client.client import CLOCK_TOLERANCE, ServiceClock
from testing.builders import response
from unit_tests.conftest import NOW


def moment(seconds: float, took: float = 0.0) -> datetime:
    """Return the corrected moment of a request, where `Date` is so many seconds after it was sent."""
    date = format_datetime(NOW + timedelta(seconds=seconds))
    return ServiceClock().sent(replace(response(Date=date), seconds=took))


@pytest.mark.parametrize("took", [0.0, 90.0])
@pytest.mark.parametrize("seconds", [-60, -1, 0, 60])
def test_clocks_that_agree_within_a_minute_change_nothing(seconds: float, took: float) -> None:
    assert timedelta(minutes=1) == CLOCK_TOLERANCE
    assert moment(seconds, took) == NOW
    assert moment(took + 60, took) == NOW, "the response came after that time"


@pytest.mark.parametrize("took", [0.0, 90.0])
def test_clock_that_is_ahead_gives_way_to_8x8s(caplog: pytest.LogCaptureFixture, took: float) -> None:
    assert moment(-61, took) == NOW + timedelta(seconds=-61 - took)
    assert caplog.messages == [messages.CLOCK_SKEW.text(minutes=2, direction="ahead of")]


@pytest.mark.parametrize("took", [0.0, 90.0])
def test_clock_that_is_behind_gives_way_to_8x8s(caplog: pytest.LogCaptureFixture, took: float) -> None:
    assert moment(took + 61, took) == NOW + timedelta(seconds=61)
    assert caplog.messages == [messages.CLOCK_SKEW.text(minutes=2, direction="behind")]


@pytest.mark.parametrize("date", ["", "soon", "Tue, 24 Nov 99999999999 15:01:30 GMT"])
def test_response_without_a_valid_date_changes_nothing(date: str) -> None:
    assert ServiceClock().sent(response(Date=date)) == NOW
    assert ServiceClock().sent(response()) == NOW


def test_disagreement_is_logged_once_for_all_requests(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    shared = ServiceClock()
    for hours in (1, 2, 1):
        shared.sent(response(Date=format_datetime(NOW - timedelta(hours=hours))))
    assert len(caplog.records) == 1
    assert caplog.records[0].levelno == logging.WARNING


def test_moment_by_8x8s_clock_can_be_compared_with_ours() -> None:
    assert moment(-3600) < datetime(2026, 11, 24, 15, tzinfo=timezone.utc) < clock.now()
