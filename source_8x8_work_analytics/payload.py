"""Payload truth: an answer that is not a report is never rows, and never "no data"."""

from collections.abc import Sequence
from typing import Any

import orjson

from source_8x8_work_analytics.errors import TryAgain
from source_8x8_work_analytics.settings import ALL_PBXES


def summary_rows(body: bytes, key: Sequence[str], pbx_id: str) -> list[dict[str, Any]]:
    """Return the rows of a summary report: a bare JSON array of objects, each with its key.

    Args:
        body: the answer's body, decoded from any compression.
        key: the fields that identify a row within one report; the first one is the PBX name.
        pbx_id: the PBX that was asked for, or `allpbxes`.

    Raises:
        TryAgain: the body is not such a report.
    """
    try:
        rows = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise TryAgain("sent something that is not JSON in place of the report") from None
    if not isinstance(rows, list):
        raise TryAgain("sent JSON that is not a report")
    any_pbx, asked_for = pbx_id == ALL_PBXES, pbx_id.casefold()
    for row in rows:
        if not isinstance(row, dict):
            raise TryAgain("sent a report with a row that is not an object")
        for name in key:
            if not _identifies(row.get(name)):
                raise TryAgain(f"sent a report with a row that has no {name}")
        if not any_pbx and str(row[key[0]]).casefold() != asked_for:
            raise TryAgain("sent a report with a row of another PBX")
    return rows


def _identifies(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))


def repeated_keys(rows: Sequence[dict[str, Any]], key: Sequence[str]) -> int:
    """Return how many rows share their key with an earlier row of the same report."""
    return len(rows) - len({tuple(row[name] for name in key) for row in rows})


def list_page(body: bytes, lists: Sequence[str], key: Sequence[str]) -> tuple[list[dict[str, Any]], bool]:
    """Return the rows of one page of a list, and whether there are more pages.

    Args:
        body: the answer's body, decoded from any compression.
        lists: the names that the list may have under `_embedded`. An empty list may come without any.
        key: the fields that identify a row.

    Raises:
        TryAgain: the body is not such a page.
    """
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise TryAgain("sent something that is not JSON in place of the list") from None
    if not isinstance(content, dict):
        raise TryAgain("sent JSON that is not a list")
    embedded = content.get("_embedded", {})
    if not isinstance(embedded, dict):
        raise TryAgain("sent JSON that is not a list")
    about = {**embedded, **content}
    page, links = about.get("page"), about.get("_links")
    rows = next((embedded[name] for name in lists if name in embedded), None)
    if rows is None and not isinstance(page, dict) and not isinstance(links, dict):
        raise TryAgain("sent JSON that is not a list")
    rows = [] if rows is None else rows
    if not isinstance(rows, list):
        raise TryAgain("sent JSON that is not a list")
    for row in rows:
        if not isinstance(row, dict) or not all(_identifies(row.get(name)) for name in key):
            raise TryAgain("sent a list with an entry that has no id")
    return rows, bool(rows) and _has_next(page, links)


def _has_next(page: Any, links: Any) -> bool:
    if isinstance(page, dict):
        number, pages = page.get("number"), page.get("totalPages")
        if isinstance(number, int) and isinstance(pages, int):
            return number + 1 < pages
    return isinstance(links, dict) and bool(links.get("next"))
