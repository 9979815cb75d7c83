"""When 8x8 counts as down, and what happens then."""

import pytest

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.client.retries import MAX_FAILURES_IN_A_ROW, Reader, Retrier
from source_8x8_work_analytics.errors import ConnectorError, RetryableError
from unit_tests.client.trying import (
    BUSY,
    LIMITED,
    A,
    B,
    C,
    D,
    failing,
    failure_of,
    retrier_of,
    succeeding,
    told_to_wait,
)

UNREACHABLE = RetryableError(messages.CONNECTION_REFUSED, service_wide=True, host="api.8x8.com")
DENIED = ConnectorError(messages.PBX_DENIED)


def is_up(retrier: Retrier, reader: Reader = A) -> bool:
    """Whether another request is still sent."""
    sent: list[int] = []
    try:
        retrier.call(reader, lambda: sent.append(1))
    except ConnectorError:
        return False
    return bool(sent)


def test_one_failing_reader_of_two_does_not_make_the_service_down() -> None:
    retrier = retrier_of(A, B)
    failure_of(retrier, A, failing(BUSY))
    retrier.unregister(A)
    assert is_up(retrier, B)


def test_failures_of_two_readers_and_no_success_make_the_service_down() -> None:
    retrier = retrier_of(A, B, C)
    for reader in (A, B):
        failure_of(retrier, reader, failing(BUSY))
        retrier.unregister(reader)
    sent: list[int] = []
    error = failure_of(retrier, C, lambda: sent.append(1))
    assert error.problem is messages.SERVICE_DOWN
    assert error.service_wide
    assert sent == []


def test_two_failing_readers_of_four_are_enough() -> None:
    retrier = retrier_of(A, B, C, D)
    failure_of(retrier, A, failing(BUSY))
    assert is_up(retrier, D)
    failure_of(retrier, A, failing(BUSY))
    failure_of(retrier, B, failing(BUSY))
    assert not is_up(retrier, C)


def test_only_reader_makes_the_service_down() -> None:
    retrier = retrier_of(A)
    failure_of(retrier, A, failing(BUSY))
    assert failure_of(retrier, A, succeeding()).problem is messages.SERVICE_DOWN


def test_reader_that_has_finished_does_not_count() -> None:
    retrier = retrier_of(A, B)
    retrier.unregister(B)
    failure_of(retrier, A, failing(BUSY))
    assert not is_up(retrier)


def test_success_in_between_keeps_the_service_up() -> None:
    retrier = retrier_of(A, B, C)
    failure_of(retrier, A, failing(BUSY))
    retrier.call(C, succeeding())
    failure_of(retrier, B, failing(BUSY))
    assert is_up(retrier, C)


def test_success_during_the_tries_keeps_the_service_up(monkeypatch: pytest.MonkeyPatch) -> None:
    retrier = retrier_of(A, B)
    failure_of(retrier, A, failing(BUSY))
    waits: list[float] = []

    def rest(_: Retrier, seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            retrier.call(A, succeeding())

    monkeypatch.setattr(Retrier, "wait", rest)
    failure_of(retrier, B, failing(BUSY))
    assert is_up(retrier, B)


def test_success_at_the_very_moment_of_the_first_failure_counts() -> None:
    retrier = retrier_of(A)
    retrier.call(A, succeeding())
    failure_of(retrier, A, failing(BUSY))
    assert is_up(retrier)


def test_unreachable_service_is_down_for_all_with_one_error() -> None:
    retrier = retrier_of(A, B, C)
    first = failure_of(retrier, A, failing(UNREACHABLE))
    assert first.problem is messages.CONNECTION_REFUSED
    assert first.service_wide
    assert failure_of(retrier, B, succeeding()) is first


def test_long_wait_for_all_is_the_reason_that_others_get() -> None:
    retrier = retrier_of(A)
    first = failure_of(retrier, A, failing(told_to_wait(3600.0)))
    assert failure_of(retrier, A, succeeding()) is first


def test_very_many_failures_in_a_row_are_enough() -> None:
    names = [Reader("extension_summary", str(n)) for n in range(40)]
    retrier = retrier_of(*names)
    sent = 0

    def attempt() -> None:
        nonlocal sent
        sent += 1
        raise BUSY

    retrier.call(names[0], succeeding())
    for name in names:
        failure_of(retrier, name, attempt)
    assert sent <= MAX_FAILURES_IN_A_ROW


def fail(retrier: Retrier, failures: int, error: RetryableError = BUSY) -> None:
    """Let so many tries of two readers fail, each of a request that ends before its last try."""
    for n in range(failures):
        assert failure_of(retrier, (A, B)[n % 2], failing(error, DENIED)) is DENIED


def test_so_many_failures_in_a_row_and_no_fewer_make_the_service_down() -> None:
    retrier = retrier_of(A, B)
    fail(retrier, MAX_FAILURES_IN_A_ROW - 1)
    assert is_up(retrier)
    fail(retrier, MAX_FAILURES_IN_A_ROW - 1)
    assert is_up(retrier), "a success did not start the count anew"
    fail(retrier, MAX_FAILURES_IN_A_ROW - 1)
    error = failure_of(retrier, B, failing(BUSY, DENIED))
    assert error.problem is messages.SERVICE_DOWN


def test_rate_limits_do_not_count_as_failures() -> None:
    retrier = retrier_of(A, B)
    fail(retrier, 2 * MAX_FAILURES_IN_A_ROW, LIMITED)
    assert is_up(retrier)


def test_scattered_failures_never_add_up() -> None:
    """A long sync in which each request fails once is not down."""
    retrier = retrier_of(A, B)
    for n in range(3 * MAX_FAILURES_IN_A_ROW):
        assert retrier.call((A, B)[n % 2], succeeding(BUSY)) == "rows"


def test_many_failures_of_one_reader_of_two_do_not_make_the_service_down() -> None:
    retrier = retrier_of(A, B)
    retrier.call(B, succeeding())
    for _ in range(MAX_FAILURES_IN_A_ROW):
        failure_of(retrier, A, failing(BUSY))
    assert is_up(retrier, B)


def test_after_a_stop_nothing_is_sent_and_nothing_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # the real wait
    retrier = retrier_of(A)
    reason = ConnectorError(messages.SYNC_STOPPED)
    retrier.stop(reason)
    retrier.stop(ConnectorError(messages.SERVICE_DOWN))
    retrier.wait(3600.0)
    assert failure_of(retrier, A, succeeding()) is reason


def test_stop_during_the_last_try_is_the_reason_of_its_failure() -> None:
    retrier = retrier_of(A, B)
    reason = ConnectorError(messages.SYNC_STOPPED)

    def attempt() -> None:
        retrier.stop(reason)
        raise told_to_wait(3600.0)

    assert failure_of(retrier, A, attempt) is reason


OTHER_STREAM = Reader("call_records", "a")


@pytest.mark.parametrize(
    ("known", "failing", "all_fail"),
    [
        ([], [A], True),
        ([A], [A], True),
        ([A, B], [A], False),
        ([A, B], [A, B], True),
        ([A, B, C], [B, C], True),
        ([A, OTHER_STREAM], [A], False),
        ([A, B, OTHER_STREAM], [A, B], False),
        ([A, B, OTHER_STREAM], [A, OTHER_STREAM], True),
    ],
)
def test_failures_of_two_readers_of_two_streams_concern_all(
    known: list[Reader], failing: list[Reader], all_fail: bool
) -> None:
    assert retrier_of(*known).affect_all(set(failing)) is all_fail
