import json
from typing import Any

import pytest

from source_8x8_work_analytics.doctor.bodies import rows_in
from source_8x8_work_analytics.doctor.model import Request
from source_8x8_work_analytics.errors import RetryableError

EXTENSIONS = Request("extension_summary", "v2/extsum", (("pbxId", "a"),))
LEGS = Request("call_legs", "v2/call-legs", (("pbxId", "a"),))
SITES = Request("sites", "v2/pbxes/x/sites")
AGENTS = Request("queue-agent-activity", "v2/pbxes/x/queue-agent-activity")


def read(request: Request, content: Any) -> tuple[list[dict[str, Any]], bool]:
    return rows_in(request, json.dumps(content).encode())


def test_a_summary_is_an_array() -> None:
    row = {"PbxId": "a", "Extension": "1", "Total_Answered": "3"}

    assert read(EXTENSIONS, [row]) == ([row], False)


def test_a_page_of_calls_comes_as_it_is_and_says_whether_there_are_more() -> None:
    row = {"pbxId": "a", "callId": "1", "legId": "1", "connectTimeUTC": 0, "connectTime": "0"}

    assert read(LEGS, {"meta": {"totalRecordCount": 9, "scrollId": "abc"}, "data": [row]}) == ([row], True)
    assert read(LEGS, {"meta": {"totalRecordCount": 0, "scrollId": "No Data"}, "data": []}) == ([], False)


@pytest.mark.parametrize("nested", [True, False])
def test_a_list_has_its_page_beside_or_within(nested: bool) -> None:
    page = {"page": {"number": 0, "totalPages": 2}}
    embedded = {"siteList": [{"id": "s"}], **(page if nested else {})}

    assert read(SITES, {"_embedded": embedded, **({} if nested else page)}) == ([{"id": "s"}], True)


def test_an_empty_list_may_lack_its_name() -> None:
    assert read(SITES, {"page": {"number": 0, "totalPages": 0}}) == ([], False)


def test_agents_stand_within_their_queues() -> None:
    content = {"queuesAgentActivity": [{"queueAgentActivity": [{"userId": "u"}]}, {"queueAgentActivity": []}]}

    assert read(AGENTS, content) == ([{"userId": "u"}], False)


def test_a_byte_order_mark_and_half_a_character_are_read() -> None:
    body = b'\xef\xbb\xbf[{"PbxId": "a", "Extension": "1", "FirstName": "\\ud83d"}]'

    assert rows_in(EXTENSIONS, body)[0][0]["Extension"] == "1"


@pytest.mark.parametrize(
    ("request_", "content"),
    [
        (EXTENSIONS, None),
        (EXTENSIONS, {"error": "x"}),
        (EXTENSIONS, [None]),
        (EXTENSIONS, ["x"]),
        (EXTENSIONS, [{"PbxId": "a"}]),
        (EXTENSIONS, [{"PbxId": "a", "Extension": None}]),
        (EXTENSIONS, [{"PbxId": "b", "Extension": "1"}]),
        (LEGS, []),
        (LEGS, {"data": []}),
        (LEGS, {"meta": None, "data": [{}]}),
        (LEGS, {"meta": {}, "data": None}),
        (SITES, []),
        (SITES, {"error": "x"}),
        (SITES, {"_embedded": {"siteList": [{"name": "n"}]}, "page": {}}),
        (AGENTS, []),
        (AGENTS, {"error": "x"}),
        (AGENTS, {"queuesAgentActivity": "x"}),
        (AGENTS, None),
    ],
)
def test_something_else_is_no_report(request_: Request, content: Any) -> None:
    with pytest.raises(RetryableError, match=r"8x8 sent (JSON|a report|a list|a page)"):
        read(request_, content)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[{"])
def test_something_that_is_not_json_is_no_report(body: bytes) -> None:
    with pytest.raises(RetryableError, match="not JSON"):
        rows_in(EXTENSIONS, body)
