"""Lists come page by page."""

from collections.abc import Mapping
from typing import Any

import pytest
from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics.retrievers.paging import Page, list_pages


@pytest.mark.parametrize("pages", [1, 2, 5])
def test_pages_are_numbered_from_zero_and_end_with_the_last(pages: int) -> None:
    asked: list[Mapping[str, Any]] = []

    def fetch(params: Mapping[str, Any]) -> Page:
        asked.append(params)
        return [{"id": params["page"]}], len(asked) < pages

    assert list(list_pages("sites", fetch)) == [[{"id": n}] for n in range(pages)]
    assert asked == [{"page": n, "size": 100} for n in range(pages)]


def test_rows_come_before_the_next_page_is_fetched() -> None:
    asked: list[int] = []

    def fetch(params: Mapping[str, Any]) -> Page:
        asked.append(params["page"])
        return [{"id": params["page"]}], True

    pages = list_pages("sites", fetch)
    for number in range(3):
        assert next(pages) == [{"id": number}]
        assert asked == list(range(number + 1))


def test_a_page_that_was_sent_before_ends_the_list() -> None:
    """8x8 ignores `page`, so there might be no end."""
    asked: list[int] = []

    def fetch(params: Mapping[str, Any]) -> Page:
        asked.append(params["page"])
        return [{"id": "a"}, {"id": "b"}], True

    with pytest.raises(AirbyteTracedException) as caught:
        list(list_pages("sites", fetch))
    assert asked == [0, 1]
    assert caught.value.failure_type is FailureType.transient_error
    assert caught.value.message == (
        "sites: 8x8 sent a page of the list that was sent before, so the list does not count as read; "
        "progress is saved, so run the sync again later to resume."
    )


@pytest.mark.parametrize("last", [[{"id": "a"}, {"id": "c"}], []])
def test_pages_may_overlap_since_lists_change_meanwhile(last: list[dict[str, Any]]) -> None:
    pages = [[{"id": "a"}, {"id": "b"}], [{"id": "b"}, {"id": "c"}], last]
    found = list(list_pages("sites", lambda params: (pages[params["page"]], params["page"] < 2)))
    assert found == [[{"id": "a"}, {"id": "b"}], [{"id": "c"}], []]
