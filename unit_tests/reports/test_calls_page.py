"""One page of calls: what is accepted, and what becomes of times and counts."""

import contextlib
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.errors import RetryableError
from source_8x8_work_analytics.messages import Message
from source_8x8_work_analytics.reports.calls import CallPage, call_page, raw_call_page
from testing.builders import response
from unit_tests.reports.test_rows import json_values

KEY = ["pbxId", "callId"]


def call(**more: Any) -> dict[str, Any]:
    return {"pbxId": "acmecorp", "callId": "7", **more}


def body(rows: Any, total: Any = 1, scroll_id: Any = "c2Nyb2xs") -> bytes:
    return orjson.dumps({"meta": {"totalRecordCount": total, "scrollId": scroll_id}, "data": rows})


def parse(content: bytes, parser: Callable[..., CallPage] = call_page) -> CallPage:
    return parser(response(content), KEY, "acmecorp")


def converted(**fields: Any) -> dict[str, Any]:
    (found,) = parse(body([call(**fields)])).rows
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
        assert converted(**{name: text})[name] == time


@pytest.mark.parametrize(
    "text", ["soon", "2022-02-03", "2022-02-03T09:27:27", 17, True, ["x"], "٢٠٢٢-02-03T09:27:27Z"]
)
def test_an_invalid_timestamp_spoils_the_page(text: Any) -> None:
    with pytest.raises(RetryableError) as error:
        converted(connectTime=text)
    assert error.value.problem is messages.INVALID_TIMESTAMP


def test_counts_lists_and_moments_are_converted() -> None:
    row = converted(
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
    assert converted() == call()


@pytest.mark.parametrize(
    ("count", "number"), [(3, 3), ("3", 3), (3.0, 3), ("9" * 18, 10**18 - 1), ("N/A", None), (1.5, None)]
)
def test_the_number_of_legs_is_a_whole_number(count: Any, number: int | None) -> None:
    assert converted(callLegCount=count)["callLegCount"] == number


@pytest.mark.parametrize(
    ("value", "found"),
    [(["Sales"], ["Sales"]), ([], []), ("Sales", ["Sales"]), (7, None), ({}, None), ("", None), (True, None)],
)
def test_departments_and_branches_are_lists(value: Any, found: list[str] | None) -> None:
    assert converted(departments=value, branches=value) == call(departments=found, branches=found)


@pytest.mark.parametrize("name", ["startTimeUTC", "connectTimeUTC", "disconnectedTimeUTC", "answeredTime"])
def test_the_moment_of_what_never_happened_is_null(name: str) -> None:
    found = [converted(**{name: value})[name] for value in (0, "0", "", None, 7, "7")]
    assert found == [None] * 4 + [7, "7"]


def test_a_raw_page_is_left_as_it_came() -> None:
    row = call(startTime="2022-02-03T09:27:27+0000", callLegCount="2", connectTimeUTC=0)
    assert parse(body([row]), raw_call_page).rows == [row]


@pytest.mark.parametrize(
    ("content", "more"),
    [
        (body([call()]), "c2Nyb2xs"),
        (body([], 0, "No Data"), None),
        (body([call()], 1, "No Data"), None),
        (body([], 5), None),
        (body([call()], 1, None), None),
        (body([call()], 1, ""), None),
        (body([call(callId=7)]), "c2Nyb2xs"),
    ],
)
def test_where_the_pages_end(content: bytes, more: str | None) -> None:
    assert parse(content).scroll_id == more


@pytest.mark.parametrize(
    ("total", "count"), [(81, 81), ("81", 81), (81.0, 81), (0, 0), ("0", 0), (10**18, 10**18)]
)
def test_totals_in_all_forms(total: Any, count: int) -> None:
    assert parse(body([], total)).total == count


NOT_PAGES: list[tuple[bytes, Message]] = [
    (b"", messages.NOT_JSON),
    (b"[]", messages.NOT_A_PAGE_OF_CALLS),
    (b"{}", messages.NOT_A_PAGE_OF_CALLS),
    (b'{"data": []}', messages.NOT_A_PAGE_OF_CALLS),
    (b'{"meta": [], "data": []}', messages.NOT_A_PAGE_OF_CALLS),
    (b'{"meta": {"totalRecordCount": 0, "scrollId": null}}', messages.NOT_A_PAGE_OF_CALLS),
    (b'{"meta": {}, "data": []}', messages.PAGE_WITHOUT_COUNT),
    (b'{"meta": {"totalRecordCount": 1e999, "scrollId": null}, "data": []}', messages.PAGE_WITHOUT_COUNT),
    *((body([], total), messages.PAGE_WITHOUT_COUNT) for total in (True, -1, -1.0, "-1", 0.5, "", None)),
    (body([], 1, 7), messages.PAGE_WITHOUT_COUNT),
    (body(None), messages.NOT_A_REPORT),
    (body({}), messages.NOT_A_REPORT),
    (body([[]]), messages.ROW_NOT_AN_OBJECT),
    (body([{"pbxId": "acmecorp"}]), messages.ROW_WITHOUT_KEY),
    (body([call(callId=None)]), messages.ROW_WITHOUT_KEY),
    (body([call(pbxId="other")]), messages.ROW_OF_ANOTHER_PBX),
]


@pytest.mark.parametrize(("content", "problem"), NOT_PAGES, ids=lambda part: str(part)[:60])
def test_what_is_not_a_page_of_calls_is_rejected(content: bytes, problem: Message) -> None:
    with pytest.raises(RetryableError) as error:
        parse(content)
    assert error.value.problem is problem


@given(json_values)
def test_any_json_is_a_page_or_rejected(value: object) -> None:
    with contextlib.suppress(RetryableError):
        parse(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS))
