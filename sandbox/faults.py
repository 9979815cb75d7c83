"""Faults that can be switched on: wrong responses, broken connections, errors."""

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import orjson

from sandbox.rows import Row, number_as_text, scroll_id

FOREVER = 1_000_000_000


@dataclass
class Fault:
    """One kind of fault, for the requests that match it.

    Args:
        kind: a name out of `KINDS`, or an HTTP status such as "503".
        path: the end of the request's path; * stands for any text.
        pbx: the requested PBX, or any.
        start: the beginning of the requested `startTime` or `startDate`, or any.
        query: parameters that the request must have; * stands for any text.
        after: how many matching requests to serve first.
        times: how many of them to change.
        headers: headers of the changed response, such as `Retry-After`, or `Location` for a redirect ("302").
        body: what is sent with an HTTP status, instead of an error.
    """

    kind: str
    path: str = "/extsum"
    pbx: str = ""
    start: str = ""
    query: dict[str, str] = field(default_factory=dict)
    after: int = 0
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    seen: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def occurs(self, path: str, query: dict[str, str]) -> bool:
        """Count a request that matches, and return whether its response is changed."""
        start = query.get("startTime") or query.get("startDate") or ""
        if not fnmatchcase(path, f"*{self.path}") or not start.startswith(self.start):
            return False
        if self.pbx and query.get("pbxId") != self.pbx:
            return False
        if not all(name in query and fnmatchcase(query[name], text) for name, text in self.query.items()):
            return False
        with self.lock:
            self.seen += 1
            return self.after < self.seen <= self.after + self.times


Rows = list[Any]


def _rows(change: Callable[[Rows], Any]) -> Callable[[bytes], bytes]:
    """Return a way to change the rows of a report; one without rows gets an empty one first."""

    def changed(body: bytes) -> bytes:
        content = orjson.loads(body)
        if not isinstance(content, dict):
            return orjson.dumps(change(content or [{}]))
        name = next(name for name, value in content.items() if isinstance(value, list))
        return orjson.dumps({**content, name: change(content[name] or [{}])})

    return changed


def _without(*names: str) -> Callable[[Rows], Any]:
    return lambda rows: [{k: v for k, v in rows[0].items() if k not in names}, *rows[1:]]


QUEUE_KEYS = ("id", "queueId", "userId", "agentExtension", "callId")
OTHER_PBX_ROW = {
    "PbxId": "somebody-elses",
    "Extension": "1",
    "pbx": "somebody-elses",
    "queueAgentActivity": [{"userId": "1"}],
    **dict.fromkeys(QUEUE_KEYS, "1"),
}
"""A row of a PBX that was not requested, in any report."""


def _rows_of(content: Any) -> Rows:
    """Return the rows of a report, of a page of calls, of a list, or of an endpoint about queues."""
    if isinstance(content, dict):
        lists = {**content, **content.get("_embedded", {})}.values()
        return next((rows for rows in lists if isinstance(rows, list)), [])
    return list(content)


def _each_row(change: Callable[[Row], Row]) -> Callable[[bytes], bytes]:
    """Return a way to change each row of any response."""

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
    """Return the fields of a row that contain the PBX's name, in capitals. The `pbxId` of lists is an id."""
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
    "row of another PBX": _rows(lambda rows: [*rows, OTHER_PBX_ROW]),
    "wrapped rows": _rows(lambda rows: {"data": rows}),
    "cut JSON": lambda body: body[: max(1, len(body) // 2)],
    "not UTF-8": lambda body: body.replace(b'"', b'"\xff', 1),
}
"""Responses with status 200 that are not a report."""

REPORTS: dict[str, Callable[[bytes], bytes]] = {
    "byte order mark": lambda body: b"\xef\xbb\xbf" + body,
    "lone surrogate": lambda body: _cut_emoji(body),
    "unknown field": _each_row(lambda row: {**row, "notInTheSchema": 7}),
    "field of another type": _each_row(number_as_text),
    "capitals": _each_row(lambda row: _in_capitals(row)),
}
"""Odd responses that are still reports, pages or lists. A response without rows is not changed."""

Page = dict[str, Any]


def _page(change: Callable[[Page], Page]) -> Callable[[bytes], bytes]:
    """Return a way to change a page of calls or of a list."""
    return lambda body: orjson.dumps(change(orjson.loads(body)))


def _with(page: Page, part: str, **changes: Any) -> Page:
    """Return a page with changes to its `meta` or `page`."""
    return {**page, part: {**page[part], **changes}}


def _repeated(page: Page, scroll_ids: Callable[[], int]) -> Page:
    """Return a page whose scroll id requests the same page again."""
    for first in page["data"][:1]:
        last = "legId" if "legId" in first else "callId"
        page = _with(page, "meta", scrollId=scroll_id({**first, last: int(first[last]) + scroll_ids()}))
    return page


def _overlapping(page: Page) -> Page:
    """Leave the first row out, and let the next page begin with the last one: the total still agrees."""
    rows = page["data"]
    if len(rows) > 1:
        page = {**_with(page, "meta", scrollId=scroll_id(rows[-2])), "data": rows[1:]}
    return page


PAGES: dict[str, Callable[[bytes], bytes]] = {
    "fewer calls than counted": _page(lambda page: {**_with(page, "meta", scrollId="No Data"), "data": []}),
    "the same page again": _page(lambda page: _repeated(page, lambda: 1)),
    "count one too many": _page(
        lambda page: _with(page, "meta", totalRecordCount=page["meta"]["totalRecordCount"] + 1)
    ),
    "overlapping pages": _page(_overlapping),
}
"""Pages of calls that disagree with each other."""

_counter = itertools.count(1)
TOTALS: dict[str, Callable[[bytes], bytes]] = {
    "negative total": _page(
        lambda page: {**_with(page, "meta", totalRecordCount=-1, scrollId="No Data"), "data": []}
    ),
    "total as text": _page(
        lambda page: _with(page, "meta", totalRecordCount=str(page["meta"]["totalRecordCount"]))
    ),
    "total as decimal": _page(
        lambda page: _with(page, "meta", totalRecordCount=float(page["meta"]["totalRecordCount"]))
    ),
}
"""Odd totals of calls."""

ENDLESS = {"pages without end": _page(lambda page: _repeated(page, lambda: next(_counter)))}
"""Pages of the same calls, each with another scroll id."""

LISTS: dict[str, Callable[[bytes], bytes]] = {
    "empty page": _page(lambda page: {**page, "_embedded": {name: [] for name in page.get("_embedded", {})}}),
    "page without _embedded": _page(lambda page: {k: v for k, v in page.items() if k != "_embedded"}),
    "one page counted": _page(
        lambda page: _with({**page, "_links": {"self": page["_links"]["self"]}}, "page", totalPages=1)
    ),
    "one element too many counted": _page(
        lambda page: _with(page, "page", totalElements=page["page"]["totalElements"] + 1)
    ),
    "error object with links": _page(
        lambda page: {"error": "Internal error for user Jane Doe", "_links": page["_links"]}
    ),
}
"""Odd pages of lists."""

CHANGES = {**REPORTS, **PAGES, **TOTALS, **ENDLESS, **LISTS}
"""Changes to a response that is otherwise right."""

CONNECTIONS = ["cut body", "wrong length", "dropped connection", "slow body", "time-out", "cut gzip"]
"""Ways to send a response incorrectly."""

KINDS = [*BODIES, *CHANGES, *CONNECTIONS, "no access to category", "revoked token", "no token"]
