"""Fetch a list of Work Analytics Customer Data page by page; its pages are numbered from zero.

8x8's documents disagree in places: the list's name, and where `page` stands. All that was seen is accepted.
Source: https://developer.8x8.com/analytics/docs/customer-data (and its OpenAPI file)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.client.client import Client
from source_8x8_work_analytics.client.http import Response
from source_8x8_work_analytics.client.retries import Reader
from source_8x8_work_analytics.errors import ConnectorError, RetryableError
from source_8x8_work_analytics.reports.rows import Row, identifies, parse_json, whole_number

PAGE_SIZE = 100
"""The most that 8x8 accepts."""


@dataclass(frozen=True)
class ListPage:
    """A page of a list.

    Attributes:
        rows: the entries.
        total: how many entries 8x8 counts on all pages, None if it does not say.
        last: whether 8x8 says that no page follows, None if it does not say.
    """

    rows: list[Row]
    total: int | None
    last: bool | None

    def is_followed(self, received: int) -> bool:
        """Return whether another page follows.

        Args:
            received: how many entries came, those of this page among them.
        """
        if self.total is not None and received < self.total:
            return True
        return self.last is False


def list_pages(
    client: Client, reader: Reader, path: str, lists: Sequence[str], required: Sequence[str]
) -> Iterator[list[Row]]:
    """Yield the entries of each page that no earlier page had, before the next one is fetched.

    Args:
        client: sends the requests.
        reader: on whose behalf.
        path: of the list.
        lists: the names that the list may have under `_embedded`.
        required: the fields that each entry must have, `id` among them.

    Raises:
        ConnectorError: also where entries are missing, or pages do not end.
    """
    ids: set[Any] = set()
    number = 0
    while True:
        page = client.get(
            reader,
            path,
            {"page": number, "size": PAGE_SIZE},
            lambda response: _checked_page(response, lists, required, len(ids)),
        ).content
        fresh = [row for row in page.rows if row["id"] not in ids]
        ids.update(row["id"] for row in fresh)
        followed = page.is_followed(len(ids))
        if followed and not fresh:
            raise ConnectorError(messages.LIST_PAGE_REPEATED)
        yield fresh
        if not followed:
            break
        number += 1
    if page.total is not None and len(ids) < page.total:
        raise ConnectorError(messages.LIST_INCOMPLETE, total=page.total, received=len(ids))


def _checked_page(
    response: Response, lists: Sequence[str], required: Sequence[str], received: int
) -> ListPage:
    page = list_page(response.body, lists, required)
    if not page.rows and page.is_followed(received):
        raise RetryableError(messages.LIST_PAGE_EMPTY)
    return page


def list_page(body: bytes, lists: Sequence[str], required: Sequence[str]) -> ListPage:
    """Return one page of a list.

    Args:
        body: of the response.
        lists: the names that the list may have under `_embedded`. An empty list comes without any.
        required: the fields that each entry must have.

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
    empty: Any = [] if total == 0 else None
    rows = next((embedded[name] for name in lists if name in embedded), empty)
    if not isinstance(rows, list):
        raise RetryableError(messages.NOT_A_LIST)
    for row in rows:
        for name in required:
            if not isinstance(row, dict) or not identifies(row.get(name)):
                raise RetryableError(messages.LIST_ENTRY_WITHOUT_ID, name=name)
    return ListPage(rows, total, _is_last(page, links))


def _is_last(page: Row, links: Any) -> bool | None:
    number, pages = whole_number(page.get("number")), whole_number(page.get("totalPages"))
    if number is not None and pages is not None:
        return number + 1 >= pages
    return not links.get("next") if isinstance(links, dict) else None
