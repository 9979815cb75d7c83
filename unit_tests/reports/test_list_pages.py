"""Lists come page by page, and are complete or fail."""

import contextlib
from typing import Any

import orjson
import pytest
import requests_mock as rm
from hypothesis import given

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.client.retries import Reader, Retries
from source_8x8_work_analytics.errors import ConnectorError, RetryableError
from source_8x8_work_analytics.messages import Message
from source_8x8_work_analytics.reports.list_pages import ListPage, list_page, list_pages
from testing.builders import BASE_URL, TOKEN_URL, client, token
from unit_tests.reports.test_rows import json_values

URL = f"{BASE_URL}/v2/sites"
ROW = {"id": "x1", "name": "acmecorp"}
NEXT = {"next": {"href": "x"}}
TRIES = 3


@pytest.fixture(autouse=True)
def login(api: rm.Mocker) -> None:
    api.post(TOKEN_URL, json=token())


def page(*ids: str, **about: Any) -> dict[str, Any]:
    """A page of a list; its `page` object says what is given, and nothing else."""
    found: dict[str, Any] = {"_embedded": {"siteList": [{"id": each} for each in ids]}}
    return {**found, "page": about} if about else found


class Fetched:
    """The pages of a list whose responses come one after the other; the last one comes again and again."""

    def __init__(self, api: rm.Mocker, *bodies: Any) -> None:
        self._responses = api.get(URL, [{"json": body} for body in bodies])
        self._pages = list_pages(
            client(retries=Retries(tries=TRIES)), Reader("sites"), "v2/sites", ("siteList",)
        )

    def __next__(self) -> list[str]:
        return [row["id"] for row in next(self._pages)]

    def all(self) -> list[list[str]]:
        return [[row["id"] for row in rows] for rows in self._pages]

    def failure(self) -> ConnectorError:
        with pytest.raises(ConnectorError) as error:
            self.all()
        return error.value

    @property
    def requested(self) -> list[str]:
        queries = [request.url.partition("?")[2] for request in self._responses.request_history]
        assert all(query.startswith("page=") and query.endswith("&size=100") for query in queries)
        return [query[len("page=") : -len("&size=100")] for query in queries]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_pages_are_numbered_from_zero_and_end_with_the_last(api: rm.Mocker, count: int) -> None:
    fetched = Fetched(api, *(page(str(n), number=n, totalPages=count) for n in range(count)))
    assert fetched.all() == [[str(n)] for n in range(count)]
    assert fetched.requested == [str(n) for n in range(count)]


def test_rows_come_before_the_next_page_is_fetched(api: rm.Mocker) -> None:
    fetched = Fetched(api, *(page(str(n), number=n, totalPages=9) for n in range(3)))
    for number in range(3):
        assert next(fetched) == [str(number)]
        assert len(fetched.requested) == number + 1


def test_more_entries_than_one_page_are_fetched_although_it_calls_itself_the_last(api: rm.Mocker) -> None:
    about = {"totalElements": 3, "totalPages": 1, "number": 0}
    fetched = Fetched(api, page("a", "b", **about), page("c", **about))
    assert fetched.all() == [["a", "b"], ["c"]]
    assert fetched.requested == ["0", "1"]


def test_a_count_of_an_earlier_page_holds_for_later_ones(api: rm.Mocker) -> None:
    fetched = Fetched(api, page("a", totalElements=3), page("b"), page("c"))
    assert fetched.all() == [["a"], ["b"], ["c"]]


def test_an_empty_page_before_the_last_is_fetched_again(api: rm.Mocker, waits: list[float]) -> None:
    about = {"totalElements": 2, "totalPages": 2}
    fetched = Fetched(api, page("a", number=0, **about), page(number=1, **about), page("b", **about))
    assert fetched.all() == [["a"], ["b"]]
    assert (fetched.requested, len(waits)) == (["0", "1", "1"], 1)


EMPTY: list[tuple[list[Any], Message, dict[str, Any]]] = [
    (
        [page("a", totalElements=250), page(totalElements=250)],
        messages.LIST_INCOMPLETE,
        {"total": 250, "received": 1},
    ),
    ([page("a", totalElements=2), page()], messages.LIST_INCOMPLETE, {"total": 2, "received": 1}),
    (
        [page("a", number=0, totalPages=3), page(number=1, totalPages=3)],
        messages.LIST_PAGE_EMPTY,
        {},
    ),
    ([page(totalElements=2)], messages.LIST_INCOMPLETE, {"total": 2, "received": 0}),
    ([page("a", totalElements=2), page(totalElements=0)], messages.LIST_PAGE_EMPTY, {}),
    ([page("a", totalElements=2), {"page": {"totalElements": 0}}], messages.LIST_PAGE_EMPTY, {}),
    ([{"_embedded": {"siteList": []}, "_links": NEXT}], messages.LIST_PAGE_EMPTY, {}),
    ([{"page": {"totalElements": 250, "totalPages": 3}}], messages.NOT_A_LIST, {}),
    ([{"error": "x", "_links": {}}], messages.NOT_A_LIST, {}),
]


@pytest.mark.parametrize(("bodies", "problem", "values"), EMPTY, ids=lambda part: str(part)[:60])
def test_a_list_that_stays_incomplete_fails(
    api: rm.Mocker, bodies: list[Any], problem: Message, values: dict[str, Any]
) -> None:
    fetched = Fetched(api, *bodies)
    error = fetched.failure()
    assert error.problem is problem
    assert error.sentence() == ConnectorError(problem, times=TRIES, **values).sentence()
    assert len(fetched.requested) == len(bodies) - 1 + TRIES


@pytest.mark.parametrize(
    "body",
    [page(), page(totalElements=0), {"page": {"totalElements": 0}}, {"page": {"totalElements": "0"}}],
    ids=str,
)
def test_a_list_without_entries_is_read(api: rm.Mocker, body: Any) -> None:
    fetched = Fetched(api, body)
    assert (fetched.all(), fetched.requested) == ([[]], ["0"])


@pytest.mark.parametrize("about", [{"number": 0, "totalPages": 5}, {"totalElements": 5}], ids=str)
def test_a_page_that_comes_again_fails(api: rm.Mocker, about: dict[str, int]) -> None:
    """8x8 ignores `page`, so there might be no end."""
    fetched = Fetched(api, page("a", "b", **about))
    assert fetched.failure().problem is messages.LIST_PAGE_REPEATED
    assert fetched.requested == ["0", "1"]


def test_pages_may_overlap_since_lists_change_while_they_are_read(api: rm.Mocker) -> None:
    bodies = page("a", "b", totalElements=4), page("b", "c", totalElements=3)
    fetched = Fetched(api, *bodies)
    assert fetched.all() == [["a", "b"], ["c"]]


def test_a_list_may_become_shorter_while_it_is_read(api: rm.Mocker) -> None:
    fetched = Fetched(api, page("a", "b", totalElements=3), page(totalElements=2))
    assert fetched.all() == [["a", "b"], []]


def test_a_list_may_become_longer_while_it_is_read(api: rm.Mocker) -> None:
    fetched = Fetched(api, page("a", totalElements=2), page("b", totalElements=3), page("c"))
    assert fetched.all() == [["a"], ["b"], ["c"]]


def test_an_entry_that_overlaps_is_not_the_one_that_is_missing(api: rm.Mocker) -> None:
    fetched = Fetched(api, page("a", "b", totalElements=3), page("b", totalElements=3))
    assert fetched.failure().problem is messages.LIST_PAGE_REPEATED


def test_two_entries_of_one_page_may_share_their_id(api: rm.Mocker) -> None:
    assert Fetched(api, page("a", "a", totalElements=2)).all() == [["a", "a"]]


AGENTS: list[tuple[Any, ListPage]] = [
    *(
        ({"_embedded": {"agentList": [ROW]}, "page": about, "_links": NEXT}, ListPage([ROW], None, False))
        for about in (
            *({"number": "x", "totalPages": 1}, {"number": 0, "totalPages": "x"}, {"number": 0}),
            *({"totalPages": 1}, {}, {"number": None, "totalPages": None}),
        )
    ),
    (
        {"_embedded": {"agentList": [ROW]}, "page": {"number": "0", "totalPages": 2}},
        ListPage([ROW], None, False),
    ),
    (
        {"_embedded": {"agentList": [ROW]}, "page": {"number": "1", "totalPages": "2"}},
        ListPage([ROW], None, True),
    ),
    ({"_embedded": {"agentList": [ROW]}, "_links": {"next": None}}, ListPage([ROW], None, True)),
    (
        {"_embedded": {"agentList": [ROW]}, "page": {"number": 0, "totalPages": 1, "totalElements": 1.0}},
        ListPage([ROW], 1, True),
    ),
    (
        {"_embedded": {"queueList": [ROW]}, "page": {"number": 0, "totalPages": 2, "totalElements": "150"}},
        ListPage([ROW], 150, False),
    ),
    (
        {"_embedded": {"agentList": [ROW], "page": {"number": 1, "totalPages": 2}, "_links": NEXT}},
        ListPage([ROW], None, True),
    ),
    ({"_embedded": {"agentList": [ROW]}, "_links": NEXT}, ListPage([ROW], None, False)),
    ({"_embedded": {"agentList": [ROW]}}, ListPage([ROW], None, None)),
    ({"_embedded": {"agentList": [ROW], "queueList": []}}, ListPage([ROW], None, None)),
    ({"_embedded": {"agentList": [ROW]}, "page": 7, "_links": 7}, ListPage([ROW], None, None)),
    ({"_embedded": {}, "page": {"totalElements": 0}}, ListPage([], 0, None)),
    ({"page": {"number": 0, "totalPages": 0, "totalElements": 0}}, ListPage([], 0, True)),
    ({"_embedded": {"agentList": []}, "_links": NEXT}, ListPage([], None, False)),
]


@pytest.mark.parametrize(("content", "expected"), AGENTS, ids=lambda part: str(part)[:60])
def test_lists_in_all_the_forms_that_are_documented(content: Any, expected: ListPage) -> None:
    assert list_page(orjson.dumps(content), ["agentList", "queueList"]) == expected


@pytest.mark.parametrize(
    "content",
    [
        *(None, [], [ROW], {}, {"error": "x"}, {"_embedded": []}, {"_embedded": {"otherList": [ROW]}}),
        {"_embedded": {"agentList": {}}},
        {"_embedded": {"agentList": None}},
        {"page": 1},
        {"page": {"number": 0, "totalPages": 0}},
        {"page": {"totalElements": 1}},
        {"_links": []},
        {"_links": {"self": {"href": "x"}}},
        {"error": "x", "_links": NEXT},
        {"error": "x", "page": {"totalElements": 0}},
        {"error": "x", "_embedded": {"agentList": [ROW]}},
        {"_embedded": {}},
        {"_embedded": {"agentList": [ROW]}, "page": {"totalElements": -1}},
    ],
    ids=str,
)
def test_what_is_not_a_list_is_rejected(content: Any) -> None:
    with pytest.raises(RetryableError) as error:
        list_page(orjson.dumps(content), ["agentList", "queueList"])
    assert error.value.problem is messages.NOT_A_LIST


@pytest.mark.parametrize(
    "entries", [[ROW, {"id": True}], [1], [{}], [{"id": None}], [{"id": 1.5}], [None]], ids=str
)
def test_an_entry_without_an_id_is_rejected(entries: list[Any]) -> None:
    with pytest.raises(RetryableError) as error:
        list_page(orjson.dumps({"_embedded": {"agentList": entries}}), ["agentList"])
    assert (error.value.problem, error.value.values) == (messages.LIST_ENTRY_WITHOUT_ID, {"name": "id"})


@given(json_values)
def test_any_json_is_a_list_or_rejected(value: object) -> None:
    with contextlib.suppress(RetryableError):
        list_page(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS), ["agentList"])
