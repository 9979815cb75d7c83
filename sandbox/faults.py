"""Faults that the sandbox commits on order: wrong answers, broken connections, refusals."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from sandbox.wire import Row, number_as_text, scroll_id

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
        headers: headers of the spoiled answer, as `Retry-After`, or `Location` of a redirect ("302").
        body: what is sent with an HTTP status, instead of an error.
    """

    kind: str
    path: str = "/extsum"
    pbx: str = ""
    start: str = ""
    after: int = 0
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    seen: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def strikes(self, path: str, query: dict[str, str]) -> bool:
        """Count a request, and say whether it is spoiled."""
        start = query.get("startTime") or query.get("startDate") or ""
        if not path.endswith(self.path) or not start.startswith(self.start):
            return False
        if self.pbx and query.get("pbxId") != self.pbx:
            return False
        with self.lock:
            self.seen += 1
            return self.after < self.seen <= self.after + self.times


Rows = list[Any]


def _rows(change: Callable[[Rows], Any]) -> Callable[[bytes], bytes]:
    """Return a way to spoil a report, which goes on as another answer if it has no rows."""

    def spoil(body: bytes) -> bytes:
        content = orjson.loads(body)
        if not isinstance(content, dict):
            return orjson.dumps(change(content or [{}]))
        name = next(name for name, value in content.items() if isinstance(value, list))
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


def _rows_of(content: Any) -> Rows:
    """Return the rows of a report, of a page of calls, of a list, or of an endpoint about queues."""
    if isinstance(content, dict):
        lists = {**content, **content.get("_embedded", {})}.values()
        return next((rows for rows in lists if isinstance(rows, list)), [])
    return list(content)


def _each_row(change: Callable[[Row], Row]) -> Callable[[bytes], bytes]:
    """Return a way to change the rows of any answer in place."""

    def changed(body: bytes) -> bytes:
        content = orjson.loads(body)
        for row in _rows_of(content):
            row.update(change(row))
        return orjson.dumps(content)

    return changed


def _cut_emoji(body: bytes) -> bytes:
    """Put half of an emoji at the end of the first name, as JSON escapes it."""
    content = orjson.loads(body)
    names = ("FirstName", "firstName", "callerName", "name")
    for row in _rows_of(content)[:1]:
        row.update({name: f"{row[name]}<half>" for name in names if name in row})
    return orjson.dumps(content).replace(b"<half>", b"\\ud83d")


def _in_capitals(row: Row) -> Row:
    """Return the fields of a row that hold the PBX's name, in capitals. The `pbxId` of lists is no name."""
    names = ["PbxId", "pbxId"]
    if "deleted" in row:
        names = [] if "pbxId" in row else ["name"]
    return {name: row[name].upper() for name in names if name in row}


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

REPORTS: dict[str, Callable[[bytes], bytes]] = {
    "byte order mark": lambda body: b"\xef\xbb\xbf" + body,
    "lone surrogate": lambda body: _cut_emoji(body),
    "unknown field": _each_row(lambda row: {**row, "notInTheSchema": 7}),
    "field of another type": _each_row(number_as_text),
    "capitals": _each_row(lambda row: _in_capitals(row)),
}
"""Odd answers that are still reports, pages or lists. One without rows stays as it is."""

PAGES: dict[str, Callable[[bytes], bytes]] = {
    "fewer calls than counted": lambda body: _no_more(orjson.loads(body)),
    "the same page again": lambda body: _again(orjson.loads(body)),
    "count one too many": lambda body: _one_too_many(orjson.loads(body)),
    "overlapping pages": lambda body: _overlapping(orjson.loads(body)),
}
"""Pages of calls that disagree with the others."""


def _no_more(page: Row) -> bytes:
    page["meta"]["scrollId"] = "No Data"
    return orjson.dumps({**page, "data": []})


def _again(page: Row) -> bytes:
    """Return a page after which the same page comes again, and again as long as the fault strikes."""
    for first in page["data"][:1]:
        last = "legId" if "legId" in first else "callId"
        page["meta"]["scrollId"] = scroll_id({**first, last: int(first[last]) + 1})
    return orjson.dumps(page)


def _one_too_many(page: Row) -> bytes:
    page["meta"]["totalRecordCount"] += 1
    return orjson.dumps(page)


def _overlapping(page: Row) -> bytes:
    """Leave the first row out, and let the next page begin with the last one: the count still agrees."""
    rows = page["data"]
    if len(rows) > 1:
        page["meta"]["scrollId"] = scroll_id(rows[-2])
        page["data"] = rows[1:]
    return orjson.dumps(page)


CHANGES = {**REPORTS, **PAGES}
"""Changes to an answer that is otherwise right."""

CONNECTIONS = ["cut body", "wrong length", "dropped connection", "slow body", "time-out", "cut gzip"]
"""Broken ways to send an answer."""

KINDS = [*BODIES, *CHANGES, *CONNECTIONS, "no access to category", "revoked token", "no token"]
