import contextlib
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from source_8x8_work_analytics.errors import RetryableError
from source_8x8_work_analytics.retrievers.payload import (
    call_page,
    list_page,
    member_rows,
    repeated_keys,
    summary_rows,
)
from testing.builders import row

KEY = ["PbxId", "Extension"]

NOT_REPORTS: list[tuple[bytes, str]] = [
    (b"", "not JSON"),
    (b"<html><body>maintenance</body></html>", "not JSON"),
    (b'[{"PbxId": "acmecorp", "Exten', "not JSON"),
    (b'[{"PbxId": "acmecorp\xff", "Extension": "1"}]', "not JSON"),
    (b"[NaN]", "not JSON"),
    (b"[" * 5000, "not JSON"),
    (b"null", "not a report"),
    (b"42", "not a report"),
    (b'"ok"', "not a report"),
    (b'{"error": "x"}', "not a report"),
    (b'{"data": []}', "not a report"),
    (b"[null]", "not an object"),
    (b'["Jane Doe"]', "not an object"),
    (b"[[1]]", "not an object"),
    (b"[{}]", "no PbxId"),
    (b'[{"PbxId": "acmecorp"}]', "no Extension"),
    (b'[{"PbxId": null, "Extension": "1"}]', "no PbxId"),
    (b'[{"PbxId": "acmecorp", "Extension": null}]', "no Extension"),
    (b'[{"PbxId": "acmecorp", "Extension": true}]', "no Extension"),
    (b'[{"PbxId": "acmecorp", "Extension": 1.5}]', "no Extension"),
    (b'[{"PbxId": "acmecorp", "Extension": {}}]', "no Extension"),
    (b'[{"PbxId": "other", "Extension": "1"}]', "another PBX"),
]


@pytest.mark.parametrize(("body", "trouble"), NOT_REPORTS, ids=lambda part: repr(part)[:30])
def test_what_is_not_a_report_is_never_rows(body: bytes, trouble: str) -> None:
    with pytest.raises(RetryableError, match=trouble):
        summary_rows(body, KEY, "acmecorp")


def test_one_bad_row_spoils_the_report() -> None:
    with pytest.raises(RetryableError):
        summary_rows(orjson.dumps([row("1"), row("2"), {"Extension": "3"}]), KEY, "acmecorp")


def test_rows_keep_their_values_and_unknown_fields() -> None:
    rows = [row("1", New_Field={"a": [1]}, FirstName=None), row("007"), row("", pbx="AcmeCorp")]
    assert summary_rows(orjson.dumps(rows), KEY, "acmecorp") == rows


def test_no_rows_is_a_report() -> None:
    assert summary_rows(b"[]", KEY, "acmecorp") == []
    assert summary_rows(b" [ ] \n", KEY, "acmecorp") == []


def test_all_pbxes_may_bring_any() -> None:
    rows = [row("1"), row("1", pbx="other")]
    assert summary_rows(orjson.dumps(rows), KEY, "allpbxes") == rows


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["PbxId", "Extension", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


def parsed(body: bytes) -> list[dict[str, Any]] | None:
    try:
        rows = summary_rows(body, KEY, "acmecorp")
    except RetryableError as refusal:
        assert "\n" not in refusal.problem
        return None
    for found in rows:
        assert found["PbxId"].casefold() == "acmecorp"
        assert isinstance(found["Extension"], str | int)
        assert not isinstance(found["Extension"], bool)
    return rows


@given(st.binary(max_size=300))
@example(b"\xef\xbb\xbf[]")
def test_any_bytes_are_a_report_or_refused(body: bytes) -> None:
    parsed(body)


@given(json_values)
def test_any_json_is_a_report_or_refused(value: object) -> None:
    body = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    rows = parsed(body)
    assert rows is None or rows == orjson.loads(body), "a row was made up or dropped"


def test_repeated_keys_are_counted() -> None:
    rows = [row("1"), row("2"), row("1"), row("1"), row("1", pbx="other")]
    assert repeated_keys(rows, KEY) == 2
    assert repeated_keys([], KEY) == 0


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
    assert one(callLegCount="N/A")["callLegCount"] is None
    assert one(departments=["Sales"])["departments"] == ["Sales"]
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


def test_members_of_another_group_are_refused() -> None:
    rows = [{"pbxId": "acmecorp", "ringGroupExtension": "900", "extension": "1"}]
    key = ["pbxId", "ringGroupExtension", "extension"]
    assert member_rows(orjson.dumps(rows), key, "acmecorp", "900") == rows
    with pytest.raises(RetryableError, match="another ring group"):
        member_rows(orjson.dumps(rows), key, "acmecorp", "901")


ROW = {"id": "x1", "name": "acmecorp"}
LISTED: list[tuple[Any, int, bool]] = [
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
