"""Request reports and lists, with tokens, retries, errors, and 8x8's clock."""

import logging
import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.client.authenticator import Target, WorkAnalyticsAuthenticator
from source_8x8_work_analytics.client.http import Http, Response
from source_8x8_work_analytics.client.responses import date_of, raise_for_report
from source_8x8_work_analytics.client.retries import Reader, Retrier, Retries, TryAgain
from source_8x8_work_analytics.messages import Message
from source_8x8_work_analytics.settings import Settings

LOGGER = logging.getLogger("airbyte")

CLOCK_TOLERANCE = timedelta(minutes=1)
"""How far this machine's clock may differ from 8x8's before 8x8's is used instead."""

T = TypeVar("T")


@dataclass(frozen=True)
class Fetched(Generic[T]):
    """The result of one request.

    Attributes:
        content: the parsed body.
        sent: when the request was sent, by 8x8's clock if the clocks disagree.
    """

    content: T
    sent: datetime


class Client:
    """The 8x8 client that all streams of one sync, or one check, share.

    Args:
        settings: the configuration.
        retries: the retry policy.
        num_workers: requests in flight at once.
    """

    def __init__(self, settings: Settings, retries: Retries | None = None, num_workers: int = 0) -> None:
        retries = retries or Retries()
        num_workers = num_workers or settings.num_workers
        self.settings = settings
        self.retrier = Retrier(retries, num_workers)
        self._http = Http(num_workers, retries.read_timeout)
        self._auth = WorkAnalyticsAuthenticator(settings, self._http, self.retrier)
        self._clock = ServiceClock()

    def get(
        self,
        reader: Reader,
        path: str,
        params: Mapping[str, Any],
        parse: Callable[[Response], T],
        denied: Message = messages.PBX_DENIED,
    ) -> Fetched[T]:
        """Send a GET request, with retries, until it succeeds.

        Args:
            reader: the reader that sends it.
            path: after the base URL.
            params: the query.
            parse: turns a response with status 200 into rows; raises `RetryableError` if it is not a report.
            denied: the message to use if the user lacks access.

        Raises:
            ConnectorError: with one sentence.
        """
        url = f"{self.settings.base_url}/{path}"
        target = Target(reader, path)
        rejected = 0

        def attempt() -> Fetched[T]:
            nonlocal rejected
            response = self._http.send("GET", url, self._auth, params=params)
            if response.status == 401:
                rejected += 1
                raise TryAgain(self._auth.renew(response, target, rejected))
            raise_for_report(response, denied)
            fetched = Fetched(parse(response), self._clock.sent(response))
            self._auth.record_success(response, target)
            return fetched

        return self.retrier.call(reader, attempt)


class ServiceClock:
    """Compares this machine's clock with 8x8's, and warns once if they disagree."""

    def __init__(self) -> None:
        self._warned = False
        self._lock = threading.Lock()

    def sent(self, response: Response) -> datetime:
        """Return when a request was sent: by this machine's clock, or by 8x8's if they disagree.

        Args:
            response: its `Date` header has the time by 8x8's clock, set after the request was sent and before
                the headers arrived.
        """
        sent, date = response.sent, date_of(response.headers)
        if date is None:
            return sent
        earliest = date - timedelta(seconds=response.seconds)
        ahead, behind = sent - date, earliest - sent
        if max(ahead, behind) <= CLOCK_TOLERANCE:
            return sent
        with self._lock:
            first, self._warned = not self._warned, True
        if first:
            LOGGER.warning(
                messages.CLOCK_SKEW.text(
                    minutes=math.ceil(max(ahead, behind).total_seconds() / 60),
                    direction="ahead of" if ahead > behind else "behind",
                )
            )
        return earliest
