"""Parse and check rows: a response that is not a report is never treated as rows or as "no data".

Sources: https://developer.8x8.com/analytics/docs/work-analytics-extension-summary and the pages next to it.
"""

import json
import math
import re
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

import orjson

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.client.http import Response
from source_8x8_work_analytics.errors import ConnectorError, RetryableError
from source_8x8_work_analytics.settings import ALL_PBXES, pbx_key

Row = dict[str, Any]

NUMBERS = frozenset({int, float})
"""The types of numbers in a JSON body; `bool` is not one."""
LONGEST_INTEGER = 18
"""Number of digits that always fit into 64 bits."""

_NEXT_PAGE = re.compile(r"""\brel\s*=\s*("[^"]*\bnext\b|'[^']*\bnext\b|next\b)""", re.IGNORECASE)
"""In a `Link` header."""
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
"""The JSON escape for NUL: `u0000` after an odd number of backslashes."""


class TooLarge:
    """A number that JSON cannot represent, such as 1e999; it becomes null, with a warning."""


TOO_LARGE = TooLarge()


def summary_rows(response: Response, key: Sequence[str], pbx: str) -> list[Row]:
    """Return the rows of a summary report: a bare JSON array of objects, each with its key.

    Args:
        response: the response.
        key: the fields that identify a row within one report; the first one is the PBX name.
        pbx: the PBX that was requested, or `allpbxes`.

    Raises:
        RetryableError: the body is not such a report.
        ConnectorError: it is one page of several, which 8x8's documentation never mentions.
    """
    content = parse_json(response.body)
    reject_pages(response)
    if isinstance(content, dict) and isinstance(content.get("data"), list) and "meta" in content:
        raise ConnectorError(messages.PAGED_SUMMARY)
    return checked_rows(content, key, pbx)


def reject_pages(response: Response) -> None:
    """Reject a summary whose headers name a next page, which 8x8's documentation never mentions.

    Raises:
        ConnectorError: sending the request again would not change that.
    """
    if _NEXT_PAGE.search(response.headers.get("Link", "")):
        raise ConnectorError(messages.PAGED_SUMMARY)


def checked_rows(rows: Any, key: Sequence[str], pbx: str) -> list[Row]:
    """Return rows that are objects with their key, all of the PBX that was requested.

    Raises:
        RetryableError: they are not.
    """
    if not isinstance(rows, list):
        raise RetryableError(messages.NOT_A_REPORT)
    any_pbx, requested = pbx == ALL_PBXES, pbx_key(pbx)
    pbx_field = key[0]
    for row in rows:
        if not isinstance(row, dict):
            raise RetryableError(messages.ROW_NOT_AN_OBJECT)
        for name in key:
            value = row.get(name)
            if type(value) is not str:
                if not identifies(value):
                    raise RetryableError(messages.ROW_WITHOUT_KEY, name=name)
                row[name] = str(value)
        found = row[pbx_field]
        if not any_pbx and found != pbx and pbx_key(found) != requested:
            raise RetryableError(messages.ROW_OF_ANOTHER_PBX)
    return rows


def identifies(value: Any) -> bool:
    """Return whether a value can be part of a key: a text or a whole number."""
    return isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))


def repeated_keys(rows: Sequence[Row], key: Sequence[str]) -> int:
    """Return how many rows share their key with an earlier row of the same report."""
    return len(rows) - len(set(map(itemgetter(*key), rows)))


def whole_number(value: Any) -> int | None:
    """Return a count, even if it is text or has a decimal point; None if it is not a count."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= LONGEST_INTEGER:
        return int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def parse_json(body: bytes) -> Any:
    """Return the JSON of a body.

    A byte order mark is accepted. Half a surrogate pair (of a cut emoji in a name) and NUL, which databases
    reject, become U+FFFD; a number that JSON cannot represent becomes `TOO_LARGE`.

    Raises:
        RetryableError: the body is not JSON.
    """
    if b"\\u0000" in body:
        body = _NUL.sub(rb"\1\\ufffd", body)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return _parse_odd_json(body)


def _parse_odd_json(body: bytes) -> Any:
    try:
        text = body.decode("utf-8-sig", "surrogatepass")
        content = json.loads(text, parse_constant=_reject_constant, parse_int=_integer, parse_float=_float)
        return _whole(content)
    except (RecursionError, ValueError):
        raise RetryableError(messages.NOT_JSON) from None


def _reject_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _integer(digits: str) -> Any:
    """Return a number as `orjson` does, which supports only 64-bit integers."""
    number = int(digits) if len(digits) <= 20 else 2**64
    return number if -(2**63) <= number < 2**64 else _float(digits)


def _float(digits: str) -> Any:
    number = float(digits)
    return number if math.isfinite(number) else TOO_LARGE


def _whole(value: Any) -> Any:
    """Return a value with each unpaired surrogate replaced by U+FFFD."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(name): _whole(item) for name, item in value.items()}
    return value
