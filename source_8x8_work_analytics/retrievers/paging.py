"""Fetch a list of Work Analytics Customer Data page by page; its pages are numbered from zero."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

PAGE_SIZE = 100
"""The most that 8x8 takes."""

Page = tuple[list[dict[str, Any]], bool]
"""The rows of a page, and whether there are more pages."""


def list_pages(fetch: Callable[[Mapping[str, Any]], Page]) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of each page, before the next one is fetched.

    Args:
        fetch: fetches one page, given its query parameters.
    """
    number, more = 0, True
    while more:
        rows, more = fetch({"page": number, "size": PAGE_SIZE})
        yield rows
        number += 1
