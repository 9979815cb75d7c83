"""Pages of calls and of lists, and the conversions of calls."""

import contextlib
from typing import Any

import orjson
import pytest
from hypothesis import given

from source_8x8_work_analytics.errors import RetryableError
from source_8x8_work_analytics.retrievers.payload import call_page, list_page
from unit_tests.test_payload import json_values

CALL_KEY = ["pbxId", "callId"]


def call(**more: Any) -> dict[str, Any]:
    return {"pbxId": "acmecorp", "callId": "7", **more}


def page(rows: Any, total: Any = 1, scroll_id: Any = "c2Nyb2xs") -> bytes:
    return orjson.dumps({"meta": {"totalRecordCount": total, "scrollId": scroll_id}, "data": rows})


def one(**fields: Any) -> dict[str, Any]:
    (found,) = call_page(page([call(**fields)]), CALL_KEY, "acmecorp").rows
    return found


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2022-02-03T09:27:27.493-0500", "2022-02-03T09:27:27.493-05:00"),
        ("2022-02-03T09:27:27+0000", "2022-02-03T09:27:27+00:00"),
        ("2022-02-03T09:27:27.493Z", "2022-02-03T09:27:27.493+00:00"),
        ("2022-02-03T09:27:27.493+05:45", "2022-02-03T09:27:27.493+05:45"),
        ("0", None),
        (0, None),
        ("", None),
        ("-", None),
        (None, None),
    ],
)
def test_times_become_rfc_3339_and_never_becomes_null(text: Any, time: str | None) -> None:
    for name in ("startTime", "connectTime", "disconnectedTime"):
        assert one(**{name: text})[name] == time


@pytest.mark.parametrize("text", ["soon", "2022-02-03", 17, True, ["x"], "٢٠٢٢-02-03T09:27:27Z"])
def test_a_time_that_is_no_time_spoils_the_page(text: Any) -> None:
    with pytest.raises(RetryableError, match="no time"):
        one(connectTime=text)


def test_the_other_conversions() -> None:
    row = one(
        startTimeUTC=1643898447493,
        connectTimeUTC=0,
        answeredTime="0",
        callLegCount="12",
        departments=None,
        branches="Boston",
        talkTimeMS=0,
        New=0,
    )
    assert row == call(
        startTimeUTC=1643898447493,
        connectTimeUTC=None,
        answeredTime=None,
        callLegCount=12,
        departments=None,
        branches=["Boston"],
        talkTimeMS=0,
        New=0,
    )
    assert one(callLegCount=3)["callLegCount"] == 3
    assert one(callLegCount="9" * 18)["callLegCount"] == 10**18 - 1
    for count in ("N/A", "\u00b3", "\u0663", "-1", "1.0", "9" * 19, 1.5, True, None, ""):
        assert one(callLegCount=count)["callLegCount"] is None, count
    assert one(departments=["Sales"])["departments"] == ["Sales"]
    others: list[Any] = [7, {}, "", True]
    for value in others:
        assert one(departments=value, branches=value) == call(departments=None, branches=None)
    for name in ("startTimeUTC", "connectTimeUTC", "disconnectedTimeUTC", "answeredTime"):
        assert [one(**{name: value})[name] for value in (0, "0", "", None, 7, "7")] == [None] * 4 + [7, "7"]
    assert one() == call()


@pytest.mark.parametrize(
    ("body", "more"),
    [
        (page([call()]), "c2Nyb2xs"),
        (page([], 0, "No Data"), None),
        (page([call()], 1, "No Data"), None),
        (page([], 5), None),
        (page([call()], 1, None), None),
        (page([call()], 1, ""), None),
        (page([call(callId=7)]), "c2Nyb2xs"),
    ],
)
def test_where_the_pages_end(body: bytes, more: str | None) -> None:
    assert call_page(body, CALL_KEY, "acmecorp").scroll_id == more


NOT_PAGES = [
    b"",
    b"[]",
    b"{}",
    b'{"data": []}',
    b'{"meta": {}, "data": []}',
    b'{"meta": {"totalRecordCount": 0, "scrollId": null}}',
    page([], "5"),
    page([], True),
    page([], 1, 7),
    page(None),
    page({}),
    page([[]]),
    page([{"pbxId": "acmecorp"}]),
    page([call(pbxId="other")]),
    page([call(callId=None)]),
]


@pytest.mark.parametrize("body", NOT_PAGES, ids=lambda body: body.decode()[:50])
def test_what_is_no_page_of_calls_is_refused(body: bytes) -> None:
    with pytest.raises(RetryableError):
        call_page(body, CALL_KEY, "acmecorp")


ROW = {"id": "x1", "name": "acmecorp"}
NEXT = {"next": {"href": "x"}}
LISTED: list[tuple[Any, int, bool]] = [
    *(
        ({"_embedded": {"agentList": [ROW]}, "page": about, "_links": NEXT}, 1, True)
        for about in (
            *({"number": "0", "totalPages": 1}, {"number": 0, "totalPages": "1"}, {"number": 0}),
            *({"totalPages": 1}, {}, {"number": None, "totalPages": None}),
        )
    ),
    ({"_embedded": {"agentList": [ROW]}, "page": {"number": "0", "totalPages": 2}}, 1, False),
    ({"_embedded": {"agentList": [ROW]}, "_links": {"next": None}}, 1, False),
    ({"_embedded": {"agentList": [ROW]}, "page": {"number": 0, "totalPages": 1}}, 1, False),
    ({"_embedded": {"queueList": [ROW]}, "page": {"number": 0, "totalPages": 2}}, 1, True),
    ({"_embedded": {"agentList": [ROW], "page": {"number": 1, "totalPages": 2}, "_links": {}}}, 1, False),
    ({"_embedded": {"agentList": [ROW]}, "_links": {"next": {"href": "x"}}}, 1, True),
    ({"_embedded": {"agentList": [ROW]}}, 1, False),
    ({"page": {"number": 0, "totalPages": 0}}, 0, False),
    ({"_links": {"self": {"href": "x"}}}, 0, False),
    ({"_embedded": {"agentList": []}, "_links": {"next": {"href": "x"}}}, 0, False),
]


@pytest.mark.parametrize(("content", "rows", "more"), LISTED, ids=lambda part: str(part)[:60])
def test_lists_in_all_the_forms_that_were_seen(content: Any, rows: int, more: bool) -> None:
    assert list_page(orjson.dumps(content), ["agentList", "queueList"], ["id"]) == ([ROW] * rows, more)


@pytest.mark.parametrize(
    "content",
    [
        *(None, [], [ROW], {}, {"error": "x"}, {"_embedded": []}, {"_embedded": {"otherList": [ROW]}}),
        {"_embedded": {"agentList": {}}},
        {"page": 1},
        {"_links": []},
        {"_embedded": {}},
        {"_embedded": {"agentList": [ROW, {"id": True}]}},
        {"_embedded": {"agentList": [1]}},
        {"_embedded": {"agentList": [{}]}},
        {"_embedded": {"agentList": [{"id": None}]}},
    ],
    ids=str,
)
def test_what_is_no_list_is_refused(content: Any) -> None:
    with pytest.raises(RetryableError):
        list_page(orjson.dumps(content), ["agentList", "queueList"], ["id"])


@given(json_values)
def test_any_json_is_a_page_or_refused(value: object) -> None:
    body = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    for read in (
        lambda: call_page(body, CALL_KEY, "acmecorp"),
        lambda: list_page(body, ["agentList"], ["id"]),
    ):
        with contextlib.suppress(RetryableError):
            read()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"error": "x"}, "8x8 sent JSON that is not a list"),
        ({"_embedded": []}, "8x8 sent JSON that is not a list"),
        ({"_embedded": {"agentList": [{}]}}, "8x8 sent a list with an entry that has no id"),
    ],
    ids=str,
)
def test_what_is_no_list_is_said_in_words(content: Any, sentence: str) -> None:
    with pytest.raises(RetryableError) as refused:
        list_page(orjson.dumps(content), ["agentList"], ["id"])
    assert refused.value.problem == sentence


def test_a_time_that_is_no_time_is_said_in_words() -> None:
    with pytest.raises(RetryableError) as refused:
        one(startTime="soon")
    assert refused.value.problem == "8x8 sent a call with a time that is no time"
