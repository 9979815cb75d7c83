"""Faults that the sandbox commits on order: wrong answers, broken connections, refusals."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from sandbox.company import company

FOR_EVER = 1_000_000_000


@dataclass
class Fault:
    """One kind of trouble, for the requests it matches.

    Args:
        kind: a name out of `KINDS`, or an HTTP status such as "503".
        path: the end of the request's path.
        pbx: the PBX asked for, or any.
        start: the beginning of the `startTime` or `startDate` asked for, or any.
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
        start = query.get("startTime") or query.get("startDate") or ""
        if not path.endswith(self.path) or not start.startswith(self.start):
            return False
        if self.pbx and (query.get("pbxId") or pbx_in(path)) != self.pbx:
            return False
        with self.lock:
            self.seen += 1
            return self.after < self.seen <= self.after + self.times


def pbx_in(path: str) -> str:
    """Return the name of the PBX whose opaque id is in a path."""
    return next((pbx.name for pbx in company().values() if f"/{pbx.opaque_id}/" in path), "")


Rows = list[Any]


def _rows(change: Callable[[Rows], Any]) -> Callable[[bytes], bytes]:
    """Return a way to spoil a report, which goes on as another answer if it has no rows."""

    def spoil(body: bytes) -> bytes:
        content = orjson.loads(body)
        if not isinstance(content, dict):
            return orjson.dumps(change(content or [{}]))
        name = next(iter(content))  # the rows of the endpoints about queues are in an object
        return orjson.dumps({**content, name: change(content[name] or [{}])})

    return spoil


def _without(*names: str) -> Callable[[Rows], Any]:
    return lambda rows: [{k: v for k, v in rows[0].items() if k not in names}, *rows[1:]]


QUEUE_KEYS = ("id", "queueId", "userId", "callId")
STRANGER = {
    "PbxId": "somebody-elses",
    "Extension": "1",
    "pbx": "somebody-elses",
    "queueAgentActivity": [{"userId": "1"}],
    **dict.fromkeys(QUEUE_KEYS, "1"),
}
"""A row of a PBX that was not asked for, whatever the report."""

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
    "row without key": _rows(_without("PbxId", "Extension", *QUEUE_KEYS)),
    "row with null key": _rows(
        lambda rows: [{**rows[0], **dict.fromkeys(("Extension", *QUEUE_KEYS))}, *rows[1:]]
    ),
    "row of another PBX": _rows(lambda rows: [*rows, STRANGER]),
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
