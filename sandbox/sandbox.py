"""The sandbox itself: what it knows, who may sign in, which faults it commits, and what it was asked."""

import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from sandbox.company import company
from sandbox.faults import Fault
from sandbox.queue_dialect import QueueDialect
from sandbox.truth import Truth

BASE_PATH = "/analytics/work"


@dataclass
class LoggedRequest:
    """One line of the log of requests; `token` is the end of the token that the request carried."""

    path: str
    pbx: str
    start: str
    end: str
    time_zone: str
    user_agent: str
    token: str
    status: int = 0


@dataclass
class Sandbox(Truth):
    """The stand-in for the API: the truth, credentials, tokens, faults, and a log of requests.

    Every attribute can be changed while the sandbox is being served.

    Args:
        latency: seconds before each report.
        token_lifetime: seconds for which a token is valid.
        patience: seconds for which slow faults keep silent.
        any_capitals: accept `pbxId` in any capitals. What 8x8 does is not known, so the sandbox is strict:
            a name is accepted only as the company spells it. Rows always have the company's spelling.
        hidden_pbxes: names of the PBXs that the user cannot see.
        queue_dialect: how the endpoints about call queues answer, where 8x8's documents leave it open.
    """

    latency: float = 0.0
    token_lifetime: float = 1800.0
    patience: float = 30.0
    api_key: str = "sandbox-key-3f9c1b7e5d"
    username: str = "reports.supervisor@acme.example"
    password: str = "päss &=+%wörd/?#sandbox"
    any_capitals: bool = False
    hidden_pbxes: set[str] = field(default_factory=set)
    queue_dialect: QueueDialect = field(default_factory=QueueDialect)
    faults: list[Fault] = field(default_factory=list)
    requests: list[LoggedRequest] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._tokens: dict[str, float] = {}
        self._lock = threading.Lock()

    def config(self, address: str, **more: Any) -> dict[str, Any]:
        """Return a connector configuration for a sandbox at an address."""
        return {
            "api_key": self.api_key,
            "username": self.username,
            "password": self.password,
            "time_zone": "America/New_York",
            "pbx_ids": list(company()),
            "base_url": address + BASE_PATH,
            **more,
        }

    def asked(self, path: str = "/extsum") -> list[LoggedRequest]:
        """Return the requests whose path ends like this."""
        return [request for request in self.requests if request.path.endswith(path)]

    def issue_token(self) -> str:
        """Return a new token."""
        token = f"sandbox.{secrets.token_urlsafe(24)}"
        with self._lock:
            self._tokens[token] = time.monotonic() + self.token_lifetime
        return token

    def token_problem(self, token: str) -> str | None:
        """Return what 8x8 says about a token that is not valid, or None if it is."""
        with self._lock:
            expires = self._tokens.get(token)
        if expires is None:
            return "Cannot convert access token to JSON"
        return "Access token expired" if expires < time.monotonic() else None

    def revoke_tokens(self) -> None:
        """Make every token invalid."""
        with self._lock:
            self._tokens.clear()
