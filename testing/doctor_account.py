"""The sandbox as the doctor's account, within the process: no sockets, no retries, no waits."""

import threading
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import orjson
import pendulum

from sandbox import Sandbox
from sandbox.routes import app
from sandbox.sandbox import BASE_PATH
from source_8x8_work_analytics.doctor.bodies import rows_in
from source_8x8_work_analytics.doctor.examine import ask_all, findings
from source_8x8_work_analytics.doctor.memory import Memory
from source_8x8_work_analytics.doctor.model import Answer, Answers, Exchange, Finding, Request
from source_8x8_work_analytics.settings import Settings
from testing.in_process import respond


@dataclass
class SandboxAccount:
    """Answers requests from a sandbox, and notes the exchanges as the real account does.

    Time is not measured here: each response is said to take `seconds`.
    """

    sandbox: Sandbox
    exchanges: list[Exchange] = field(default_factory=list)
    seconds: float = 0.3

    def __post_init__(self) -> None:
        self._app = app(self.sandbox)
        self._token = self.sandbox.issue_token()
        self._lock = threading.Lock()
        self._in_flight = 0

    def fetch(self, request: Request) -> Answer:
        with self._lock:
            alone = not self._in_flight
            self._in_flight += 1
        try:
            return self._answer(request, alone)
        finally:
            with self._lock:
                self._in_flight -= 1

    def _answer(self, request: Request, alone: bool) -> Answer:
        url = f"http://127.0.0.1:1{BASE_PATH}/{request.path}?{urlencode(request.params)}"
        login = {"8x8-apikey": self.sandbox.api_key, "authorization": f"Bearer {self._token}"}
        status, headers, body = respond(self._app, "GET", url, login)
        date = headers.get("date")
        ahead = (
            parsedate_to_datetime(date).timestamp() + 0.5 - self.sandbox.clock().timestamp() if date else None
        )
        limits = tuple((name, value) for name, value in headers.items() if "limit" in name)
        self.exchanges.append(Exchange(request.stream, status, self.seconds, alone, limits, ahead))
        if status == 200:
            rows, more = rows_in(request, body)
            return Answer(status, rows, more=more)
        code = orjson.loads(body).get("code") if body.startswith(b"{") else ""
        return Answer(status, problem=f"HTTP {status}" + (f", {code}" if code else ""))


def examined(
    sandbox: Sandbox,
    memory: Memory | None = None,
    days: int = 30,
    **config: Any,
) -> Answers:
    """Return all answers of a sandbox, asked at its own present moment.

    Args:
        sandbox: the account.
        memory: what an earlier run left.
        days: as on the command line.
        config: changes to the sandbox's configuration.
    """
    account = SandboxAccount(sandbox)
    now = pendulum.instance(sandbox.clock())
    settings = Settings.from_config(sandbox.config("http://127.0.0.1:1", **config), now)
    answers = Answers(settings, now, days, memory, exchanges=account.exchanges)
    ask_all(answers, account.fetch, lambda _: None)
    return answers


def outcomes(answers: Answers) -> dict[str, Finding]:
    """Return the findings by id."""
    return {finding.id: finding for finding in findings(answers)}
