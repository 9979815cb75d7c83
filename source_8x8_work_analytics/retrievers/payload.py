"""Validate payloads: a response that is not a report is never rows, and never "no data"."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import orjson

from source_8x8_work_analytics.errors import RetryableError
from source_8x8_work_analytics.settings import ALL_PBXES

NUMBERS = frozenset({int, float})
"""The types of numbers in a JSON body; `bool` is none."""

LONGEST_INTEGER = 18
"""Digits that fit into 64 bits, whatever they are."""

NO_MORE = "No Data"
"""The `scrollId` of the page after the last one. Sending it back is an error."""

TIME_TEXTS = ("startTime", "connectTime", "disconnectedTime")
TIME_NUMBERS = ("startTimeUTC", "connectTimeUTC", "disconnectedTimeUTC", "answeredTime")
LISTS = ("departments", "branches")

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)(?:Z|([+-]\d\d):?(\d\d))", re.ASCII)


def summary_rows(body: bytes, key: Sequence[str], pbx_id: str) -> list[dict[str, Any]]:
    """Return the rows of a summary report: a bare JSON array of objects, each with its key.

    Args:
        body: the response's body, decoded from any compression.
        key: the fields that identify a row within one report; the first one is the PBX name.
        pbx_id: the PBX that was asked for, or `allpbxes`.

    Raises:
        RetryableError: the body is not such a report.
    """
    return _checked(parse_json(body), key, pbx_id)


def member_rows(body: bytes, key: Sequence[str], pbx_id: str, group: str) -> list[dict[str, Any]]:
    """Return the rows of a member summary: as `summary_rows`, all of them of one ring group."""
    rows = summary_rows(body, key, pbx_id)
    if any(str(row["ringGroupExtension"]) != group for row in rows):
        raise RetryableError("8x8 sent a report with a row of another ring group")
    return rows


@dataclass(frozen=True)
class CallPage:
    """A page of calls.

    `total` is what 8x8 counts on all pages; `scroll_id` asks for the next page, and is None at the end.
    """

    rows: list[dict[str, Any]]
    total: int
    scroll_id: str | None


def call_page(body: bytes, key: Sequence[str], pbx_id: str) -> CallPage:
    """Return a page of call records or legs, with its times and counts converted.

    Raises:
        RetryableError: the body is not such a page.
    """
    page = raw_call_page(body, key, pbx_id)
    for row in page.rows:
        _convert(row)
    return page


def raw_call_page(body: bytes, key: Sequence[str], pbx_id: str) -> CallPage:
    """Return a page of call records or legs as it came."""
    content = parse_json(body)
    meta = content.get("meta") if isinstance(content, dict) else None
    if not isinstance(meta, dict) or "data" not in content:
        raise RetryableError("8x8 sent JSON that is not a page of calls")
    total, scroll_id = meta.get("totalRecordCount"), meta.get("scrollId")
    if not isinstance(total, int) or isinstance(total, bool) or not isinstance(scroll_id, str | None):
        raise RetryableError("8x8 sent a page of calls without their count")
    rows = _checked(content["data"], key, pbx_id)
    more = bool(rows) and scroll_id and scroll_id != NO_MORE
    return CallPage(rows, total, scroll_id if more else None)


def _convert(row: dict[str, Any]) -> None:
    """Give a call the types of its schema: RFC 3339 times, null for never, a whole number, lists."""
    for name in TIME_TEXTS:
        if name in row:
            row[name] = _rfc3339(row[name])
    for name in TIME_NUMBERS:
        if row.get(name) in (0, "0", ""):
            row[name] = None
    if "callLegCount" in row:
        row["callLegCount"] = _whole_number(row["callLegCount"])
    for name in LISTS:
        if name in row and not isinstance(row[name], list):
            row[name] = [row[name]] if isinstance(row[name], str) and row[name] else None


def _rfc3339(value: Any) -> str | None:
    if value in (None, 0, "0", "", "-"):
        return None
    if isinstance(value, str) and (match := _TIME.fullmatch(value)):
        hours, minutes = match.group(2, 3)
        return f"{match.group(1)}{hours}:{minutes}" if hours else f"{match.group(1)}+00:00"
    raise RetryableError("8x8 sent a call with a time that is no time")


def _whole_number(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= LONGEST_INTEGER:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def parse_json(body: bytes) -> Any:
    """Return the JSON of a body; a byte order mark and half a surrogate pair are no obstacle.

    Raises:
        RetryableError: the body is not JSON.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        text = body.decode("utf-8-sig", "surrogatepass")
        content = json.loads(text, parse_constant=_refuse_constant, parse_int=_integer)
        return _without_surrogates(content)
    except (RecursionError, ValueError):
        raise RetryableError("8x8 sent something that is not JSON in place of the report") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _integer(digits: str) -> int | float:
    """Return a number as `orjson` does, which writes integers of 64 bits only."""
    number = int(digits) if len(digits) <= 20 else 2**64
    return number if -(2**63) <= number < 2**64 else float(digits)


def _without_surrogates(value: Any) -> Any:
    """Return the same JSON with half a surrogate pair, left by a cut emoji in a name, as U+FFFD.

    It is half a character in one name; no reason to do without the report.
    """
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(name): _without_surrogates(item) for name, item in value.items()}
    return value


def _checked(rows: Any, key: Sequence[str], pbx_id: str) -> list[dict[str, Any]]:
    if not isinstance(rows, list):
        raise RetryableError("8x8 sent JSON that is not a report")
    any_pbx, asked_for = pbx_id == ALL_PBXES, pbx_id.casefold()
    pbx_field = key[0]
    for row in rows:
        if not isinstance(row, dict):
            raise RetryableError("8x8 sent a report with a row that is not an object")
        for name in key:
            value = row.get(name)
            if type(value) is not str and not _identifies(value):
                raise RetryableError(f"8x8 sent a report with a row that has no {name}")
        pbx = row[pbx_field]
        if not any_pbx and pbx != pbx_id and str(pbx).casefold() != asked_for:
            raise RetryableError("8x8 sent a report with a row of another PBX")
    return rows


def _identifies(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))


def repeated_keys(rows: Sequence[dict[str, Any]], key: Sequence[str]) -> int:
    """Return how many rows share their key with an earlier row of the same report."""
    return len(rows) - len(set(map(itemgetter(*key), rows)))


def list_page(body: bytes, lists: Sequence[str], key: Sequence[str]) -> tuple[list[dict[str, Any]], bool]:
    """Return the rows of one page of a list, and whether there are more pages.

    Args:
        body: the response's body, decoded from any compression.
        lists: the names that the list may have under `_embedded`. An empty list may come without any.
        key: the fields that identify a row.

    Raises:
        RetryableError: the body is not such a page.
    """
    content = parse_json(body)
    embedded = content.get("_embedded", {}) if isinstance(content, dict) else None
    if not isinstance(embedded, dict):
        raise RetryableError("8x8 sent JSON that is not a list")
    about = {**embedded, **content}
    page, links = about.get("page"), about.get("_links")
    empty: list[Any] | None = [] if isinstance(page, dict) or isinstance(links, dict) else None
    rows = next((embedded[name] for name in lists if name in embedded), empty)
    if not isinstance(rows, list):
        raise RetryableError("8x8 sent JSON that is not a list")
    for row in rows:
        if not isinstance(row, dict) or not all(_identifies(row.get(name)) for name in key):
            raise RetryableError("8x8 sent a list with an entry that has no id")
    return rows, bool(rows) and _has_next(page, links)


def _has_next(page: Any, links: Any) -> bool:
    if isinstance(page, dict):
        number, pages = page.get("number"), page.get("totalPages")
        if isinstance(number, int) and isinstance(pages, int):
            return number + 1 < pages
    return isinstance(links, dict) and bool(links.get("next"))
