"""Fetch a list of Work Analytics Customer Data page by page; its pages are numbered from zero.

8x8's documents disagree about the list's name and where `page` is. All documented forms are accepted.
Source: https://developer.8x8.com/analytics/docs/customer-data (and its OpenAPI file)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.client.client import Client
from source_8x8_work_analytics.client.http import Response
from source_8x8_work_analytics.client.retries import Reader
from source_8x8_work_analytics.errors import ConnectorError, RetryableError
from source_8x8_work_analytics.reports.rows import Row, identifies, parse_json, whole_number

PAGE_SIZE = 100
"""The maximum that 8x8 accepts."""


@dataclass(frozen=True)
class ListPage:
    """A page of a list.

    Attributes:
        rows: the entries.
        total: 8x8's count of entries over all pages, None if it does not say.
        last: whether this is the last page according to 8x8, None if it does not say.
    """

    rows: list[Row]
    total: int | None
    last: bool | None


@dataclass
class _Pages:
    """The pages of one list so far.

    Attributes:
        lists: the names that the list may have.
        ids: the ids of the entries received.
        received: how many entries were received, not counting repeated ones.
        total: how many 8x8 counts, None if no page says.
    """

    lists: Sequence[str]
    ids: set[Any] = field(default_factory=set)
    received: int = 0
    total: int | None = None

    def parse(self, response: Response) -> ListPage:
        """Return the next page.

        Raises:
            RetryableError: it is not a page, or it has no entries although some are still missing.
        """
        page = list_page(response.body, self.lists)
        if page.rows:
            return page
        total = self.total if page.total is None else page.total
        if total is not None and self.received < total:
            raise RetryableError(messages.LIST_INCOMPLETE, total=total, received=self.received)
        if page.last is False or (self.received and total == 0):
            raise RetryableError(messages.LIST_PAGE_EMPTY)
        return page

    def add(self, page: ListPage) -> list[Row]:
        """Return the entries of a page that were not on earlier pages."""
        fresh = [row for row in page.rows if row["id"] not in self.ids]
        self.ids.update(row["id"] for row in fresh)
        self.received += len(fresh)
        self.total = self.total if page.total is None else page.total
        return fresh

    def is_followed(self, page: ListPage) -> bool:
        """Return whether another page follows the one that was added last."""
        return page.last is False or (self.total is not None and self.received < self.total)


def list_pages(client: Client, reader: Reader, path: str, lists: Sequence[str]) -> Iterator[list[Row]]:
    """Yield the new entries of each page before the next page is fetched.

    Args:
        client: sends the requests.
        reader: the reader that sends them.
        path: the path of the list.
        lists: the names that the list may have under `_embedded`.

    Raises:
        ConnectorError: a request failed, entries are missing, or the pages do not end.
    """
    pages = _Pages(lists)
    for number in count():
        page = client.get(reader, path, {"page": number, "size": PAGE_SIZE}, pages.parse).content
        fresh = pages.add(page)
        followed = pages.is_followed(page)
        if followed and not fresh:
            raise ConnectorError(messages.LIST_PAGE_REPEATED)
        yield fresh
        if not followed:
            return


def list_page(body: bytes, lists: Sequence[str]) -> ListPage:
    """Return one page of a list.

    Args:
        body: the body of the response.
        lists: the names that the list may have under `_embedded`. A list without entries may lack it.

    Raises:
        RetryableError: the body is not such a page.
    """
    content = parse_json(body)
    embedded = content.get("_embedded", {}) if isinstance(content, dict) else None
    if not isinstance(embedded, dict) or "error" in content:
        raise RetryableError(messages.NOT_A_LIST)
    about = {**embedded, **content}
    page, links = about.get("page"), about.get("_links")
    page = page if isinstance(page, dict) else {}
    total = whole_number(page.get("totalElements"))
    if total is not None and total < 0:
        raise RetryableError(messages.NOT_A_LIST)
    empty: Any = [] if total == 0 else None
    rows = next((embedded[name] for name in lists if name in embedded), empty)
    if not isinstance(rows, list):
        raise RetryableError(messages.NOT_A_LIST)
    if not all(isinstance(row, dict) and identifies(row.get("id")) for row in rows):
        raise RetryableError(messages.LIST_ENTRY_WITHOUT_ID, name="id")
    return ListPage(rows, total, _is_last(page, links))


def _is_last(page: Row, links: Any) -> bool | None:
    number, pages = whole_number(page.get("number")), whole_number(page.get("totalPages"))
    if number is not None and pages is not None:
        return number + 1 >= pages
    return not links.get("next") if isinstance(links, dict) else None
