"""How often a request is tried, and how long it waits in between."""

import logging
import random
import threading
from contextlib import nullcontext
from typing import Any

import pytest
from airbyte_cdk.models import FailureType

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.client import retries as module
from source_8x8_work_analytics.client.retries import SIGN_IN, Reader, Retrier, TryAgain
from source_8x8_work_analytics.errors import ConnectorError
from unit_tests.client.trying import (
    BUSY,
    LIMITED,
    RETRIES,
    A,
    B,
    C,
    failing,
    failure_of,
    retrier_of,
    succeeding,
    told_to_wait,
)


def test_waits_grow_and_are_bounded(waits: list[float]) -> None:
    error = failure_of(retrier_of(A), A, failing(BUSY))
    assert error.problem is messages.HTTP_ERROR
    assert error.failure_type is FailureType.transient_error
    assert str(error) == (
        "8x8 returned HTTP 503 for the report, 6 times in a row; progress is saved, so run the sync again "
        "later to resume."
    )
    assert len(waits) == RETRIES.tries - 1
    assert all(0.8 * 2**n <= wait <= 1.2 * 2**n for n, wait in enumerate(waits, 1))


@pytest.mark.parametrize(("chance", "seconds"), [(0.8, [1.6, 3.2, 48.0]), (1.2, [2.4, 4.8, 72.0])])
def test_waits_double_up_to_a_minute_with_some_variation(
    monkeypatch: pytest.MonkeyPatch, chance: float, seconds: list[float]
) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: chance if low <= chance <= high else 0.0)
    assert [module._backoff(tries) for tries in (1, 2, 6)] == pytest.approx(seconds)
    assert module._backoff(50) == pytest.approx(seconds[-1])


def test_two_waits_differ() -> None:
    assert len({module._backoff(3) for _ in range(20)}) > 1


@pytest.mark.parametrize("failures", range(RETRIES.tries))
def test_transient_failure_is_retried(waits: list[float], failures: int) -> None:
    assert retrier_of(A).call(A, succeeding(*[BUSY] * failures)) == "rows"
    assert len(waits) == failures


def test_rate_limit_is_waited_for_longer(waits: list[float]) -> None:
    failure_of(retrier_of(A), A, failing(LIMITED))
    assert len(waits) == RETRIES.tries_rate_limited - 1
    assert 1.6 <= waits[0] <= 2.4
    assert 48 <= waits[-1] <= 72


def test_rate_limited_request_that_is_told_how_long_to_wait_is_tried_more_often(waits: list[float]) -> None:
    failure_of(retrier_of(A), A, failing(told_to_wait(2.0, rate_limited=True)))
    assert waits == [2.0] * (RETRIES.tries_told_to_wait - 1)


def test_other_request_that_is_told_how_long_to_wait_is_not(waits: list[float]) -> None:
    failure_of(retrier_of(A), A, failing(told_to_wait(2.0)))
    assert waits == [2.0] * (RETRIES.tries - 1)


def test_wait_is_as_long_as_8x8_asks(waits: list[float]) -> None:
    errors = [told_to_wait(7.0, rate_limited=True), told_to_wait(90.0)]
    assert retrier_of(A).call(A, succeeding(*errors)) == "rows"
    assert waits == [7.0, 90.0]


@pytest.mark.parametrize("rate_limited", [True, False])
def test_wait_longer_than_the_budget_ends_everything(waits: list[float], rate_limited: bool) -> None:
    error = failure_of(retrier_of(A, B, C), A, failing(told_to_wait(3600.0, rate_limited)))
    assert waits == []
    assert error.problem is messages.LONG_RETRY_AFTER
    assert error.service_wide
    assert "HTTP 429 for the report and requested a wait of 3,600 s" in str(error)


def test_wait_of_just_the_budget_is_not_too_long(waits: list[float]) -> None:
    error = failure_of(retrier_of(A, B), A, failing(told_to_wait(RETRIES.budget)))
    assert waits == [RETRIES.budget]
    assert error.problem is messages.HTTP_ERROR
    assert ", 2 times in a row" in str(error)
    assert not error.service_wide


def test_waits_do_not_add_up_to_more_than_the_budget(waits: list[float]) -> None:
    failure_of(retrier_of(A), A, failing(told_to_wait(140.0)))
    assert waits == [140.0, 140.0]
    assert sum(waits) <= RETRIES.budget


def test_rate_limited_request_waits_outside_of_its_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others go on meanwhile, in one slot less."""
    retrier = retrier_of(A, B)
    during_wait = []

    def rest(_: Retrier, seconds: float) -> None:
        open_then = retrier.limiter.open
        thread = threading.Thread(
            target=lambda: during_wait.append((open_then, retrier.call(B, succeeding())))
        )
        thread.start()
        thread.join(timeout=20)

    monkeypatch.setattr(Retrier, "wait", rest)
    assert retrier.call(A, succeeding(LIMITED)) == "rows"
    assert during_wait == [(3, "rows")]
    assert retrier.limiter.open == 4


@pytest.mark.parametrize(("rejections", "in_slot"), [(2, [False, False]), (4, [False, False, True, True])])
def test_last_slot_is_kept_while_8x8_rejects_everything(
    monkeypatch: pytest.MonkeyPatch, rejections: int, in_slot: list[bool]
) -> None:
    retrier = retrier_of(A, num_workers=1)
    limited = told_to_wait(2.0, rate_limited=True)
    found: list[bool] = []
    monkeypatch.setattr(Retrier, "wait", lambda *_: found.append(retrier.limiter._in_flight == 1))
    assert retrier.call(A, succeeding(*[limited] * rejections)) == "rows"
    assert found == in_slot


def test_last_slot_is_free_where_8x8_does_not_say_how_long_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    retrier = retrier_of(A, num_workers=1)
    found: list[int] = []
    monkeypatch.setattr(Retrier, "wait", lambda *_: found.append(retrier.limiter._in_flight))
    assert retrier.call(A, succeeding(*[LIMITED] * 5)) == "rows"
    assert found == [0] * 5


def test_other_failure_waits_outside_of_its_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    retrier = retrier_of(A, num_workers=1)
    inside = []
    monkeypatch.setattr(Retrier, "wait", lambda *_: inside.append(retrier.call(B, succeeding())))
    assert retrier.call(A, succeeding(BUSY)) == "rows"
    assert inside == ["rows"]
    assert retrier.limiter.open == 1


@pytest.mark.parametrize(
    "error",
    [KeyError("a bug"), ConnectorError(messages.PBX_DENIED), ConnectorError(messages.SERVICE_DOWN)],
    ids=repr,
)
def test_permanent_failure_is_not_retried(waits: list[float], error: Exception) -> None:
    tries = []

    def attempt() -> None:
        tries.append(1)
        raise error

    with pytest.raises(type(error)) as failed:
        retrier_of(A).call(A, attempt)
    assert failed.value is error
    assert (tries, waits) == ([1], [])


def test_try_that_does_not_count_is_repeated_after_its_wait(waits: list[float]) -> None:
    again = TryAgain(5.0)
    assert str(again) == "try again"
    assert retrier_of(A).call(A, succeeding(*[again] * 9)) == "rows"
    assert waits == [5.0] * 9


@pytest.mark.parametrize(("reader", "slots"), [(A, 1), (Reader("sign-in"), 1), (SIGN_IN, 0)])
def test_only_a_sign_in_takes_no_slot(monkeypatch: pytest.MonkeyPatch, reader: Reader, slots: int) -> None:
    retrier = retrier_of(A)
    taken: list[int] = []

    def acquire() -> nullcontext[None]:
        taken.append(1)
        return nullcontext()

    monkeypatch.setattr(retrier.limiter, "acquire", acquire)
    retrier.call(reader, succeeding())
    assert len(taken) == slots


def test_only_the_success_of_a_request_gives_a_slot_back() -> None:
    retrier = retrier_of(A)
    retrier.limiter.shrink()
    retrier.call(SIGN_IN, succeeding())
    assert retrier.limiter.open == 3
    retrier.call(A, succeeding())
    assert retrier.limiter.open == 4


def test_wait_between_tries_is_a_real_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # of the fixture that skips the waits
    waited: list[Any] = []
    monkeypatch.setattr(threading.Event, "wait", lambda _, seconds=None: waited.append(seconds))
    retrier_of().wait(7.0)
    assert waited == [7.0]


def test_retry_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    retrier_of(A).call(A, succeeding(told_to_wait(7.0)))
    assert caplog.messages == ["8x8 returned HTTP 429 for the report (try 1); retrying in 7 s."]
