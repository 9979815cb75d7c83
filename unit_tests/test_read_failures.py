"""How a read fails: what is reported, and what is saved."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import requests_mock as rm
from airbyte_cdk.models import AirbyteMessage, ConfiguredAirbyteCatalogSerializer, FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.source import Source8x8WorkAnalytics
from testing.builders import (
    BASE_URL,
    EXTSUM_URL,
    PBXES_URL,
    TOKEN_URL,
    catalog_file,
    config,
    row,
    token,
)
from unit_tests.reading import LOGGER, Read

PBXES = {
    "_embedded": {"pbxList": [{"id": "P1", "name": "acmecorp"}]},
    "page": {"number": 0, "size": 100, "totalElements": 1, "totalPages": 1},
}


@pytest.fixture(autouse=True)
def login(api: rm.Mocker) -> Any:
    return api.post(TOKEN_URL, json=token())


def test_denied_pbx_costs_one_request_and_the_others_finish(api: rm.Mocker) -> None:
    def respond(request: Any, context: Any) -> Any:
        if request.qs["pbxid"] == ["forbidden"]:
            context.status_code = 403
            return {"status": 403, "message": "user(jane) does not have access to pbxId(forbidden)"}
        return [row()]

    report = api.get(EXTSUM_URL, json=respond)
    read = Read(pbx_ids=["forbidden", "acmecorp"], start_date="2026-10-01", num_workers=10)
    requested = [request.qs["pbxid"][0] for request in report.request_history]
    assert requested.count("forbidden") == 1
    assert requested.count("acmecorp") == 55
    assert read.marks == {"acmecorp": "2026-11-23"}
    (error,) = read.errors
    assert error.failure_type is FailureType.config_error
    assert error.message.endswith(messages.PBX_DENIED.text())
    assert "PBX forbidden" in error.message
    assert "jane" not in error.message
    assert error.stack_trace is None
    assert read.error is not None


def test_failed_window_holds_the_mark_before_it(api: rm.Mocker, waits: list[float]) -> None:
    def respond(request: Any, context: Any) -> Any:
        if request.qs["starttime"][0].startswith("2026-11-10"):
            context.status_code = 500
        return [row()]

    api.get(EXTSUM_URL, json=respond)
    read = Read(start_date="2026-11-01", num_workers=2)
    assert read.marks == {"acmecorp": "2026-11-09"}
    (error,) = read.errors
    assert error.failure_type is FailureType.transient_error
    assert "extension_summary, PBX acmecorp, 2026-11-10" in error.message
    assert len(waits) == 5


def test_rejected_token_is_renewed_once(api: rm.Mocker) -> None:
    tokens = api.post(TOKEN_URL, [{"json": token("first-token-1234")}, {"json": token("second-token-5678")}])

    def respond(request: Any, context: Any) -> Any:
        if request.headers["Authorization"] == "Bearer first-token-1234":
            context.status_code = 401
            return {"error": "invalid_token"}
        return [row()]

    api.get(EXTSUM_URL, json=respond)
    read = Read(start_date="2026-11-01", num_workers=10)
    assert read.error is None
    assert len(read.rows) == 24
    assert tokens.call_count == 2


@pytest.fixture
def tokens(api: rm.Mocker) -> Any:
    return api.post(TOKEN_URL, [{"json": token(f"token-number-{n}")} for n in range(20)])


def test_tokens_that_are_all_rejected_are_an_error(api: rm.Mocker, tokens: Any) -> None:
    report = api.get(EXTSUM_URL, status_code=401, json={"error": "invalid_token"})
    read = Read()
    assert (tokens.call_count, report.call_count) == (4, 7)
    (error,) = read.errors
    assert error.message == messages.TOKENS_REJECTED.text()
    assert error.failure_type is FailureType.config_error


def test_pbx_that_rejects_accepted_tokens_is_named_after_three_sign_ins(api: rm.Mocker, tokens: Any) -> None:
    def respond(request: Any, context: Any) -> Any:
        if request.qs["pbxid"] == ["forbidden"]:
            context.status_code = 401
        return [row()]

    api.get(EXTSUM_URL, json=respond)
    read = Read(pbx_ids=["forbidden", "acmecorp"], start_date="2026-10-01", num_workers=10)
    (error,) = read.errors
    assert error.failure_type is FailureType.config_error
    assert error.message.startswith("extension_summary, PBX forbidden, 2026-10-01: ")
    assert error.message.endswith(messages.TOKEN_DENIED.text())
    assert read.marks == {"acmecorp": "2026-11-23"}
    assert tokens.call_count <= 3


def messages_of(*streams: str) -> Iterator[AirbyteMessage]:
    """Read several streams, and yield what comes before the failure."""
    catalog = ConfiguredAirbyteCatalogSerializer.load(catalog_file(*streams))
    source = Source8x8WorkAnalytics()
    with suppress(AirbyteTracedException):
        yield from source.read(LOGGER, config(start_date="2026-11-01", num_workers=10), catalog, [])


@pytest.mark.parametrize("denied", ["call_records", "ring_group_member_summary", "sites"])
def test_stream_that_rejects_accepted_tokens_is_named_after_three_sign_ins(
    api: rm.Mocker, tokens: Any, denied: str
) -> None:
    """Of ring group members, groups are listed; of sites, the PBXs."""
    api.get(EXTSUM_URL, json=[row()])
    api.get(PBXES_URL, json=PBXES)
    group = {"pbxId": "acmecorp", "extension": "700", "name": "Sales"}
    api.get(f"{BASE_URL}/v2/rgsum-groups", json=[group])
    path = {
        "call_records": "v2/call-records",
        "ring_group_member_summary": "v2/rgsum-members",
        "sites": "v2/pbxes/P1/sites",
    }[denied]
    api.get(f"{BASE_URL}/{path}", status_code=401)
    found = list(messages_of("extension_summary", denied))
    (error,) = [message.trace.error for message in found if message.trace and message.trace.error]
    assert error.failure_type is FailureType.config_error
    assert error.message.startswith(f"{denied}, PBX acmecorp")
    assert error.message.endswith(messages.TOKEN_DENIED.text())
    rows = [message.record for message in found if message.record]
    assert [each.stream for each in rows] == ["extension_summary"] * 24
    assert tokens.call_count <= 3
