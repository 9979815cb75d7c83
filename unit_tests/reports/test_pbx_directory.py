"""PBX names and their ids, from one list for all streams of a sync."""

from typing import Any

import pytest
import requests_mock as rm

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.client.retries import Retries
from source_8x8_work_analytics.errors import ConnectorError, RetryableError
from source_8x8_work_analytics.reports.pbx_directory import DENIALS, Pbx, PbxDirectory
from testing.builders import PBXES_URL, TOKEN_URL, client, token
from unit_tests.reports.sentences import sentence

ALL = ["allpbxes"]
Entry = tuple[str, Any, bool]
"""Id, name, and whether the PBX is deleted."""


@pytest.fixture(autouse=True)
def login(api: rm.Mocker) -> None:
    api.post(TOKEN_URL, json=token())


def page(number: int, *entries: Entry, pages: int = 1) -> dict[str, Any]:
    found = [{"id": key, "name": name, "deleted": deleted} for key, name, deleted in entries]
    return {"_embedded": {"pbxList": found}, "page": {"number": number, "totalPages": pages}}


def directory(api: rm.Mocker, *entries: Entry, names: list[str] = ALL) -> PbxDirectory:
    """The directory of a configuration with these names, where 8x8 lists these entries."""
    api.get(PBXES_URL, json=page(0, *entries))
    return PbxDirectory(client(pbx_ids=names))


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


def test_the_list_is_fetched_once(api: rm.Mocker) -> None:
    listed = directory(api, ("x1", "acmecorp", False))
    assert [listed.find("acmecorp"), *listed.entries()] == [Pbx("acmecorp", "x1")] * 2
    assert listed.ids() == {"acmecorp": "x1"}
    assert sum(request.path.endswith("/v2/pbxes") for request in api.request_history) == 1


@pytest.mark.parametrize(
    ("configured", "in_list"),
    [
        ("ACMECORP", "AcmeCorp"),
        ("acmecorp", " AcmeCorp "),
        ("acmecorp", "acmecorp\u00a0"),
        ("z\u00fcrich", "Zu\u0308rich"),
        ("Zu\u0308rich", "Z\u00dcRICH"),
        ("stra\u00dfe", "STRASSE"),
    ],
)
def test_names_are_compared_in_one_normal_form(api: rm.Mocker, configured: str, in_list: str) -> None:
    listed = directory(api, ("x1", in_list, False), names=[configured])
    pbx = Pbx(in_list.strip(), "x1")
    assert listed.find(configured) == pbx
    assert listed.entries() == [pbx]
    assert listed.ids() == {configured: "x1"}, "a PBX keeps the name of the configuration"


def test_names_say_which_pbxs_are_active(api: rm.Mocker) -> None:
    old = [("x2", "old", True), ("x3", "old", True)]
    beta = [("x4", "Beta", True), ("x5", "beta", False)]
    listed = directory(api, ("x1", "acmecorp", False), *old, *beta, names=["acmecorp"])
    assert listed.names() == {"acmecorp": True, "old": False, "beta": True}


def test_a_name_that_is_not_listed_is_a_config_error(api: rm.Mocker) -> None:
    listed = directory(api, ("x1", "acmecorp", False), names=["other"])
    assert listed.ids() == {"other": None}
    assert listed.entries() == []
    with pytest.raises(ConnectorError) as error:
        listed.find("other")
    assert error.value.problem is messages.PBX_NOT_LISTED


def test_an_id_in_place_of_a_name_is_a_config_error_with_the_name(api: rm.Mocker) -> None:
    listed = directory(api, ("x1", "AcmeCorp", False), names=["x1"])
    with pytest.raises(ConnectorError) as error:
        listed.find("x1")
    assert error.value.sentence() == sentence(messages.PBX_ID_GIVEN, name="AcmeCorp")


def test_a_list_that_cannot_be_fetched_fails_with_its_own_subject(api: rm.Mocker) -> None:
    listed = api.get(PBXES_URL, text="<html>")
    tries = Retries().tries
    with pytest.raises(ConnectorError) as error:
        PbxDirectory(client()).entries()
    assert error.value.sentence() == sentence(messages.NOT_JSON, "the list of PBXs", times=tries)
    assert listed.call_count == tries


def test_a_list_that_failed_is_fetched_again_by_the_next_one_who_needs_it(api: rm.Mocker) -> None:
    api.get(PBXES_URL, [{"status_code": 403, "json": {}}, {"json": page(0, ("x1", "acmecorp", False))}])
    listed = PbxDirectory(client())
    with pytest.raises(ConnectorError) as error:
        listed.entries()
    assert error.value.problem is messages.PBX_DENIED
    assert listed.entries() == [Pbx("acmecorp", "x1")]


def test_allpbxes_are_all_that_are_listed_on_all_pages(api: rm.Mocker) -> None:
    bodies = [page(0, ("x1", "acmecorp", False), pages=2), page(1, ("x2", "old", True), pages=2)]
    listed = api.get(PBXES_URL, [{"json": body} for body in bodies])
    found = PbxDirectory(client(pbx_ids=ALL))
    assert sorted(found.ids()) == ["acmecorp", "old"]
    assert sorted(pbx.name for pbx in found.entries()) == ["acmecorp", "old"]
    assert [request.qs["page"] for request in listed.request_history] == [["0"], ["1"]]


@pytest.mark.parametrize("deleted_first", [True, False])
def test_a_pbx_in_use_shadows_a_deleted_one_with_its_name(
    api: rm.Mocker, deleted_first: bool, caplog: pytest.LogCaptureFixture
) -> None:
    entries = [("x1", "Acmecorp", True), ("x2", "acmecorp", False), ("x3", "beta", False)]
    listed = directory(api, *(entries if deleted_first else entries[::-1]))
    assert listed.ids() == {"acmecorp": "x2", "beta": "x3"}
    assert listed.find("acmecorp").id == "x2"
    assert sorted(pbx.id for pbx in listed.entries()) == ["x1", "x2", "x3"], "lists are read for each"
    assert warnings(caplog) == [messages.PBX_SHADOWED.text(name="acmecorp", kept="active PBX")]


def test_one_of_two_deleted_pbxs_with_one_name_is_shadowed(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    listed = directory(api, ("x1", "gamma", True), ("x2", "gamma", True))
    assert listed.ids() == {"gamma": "x2"}
    assert warnings(caplog) == [messages.PBX_SHADOWED.text(name="gamma", kept="last one listed")]


def test_pbxs_in_use_with_one_name_are_one_warning(api: rm.Mocker, caplog: pytest.LogCaptureFixture) -> None:
    listed = directory(api, ("x1", "Acme", False), ("x2", "acme", False), ("x3", "beta", False))
    assert listed.ids() == {"acme": "x2", "beta": "x3"}
    assert listed.ids() == {"acme": "x2", "beta": "x3"}
    assert warnings(caplog) == [messages.PBXES_SHARE_NAME.text(count=2, name="acme")]


def test_pbxs_in_use_and_a_deleted_one_with_one_name_are_two_warnings(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    directory(api, ("x1", "acme", False), ("x2", "acme", False), ("x3", "acme", True)).entries()
    assert warnings(caplog) == [
        messages.PBXES_SHARE_NAME.text(count=2, name="acme"),
        messages.PBX_SHADOWED.text(name="acme", kept="active PBX"),
    ]


def test_names_that_are_not_configured_need_no_warning(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    directory(api, ("x1", "a", False), ("x2", "a", True), ("x3", "b", False), names=["b"]).entries()
    assert warnings(caplog) == []


@pytest.mark.parametrize("name", [None, "", "  ", 7])
def test_a_deleted_entry_without_a_name_is_left_out(api: rm.Mocker, name: Any) -> None:
    listed = directory(api, ("x1", name, True), ("x2", "acmecorp", False))
    assert listed.entries() == [Pbx("acmecorp", "x2")]


@pytest.mark.parametrize("name", [None, "", "  ", 7])
def test_an_entry_in_use_without_a_name_is_not_a_list(api: rm.Mocker, name: Any) -> None:
    with pytest.raises(ConnectorError) as error:
        directory(api, ("x1", name, False), ("x2", "acmecorp", False)).entries()
    assert error.value.sentence() == sentence(messages.LIST_ENTRY_WITHOUT_ID, "the list of PBXs", name="name")


def test_an_empty_list_is_a_config_error(api: rm.Mocker) -> None:
    api.get(PBXES_URL, json={"page": {"number": 0, "totalPages": 0, "totalElements": 0}})
    with pytest.raises(ConnectorError) as error:
        PbxDirectory(client(pbx_ids=ALL)).ids()
    assert error.value.problem is messages.NO_PBX_LISTED


def test_an_id_is_quoted_in_paths() -> None:
    assert Pbx("acmecorp", "Kx2_v-Q").path == "v2/pbxes/Kx2_v-Q"
    assert Pbx("acmecorp", "a/b+c=#?").path == "v2/pbxes/a%2Fb%2Bc%3D%23%3F"


DELETED, IN_USE = Pbx("old", "x1", deleted=True), Pbx("acmecorp", "x2")


@pytest.mark.parametrize("problem", DENIALS, ids=lambda problem: problem.what[:30])
def test_a_deleted_pbx_that_is_denied_is_skipped_with_one_warning(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture, problem: messages.Message
) -> None:
    listed = directory(api, ("x1", "old", True), ("x2", "acmecorp", False))
    listed.entries()
    error = ConnectorError(problem, details="HTTP 404")
    assert listed.skip(DELETED, error)
    assert warnings(caplog) == [messages.DELETED_PBX_SKIPPED.text(name="old")]
    assert listed.skip_named("OLD", error)
    assert warnings(caplog) == [messages.DELETED_PBX_SKIPPED.text(name="old")]


def test_other_failures_and_other_pbxs_are_not_skipped(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    listed = directory(api, ("x1", "old", True), ("x2", "acmecorp", False))
    listed.entries()
    denied = ConnectorError(messages.PBX_DENIED)
    assert not listed.skip(IN_USE, denied)
    assert not listed.skip_named("acmecorp", denied)
    assert not listed.skip_named("unknown", denied)
    for error in (
        ConnectorError(messages.NOT_JSON),
        RetryableError(messages.PBX_DENIED),
        ValueError("x"),
    ):
        assert not listed.skip(DELETED, error)
    assert warnings(caplog) == []


def test_a_deleted_pbx_that_somebody_named_is_not_skipped(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    listed = directory(api, ("x1", "old", True), names=["old"])
    listed.entries()
    assert not listed.skip(DELETED, ConnectorError(messages.PBX_DENIED))
    assert warnings(caplog) == []
