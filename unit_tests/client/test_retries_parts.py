"""What the service is made of, when exactly it counts as down, and what it says."""

import logging
import random
import threading
from contextlib import nullcontext
from typing import Any

import pytest
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics.client import service as module
from source_8x8_work_analytics.client.http import Http
from source_8x8_work_analytics.client.login import TokenRejected
from source_8x8_work_analytics.client.service import MAX_FAILURES_IN_A_ROW, Retries, Service
from source_8x8_work_analytics.errors import RetryableError, ServiceError, config_error
from testing.builders import service
from testing.builders import settings as settings_of
from unit_tests.test_service import BUSY, LIMITED, PATIENCE, failing, failure_of, passing, readers


def test_its_parts_are_made_as_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[Any, ...]] = []

    class Noted(Http):
        def __init__(self, *args: Any) -> None:
            made.append(args)
            super().__init__(*args)

    monkeypatch.setattr(module, "Http", Noted)
    settings = settings_of()
    found = Service(settings, Retries(read_timeout=5.0), 7)
    assert made == [(7, 5.0)]
    assert found.settings is settings
    assert found.limiter.size == 7


@pytest.mark.parametrize("limited", [True, False])
def test_a_request_takes_a_slot_and_a_sign_in_takes_none(
    monkeypatch: pytest.MonkeyPatch, limited: bool
) -> None:
    made = readers("a")
    taken: list[int] = []

    def acquire() -> nullcontext[None]:
        taken.append(1)
        return nullcontext()

    monkeypatch.setattr(made.limiter, "acquire", acquire)
    made.call_with_retries("a", passing(), limited=limited)
    assert len(taken) == limited


def test_the_wait_between_tries_is_a_real_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # of the fixture that skips the waits
    waited: list[Any] = []
    monkeypatch.setattr(threading.Event, "wait", lambda _, seconds=None: waited.append(seconds))
    service().rest(7.0)
    assert waited == [7.0]


def test_a_rejected_token_is_renewed_with_the_moment_of_the_request(
    monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    made = readers("a")
    sent: list[Any] = []

    def renew(_: TokenRejected, moment: float) -> float:
        sent.append(moment)
        return 5.0

    monkeypatch.setattr(made.login, "renew", renew)
    rejection = TokenRejected("Bearer old")
    made.call_with_retries("a", passing(rejection, rejection))
    assert sent == [1000.0, 1005.0]


def test_a_retry_is_said_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    asked = RetryableError("8x8 answered the report with HTTP 503", retry_after=7.0)
    readers("a").call_with_retries("a", passing(asked))
    assert caplog.messages == ["8x8 answered the report with HTTP 503 (try 1); retrying in 7 s."]


def test_advice_stands_behind_the_failure() -> None:
    error = RetryableError("The proxy did not respond in time", advice="check HTTPS_PROXY")
    message = str(failure_of(readers("a"), "a", failing(error)))
    assert message.startswith("The proxy did not respond in time, 6 times in a row (check HTTPS_PROXY)")


def test_a_wait_of_just_the_budget_is_not_too_long() -> None:
    asked = RetryableError("x", retry_after=PATIENCE.budget)
    error = failure_of(readers("a", "b"), "a", failing(asked))
    assert str(error).startswith("x, 2 times in a row")
    assert not isinstance(error, ServiceError)


@pytest.mark.parametrize(("chance", "seconds"), [(0.8, [1.6, 3.2, 48.0]), (1.2, [2.4, 4.8, 72.0])])
def test_waits_double_up_to_a_minute_with_some_chance(
    monkeypatch: pytest.MonkeyPatch, chance: float, seconds: list[float]
) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: chance if low <= chance <= high else 0.0)
    assert [module._backoff(tries) for tries in (1, 2, 6)] == pytest.approx(seconds)


def fail(made: Service, failures: int, error: RetryableError = BUSY) -> None:
    """Let that many tries of two readers fail, each request ending otherwise before its last try."""
    for n in range(failures):
        with pytest.raises(AirbyteTracedException, match="another end"):
            made.call_with_retries("ab"[n % 2], failing(error, config_error("another end")))


def test_so_many_failures_in_a_row_and_no_fewer_make_the_service_down() -> None:
    made = readers("a", "b")
    fail(made, MAX_FAILURES_IN_A_ROW - 1)
    assert made.call_with_retries("a", passing()) == "rows"
    fail(made, MAX_FAILURES_IN_A_ROW - 1)
    assert made.call_with_retries("a", passing()) == "rows", "a success did not start the count anew"
    fail(made, MAX_FAILURES_IN_A_ROW - 1)
    down = failure_of(made, "b", failing(BUSY, config_error("another end")))
    assert str(down) == "8x8 is not responding; progress is saved, so run the sync again later to resume."


def test_rate_limits_do_not_count_as_failures() -> None:
    made = readers("a", "b")
    fail(made, 2 * MAX_FAILURES_IN_A_ROW, LIMITED)
    assert made.call_with_retries("a", passing()) == "rows"


def test_two_failing_readers_of_four_are_enough() -> None:
    made = readers("a", "b", "c", "d")
    failure_of(made, "a", failing(BUSY))
    failure_of(made, "b", failing(BUSY))
    assert "not responding" in str(failure_of(made, "c", passing()))


def test_a_reader_that_has_nothing_more_to_read_is_no_witness() -> None:
    made = readers("a", "b")
    made.unregister("b")
    failure_of(made, "a", failing(BUSY))
    assert "not responding" in str(failure_of(made, "a", passing()))


def test_a_success_at_the_very_moment_counts() -> None:
    made = readers("a")
    made.call_with_retries("a", passing())
    failure_of(made, "a", failing(BUSY))
    assert made.call_with_retries("a", passing()) == "rows"
