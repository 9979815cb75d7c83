"""Everything that the doctor sends to 8x8 goes through here, counted and timed.

Transient failures are retried as in a sync, but fewer times. A refusal is an answer. A refused sign-in, and a
service that does not respond, end the run.
"""

import itertools
import re
import threading
from typing import Any

import requests
from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics import clock
from source_8x8_work_analytics.client.http import Http
from source_8x8_work_analytics.client.login import Login, TokenRejected
from source_8x8_work_analytics.client.responses import http_date, raise_if_no_answer, status_with_code
from source_8x8_work_analytics.client.service import Retries, Service
from source_8x8_work_analytics.doctor.bodies import rows_in
from source_8x8_work_analytics.doctor.model import Answer, Exchange, Request, RequestLimitReached
from source_8x8_work_analytics.errors import RetryableError, ServiceError, transient_error, without_resuming
from source_8x8_work_analytics.settings import Settings

MAX_REQUESTS = 120
IN_FLIGHT = 2
RETRIES = Retries(tries=3, tries_rate_limited=4, tries_told_to_wait=4, budget=60.0, read_timeout=60.0)
"""Somebody waits in front of a terminal: a fault is given seconds, not minutes."""
SIGN_IN = "the sign-in"

_LIMIT = re.compile(r"limit|quota|throttl|retry-after", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9][0-9., ]{0,20}")


class CountingHttp(Http):
    """Counts and times what is sent, and stops before the limit is passed."""

    def __init__(self, exchanges: list[Exchange]) -> None:
        super().__init__(IN_FLIGHT, RETRIES.read_timeout)
        self._exchanges = exchanges
        self._lock = threading.Lock()
        self._in_flight = 0
        self.sent = 0

    def send(self, method: str, url: str, wanted: str = SIGN_IN, **parts: Any) -> requests.Response:
        """Send a request once, and note how it went."""
        with self._lock:
            if self.sent >= MAX_REQUESTS:
                raise RequestLimitReached(f"the limit of {MAX_REQUESTS} requests was reached")
            self.sent += 1
            place, idle = self.sent, not self._in_flight
            self._in_flight += 1
        begin = clock.elapsed()
        try:
            response = super().send(method, url, wanted, **parts)
        finally:
            with self._lock:
                self._in_flight -= 1
                alone = idle and self.sent == place
        stream = "" if wanted == SIGN_IN else wanted
        seconds = clock.elapsed() - begin
        limits = tuple(
            (name.lower(), value if _NUMBER.fullmatch(value) else "")
            for name, value in response.headers.items()
            if _LIMIT.search(name)
        )
        self._exchanges.append(
            Exchange(stream, response.status_code, seconds, alone, limits, _ahead(response))
        )
        return response


def _ahead(response: requests.Response) -> float | None:
    """Return by how many seconds the server's clock is ahead. `Date` is cut to whole seconds."""
    moment = http_date(response.headers.get("Date", ""))
    return (moment - clock.now()).total_seconds() + 0.5 if moment else None


class Account:
    """The account of a configuration, asked one request at a time; safe for several threads.

    Args:
        settings: the configuration.
        exchanges: where each exchange is noted.
    """

    def __init__(self, settings: Settings, exchanges: list[Exchange]) -> None:
        self._settings = settings
        self._service = Service(settings, RETRIES, IN_FLIGHT)
        self.http = CountingHttp(exchanges)
        self._service.http = self.http
        self._service.login = Login(settings, self.http, self._service.call_with_retries)
        self._numbers = itertools.count(1)

    def fetch(self, request: Request) -> Answer:
        """Return the answer to a request.

        Raises:
            AirbyteTracedException: nothing more can be asked, said in a sentence.
            RequestLimitReached: likewise.
        """
        reader = f"request {next(self._numbers)}"
        self._service.register(reader)
        problems: list[str] = []
        try:
            return self._service.call_with_retries(reader, lambda: self._try(request, problems))
        except AirbyteTracedException as error:
            if error.failure_type is FailureType.config_error:
                raise
            problem = problems[-1] if problems else without_resuming(error)
            if isinstance(error, ServiceError):
                raise transient_error(f"{problem}: run the doctor again later.") from None
            return Answer(0, problem=problem)

    def _try(self, request: Request, problems: list[str]) -> Answer:
        try:
            return self._send(request)
        except RetryableError as error:
            problems.append(error.problem)
            raise

    def _send(self, request: Request) -> Answer:
        url = f"{self._settings.base_url}/{request.path}"
        headers = self._service.login.headers()
        response = self.http.send("GET", url, request.stream, params=dict(request.params), headers=headers)
        status = response.status_code
        if status == 200:
            rows, more = rows_in(request, response.content)
            return Answer(status, rows, more=more)
        if status == 401:
            raise TokenRejected(headers["Authorization"])
        raise_if_no_answer(response, request.stream)
        return Answer(status, problem=status_with_code(response))
