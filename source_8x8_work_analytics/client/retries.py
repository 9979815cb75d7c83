"""Retry requests, a bounded number of times, and notice when 8x8 does not respond at all."""

import logging
import random
import threading
from collections.abc import Callable, Set
from contextlib import nullcontext
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from source_8x8_work_analytics import clock, messages
from source_8x8_work_analytics.client.http import READ_TIMEOUT
from source_8x8_work_analytics.client.limiter import AdaptiveLimiter
from source_8x8_work_analytics.errors import ConnectorError, RetryableError

LOGGER = logging.getLogger("airbyte")

LONGEST_BACKOFF = 60.0
"""Seconds between two tries, unless 8x8 asks for more."""
REJECTED_OFTEN = 3
"""After this many rate-limited tries of one request, 8x8 seems to reject most requests rather than some."""
MAX_FAILURES_IN_A_ROW = 60
"""This many failures of different readers, with no success in between, mean that the service is down."""

T = TypeVar("T")


class Reader(NamedTuple):
    """What a request is sent for: one PBX of one stream."""

    stream: str
    pbx: str = ""


SIGN_IN = Reader("sign-in")


@dataclass(frozen=True)
class Retries:
    """The retry policy of one request.

    Attributes:
        tries: with waits of 2, 4, 8, 16 and 32 s between them: long enough for a restart behind 8x8's
            gateway, but not for an outage.
        tries_rate_limited: about three minutes' worth, since most limits are per minute.
        tries_told_to_wait: for a rate-limited request that is told how long to wait. A busy server rejects
            requests at random, and a few rejections in a row are not an outage; the budget still applies.
        budget: seconds after the first failure within which the last try must begin.
        read_timeout: seconds to wait for the next piece of a response.
    """

    tries: int = 6
    tries_rate_limited: int = 8
    tries_told_to_wait: int = 30
    budget: float = 300.0
    read_timeout: float = READ_TIMEOUT


class Retrier:
    """Sends requests on behalf of readers, and stops all of them once 8x8 is down.

    The service counts as down when a request has used up its tries, or very many requests have failed, and no
    request has succeeded in the meantime. This takes failures of two readers, or of the only one there is.
    From then on, nothing is sent.

    Args:
        retries: the retry policy.
        num_workers: requests in flight at once.
    """

    def __init__(self, retries: Retries, num_workers: int) -> None:
        self.retries = retries
        self.limiter = AdaptiveLimiter(num_workers)
        self._lock = threading.Lock()
        self._readers: set[Reader] = set()
        self._failing: set[Reader] = set()
        self._failures = 0
        self._last_success = float("-inf")
        self._stopped = threading.Event()
        self._stopped_by: ConnectorError | None = None

    def register(self, reader: Reader) -> None:
        """Register a reader that has windows to read."""
        with self._lock:
            self._readers.add(reader)

    def unregister(self, reader: Reader) -> None:
        """Unregister a reader that has nothing more to read."""
        with self._lock:
            self._readers.discard(reader)

    def affect_all(self, readers: Set[Reader]) -> bool:
        """Return whether failures of these readers mean that all readers fail.

        They do if they include two readers of two streams, or all readers if there are fewer.
        """
        with self._lock:
            known = frozenset(self._readers)
        streams = {reader.stream for reader in readers}
        return len(readers) >= min(2, len(known)) and len(streams) >= min(
            2, len({one.stream for one in known})
        )

    def stop(self, reason: ConnectorError) -> None:
        """Send nothing more: waiting and later requests fail with this reason."""
        with self._lock:
            if self._stopped_by is None:
                self._stopped_by = reason
        self._stopped.set()

    def call(self, reader: Reader, attempt: Callable[[], T]) -> T:
        """Try until there is a result, a bounded number of times.

        Args:
            reader: what the request is for. A sign-in takes no slot of the limiter: it is part of another
                request's try.
            attempt: one try; raises `RetryableError` if the failure may be transient, `TryAgain` for a try
                that does not count, and anything else if retrying cannot fix it.

        Raises:
            ConnectorError: a transient error once the tries are used up, or what `attempt` raised.
        """
        limited = reader is not SIGN_IN
        tries = _Tries()
        while True:
            with self.limiter.acquire() if limited else nullcontext():
                if self._stopped_by:
                    raise self._stopped_by
                try:
                    result = attempt()
                    self._record_success()
                    if limited:
                        self.limiter.record_success()
                    return result
                except TryAgain as again:
                    wait = again.seconds
                except RetryableError as error:
                    wait = self._wait_before_retry(reader, tries, error)
                    last = error.rate_limited and not self.limiter.shrink()
                    if last and tries.count >= REJECTED_OFTEN and error.retry_after is not None:
                        # The last slot is kept during the wait, so that nothing is sent while 8x8 rejects all
                        # requests.
                        self.wait(wait)
                        continue
            self.wait(wait)

    def wait(self, seconds: float) -> None:
        """Wait, unless everything is stopped in the meantime."""
        self._stopped.wait(seconds)

    def _wait_before_retry(self, reader: Reader, tries: "_Tries", error: RetryableError) -> float:
        """Return the seconds until the next try.

        Raises:
            ConnectorError: there are no tries left.
        """
        now = clock.elapsed()
        tries.count += 1
        tries.failed_since = now if tries.failed_since is None else tries.failed_since
        most = self.retries.tries
        if error.rate_limited:
            told = error.retry_after is not None
            most = self.retries.tries_told_to_wait if told else self.retries.tries_rate_limited
        wait = _backoff(tries.count) if error.retry_after is None else error.retry_after
        if tries.count < most and now + wait - tries.failed_since <= self.retries.budget:
            self._record_failure(reader, error)
            LOGGER.info("%s (try %d); retrying in %.0f s.", error, tries.count, wait)
            return wait
        if self._stopped_by:
            raise self._stopped_by
        failure = error.after(tries.count)
        if error.retry_after is not None and error.retry_after > self.retries.budget:
            failure = ConnectorError(
                messages.LONG_RETRY_AFTER, service_wide=True, seconds=round(error.retry_after), **error.values
            )
        self._record_failure(reader, error, failure, silent=self._last_success < tries.failed_since)
        raise failure

    def _record_success(self) -> None:
        with self._lock:
            self._last_success = clock.elapsed()
            self._failing.clear()
            self._failures = 0

    def _record_failure(
        self,
        reader: Reader,
        error: RetryableError,
        final: ConnectorError | None = None,
        silent: bool = False,
    ) -> None:
        """Record a failed try, and stop everything if the service is down.

        Args:
            reader: the reader whose try it was.
            error: what happened.
            final: the failure, if this was the last try.
            silent: whether no request has succeeded since the first of these tries.
        """
        with self._lock:
            self._failing.add(reader)
            self._failures += not error.rate_limited
            all_failing = error.service_wide or len(self._failing) >= min(2, len(self._readers))
            used_up = final is not None and silent
            down = all_failing and (used_up or self._failures >= MAX_FAILURES_IN_A_ROW)
        if down:
            shared = final if final and final.service_wide else None
            self.stop(shared or ConnectorError(messages.SERVICE_DOWN, service_wide=True))


class TryAgain(Exception):
    """A try that does not count: the next one has another token.

    Args:
        seconds: how long to wait before it.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__("try again")
        self.seconds = seconds


@dataclass
class _Tries:
    """The tries of one request so far."""

    count: int = 0
    failed_since: float | None = None


def _backoff(tries: int) -> float:
    """Return 2, 4, 8 … seconds, with jitter so that threads do not all retry at once."""
    return min(2.0**tries, LONGEST_BACKOFF) * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
