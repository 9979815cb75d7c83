import logging
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pendulum
import pytest
import requests_mock as rm

from source_8x8_work_analytics import clock

NOW = pendulum.datetime(2026, 11, 24, 15, 30, tz="UTC")


@pytest.fixture(autouse=True)
def _no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("unit tests open no sockets")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture(autouse=True)
def _logs_are_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyAirbyte, which other tests of the same process import, takes the logger of this name for itself."""
    for name in ("airbyte", "airbyte.source-8x8-work-analytics"):
        logger = logging.getLogger(name)
        monkeypatch.setattr(logger, "propagate", True)
        monkeypatch.setattr(logger, "disabled", False)
        monkeypatch.setattr(logger, "level", logger.level)  # is restored after the test
        logger.setLevel(logging.INFO)  # forgets what loggers remember of former levels


@pytest.fixture(autouse=True)
def _frozen_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between retries, which pass at once on a clock that stands still otherwise."""
    from source_8x8_work_analytics.client.retries import Retrier

    found: list[float] = []
    monkeypatch.setattr(clock, "elapsed", lambda: 1000.0 + sum(found))
    monkeypatch.setattr(Retrier, "wait", lambda _, seconds: found.append(seconds))
    return found


@pytest.fixture
def pass_midnight(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Set the clock a second before midnight in New York; calling this sets it to midnight."""
    moments = [pendulum.datetime(2026, 11, 25, 4, 59, 59, tz="UTC")]
    monkeypatch.setattr(clock, "now", lambda: moments[-1])
    return lambda: moments.append(pendulum.datetime(2026, 11, 25, 5, 0, 0, tz="UTC"))


@pytest.fixture
def api() -> Iterator[rm.Mocker]:
    with rm.Mocker() as mocker:
        yield mocker
