import json
from typing import Any

import pytest

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.doctor.fetching import reply_of
from source_8x8_work_analytics.doctor.observations import Request
from source_8x8_work_analytics.errors import RetryableError
from testing.builders import response

EXTENSIONS = Request("extension_summary", "v2/extsum", (("pbxId", "a"),))
LEGS = Request("call_legs", "v2/call-legs", (("pbxId", "a"),))
SITES = Request("sites", "v2/pbxes/x/sites", (("page", "0"), ("size", "100")))
AGENTS = Request("call_queue_agent_summary", "v2/pbxes/x/queue-agent-activity", pbx="a")


def read(request: Request, content: Any) -> tuple[list[dict[str, Any]], bool]:
    return read_body(request, json.dumps(content).encode())


def read_body(request: Request, body: bytes) -> tuple[list[dict[str, Any]], bool]:
    reply = reply_of(request, response(body))
    assert (reply.status, reply.problem) == (200, "")
    return reply.rows, reply.more


def test_a_summary_is_an_array() -> None:
    row = {"PbxId": "a", "Extension": "1", "Total_Answered": "3"}

    assert read(EXTENSIONS, [row]) == ([row], False)


def test_a_page_of_calls_comes_as_it_is_and_says_whether_there_are_more() -> None:
    row = {"pbxId": "a", "callId": "1", "legId": "1", "connectTimeUTC": 0, "connectTime": "0"}

    assert read(LEGS, {"meta": {"totalRecordCount": 9, "scrollId": "abc"}, "data": [row]}) == ([row], True)
    assert read(LEGS, {"meta": {"totalRecordCount": 0, "scrollId": "No Data"}, "data": []}) == ([], False)


@pytest.mark.parametrize("nested", [True, False])
def test_a_list_has_its_page_next_to_it_or_within(nested: bool) -> None:
    page = {"page": {"number": 0, "totalPages": 2}}
    embedded = {"siteList": [{"id": "s"}], **(page if nested else {})}

    assert read(SITES, {"_embedded": embedded, **({} if nested else page)}) == ([{"id": "s"}], True)


def test_a_list_that_counts_more_entries_has_more_pages() -> None:
    last = Request("sites", "v2/pbxes/x/sites", (("page", "1"), ("size", "100")))
    content = {"_embedded": {"siteList": [{"id": "s"}]}, "page": {"totalElements": 101}}

    assert read(SITES, content) == ([{"id": "s"}], True)
    assert read(last, content) == ([{"id": "s"}], False)


@pytest.mark.parametrize(
    ("number", "page", "more"),
    [
        (0, {"totalElements": 1}, False),
        (0, {"totalElements": 2}, True),
        (2, {"totalElements": 201}, False),
        (2, {"totalElements": 202}, True),
        (0, {"number": 0, "totalPages": 1, "totalElements": 2}, True),
        (0, {"number": 0, "totalPages": 2, "totalElements": 1}, True),
        (0, {}, False),
    ],
)
def test_a_list_has_more_pages_by_either_count(number: int, page: dict[str, int], more: bool) -> None:
    request = Request("sites", "v2/pbxes/x/sites", (("page", str(number)), ("size", "100")))

    assert read(request, {"_embedded": {"siteList": [{"id": "s"}]}, "page": page}) == ([{"id": "s"}], more)


def test_an_empty_page_of_a_list_with_more_entries_is_read_again() -> None:
    with pytest.raises(RetryableError) as failed:
        reply_of(SITES, response(json.dumps({"_embedded": {"siteList": []}, "page": {"totalElements": 5}})))
    assert failed.value.problem is messages.LIST_PAGE_EMPTY


def test_an_empty_list_may_lack_its_name() -> None:
    assert read(SITES, {"page": {"totalElements": 0}}) == ([], False)


def test_agents_are_flat_and_without_live_fields() -> None:
    agent = {"userId": "u", "queueStatus": "IDLE", "metrics": {"acceptedInteractions": 2}}
    queues = [{"queueId": "q", "queueAgentActivity": [agent]}, {"queueId": "r", "queueAgentActivity": []}]
    row = {"queueId": "q", "userId": "u", "acceptedInteractions": 2, "pbx": "a", "pbx_id": "x"}

    assert read(AGENTS, {"queuesAgentActivity": queues}) == ([row], False)


def test_ring_group_agents_and_queue_calls_are_read() -> None:
    agents = Request(
        "ring_group_agent_activity", "v2/pbxes/x/ring-group-agent-activity/by-extension/1901", pbx="a"
    )
    calls = Request("queue_calls", "v2/pbxes/x/calls", pbx="a")
    agent = {"agentExtension": 1001, "metrics": {"loggedInDuration": 5}}

    ((found,), _) = read(agents, {"ringGroupAgentActivity": [agent]})
    assert (found["ringGroupExtension"], found["agentExtension"], found["loggedInDuration"]) == (
        "1901",
        "1001",
        5,
    )
    assert read(calls, {"calls": [{"callId": "1", "workGroup": {"id": "q"}}]})[0][0]["workGroup_id"] == "q"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({"meta": {"totalPages": 2}, "data": [{}, {}]}, {}),
        ([{}, {}], {"Link": '<https://x>; rel="next"'}),
    ],
)
def test_a_summary_in_pages_is_no_report_and_tells_the_size_of_a_page(body: Any, headers: Any) -> None:
    reply = reply_of(EXTENSIONS, response(json.dumps(body), **headers))

    assert (reply.status, reply.rows, reply.page_rows) == (200, [], 2)
    assert reply.problem == "8x8 sends this summary in pages"


@pytest.mark.parametrize("body", [None, 3, {"error": "x"}, {"data": None}])
def test_a_page_of_something_else_is_not_a_report(body: Any) -> None:
    with pytest.raises(RetryableError) as failed:
        reply_of(EXTENSIONS, response(json.dumps(body), Link='<https://x>; rel="next"'))
    assert failed.value.problem is messages.NOT_A_REPORT


def test_a_byte_order_mark_and_half_a_character_are_read() -> None:
    body = b'\xef\xbb\xbf[{"PbxId": "a", "Extension": "1", "FirstName": "\\ud83d"}]'

    assert read_body(EXTENSIONS, body)[0][0]["Extension"] == "1"


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
        (SITES, {"_embedded": {"siteList": []}, "page": {"totalElements": 5}}),
        (SITES, {"_embedded": {"siteList": [{"name": "n"}]}, "page": {}}),
        (AGENTS, []),
        (AGENTS, {"error": "x"}),
        (AGENTS, {"queuesAgentActivity": "x"}),
        (AGENTS, None),
    ],
)
def test_something_else_is_not_a_report(request_: Request, content: Any) -> None:
    with pytest.raises(
        RetryableError, match=r"8x8 sent (JSON|a non-JSON|a report|a list|a page|an empty page)"
    ):
        read(request_, content)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[{"])
def test_something_that_is_not_json_is_not_a_report(body: bytes) -> None:
    with pytest.raises(RetryableError, match="non-JSON"):
        read_body(EXTENSIONS, body)
