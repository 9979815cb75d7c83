"""Fetch a list of Work Analytics Customer Data page by page; its pages are numbered from zero."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from source_8x8_work_analytics.errors import prefix_error, resumable_error

PAGE_SIZE = 100
"""The most that 8x8 takes."""

Page = tuple[list[dict[str, Any]], bool]
"""The rows of a page, and whether there are more pages."""


def list_pages(subject: str, fetch: Callable[[Mapping[str, Any]], Page]) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of each page that no earlier page had, before the next one is fetched.

    Args:
        subject: what is fetched, in front of the sentence if it fails.
        fetch: fetches one page, given its query parameters.

    Raises:
        AirbyteTracedException: a page that is not the last one brings nothing new, so there might be no end
            of them.
    """
    number, more = 0, True
    ids: set[Any] = set()  # every list has them
    while more:
        rows, more = fetch({"page": number, "size": PAGE_SIZE})
        fresh = [row for row in rows if row["id"] not in ids]
        if more and not fresh:
            problem = "8x8 sent a page of the list that was sent before, so the list does not count as read"
            raise prefix_error(subject, resumable_error(problem))
        yield fresh
        ids.update(row["id"] for row in fresh)
        number += 1
