"""Attempts that fail or succeed, and readers that make them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.client.retries import Reader, Retrier, Retries
from source_8x8_work_analytics.errors import ConnectorError, RetryableError

RETRIES = Retries()
BUSY = RetryableError(messages.HTTP_ERROR, status=503, requested="the report")
LIMITED = RetryableError(messages.HTTP_ERROR, rate_limited=True, status=429, requested="the report")
A, B, C, D = (Reader("extension_summary", name) for name in "abcd")


def told_to_wait(seconds: float, rate_limited: bool = False) -> RetryableError:
    return RetryableError(
        messages.HTTP_ERROR,
        retry_after=seconds,
        rate_limited=rate_limited,
        status=429,
        requested="the report",
    )


def failing(*errors: Exception) -> Callable[[], str]:
    """Return an attempt that fails with each of the errors in turn, and with the last one from then on."""
    left: Iterator[Exception] = iter(errors)
    last = errors[-1]

    def attempt() -> str:
        raise next(left, last)

    return attempt


def succeeding(*errors: Exception) -> Callable[[], str]:
    """Return an attempt that succeeds after these errors."""
    left = list(errors)

    def attempt() -> str:
        if left:
            raise left.pop(0)
        return "rows"

    return attempt


def retrier_of(*readers: Reader, num_workers: int = 4) -> Retrier:
    retrier = Retrier(RETRIES, num_workers)
    for reader in readers:
        retrier.register(reader)
    return retrier


def failure_of(retrier: Retrier, reader: Reader, attempt: Callable[[], Any]) -> ConnectorError:
    with pytest.raises(ConnectorError) as failed:
        retrier.call(reader, attempt)
    return failed.value
