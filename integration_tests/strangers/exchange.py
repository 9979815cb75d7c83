"""What passes between the connector and the account of these tests: requests, and the replies to them."""

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """One request that the account received; `number` counts all of them, from 1."""

    number: int
    path: str
    query: Mapping[str, str]

    @property
    def day(self) -> str:
        """The day or instant at which the requested window begins."""
        return (self.query.get("startTime") or self.query.get("startDate") or "")[:10]

    @property
    def pbx_id(self) -> str:
        """The opaque id in the path."""
        parts = self.path.split("/pbxes/")
        return parts[1].split("/")[0] if len(parts) > 1 else ""


@dataclass
class Reply:
    """A response: bytes, or anything that JSON can hold; or a function that sends all of it by itself."""

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    send: Callable[[socket.socket], None] | None = None
    keep_alive: bool = False


Handler = Callable[[Request], Reply | None]
"""Returns the response to a request, or None for the usual one."""


def first(times: int, handler: Handler) -> Handler:
    """Return a handler that responds so often, and leaves the other requests to the usual response."""
    numbers = count()
    return lambda request: handler(request) if next(numbers) < times else None
