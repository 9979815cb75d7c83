"""PBX names and their ids, from one list for all streams of a sync."""

from typing import Any

import pytest
import requests_mock as rm
from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics.client.service import Retries, Service
from source_8x8_work_analytics.retrievers.pbx_directory import PbxDirectory
from source_8x8_work_analytics.retrievers.queue_payload import Pbx
from source_8x8_work_analytics.settings import Settings
from testing.builders import PBXES_URL, config
from unit_tests.conftest import NOW


class Requester:
    """Sends requests through the service, without a token."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def send_request(self, request_params: Any) -> Any:
        return self._service.http.send("GET", PBXES_URL, params=request_params)


def directory(**changes: Any) -> tuple[PbxDirectory, Any]:
    service = Service(Settings.from_config(config(**changes), NOW), Retries(), 2)
    return PbxDirectory(service), Requester(service)


def page(number: int, *rows: tuple[str, str, bool], pages: int = 1) -> dict[str, Any]:
    found = [{"id": key, "name": name, "deleted": deleted} for key, name, deleted in rows]
    return {"_embedded": {"pbxList": found}, "page": {"number": number, "totalPages": pages}}


def test_names_are_found_whatever_their_capitals(api: rm.Mocker) -> None:
    listed = api.get(PBXES_URL, json=page(0, ("x1", "AcmeCorp", False)))
    found, requester = directory(pbx_ids=["ACMECORP"])
    assert list(found.names(requester)) == ["ACMECORP"]
    assert list(found.names(requester)) == ["ACMECORP"]
    assert listed.call_count == 1
    assert found.find("acmecorp") == Pbx("AcmeCorp", "x1")
    with pytest.raises(AirbyteTracedException) as caught:
        found.find("other")
    assert caught.value.failure_type is FailureType.config_error
    with pytest.raises(AirbyteTracedException) as confused:
        found.find("x1")
    assert confused.value.failure_type is FailureType.config_error
    assert confused.value.message == "This is the id of a PBX: enter its name, AcmeCorp, instead (pbx_ids)."
    assert caught.value.message == (
        "8x8 lists no PBX of this name that this user may see: correct the name (pbx_ids), or give "
        "the user (username) access to this PBX in Admin Console."
    )


def test_no_name_is_known_before_the_list_is_fetched() -> None:
    found, _ = directory()
    with pytest.raises(AirbyteTracedException, match="lists no PBX of this name"):
        found.find("acmecorp")


def test_a_list_that_cannot_be_fetched_is_said_as_such(api: rm.Mocker) -> None:
    listed = api.get(PBXES_URL, text="<html>")
    found, requester = directory()
    with pytest.raises(AirbyteTracedException) as caught:
        found.names(requester)
    assert str(caught.value).startswith("the list of PBXs: 8x8 ")
    assert listed.call_count == Retries().tries


def test_allpbxes_are_all_that_are_listed_on_all_pages(api: rm.Mocker) -> None:
    api.get(
        PBXES_URL,
        [
            {"json": page(0, ("x1", "acmecorp", False), pages=2)},
            {"json": page(1, ("x2", "old", True), pages=2)},
        ],
    )
    found, requester = directory(pbx_ids=["allpbxes"])
    assert sorted(found.names(requester)) == ["acmecorp", "old"]
    assert [request.qs["page"] for request in api.request_history] == [["0"], ["1"]]


@pytest.mark.parametrize("deleted_first", [True, False])
def test_a_pbx_in_use_goes_before_a_deleted_one_of_the_same_name(
    api: rm.Mocker, deleted_first: bool, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [("x1", "acmecorp", True), ("x2", "acmecorp", False)]
    api.get(PBXES_URL, json=page(0, *(rows if deleted_first else rows[::-1])))
    found, requester = directory(pbx_ids=["allpbxes"])
    assert list(found.names(requester)) == ["acmecorp"]
    assert found.find("acmecorp").id == "x2"
    assert not [line for line in caplog.messages if "lists" in line]


def test_two_pbxs_of_one_name_give_a_warning(api: rm.Mocker, caplog: pytest.LogCaptureFixture) -> None:
    api.get(PBXES_URL, json=page(0, ("x1", "Acme", False), ("x2", "acme", False), ("x3", "beta", False)))
    found, requester = directory(pbx_ids=["allpbxes"])
    assert list(found.names(requester)) == ["acme", "beta"]
    assert [line for line in caplog.messages if "lists" in line] == [
        "8x8 lists 2 PBXs in use that are named Acme, capitals aside: call queues and agents are read of one "
        "of them only."
    ]


def test_an_empty_list_is_a_config_error(api: rm.Mocker) -> None:
    api.get(PBXES_URL, json={"page": {"number": 0, "totalPages": 0}})
    found, requester = directory(pbx_ids=["allpbxes"])
    with pytest.raises(AirbyteTracedException) as caught:
        found.names(requester)
    assert caught.value.failure_type is FailureType.config_error
    assert caught.value.message == (
        "8x8 lists no PBX that this user may see: give the user (username) access to a PBX in Admin Console."
    )


def test_a_requester_without_a_response_is_a_bug_of_ours() -> None:
    class Silent:
        def send_request(self, request_params: Any) -> None:
            return None

    found, _ = directory()
    silent: Any = Silent()
    with pytest.raises(TypeError, match=r"^WorkAnalyticsRequester returns a response or raises$"):
        found.names(silent)
