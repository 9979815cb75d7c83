"""The sandbox: what it accepts, and faults whose responses can still be read."""

from datetime import datetime
from typing import Any

import orjson
import pytest
import requests

from integration_tests.sandbox_client import WINDOW, Client
from sandbox import Sandbox
from sandbox.faults import FOREVER, REPORTS, Fault
from sandbox.lists import child_rows
from sandbox.server import running

REPORT_PATHS = ["/v2/extsum", "/v1/compsum", "/v2/rgsum-groups", "/v2/call-records", "/v2/call-legs"]


@pytest.fixture
def sandbox(client: Client) -> Sandbox:
    return client.sandbox


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_has_a_location_and_a_body(sandbox: Sandbox, client: Client, status: int) -> None:
    sandbox.faults.append(Fault(str(status), headers={"Location": "http://elsewhere.example/x"}, body=b"[]"))
    response = client.report("/v2/extsum")
    assert (response.status_code, response.headers["location"]) == (status, "http://elsewhere.example/x")
    assert response.content == b"[]"


def test_log_shows_whether_the_key_was_sent(sandbox: Sandbox, client: Client) -> None:
    other = Sandbox()
    with running(other) as address:
        sandbox.faults.append(Fault("307", headers={"Location": f"{address}/analytics/work/v2/extsum"}))
        client.report("/v2/extsum", allow_redirects=True)
    assert [line.has_key for line in other.requests] == [True]


def _rows(response: requests.Response) -> list[dict[str, Any]]:
    content = orjson.loads(response.content)
    if isinstance(content, list):
        return content
    if "data" in content:
        return list(content["data"])
    (rows,) = content["_embedded"].values()
    return list(rows)


@pytest.mark.parametrize("path", [*REPORT_PATHS, "/v2/pbxes", "/v2/pbxes/Kx2vQe9RT7uPZsLwB4mJ0g/sites"])
@pytest.mark.parametrize("kind", REPORTS)
def test_odd_responses_keep_their_rows(sandbox: Sandbox, client: Client, kind: str, path: str) -> None:
    ask = client.list_page if path.startswith("/v2/pbxes") else client.report
    plain = _rows(ask(path))
    sandbox.faults.append(Fault(kind, path=path.removeprefix("/v2").removeprefix("/v1")))
    response = ask(path)
    if kind == "byte order mark":
        assert response.content.startswith(b"\xef\xbb\xbf")
        assert orjson.loads(response.content[3:]) == orjson.loads(ask(path).content)
        return
    if kind == "lone surrogate":
        assert (b"\\ud83d" in response.content) == (path != "/v1/compsum"), "a PBX's summary holds no name"
        rows = orjson.loads(response.content.replace(b"\\ud83d", b""))
        assert rows == orjson.loads(ask(path).content)
        return
    rows = _rows(response)
    assert len(rows) == len(plain) > 0
    changed = {
        name: (old.get(name), new[name])
        for old, new in zip(plain, rows, strict=True)
        for name in new
        if old.get(name) != new[name]
    }
    if kind == "unknown field":
        assert changed == {"notInTheSchema": (None, 7)}
    elif kind == "field of another type":
        ((name, (old, new)),) = changed.items()
        assert isinstance(old, int)
        assert new == orjson.dumps(old).decode(), name
    elif path.endswith("/sites"):
        assert changed == {}
    else:
        ((name, (old, new)),) = changed.items()
        assert name in ("PbxId", "pbxId", "name")
        assert new == str(old).upper() != old


@pytest.mark.parametrize("path", ["/v2/call-records", "/v2/call-legs"])
def test_overlapping_pages_agree_with_their_count(sandbox: Sandbox, client: Client, path: str) -> None:
    whole = client.pages(path, size=20)
    sandbox.faults.append(Fault("overlapping pages", path=path[3:]))
    overlapping = client.pages(path, size=20)
    assert len(overlapping) == len(whole)
    keys = [(row["callId"], row.get("legId")) for row in overlapping]
    assert len(set(keys)) == len(keys) - 1
    assert client.pages(path, size=20) == whole, "it struck once"


@pytest.mark.parametrize("path", ["/v2/call-records", "/v2/call-legs"])
def test_the_same_page_again(sandbox: Sandbox, client: Client, path: str) -> None:
    sandbox.faults.append(Fault("the same page again", path=path[3:], after=1, times=2))
    pages: list[dict[str, Any]] = []
    for _ in range(5):
        scroll = {"scrollId": pages[-1]["meta"]["scrollId"]} if pages else {}
        pages.append(client.report(path, pageSize=20, **scroll).json())
    assert pages[1] == pages[2]
    assert pages[1]["data"] == pages[3]["data"] != pages[0]["data"]
    assert pages[4] == client.report(path, pageSize=20, scrollId=pages[3]["meta"]["scrollId"]).json()
    assert pages[4]["data"][0] not in pages[3]["data"]


def test_a_count_that_is_wrong_once(sandbox: Sandbox, client: Client) -> None:
    sandbox.faults.append(Fault("count one too many", path="/call-records"))
    counts = [client.report("/v2/call-records").json()["meta"]["totalRecordCount"] for _ in range(2)]
    assert counts[0] == counts[1] + 1


def test_a_company_of_many_pbxes(sandbox: Sandbox, client: Client) -> None:
    sandbox.extra_pbxes, sandbox.extra_agents = 250, 150
    pages = [client.list_page("/v2/pbxes", page).json() for page in range(3)]
    pbxes = [pbx for page in pages for pbx in page["_embedded"]["pbxList"]]
    assert len({pbx["id"] for pbx in pbxes}) == len({pbx["name"] for pbx in pbxes}) == 253
    assert sandbox.config("")["pbx_ids"] == [pbx["name"] for pbx in pbxes]
    last = pbxes[-1]
    assert client.report("/v2/extsum", last["name"]).json() == sandbox.extension_rows(last["name"], *WINDOW)
    together = client.report("/v2/extsum", "allpbxes").json()
    assert {row["PbxId"] for row in together} == {pbx["name"] for pbx in pbxes}
    agents = client.list_page(f"/v2/pbxes/{last['id']}/agents", page=1).json()
    expected = child_rows(sandbox.pbxes()[last["name"]], "agents", extra_agents=150)
    assert agents["_embedded"]["agentList"] == expected[100:]
    assert len({agent["id"] for agent in expected}) == len(expected) > 150


def test_case_of_pbx_names(sandbox: Sandbox, client: Client) -> None:
    assert client.report("/v2/extsum", "AcmeCorp").status_code == 403
    sandbox.any_capitals = True
    rows = client.report("/v2/extsum", "AcmeCorp,ACME-EUROPE").json()
    assert {row["PbxId"] for row in rows} == {"acmecorp", "acme-europe"}
    sandbox.hidden_pbxes = {"acmecorp"}
    assert client.report("/v2/extsum", "AcmeCorp").status_code == 403


def test_tokens_repeat_by_seed_and_end_by_use() -> None:
    first, second, other = Sandbox(token_uses=2), Sandbox(), Sandbox(seed=9)
    token = first.issue_token()
    assert [token, first.issue_token()] == [second.issue_token(), second.issue_token()]
    assert other.issue_token() != token
    assert [first.token_problem(token) for _ in range(3)] == [None, None, "Access token expired"]


def test_call_ids_stay_unique_after_corrections(sandbox: Sandbox) -> None:
    for _ in range(3):
        sandbox.correct("acmecorp", datetime(2026, 11, 2).date())
    ids = [row["callId"] for row in sandbox.call_rows(False, "acmecorp", *WINDOW)]
    assert len(ids) == len(set(ids))


def test_faults_without_end(sandbox: Sandbox, client: Client) -> None:
    sandbox.faults.append(Fault("503", headers={"Retry-After": "3600"}, times=FOREVER))
    for _ in range(2):
        response = client.report("/v2/extsum")
        assert (response.status_code, response.headers["retry-after"]) == (503, "3600")
