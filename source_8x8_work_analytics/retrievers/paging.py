"""Fetch a list of Work Analytics Customer Data page by page; its pages are numbered from zero."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from source_8x8_work_analytics.errors import prefix_error, resumable_error

PAGE_SIZE = 100
"""The most that 8x8 takes."""

Page = tuple[list[dict[str, Any]], bool]
"""The rows of a page, and whether there are more pages."""


def list_pages(subject: str, fetch: Callable[[Mapping[str, Any]], Page]) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of each page, before the next one is fetched.

    Args:
        subject: what is fetched, in front of the sentence if it fails.
        fetch: fetches one page, given its query parameters.

    Raises:
        AirbyteTracedException: a page brings nothing new, so there might be no end of them.
    """
    number, more = 0, True
    ids: set[Any] = set()
    while more:
        rows, more = fetch({"page": number, "size": PAGE_SIZE})
        ids_here = {row["id"] for row in rows}
        if rows and ids_here <= ids:
            problem = "8x8 sent a page of the list that was sent before, so the list does not count as read"
            raise prefix_error(subject, resumable_error(problem))
        yield rows
        ids |= ids_here
        number += 1
