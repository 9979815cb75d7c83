"""Retries, and when the service counts as down."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics.client.login import TokenRejected
from source_8x8_work_analytics.client.service import (
    MAX_REJECTIONS,
    Retries,
    Service,
    _backoff,
)
from source_8x8_work_analytics.errors import RetryableError, ServiceError, config_error, transient_error
from testing.builders import service

PATIENCE = Retries()
BUSY = RetryableError("8x8 answered the report with HTTP 503")
LIMITED = RetryableError("8x8 answered the report with HTTP 429", rate_limited=True)


def failing(*errors: Exception) -> Callable[[], str]:
    """Return an attempt that fails with each of the errors in turn, the last one for ever, or succeeds."""
    left: Iterator[Exception] = iter(errors)
    last = errors[-1]

    def attempt() -> str:
        raise next(left, last)

    return attempt


def passing(*errors: Exception) -> Callable[[], str]:
    """Return an attempt that succeeds after these errors."""
    left = list(errors)

    def attempt() -> str:
        if left:
            raise left.pop(0)
        return "rows"

    return attempt


def readers(*names: str) -> Service:
    made = service()
    for name in names:
        made.register(name)
    return made


def failure_of(made: Service, reader: str, attempt: Callable[[], Any]) -> AirbyteTracedException:
    with pytest.raises(AirbyteTracedException) as failed:
        made.call_with_retries(reader, attempt)
    return failed.value


def test_waits_grow_and_are_bounded(waits: list[float]) -> None:
    error = failure_of(readers("a"), "a", failing(BUSY))
    assert error.message == (
        "8x8 answered the report with HTTP 503, 6 times in a row; progress is saved, so run the sync again "
        "later to resume."
    )
    assert error.failure_type is FailureType.transient_error
    assert len(waits) == PATIENCE.tries - 1
    assert all(0.8 * 2**n <= wait <= 1.2 * 2**n for n, wait in enumerate(waits, 1))


def test_a_wait_is_never_longer_than_a_minute_unless_8x8_asks_for_more() -> None:
    assert all(48 <= _backoff(tries) <= 72 for tries in (6, 7, 50))
    assert len({_backoff(3) for _ in range(20)}) > 1


@pytest.mark.parametrize("tries", range(PATIENCE.tries))
def test_what_passes_in_time_is_no_failure(waits: list[float], tries: int) -> None:
    assert readers("a").call_with_retries("a", passing(*[BUSY] * tries)) == "rows"
    assert len(waits) == tries


def test_a_rate_limit_is_waited_for_longer(waits: list[float]) -> None:
    failure_of(readers("a"), "a", failing(LIMITED))
    assert len(waits) == PATIENCE.tries_rate_limited - 1
    assert 1.6 <= waits[0] <= 2.4
    assert 48 <= waits[-1] <= 72


def test_a_request_that_is_told_how_long_to_wait_is_tried_more_often(waits: list[float]) -> None:
    failure_of(readers("a"), "a", failing(RetryableError("x", retry_after=2.0, rate_limited=True)))
    assert waits == [2.0] * (PATIENCE.tries_told_to_wait - 1)


def test_what_8x8_asks_to_wait_is_waited(waits: list[float]) -> None:
    asked = [RetryableError("x", retry_after=7.0, rate_limited=True), RetryableError("x", retry_after=90.0)]
    assert readers("a").call_with_retries("a", passing(*asked)) == "rows"
    assert waits == [7.0, 90.0]


@pytest.mark.parametrize("rate_limited", [True, False])
def test_nothing_waits_longer_than_the_budget(waits: list[float], rate_limited: bool) -> None:
    asked = RetryableError("8x8 answered with HTTP 429", retry_after=3600.0, rate_limited=rate_limited)
    error = failure_of(readers("a", "b", "c"), "a", failing(asked))
    assert waits == []
    assert isinstance(error, ServiceError)
    assert "asks to wait 3,600 s, which is too long to wait for; progress is saved" in str(error)


def test_waits_do_not_add_up_to_more_than_the_budget(waits: list[float]) -> None:
    failure_of(readers("a"), "a", failing(RetryableError("x", retry_after=140.0)))
    assert waits == [140.0, 140.0]
    assert sum(waits) <= PATIENCE.budget
    waits.clear()
    just = failing(RetryableError("x", retry_after=PATIENCE.budget))
    failure_of(readers("a"), "a", just)
    assert waits == [PATIENCE.budget]


def test_a_rate_limit_slows_down_as_many_requests_as_it_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused request waits in its slot; any other goes on at once, in one slot less."""
    made = readers("a", "b")
    during_wait = []

    def rest(_: Service, seconds: float) -> None:
        open_then = made.limiter.open
        thread = threading.Thread(
            target=lambda: during_wait.append((open_then, made.call_with_retries("b", passing())))
        )
        thread.start()
        thread.join(timeout=20)

    monkeypatch.setattr(Service, "rest", rest)
    assert made.call_with_retries("a", passing(LIMITED)) == "rows"
    assert during_wait == [(3, "rows")]
    assert made.limiter.open == 4


def test_another_failure_waits_outside_of_its_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    made = service(num_workers=1)
    inside = []
    monkeypatch.setattr(Service, "rest", lambda *_: inside.append(made.call_with_retries("b", passing())))
    assert made.call_with_retries("a", passing(BUSY)) == "rows"
    assert inside == ["rows"]


@pytest.mark.parametrize("error", [KeyError("a bug"), config_error("x"), transient_error("x")], ids=repr)
def test_what_will_not_pass_is_not_tried_again(waits: list[float], error: Exception) -> None:
    tries = []

    def attempt() -> None:
        tries.append(1)
        raise error

    with pytest.raises(type(error)):
        service().call_with_retries("a", attempt)
    assert (tries, waits) == ([1], [])


def test_after_a_stop_nothing_is_sent_and_nothing_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # the real wait
    made = readers("a")
    reason = transient_error("The sync was stopped.")
    made.stop(reason)
    made.stop(transient_error("another reason"))
    made.rest(3600.0)
    assert failure_of(made, "a", passing()) is reason


def test_a_rejected_token_is_renewed_and_the_request_sent_again(
    monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    made = readers("a")
    renewed = []

    def renew(rejection: TokenRejected, _: float) -> float:
        renewed.append(rejection)
        return 5.0

    monkeypatch.setattr(made.login, "renew", renew)
    rejection = TokenRejected("Bearer old")
    assert made.call_with_retries("a", passing(rejection, BUSY, rejection)) == "rows"
    assert renewed == [rejection, rejection]
    assert waits[0] == 5.0
    with pytest.raises(AirbyteTracedException, match="rejects every token"):
        made.call_with_retries("a", failing(rejection))
    assert len(renewed) == 2 + MAX_REJECTIONS


def test_a_success_is_noted_where_it_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    made = readers("a")
    noted = []
    monkeypatch.setattr(made.login, "record_success", lambda _: noted.append("token"))
    made.limiter.shrink()
    made.call_with_retries("sign-in", passing(), limited=False)
    assert (noted, made.limiter.open) == ([], 3)
    made.call_with_retries("a", passing())
    assert (noted, made.limiter.open) == (["token"], 4)
