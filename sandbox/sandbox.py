"""The sandbox: the correct data, who can sign in, which faults occur, and the log of requests."""

import random
import threading
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from sandbox.company import Pbx, deleted_pbxes
from sandbox.faults import FOREVER, Fault
from sandbox.truth import Truth

BASE_PATH = "/analytics/work"


@dataclass
class LoggedRequest:
    """One line of the log of requests.

    `token` is the end of the token that the request carried, `has_key` whether it carried an API key.
    """

    path: str
    pbx: str
    start: str
    end: str
    time_zone: str
    user_agent: str
    token: str
    has_key: bool
    status: int = 0


@dataclass
class _Token:
    expires: float
    uses_left: int


@dataclass
class Sandbox(Truth):
    """The mock API: the truth, credentials, tokens, faults, and a log of requests.

    Every attribute can be changed while the sandbox is being served.

    Args:
        latency: seconds before each report.
        token_lifetime: seconds for which a token is valid.
        token_uses: requests for which a token is valid, so that a test need not wait until one expires.
        patience: seconds for which slow faults send nothing.
        any_capitals: accept `pbxId` in any case. It is not known what 8x8 does, so by default the sandbox
            accepts a name only as the company spells it. Rows always have the company's spelling.
        hidden_pbxes: names of the PBXs that the user cannot see.
        faults: what goes wrong; the first one that matches a request takes effect.
        requests: the log.
    """

    latency: float = 0.0
    token_lifetime: float = 1800.0
    token_uses: int = FOREVER
    patience: float = 30.0
    api_key: str = "sandbox-key-3f9c1b7e5d"
    username: str = "reports.supervisor@acme.example"
    password: str = "päss &=+%wörd/?#sandbox"
    any_capitals: bool = False
    hidden_pbxes: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    requests: list[LoggedRequest] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._tokens: dict[str, _Token] = {}
        self._issued = 0
        self._free_at = 0.0
        self._lock = threading.Lock()

    def config(self, address: str, **more: Any) -> dict[str, Any]:
        """Return a connector configuration for a sandbox at an address."""
        return {
            "api_key": self.api_key,
            "username": self.username,
            "password": self.password,
            "time_zone": "America/New_York",
            "pbx_ids": list(self.pbxes()),
            "base_url": address + BASE_PATH,
            **more,
        }

    def visible_pbxes(self) -> dict[str, Pbx]:
        """Return the PBXs that the user can see, by name."""
        names = list(self.pbxes())
        hidden = self.hidden_pbxes.union(names[len(names) - self.variant.pbx_names :])
        if "denied" in self.variant.deleted_pbxes:
            hidden.add(names[-1])
        return {name: pbx for name, pbx in self.pbxes().items() if name not in hidden}

    def pbx_with_id(self, opaque_id: str) -> Pbx | None:
        """Return the PBX with an opaque id; it can be deleted, or one that the user cannot see."""
        pbxes = (*self.pbxes().values(), *self._deleted())
        return next((pbx for pbx in pbxes if pbx.opaque_id == opaque_id), None)

    def is_readable(self, pbx: Pbx) -> bool:
        """Return whether the user can read a PBX."""
        return pbx in self._deleted() or pbx.name in self.visible_pbxes()

    def _deleted(self) -> tuple[Pbx, ...]:
        return deleted_pbxes(self.variant.deleted_pbxes, next(iter(self.pbxes())))

    def delay(self) -> float:
        """Return for how many seconds the next report waits."""
        if self.variant.response_times == "parallel":
            return self.latency
        now = time.monotonic()
        self._free_at = max(now, self._free_at) + self.latency
        return self._free_at - now

    def requests_to(self, path: str = "/extsum") -> list[LoggedRequest]:
        """Return the requests whose path ends like this; * stands for any text."""
        return [request for request in self.requests if fnmatchcase(request.path, f"*{path}")]

    def issue_token(self) -> str:
        """Return a new token; the same seed gives the same tokens."""
        with self._lock:
            if self.variant.sessions == "yes":
                self._tokens.clear()
            self._issued += 1
            chance = random.Random(f"{self.seed} token {self._issued}")
            token = f"sandbox.{urlsafe_b64encode(chance.randbytes(24)).decode()}"
            self._tokens[token] = _Token(time.monotonic() + self.token_lifetime, self.token_uses)
        return token

    def token_problem(self, token: str) -> str | None:
        """Use a token once; returns the description of the error if it is not valid, else None."""
        with self._lock:
            known = self._tokens.get(token)
            if known is None:
                return "Cannot convert access token to JSON"
            known.uses_left -= 1
            expired = known.uses_left < 0 or known.expires < time.monotonic()
        return "Access token expired" if expired else None

    def revoke_tokens(self) -> None:
        """Make every token invalid."""
        with self._lock:
            self._tokens.clear()
