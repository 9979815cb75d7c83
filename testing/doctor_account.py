"""Run the doctor on an in-process sandbox: no sockets, no retries, no waits."""

import threading
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import pendulum
from requests.structures import CaseInsensitiveDict

from sandbox import Sandbox
from sandbox.routes import app
from sandbox.sandbox import BASE_PATH
from source_8x8_work_analytics import clock
from source_8x8_work_analytics.client.http import Response
from source_8x8_work_analytics.client.responses import date_of, status_with_code
from source_8x8_work_analytics.doctor import questions
from source_8x8_work_analytics.doctor.fetching import SHOWN_CODE, exchange_of, fetch_all, reply_of
from source_8x8_work_analytics.doctor.findings import Finding, findings
from source_8x8_work_analytics.doctor.late_changes import DEFAULT_DAYS, LateChanges, Memory
from source_8x8_work_analytics.doctor.observations import SESSIONS, Exchange, Observations, Reply, Request
from source_8x8_work_analytics.settings import Settings
from testing.in_process import respond

ADDRESS = "http://127.0.0.1:1"


@dataclass
class SandboxFetcher:
    """Fetches from a sandbox, and notes the exchanges as the doctor's own fetcher does.

    Time is not measured here: each response counts as taking `seconds`.
    """

    sandbox: Sandbox
    exchanges: list[Exchange] = field(default_factory=list)
    seconds: float = 0.3

    def __post_init__(self) -> None:
        self._app = app(self.sandbox)
        self._token = self.sandbox.issue_token()
        self._lock = threading.Lock()
        self._in_flight = 0

    def fetch(self, request: Request) -> Reply:
        with self._lock:
            alone = not self._in_flight
            self._in_flight += 1
        try:
            return self._reply(request, alone)
        finally:
            with self._lock:
                self._in_flight -= 1

    def _reply(self, request: Request, alone: bool) -> Reply:
        if request.stream == SESSIONS:
            newer = self.sandbox.issue_token()
        response = self._get(request)
        found = exchange_of(request.stream, response, self.seconds, alone)
        date = date_of(response.headers)
        ahead = date.timestamp() + 0.5 - self.sandbox.clock().timestamp() if date else None
        self.exchanges.append(replace(found, ahead=ahead))
        if request.stream == SESSIONS:
            self._token = newer
            return Reply(response.status)
        if response.status == 200:
            return reply_of(request, response)
        return Reply(response.status, problem=status_with_code(response, SHOWN_CODE))

    def _get(self, request: Request) -> Response:
        url = f"{ADDRESS}{BASE_PATH}/{request.path}?{urlencode(request.params)}"
        login = {"8x8-apikey": self.sandbox.api_key, "authorization": f"Bearer {self._token}"}
        status, headers, body = respond(self._app, "GET", url, login)
        named = CaseInsensitiveDict(headers)
        return Response(
            status, named, body, self.seconds, login["authorization"], clock.now(), clock.elapsed()
        )


@dataclass
class Examined:
    """What the doctor saw, and the question that has a memory."""

    seen: Observations
    late_changes: LateChanges

    def findings(self) -> dict[str, Finding]:
        """The findings by id."""
        return {finding.id: finding for finding in findings(questions(self.late_changes), self.seen)}


def examine(
    sandbox: Sandbox, memory: Memory | None = None, days: int = DEFAULT_DAYS, **config: Any
) -> Examined:
    """Send all requests to a sandbox, at its own present moment.

    Args:
        sandbox: the account.
        memory: what an earlier run left.
        days: as on the command line.
        config: changes to the sandbox's configuration.
    """
    fetcher = SandboxFetcher(sandbox)
    now = pendulum.instance(sandbox.clock())
    settings = Settings.from_config(sandbox.config(ADDRESS, **config), now)
    seen = Observations(settings, now, exchanges=fetcher.exchanges)
    late_changes = LateChanges(memory, days)
    fetch_all(questions(late_changes), seen, fetcher.fetch, lambda _: None, threading.Event())
    return Examined(seen, late_changes)
