"""When the service counts as down."""

import pytest

from source_8x8_work_analytics.client.service import MAX_FAILURES_IN_A_ROW, Service
from source_8x8_work_analytics.errors import RetryableError, ServiceError
from unit_tests.test_service import BUSY, failing, failure_of, passing, readers

UNREACHABLE = RetryableError("api.8x8.com refused the connection", service_wide=True)


def test_one_failing_reader_of_two_does_not_make_the_service_down() -> None:
    made = readers("a", "b")
    failure_of(made, "a", failing(BUSY))
    made.unregister("a")
    assert made.call_with_retries("b", passing()) == "rows"


def test_failures_of_two_readers_and_nothing_else_make_the_service_down() -> None:
    made = readers("a", "b", "c")
    for reader in ("a", "b"):
        failure_of(made, reader, failing(BUSY))
        made.unregister(reader)
    asked: list[int] = []
    error = failure_of(made, "c", lambda: asked.append(1))
    assert "8x8 is not responding" in str(error)
    assert isinstance(error, ServiceError)
    assert asked == []


def test_the_only_reader_makes_the_service_down() -> None:
    made = readers("a")
    failure_of(made, "a", failing(BUSY))
    assert "not responding" in str(failure_of(made, "a", passing()))


def test_a_success_in_between_keeps_the_service_up(waits: list[float]) -> None:
    made = readers("a", "b", "c")
    failure_of(made, "a", failing(BUSY))
    made.call_with_retries("c", passing())
    failure_of(made, "b", failing(BUSY))
    assert made.call_with_retries("c", passing()) == "rows"


def test_a_success_during_the_tries_keeps_the_service_up(monkeypatch: pytest.MonkeyPatch) -> None:
    made = readers("a", "b")
    failure_of(made, "a", failing(BUSY))
    waits: list[float] = []

    def rest(_: Service, seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            made.call_with_retries("a", passing())

    monkeypatch.setattr(Service, "rest", rest)
    failure_of(made, "b", failing(BUSY))
    assert made.call_with_retries("b", passing()) == "rows"


def test_an_unreachable_service_is_down_for_all_with_one_sentence() -> None:
    made = readers("a", "b", "c")
    first = failure_of(made, "a", failing(UNREACHABLE))
    assert isinstance(first, ServiceError)
    assert failure_of(made, "b", passing()) is first


def test_very_many_failures_in_a_row_are_enough() -> None:
    names = [f"reader {n}" for n in range(40)]
    made = readers(*names)
    asked = 0

    def attempt() -> None:
        nonlocal asked
        asked += 1
        raise BUSY

    made.call_with_retries("reader 0", passing())
    for name in names:
        failure_of(made, name, attempt)
    assert asked <= MAX_FAILURES_IN_A_ROW


def test_scattered_failures_never_add_up() -> None:
    """A long sync in which one request of two fails once is not down."""
    made = readers("a", "b")
    for n in range(3 * MAX_FAILURES_IN_A_ROW):
        assert made.call_with_retries("ab"[n % 2], passing(BUSY)) == "rows"


def test_many_failures_of_one_reader_of_two_do_not_make_the_service_down() -> None:
    made = readers("a", "b")
    made.call_with_retries("b", passing())
    for _ in range(MAX_FAILURES_IN_A_ROW):
        failure_of(made, "a", failing(BUSY))
    assert made.call_with_retries("b", passing()) == "rows"
