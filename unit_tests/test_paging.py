"""Lists come page by page."""

from collections.abc import Mapping
from typing import Any

import pytest

from source_8x8_work_analytics.retrievers.paging import Page, list_pages


@pytest.mark.parametrize("pages", [1, 2, 5])
def test_pages_are_numbered_from_zero_and_end_with_the_last(pages: int) -> None:
    asked: list[Mapping[str, Any]] = []

    def fetch(params: Mapping[str, Any]) -> Page:
        asked.append(params)
        return [{"page": params["page"]}], len(asked) < pages

    assert list(list_pages(fetch)) == [[{"page": n}] for n in range(pages)]
    assert asked == [{"page": n, "size": 100} for n in range(pages)]


def test_rows_come_before_the_next_page_is_fetched() -> None:
    asked: list[int] = []

    def fetch(params: Mapping[str, Any]) -> Page:
        asked.append(params["page"])
        return [], True

    pages = list_pages(fetch)
    for number in range(3):
        assert next(pages) == []
        assert asked == list(range(number + 1))
