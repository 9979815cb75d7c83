"""Read call records and call legs: the pages of a day, one after another.

Sources: https://developer.8x8.com/analytics/docs/work-analytics-cdr-report and work-analytics-call-legs
"""

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.client.client import Fetched
from source_8x8_work_analytics.client.http import Response
from source_8x8_work_analytics.errors import ConnectorError, RetryableError
from source_8x8_work_analytics.messages import counted
from source_8x8_work_analytics.reports.report import Page, Report
from source_8x8_work_analytics.reports.rows import Row, checked_rows, parse_json, whole_number
from source_8x8_work_analytics.windows.progress import WindowSlice

LOGGER = logging.getLogger("airbyte")

PAGE_SIZE = 2000
"""8x8 accepts up to 7,000. The time per row does not depend on the page size, but each request in flight
holds one page in memory."""
NO_MORE = "No Data"
"""The `scrollId` of the page after the last one. Sending it back is an error."""

TIME_TEXTS = ("startTime", "connectTime", "disconnectedTime")
TIME_NUMBERS = ("startTimeUTC", "connectTimeUTC", "disconnectedTimeUTC", "answeredTime")
LISTS = ("departments", "branches")

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)(?:Z|([+-]\d\d):?(\d\d))", re.ASCII)


class PagesDisagree(Exception):
    """The pages of a window do not add up to 8x8's own count.

    Args:
        problem: what happened, as the end of a sentence that begins with "8x8".
        at_least: the minimum number of calls when the pages are read again.
    """

    def __init__(self, problem: str, at_least: int) -> None:
        super().__init__(problem)
        self.at_least = at_least


class CallReport(Report):
    """The calls of one window, page by page.

    `scrollId` identifies the last row of a page; all other parameters are repeated with it. Pages go from the
    newest call to the oldest, so calls added in the meantime do not shift any rows.
    """

    def read(self, window_slice: WindowSlice) -> Iterator[Page]:
        """Yield the calls of one window.

        If the pages disagree with 8x8's own count, or 8x8 stops returning further pages, all pages are read
        once more from the first one; a call that was already passed on is not passed on again.
        """
        emitted: set[int] = set()
        try:
            yield from self._pages(window_slice, emitted)
        except PagesDisagree as error:
            LOGGER.info("%s: 8x8 %s; reading its pages once more.", self.subject(window_slice), error)
            at_least = error.at_least
        else:
            return
        try:
            yield from self._pages(window_slice, emitted, at_least)
        except PagesDisagree as error:
            raise ConnectorError(messages.PAGES_DISAGREE, problem=str(error)) from None

    def _pages(self, window_slice: WindowSlice, emitted: set[int], at_least: int = 0) -> Iterator[Page]:
        """Yield the calls of all pages that are not in `emitted`, and add them there.

        Raises:
            PagesDisagree: the pages do not end, or contain fewer calls than 8x8 now counts, or than
                `at_least`.
        """
        seen: set[int] = set()
        scroll_ids: set[str] = set()
        expected = received = 0
        scroll_id: str | None = None
        while True:
            fetched = self._fetch_page(window_slice, scroll_id, received)
            page = fetched.content
            if scroll_id is None:
                expected = max(page.total, at_least)
            keys = list(map(hash, map(itemgetter(*self.key), page.rows)))
            fresh = len([key for key in keys if key not in seen])
            received += fresh
            seen.update(keys)
            rows = [row for row, key in zip(page.rows, keys, strict=True) if key not in emitted]
            yield Page(rows, fetched.sent, repeated=len(keys) - len(set(keys)))
            emitted.update(keys)
            if page.scroll_id is None:
                break
            if page.scroll_id in scroll_ids or (not fresh and received < expected):
                raise PagesDisagree("sent the same page twice", received)
            if not fresh:
                break
            scroll_id = page.scroll_id
            scroll_ids.add(scroll_id)
        if received < expected:
            problem = f"reported {counted(expected, 'call')} but returned {received:,}"
            raise PagesDisagree(problem, received or min(1, expected))

    def _fetch_page(
        self, window_slice: WindowSlice, scroll_id: str | None, received: int
    ) -> Fetched["CallPage"]:
        params = {**self.params(window_slice), "pageSize": PAGE_SIZE}
        if scroll_id is not None:
            params["scrollId"] = scroll_id
        try:
            return self.fetch(
                window_slice, params, lambda response: call_page(response, self.key, window_slice.pbx)
            )
        except ConnectorError as error:
            if scroll_id is not None and error.problem in (messages.BAD_REQUEST, messages.NOT_FOUND):
                raise PagesDisagree("no longer returns the pages after the first ones", received) from None
            raise


@dataclass(frozen=True)
class CallPage:
    """A page of calls.

    `total` is 8x8's count over all pages; `scroll_id` requests the next page, and is None at the end.
    """

    rows: list[Row]
    total: int
    scroll_id: str | None


def call_page(response: Response, key: Sequence[str], pbx: str) -> CallPage:
    """Return a page of call records or legs, with its times and counts converted.

    Raises:
        RetryableError: the body is not such a page.
    """
    page = raw_call_page(response, key, pbx)
    for row in page.rows:
        _convert(row)
    return page


def raw_call_page(response: Response, key: Sequence[str], pbx: str) -> CallPage:
    """Return a page of call records or legs, unconverted."""
    content = parse_json(response.body)
    meta = content.get("meta") if isinstance(content, dict) else None
    if not isinstance(meta, dict) or "data" not in content:
        raise RetryableError(messages.NOT_A_PAGE_OF_CALLS)
    total, scroll_id = whole_number(meta.get("totalRecordCount")), meta.get("scrollId")
    if total is None or total < 0 or not isinstance(scroll_id, str | None):
        raise RetryableError(messages.PAGE_WITHOUT_COUNT)
    rows = checked_rows(content["data"], key, pbx)
    more = bool(rows) and scroll_id and scroll_id != NO_MORE
    return CallPage(rows, total, scroll_id if more else None)


def _convert(row: Row) -> None:
    """Convert a call to the types of its schema: RFC 3339 times, null for never, a whole number, lists."""
    for name in TIME_TEXTS:
        if name in row:
            row[name] = _rfc3339(row[name])
    for name in TIME_NUMBERS:
        if row.get(name) in (0, "0", ""):
            row[name] = None
    if "callLegCount" in row:
        row["callLegCount"] = whole_number(row["callLegCount"])
    for name in LISTS:
        if name in row and not isinstance(row[name], list):
            row[name] = [row[name]] if isinstance(row[name], str) and row[name] else None


def _rfc3339(value: Any) -> str | None:
    if value in (None, 0, "0", "", "-"):
        return None
    if isinstance(value, str) and (match := _TIME.fullmatch(value)):
        hours, minutes = match.group(2, 3)
        return f"{match.group(1)}{hours}:{minutes}" if hours else f"{match.group(1)}+00:00"
    raise RetryableError(messages.INVALID_TIMESTAMP)
