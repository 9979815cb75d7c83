"""Faults that the sandbox commits on order: wrong answers, broken connections, refusals."""

import asyncio
import gzip
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOR_EVER = 1_000_000_000


@dataclass
class Fault:
    """One kind of trouble, for the requests it matches.

    Args:
        kind: a name out of `KINDS`, or an HTTP status such as "503".
        path: the end of the request's path.
        pbx: the PBX asked for, or any.
        start: the beginning of the `startTime` asked for, or any.
        after: how many matching requests to let pass first.
        times: how many of them to spoil.
        headers: headers of the spoiled answer.
    """

    kind: str
    path: str = "/extsum"
    pbx: str = ""
    start: str = ""
    after: int = 0
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    seen: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def strikes(self, path: str, query: dict[str, str]) -> bool:
        """Count a request, and say whether it is spoiled."""
        if not path.endswith(self.path) or not query.get("startTime", "").startswith(self.start):
            return False
        if self.pbx and query.get("pbxId") != self.pbx:
            return False
        with self.lock:
            self.seen += 1
            return self.after < self.seen <= self.after + self.times


Rows = list[Any]


def _rows(change: Callable[[Rows], Any]) -> Callable[[bytes], bytes]:
    """Return a way to spoil a report, which goes on as another answer if it has no rows."""
    return lambda body: orjson.dumps(change(orjson.loads(body) or [{}]))


def _without(*names: str) -> Callable[[Rows], Any]:
    return lambda rows: [{k: v for k, v in rows[0].items() if k not in names}, *rows[1:]]


BODIES: dict[str, Callable[[bytes], bytes]] = {
    "html": lambda _: b"<html><body>Service is being maintained</body></html>",
    "empty": lambda _: b"",
    "null": lambda _: b"null",
    "number": lambda _: b"42",
    "text": lambda _: b'"ok"',
    "error object": lambda _: b'{"error": "Internal error for user Jane Doe +15550123456"}',
    "rows that are text": _rows(lambda rows: ["Jane Doe", *rows]),
    "rows that are lists": _rows(lambda rows: [[1], *rows]),
    "null row": _rows(lambda rows: [None, *rows]),
    "row without key": _rows(_without("PbxId", "Extension")),
    "row with null key": _rows(lambda rows: [{**rows[0], "Extension": None}, *rows[1:]]),
    "row of another PBX": _rows(lambda rows: [*rows, {"PbxId": "somebody-elses", "Extension": "1"}]),
    "wrapped rows": _rows(lambda rows: {"data": rows}),
    "cut JSON": lambda body: body[: max(1, len(body) // 2)],
    "not UTF-8": lambda body: body.replace(b'"', b'"\xff', 1),
}
"""Answers with status 200 that are no report."""

PAGES: dict[str, Callable[[bytes], bytes]] = {
    "fewer calls than counted": lambda _: _page("No Data"),
    "the same page again": lambda body: _page("c2FtZQ==", orjson.loads(body)["data"]),
}
"""Pages of calls that break the promise of the first one."""


def _page(scroll_id: str, data: Rows | None = None) -> bytes:
    return orjson.dumps({"meta": {"totalRecordCount": 0, "scrollId": scroll_id}, "data": data or []})


CONNECTIONS = ["cut body", "wrong length", "dropped connection", "slow body", "time-out", "cut gzip"]
"""Broken ways to send an answer."""

KINDS = [*BODIES, *PAGES, *CONNECTIONS, "no access to category", "revoked token", "no token"]


class FaultyServer:
    """Spoils the answers of an application as the faults say.

    Args:
        app: the application.
        faults: the faults in force; the list may change at any time.
        patience: seconds for which "slow body" and "time-out" keep silent.
        revoke: lets no token be valid any more, for "revoked token".
    """

    def __init__(
        self,
        app: ASGIApp,
        faults: list[Fault],
        patience: Callable[[], float],
        revoke: Callable[[], None],
    ) -> None:
        self._app = app
        self._faults = faults
        self._patience = patience
        self._revoke = revoke

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        query = {k: v[0] for k, v in _query(scope).items()}
        fault = next((f for f in list(self._faults) if f.strikes(scope["path"], query)), None)
        if fault and fault.kind == "revoked token":
            self._revoke()
        if fault is None or fault.kind == "revoked token":
            await self._app(scope, receive, send)
            return
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, keep)
        body = b"".join(message.get("body", b"") for message in messages)
        await self._spoil(fault, messages[0]["status"], body, send)

    async def _spoil(self, fault: Fault, status: int, body: bytes, send: Send) -> None:
        headers = {"content-type": "application/json", **fault.headers}
        if fault.kind.isdigit():
            await _send(send, int(fault.kind), headers, _error(int(fault.kind)))
        elif fault.kind in BODIES:
            await _send(send, status, headers, BODIES[fault.kind](body if status == 200 else b"[]"))
        elif fault.kind in PAGES:
            await _send(send, status, headers, PAGES[fault.kind](body))
        elif fault.kind == "no access to category":
            message = "user(jane.doe@acme.example) does not have access to api category(CDR)"
            await _send(send, 400, headers, orjson.dumps({"code": "105-400-038", "message": message}))
        elif fault.kind == "no token":
            await _send(send, 200, headers, b'{"token_type": "bearer"}')
        elif fault.kind == "cut gzip":
            await _send(send, status, {**headers, "content-encoding": "gzip"}, gzip.compress(body)[:-20])
        elif fault.kind in ("cut body", "wrong length"):
            more = 1000 if fault.kind == "wrong length" else 0
            kept = body if more else body[: len(body) // 2]
            await _send(send, status, {**headers, "content-length": str(len(body) + more)}, kept, more=True)
            _hang_up(send)
        elif fault.kind == "dropped connection":
            _hang_up(send)
        elif fault.kind == "slow body":
            await _send(send, status, {**headers, "content-length": str(len(body))}, body[:1], more=True)
            await asyncio.sleep(self._patience())
            _hang_up(send)
        elif fault.kind == "time-out":
            await asyncio.sleep(self._patience())
            _hang_up(send)
        else:
            raise ValueError(f"no such fault: {fault.kind}")


def _query(scope: Scope) -> dict[str, list[str]]:
    return parse_qs(scope["query_string"].decode())


def _error(status: int) -> bytes:
    if status == 204:
        return b""
    message = "user(jane.doe@acme.example) met an error while reading +15550123456"
    return orjson.dumps({"status": status, "message": message})


async def _send(send: Send, status: int, headers: dict[str, str], body: bytes, more: bool = False) -> None:
    raw = {"content-length": str(len(body)), **headers}
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(name.lower().encode(), value.encode()) for name, value in raw.items()],
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": more})


def _hang_up(send: Send) -> None:
    """Close the connection under the answer. ASGI has no word for it, so uvicorn's transport is taken."""
    send.__self__.transport.close()  # type: ignore[attr-defined]
