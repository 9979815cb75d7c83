"""Lists of Customer Data: all pages, one spelling, and only what is configured."""

import re
from typing import Any

import pytest
import requests_mock as rm

from testing.builders import BASE_URL, PBXES_URL, TOKEN_URL, token
from unit_tests.reading import Read


@pytest.fixture(autouse=True)
def login(api: rm.Mocker) -> Any:
    return api.post(TOKEN_URL, json=token())


def pbx(n: int, **more: Any) -> dict[str, Any]:
    return {"id": f"id-{n}", "name": f"pbx-{n}", "deleted": False, **more}


def page(number: int, pages: int, *rows: dict[str, Any], name: str = "pbxList") -> dict[str, Any]:
    return {"_embedded": {name: list(rows)}, "page": {"number": number, "totalPages": pages}}


def read_pbxes(api: rm.Mocker, *pages: dict[str, Any], names: Any = ("allpbxes",)) -> tuple[Read, Any]:
    listed = api.get(PBXES_URL, [{"json": each} for each in pages])
    return Read(stream="pbxes", mode="full_refresh", pbx_ids=list(names)), listed


def test_every_page_is_asked_for_once_and_in_order(api: rm.Mocker) -> None:
    pages = [page(n, 3, pbx(2 * n), pbx(2 * n + 1)) for n in range(3)]
    read, listed = read_pbxes(api, *pages)
    assert read.error is None
    assert [row["id"] for row in read.rows] == [f"id-{n}" for n in range(6)]
    asked = [(request.qs["page"], request.qs["size"]) for request in listed.request_history]
    assert asked == [(["0"], ["100"]), (["1"], ["100"]), (["2"], ["100"])]


def test_the_log_says_how_many_rows_a_list_had(api: rm.Mocker, caplog: pytest.LogCaptureFixture) -> None:
    read_pbxes(api, page(0, 2, pbx(0), pbx(1)), page(1, 2, pbx(2)))
    assert "pbxes: read 3 rows." in caplog.messages


def test_a_list_without_entries_is_read(api: rm.Mocker) -> None:
    read, listed = read_pbxes(api, page(0, 1))
    assert (read.error, read.rows, listed.call_count) == (None, [], 1)


def sites_asked_for(api: rm.Mocker, names: list[str], *pbxes: dict[str, Any]) -> list[str]:
    """Read the sites with these PBXs listed; returns the ids of those that were asked for theirs."""
    api.get(PBXES_URL, json=page(0, 1, *pbxes))
    sites = api.get(re.compile("/v2/pbxes/[^/]+/sites"), json=page(0, 1, {"id": "7"}, name="siteList"))
    read = Read(stream="sites", mode="full_refresh", pbx_ids=names)
    assert read.error is None
    return [request.path.split("/")[-2] for request in sites.request_history]


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["allpbxes"], ["id-1", "id-2"]),
        (["acme"], ["id-1"]),
        (["BETA"], ["id-2"]),
        (["BETA", "ACME"], ["id-1", "id-2"]),
        (["none"], []),
    ],
    ids=str,
)
def test_the_sites_of_configured_pbxs_are_read_whatever_the_capitals(
    api: rm.Mocker, names: list[str], found: list[str]
) -> None:
    asked_for = sites_asked_for(api, names, pbx(1, name="Acme"), pbx(2, name="beta"))
    assert sorted(asked_for) == found  # several are asked at once


def test_a_pbx_without_a_name_is_no_configured_one(api: rm.Mocker) -> None:
    assert sites_asked_for(api, ["acme"], {"id": "1"}, pbx(2, name="acme")) == ["id-2"]


def test_all_pbxs_are_listed_whatever_is_configured(api: rm.Mocker) -> None:
    read, _ = read_pbxes(api, page(0, 1, pbx(1), pbx(2)), names=["pbx-2"])
    assert [row["id"] for row in read.rows] == ["id-1", "id-2"]


def test_a_page_that_fails_for_good_is_a_sentence_that_names_the_list(api: rm.Mocker) -> None:
    api.get(PBXES_URL, status_code=503)
    read = Read(stream="pbxes", mode="full_refresh")
    assert read.errors[0].message.startswith("pbxes: 8x8 answered the report with HTTP 503, 6 times in a row")


def test_other_spellings_of_a_field_become_one(api: rm.Mocker) -> None:
    api.get(PBXES_URL, json=page(0, 1, pbx(1, name="acmecorp")))
    agent = {"id": "7", "pbxId": "id-1", "extensionNumber": "1001", "firstName": "Jane"}
    other = {"id": "8", "pbxId": "id-1", "extension": "1002"}
    agents = api.get(f"{BASE_URL}/v2/pbxes/id-1/agents", json=page(0, 1, agent, other, name="agentList"))
    read = Read(stream="call_queue_agents", mode="full_refresh")
    assert agents.call_count == 1
    assert [(row["id"], row["extension"], "extensionNumber" in row) for row in read.rows] == [
        ("7", "1001", False),
        ("8", "1002", False),
    ]
