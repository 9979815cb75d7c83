"""8x8's service as one sync sees it: retries, and whether it responds at all."""

import logging
import random
import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TypeVar

from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics import clock
from source_8x8_work_analytics.client.http import READ_TIMEOUT, Http
from source_8x8_work_analytics.client.limiter import AdaptiveLimiter
from source_8x8_work_analytics.client.login import TOKENS_REJECTED, Login, TokenRejected
from source_8x8_work_analytics.errors import (
    RetryableError,
    ServiceError,
    config_error,
    resumable_error,
    service_error,
)
from source_8x8_work_analytics.settings import Settings

LOGGER = logging.getLogger("airbyte")

LONGEST_BACKOFF = 60.0
"""Seconds between two tries, unless 8x8 asks for more."""
MAX_REJECTIONS = 12
"""Rejected tokens of one request, however often other requests are accepted in between."""
REFUSED_OFTEN = 3
"""Rate-limited tries of one request after which 8x8 seems to refuse most requests rather than some."""
MAX_FAILURES_IN_A_ROW = 60
"""So many failures of different readers, and no success between them, are enough to call the service down."""

T = TypeVar("T")


@dataclass(frozen=True)
class Retries:
    """The retry policy of one request.

    Attributes:
        tries: with waits of 2, 4, 8, 16 and 32 s between them: a restart behind 8x8's gateway passes, an
            outage does not.
        tries_rate_limited: about three minutes, as most limits are counted by the minute.
        tries_told_to_wait: of a request that is rate limited and told for how long. A busy server refuses by
            chance, and a few refusals in a row are no outage; the budget holds all the same.
        budget: seconds after the first failure within which the last try begins.
        read_timeout: seconds between two pieces of a response.
    """

    tries: int = 6
    tries_rate_limited: int = 8
    tries_told_to_wait: int = 30
    budget: float = 300.0
    read_timeout: float = READ_TIMEOUT


class Service:
    """Sends requests on behalf of readers, and stops all of them once 8x8 is down.

    A reader is one PBX of one stream. The service counts as down when a request has used up its tries, or
    very many requests failed, and nothing at all succeeded meanwhile for anybody: that takes failures of
    two readers, or of the only one there is. From then on nothing is sent.

    Args:
        settings: the configuration.
        retries: how patient requests are.
        num_workers: requests in flight at once.
    """

    def __init__(self, settings: Settings, retries: Retries, num_workers: int) -> None:
        self.settings = settings
        self.retries = retries
        self.http = Http(num_workers, retries.read_timeout)
        self.limiter = AdaptiveLimiter(num_workers)
        self.login = Login(settings, self.http, self.call_with_retries)
        self._lock = threading.Lock()
        self._readers: set[str] = set()
        self._failing: set[str] = set()
        self._failures = 0
        self._last_success = float("-inf")
        self._stopped = threading.Event()
        self._stopped_by: AirbyteTracedException | None = None

    def register(self, reader: str) -> None:
        """Note that a reader has windows to read."""
        with self._lock:
            self._readers.add(reader)

    def unregister(self, reader: str) -> None:
        """Note that a reader has nothing more to read."""
        with self._lock:
            self._readers.discard(reader)

    def stop(self, reason: AirbyteTracedException) -> None:
        """Send nothing more: what waits, and what would be sent, fails with the reason."""
        with self._lock:
            if self._stopped_by is None:
                self._stopped_by = reason
        self._stopped.set()

    def call_with_retries(self, reader: str, attempt: Callable[[], T], limited: bool = True) -> T:
        """Try until there is a result, a bounded number of times.

        Args:
            reader: on whose behalf.
            attempt: one try; raises `RetryableError` for what may be transient, `TokenRejected` for a new
                token, anything else for what retrying cannot fix.
            limited: whether each try takes a slot of the limiter. A sign-in takes none: it happens inside
                the try of another request.

        Raises:
            AirbyteTracedException: a transient error once the tries are used up, or what `attempt` raised.
        """
        tries = _Tries()
        while True:
            with self.limiter.acquire() if limited else nullcontext():
                if self._stopped_by:
                    raise self._stopped_by
                sent = clock.elapsed()
                try:
                    result = attempt()
                    self._record_success(limited, sent)
                    return result
                except TokenRejected as rejection:
                    tries.rejections += 1
                    if tries.rejections > MAX_REJECTIONS:
                        raise service_error(config_error(TOKENS_REJECTED)) from None
                    wait = self.login.renew(rejection, sent)
                except RetryableError as error:
                    wait = self._wait_before_retry(reader, tries, error)
                    last = error.rate_limited and not self.limiter.shrink()
                    if last and tries.count >= REFUSED_OFTEN and error.retry_after is not None:
                        # The last slot is kept meanwhile, so that nobody asks while 8x8 refuses all.
                        self.rest(wait)
                        continue
            self.rest(wait)

    def rest(self, seconds: float) -> None:
        """Wait, unless the service is stopped meanwhile."""
        self._stopped.wait(seconds)

    def _wait_before_retry(self, reader: str, tries: "_Tries", error: RetryableError) -> float:
        """Return the seconds until the next try.

        Raises:
            AirbyteTracedException: there is none.
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
            LOGGER.info("%s (try %d); retrying in %.0f s.", error.problem, tries.count, wait)
            return wait
        if self._stopped_by:
            raise self._stopped_by
        advice = f" ({error.advice})" if error.advice else ""
        failure = resumable_error(f"{error.problem}, {tries.count} times in a row{advice}")
        if error.retry_after is not None and error.retry_after > self.retries.budget:
            problem = (
                f"{error.problem} and asks to wait {error.retry_after:,.0f} s, which is too long to wait for"
            )
            failure = service_error(resumable_error(problem))
        elif error.service_wide:
            failure = service_error(failure)
        self._record_failure(reader, error, failure, silent=self._last_success < tries.failed_since)
        raise failure

    def _record_success(self, of_report: bool, sent: float) -> None:
        with self._lock:
            self._last_success = clock.elapsed()
            self._failing.clear()
            self._failures = 0
        if of_report:
            self.limiter.record_success()
            self.login.record_success(sent)

    def _record_failure(
        self,
        reader: str,
        error: RetryableError,
        final: AirbyteTracedException | None = None,
        silent: bool = False,
    ) -> None:
        """Note a failed try, and stop the service if it is down.

        Args:
            reader: whose try.
            error: what happened.
            final: the failure, if this was the last try.
            silent: whether nothing succeeded for anybody since the first of these tries.
        """
        with self._lock:
            self._failing.add(reader)
            self._failures += not error.rate_limited
            all_failing = error.service_wide or len(self._failing) >= min(2, len(self._readers))
            used_up = final is not None and silent
            down = all_failing and (used_up or self._failures >= MAX_FAILURES_IN_A_ROW)
        if down:
            shared = final if isinstance(final, ServiceError) else None
            self.stop(shared or service_error(resumable_error("8x8 is not responding")))


@dataclass
class _Tries:
    """The tries of one request so far."""

    count: int = 0
    rejections: int = 0
    failed_since: float | None = None


def _backoff(tries: int) -> float:
    """Return 2, 4, 8 … seconds, a little more or less so that threads do not come back all at once."""
    return min(2.0**tries, LONGEST_BACKOFF) * random.uniform(0.8, 1.2)  # noqa: S311 - no secret


def reader_of(stream: str, pbx_id: str) -> str:
    """Return the name of a reader."""
    return f"{stream} {pbx_id}"
