"""Lists of Customer Data: all pages, one spelling, and only what is configured."""

import re
from typing import Any

import pytest
import requests_mock as rm

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.client.retries import Reader, Retrier
from testing.builders import PBXES_URL, TOKEN_URL, token
from unit_tests.reading import Read
from unit_tests.reports.sentences import sentence

BY_PBX = ["sites", "call_queues", "call_queue_agents"]


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


def read_list(api: rm.Mocker, stream: str, names: list[str], *pbxes: dict[str, Any]) -> tuple[Read, Any]:
    """Read a list with one entry for each of these PBXs."""
    api.get(PBXES_URL, json=page(0, 1, *pbxes))
    body = {"siteList": [{"id": 7}], "queueList": [{"id": 7}], "agentList": [{"id": 7}]}
    lists = api.get(re.compile("/v2/pbxes/[^/]+/(sites|queues|agents)"), json={"_embedded": body})
    return Read(stream=stream, mode="full_refresh", pbx_ids=names), lists


def ids_requested(lists: Any) -> list[str]:
    """The ids of the PBXs whose list was requested; several are requested at once."""
    return sorted(request.path.split("/")[-2] for request in lists.request_history)


def test_every_page_is_requested_once_and_in_order(api: rm.Mocker) -> None:
    pages = [page(n, 3, pbx(2 * n), pbx(2 * n + 1)) for n in range(3)]
    read, listed = read_pbxes(api, *pages)
    assert read.error is None
    assert [row["id"] for row in read.rows] == [f"id-{n}" for n in range(6)]
    requested = [(request.qs["page"], request.qs["size"]) for request in listed.request_history]
    assert requested == [(["0"], ["100"]), (["1"], ["100"]), (["2"], ["100"])]


def test_the_log_says_how_many_rows_a_list_had(api: rm.Mocker, caplog: pytest.LogCaptureFixture) -> None:
    read_pbxes(api, page(0, 2, pbx(0), pbx(1)), page(1, 2, pbx(2)))
    assert "pbxes: read 3 rows." in caplog.messages


def test_the_log_names_the_pbx_of_a_list(api: rm.Mocker, caplog: pytest.LogCaptureFixture) -> None:
    read_list(api, "sites", ["allpbxes"], pbx(1), pbx(2))
    found = sorted(text for text in caplog.messages if text.startswith("sites: read"))
    assert found == ["sites: read 1 row of PBX pbx-1.", "sites: read 1 row of PBX pbx-2."]


def test_retries_know_the_stream_and_the_pbx(api: rm.Mocker, monkeypatch: pytest.MonkeyPatch) -> None:
    readers: list[Reader] = []
    whole = Retrier.call

    def call(retrier: Retrier, reader: Reader, *args: Any) -> Any:
        readers.append(reader)
        return whole(retrier, reader, *args)

    monkeypatch.setattr(Retrier, "call", call)
    read_list(api, "sites", ["allpbxes"], pbx(1))
    assert Reader("sites", "pbx-1") in readers


def test_a_list_without_entries_is_read(api: rm.Mocker) -> None:
    read, listed = read_pbxes(api, page(0, 1))
    assert (read.error, read.rows, listed.call_count) == (None, [], 1)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["allpbxes"], ["id-1", "id-2"]),
        (["acme"], ["id-1"]),
        (["BETA"], ["id-2"]),
        (["BETA", "ACME"], ["id-1", "id-2"]),
    ],
    ids=str,
)
@pytest.mark.parametrize("stream", BY_PBX)
def test_lists_of_configured_pbxs_are_read_ignoring_case(
    api: rm.Mocker, stream: str, names: list[str], found: list[str]
) -> None:
    read, lists = read_list(api, stream, names, pbx(1, name="Acme"), pbx(2, name="beta"))
    assert read.error is None
    assert ids_requested(lists) == found


@pytest.mark.parametrize(
    ("configured", "listed"), [("acme", "acme "), ("Zu\u0308rich", "z\u00fcrich"), ("ACME", " Acme")]
)
def test_names_are_compared_in_one_normal_form(api: rm.Mocker, configured: str, listed: str) -> None:
    read, lists = read_list(api, "sites", [configured], pbx(1, name=listed), pbx(2, name="beta"))
    assert (read.error, ids_requested(lists)) == (None, ["id-1"])


@pytest.mark.parametrize("stream", BY_PBX)
def test_a_pbx_that_is_not_listed_is_an_error_and_the_others_are_read(api: rm.Mocker, stream: str) -> None:
    read, _ = read_list(api, stream, ["acme", "none"], pbx(1, name="acme"))
    assert [error.message for error in read.errors] == [
        sentence(messages.PBX_NOT_LISTED, f"{stream}, PBX none")
    ]
    assert read.error
    assert [row["pbxId"] for row in read.rows] == ["id-1"]


def test_an_id_in_place_of_a_name_is_an_error_with_the_name(api: rm.Mocker) -> None:
    read, _ = read_list(api, "sites", ["id-1"], pbx(1, name="acme"))
    assert [error.message for error in read.errors] == [
        sentence(messages.PBX_ID_GIVEN, "sites, PBX id-1", name="acme")
    ]


def test_a_deleted_entry_without_a_name_is_left_out(api: rm.Mocker) -> None:
    read, lists = read_list(api, "sites", ["acme"], {"id": "1", "deleted": True}, pbx(2, name="acme"))
    assert (read.error, ids_requested(lists)) == (None, ["id-2"])


@pytest.mark.parametrize("stream", BY_PBX)
def test_one_id_in_two_pbxs_makes_two_rows(api: rm.Mocker, stream: str) -> None:
    read, _ = read_list(api, stream, ["allpbxes"], pbx(1), pbx(2))
    assert sorted((row["pbxId"], row["id"]) for row in read.rows) == [("id-1", "7"), ("id-2", "7")]


@pytest.mark.parametrize(
    ("pbx_id", "found"), [("other", "other"), (None, "id-1"), (7, "id-1"), (..., "id-1")]
)
def test_the_pbx_of_a_row_is_that_of_its_list_where_8x8_names_none(
    api: rm.Mocker, pbx_id: Any, found: str
) -> None:
    row = {"id": "7"} if pbx_id is ... else {"id": "7", "pbxId": pbx_id}
    api.get(PBXES_URL, json=page(0, 1, pbx(1, name="acmecorp")))
    api.get(f"{PBXES_URL}/id-1/sites", json=page(0, 1, row, name="siteList"))
    assert [row["pbxId"] for row in Read(stream="sites", mode="full_refresh").rows] == [found]


def test_a_deleted_pbx_that_is_denied_is_skipped(api: rm.Mocker, caplog: pytest.LogCaptureFixture) -> None:
    api.get(PBXES_URL, json=page(0, 1, pbx(1, deleted=True), pbx(2)))
    api.get(f"{PBXES_URL}/id-1/sites", status_code=403, json={})
    api.get(f"{PBXES_URL}/id-2/sites", json=page(0, 1, {"id": "7"}, name="siteList"))
    read = Read(stream="sites", mode="full_refresh", pbx_ids=["allpbxes"])
    assert (read.error, read.errors) == (None, [])
    assert [row["pbxId"] for row in read.rows] == ["id-2"]
    assert caplog.messages.count(messages.DELETED_PBX_SKIPPED.text(name="pbx-1")) == 1


def test_a_deleted_pbx_that_somebody_named_is_an_error(api: rm.Mocker) -> None:
    api.get(PBXES_URL, json=page(0, 1, pbx(1, deleted=True)))
    api.get(f"{PBXES_URL}/id-1/sites", status_code=403, json={})
    read = Read(stream="sites", mode="full_refresh", pbx_ids=["pbx-1"])
    assert [error.message for error in read.errors] == [sentence(messages.PBX_DENIED, "sites, PBX pbx-1")]


def test_all_pbxs_are_listed_regardless_of_the_configuration(api: rm.Mocker) -> None:
    read, _ = read_pbxes(api, page(0, 1, pbx(1), pbx(2)), names=["pbx-2"])
    assert [row["id"] for row in read.rows] == ["id-1", "id-2"]


def test_a_page_that_fails_for_good_is_a_sentence_that_names_the_list(api: rm.Mocker) -> None:
    api.get(PBXES_URL, status_code=503)
    read = Read(stream="pbxes", mode="full_refresh")
    assert [error.message for error in read.errors] == [
        sentence(messages.HTTP_ERROR, "pbxes", times=6, status=503, requested="the report")
    ]


def test_other_spellings_of_a_field_become_one(api: rm.Mocker) -> None:
    api.get(PBXES_URL, json=page(0, 1, pbx(1, name="acmecorp")))
    rows: list[dict[str, Any]] = [
        {"id": "7", "extensionNumber": "1001", "firstName": "Jane"},
        {"id": "8", "extension": "1002"},
        {"id": "9", "extension": "1003", "extensionNumber": None},
    ]
    agents = api.get(f"{PBXES_URL}/id-1/agents", json=page(0, 1, *rows, name="agentList"))
    read = Read(stream="call_queue_agents", mode="full_refresh")
    assert agents.call_count == 1
    assert [(row["id"], row["extension"], "extensionNumber" in row) for row in read.rows] == [
        ("7", "1001", False),
        ("8", "1002", False),
        ("9", "1003", False),
    ]
