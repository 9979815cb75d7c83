"""Odd pages of lists, calls and summaries that the sandbox can send."""

from typing import Any

import pytest

from integration_tests.sandbox_client import NOW, WINDOW
from sandbox import Sandbox
from sandbox.company import company
from sandbox.faults import FOREVER, Fault
from testing.in_process import InProcessClient, Reply

PBX = company()["acmecorp"]
DAY = {"pbxId": "acmecorp", **dict(zip(("startTime", "endTime", "timeZone"), WINDOW, strict=True))}
CALLS = pytest.mark.parametrize("path", ["v2/call-records", "v2/call-legs"])
SUMMARIES = ["v2/extsum", "v1/compsum", "v2/rgsum-groups", "v2/rgsum-members"]


@pytest.fixture
def client() -> InProcessClient:
    return InProcessClient(Sandbox(clock=lambda: NOW))


def list_page(client: InProcessClient, number: int, size: int = 2) -> Reply:
    return client.get("v2/pbxes", page=number, size=size)


def names(reply: Reply) -> list[str]:
    return [row["name"] for row in reply.json.get("_embedded", {}).get("pbxList", [])]


@pytest.mark.parametrize("kind", ["empty page", "page without _embedded"])
@pytest.mark.parametrize("times", [1, FOREVER])
def test_an_empty_page_in_between(client: InProcessClient, kind: str, times: int) -> None:
    client.sandbox.extra_pbxes = 2
    client.sandbox.faults = [Fault(kind, path="/v2/pbxes", query={"page": "1"}, times=times)]
    pages = [list_page(client, number) for number in range(3)]
    assert [len(names(page)) for page in pages] == [2, 0, 1]
    assert pages[1].json["page"] == {"size": 2, "totalElements": 5, "totalPages": 3, "number": 1}
    assert "next" in pages[1].json["_links"]
    assert ("_embedded" in pages[1].json) == (kind == "empty page")
    assert len(names(list_page(client, 1))) == (2 if times == 1 else 0)


def test_counts_of_a_list_that_disagree(client: InProcessClient) -> None:
    plain = list_page(client, 0).json
    client.sandbox.faults = [Fault("one page counted", path="/v2/pbxes")]
    page = list_page(client, 0).json
    assert (page["page"]["totalElements"], page["page"]["totalPages"]) == (3, 1)
    assert list(page["_links"]) == ["self"]
    assert page["_embedded"] == plain["_embedded"]
    client.sandbox.faults = [Fault("one element too many counted", path="/v2/pbxes")]
    assert list_page(client, 0).json["page"] == {**plain["page"], "totalElements": 4}


def test_an_error_object_that_has_links(client: InProcessClient) -> None:
    client.sandbox.faults = [Fault("error object with links", path="/sites")]
    reply = client.get(f"v2/pbxes/{PBX.opaque_id}/sites")
    assert (reply.status, list(reply.json)) == (200, ["error", "_links"])
    assert "_embedded" in client.get(f"v2/pbxes/{PBX.opaque_id}/sites").json


def calls(client: InProcessClient, path: str, **query: Any) -> Reply:
    return client.get(path, **{**DAY, "pageSize": 20, **query})


@CALLS
def test_odd_totals(client: InProcessClient, path: str) -> None:
    plain = calls(client, path).json
    total = plain["meta"]["totalRecordCount"]
    for kind, expected in (("total as text", str(total)), ("total as decimal", float(total))):
        client.sandbox.faults = [Fault(kind, path=path[2:])]
        page = calls(client, path)
        sent = page.json["meta"]["totalRecordCount"]
        assert (sent, type(sent)) == (expected, type(expected))
        assert page.json["data"] == plain["data"]
    assert b".0," in page.body
    client.sandbox.faults = [Fault("negative total", path=path[2:])]
    empty = {"meta": {"totalRecordCount": -1, "scrollId": "No Data"}, "data": []}
    assert calls(client, path).json == empty


@CALLS
@pytest.mark.parametrize("status", [400, 404, 410])
def test_a_scroll_id_that_has_expired(client: InProcessClient, path: str, status: int) -> None:
    client.sandbox.faults = [Fault(str(status), path=path[2:], query={"scrollId": "*"}, after=1)]
    first = calls(client, path).json
    second = calls(client, path, scrollId=first["meta"]["scrollId"]).json
    later = {"scrollId": second["meta"]["scrollId"]}
    assert calls(client, path, **later).status == status
    assert calls(client, path).json == first
    assert calls(client, path, **later).status == 200, "it expires once"


@CALLS
def test_pages_without_end(client: InProcessClient, path: str) -> None:
    client.sandbox.faults = [Fault("pages without end", path=path[2:], times=FOREVER)]
    pages = [calls(client, path).json]
    for _ in range(5):
        pages.append(calls(client, path, scrollId=pages[-1]["meta"]["scrollId"]).json)
    assert len({page["meta"]["scrollId"] for page in pages}) == 6
    assert all(page["data"] == pages[0]["data"] != [] for page in pages)


def queue_calls(client: InProcessClient, **query: str) -> list[dict[str, Any]]:
    dates = {"startDate": "2026-11-02T05:00:00Z", "endDate": "2026-11-03T04:59:59Z"}
    paging = {"limit": "4", "sortingField": "callId", "sortingDirection": "ASC"}
    rows: list[dict[str, Any]] = client.get(
        f"v2/pbxes/{PBX.opaque_id}/calls", **dates, **paging, **query
    ).json["calls"]
    return rows


@pytest.mark.parametrize(("cursor", "shared"), [("exclusive", 0), ("inclusive", 1), ("ignored", 4)])
def test_the_cursor_of_queue_calls(client: InProcessClient, cursor: str, shared: int) -> None:
    client.sandbox.variants = [f"queue_cursor={cursor}"]
    first = queue_calls(client)
    after = first[-1]["callId"]
    second = queue_calls(client, startingAfter=after, latestSortingValue=after)
    assert len(first) == len(second) == 4
    assert [row for row in second if row in first] == first[4 - shared :]
    if cursor == "inclusive":  # the last call comes again and again
        last = max(row["callId"] for row in second)
        while len(page := queue_calls(client, startingAfter=last, latestSortingValue=last)) > 1:
            last = page[-1]["callId"]
        assert page == queue_calls(client, startingAfter=last, latestSortingValue=last)


def summary(client: InProcessClient, path: str) -> Reply:
    more = {"extId": "1901", "collapse": "true"} if path == "v2/rgsum-members" else {}
    return client.get(path, **DAY, **more)


@pytest.mark.parametrize("path", SUMMARIES)
def test_a_summary_in_pages(client: InProcessClient, path: str) -> None:
    plain = summary(client, path).json
    truth = client.sandbox.extension_rows("acmecorp", *WINDOW)
    client.sandbox.variants = ["summary_pages=wrapped"]
    wrapped = summary(client, path).json
    assert (list(wrapped), wrapped["data"]) == (["meta", "data"], plain[:10])
    assert wrapped["meta"] == {"totalRecordCount": len(plain), "page": 0, "totalPages": -(-len(plain) // 10)}
    client.sandbox.variants = ["summary_pages=link"]
    reply = summary(client, path)
    assert reply.json == plain[:10]
    assert ("link" in reply.headers) == (len(plain) > 10)
    if path == "v2/extsum":
        assert reply.headers["link"].endswith('&page=1>; rel="next"')
        assert "v2/extsum?pbxId=acmecorp" in reply.headers["link"]
    assert client.sandbox.extension_rows("acmecorp", *WINDOW) == truth


@pytest.mark.parametrize("more", [(), ("summary_pages=wrapped",), ("summary_pages=link",)])
def test_a_cap_of_rows(client: InProcessClient, more: tuple[str, ...]) -> None:
    plain = summary(client, "v2/extsum").json
    truth = client.sandbox.extension_rows("acmecorp", *WINDOW)
    client.sandbox.variants = ["row_cap=15", *more]
    reply = summary(client, "v2/extsum")
    if not more:
        assert (reply.json, "link" in reply.headers) == (plain[:15], False)
    elif more == ("summary_pages=wrapped",):
        assert (reply.json["meta"]["totalRecordCount"], reply.json["data"]) == (15, plain[:10])
    else:
        assert (reply.json, "link" in reply.headers) == (plain[:10], True)
    assert client.sandbox.extension_rows("acmecorp", *WINDOW) == truth == plain
    assert len(plain) > 15


def test_a_cap_of_rows_in_reports_about_queues(client: InProcessClient) -> None:
    client.sandbox.variants = ["row_cap=3"]
    for endpoint in ("agent-activity", "ring-group-agent-activity/by-extension/1901"):
        (rows, *_) = client.get(f"v2/pbxes/{PBX.opaque_id}/{endpoint}").json.values()
        assert len(rows) == 3
