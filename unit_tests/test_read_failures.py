"""How a read fails: what is reported, and what is saved, with HTTP mocked."""

from typing import Any

import pytest
import requests_mock as rm
from airbyte_cdk.models import FailureType

from testing.builders import EXTSUM_URL, TOKEN_URL, row, token
from unit_tests.reading import Read


@pytest.fixture(autouse=True)
def login(api: rm.Mocker) -> Any:
    return api.post(TOKEN_URL, json=token())


def test_a_refused_pbx_costs_one_request_and_the_others_finish(api: rm.Mocker) -> None:
    def answer(request: Any, context: Any) -> Any:
        if request.qs["pbxid"] == ["forbidden"]:
            context.status_code = 403
            return {"status": 403, "message": "user(jane) does not have access to pbxId(forbidden)"}
        return [row()]

    report = api.get(EXTSUM_URL, json=answer)
    read = Read(pbx_ids=["forbidden", "acmecorp"], start_date="2026-10-01", num_workers=10)
    asked = [request.qs["pbxid"][0] for request in report.request_history]
    assert asked.count("forbidden") == 1
    assert asked.count("acmecorp") == 55
    assert read.marks == {"acmecorp": "2026-11-23"}
    (error,) = read.errors
    assert error.failure_type is FailureType.config_error
    assert "PBX forbidden" in error.message
    assert "jane" not in error.message
    assert error.stack_trace is None
    assert read.error is not None
    assert read.error_emitted


def test_a_window_that_failed_holds_the_mark_before_it(api: rm.Mocker, waits: list[float]) -> None:
    def answer(request: Any, context: Any) -> Any:
        if request.qs["starttime"][0].startswith("2026-11-10"):
            context.status_code = 500
        return [row()]

    api.get(EXTSUM_URL, json=answer)
    read = Read(start_date="2026-11-01", num_workers=2)
    assert read.marks == {"acmecorp": "2026-11-09"}
    (error,) = read.errors
    assert error.failure_type is FailureType.transient_error
    assert "extension_summary, PBX acmecorp, 2026-11-10" in error.message
    assert len(waits) == 5


def test_a_token_that_is_rejected_is_renewed_once(api: rm.Mocker) -> None:
    tokens = api.post(TOKEN_URL, [{"json": token("first-token-1234")}, {"json": token("second-token-5678")}])

    def answer(request: Any, context: Any) -> Any:
        if request.headers["Authorization"] == "Bearer first-token-1234":
            context.status_code = 401
            return {"error": "invalid_token"}
        return [row()]

    api.get(EXTSUM_URL, json=answer)
    read = Read(start_date="2026-11-01", num_workers=10)
    assert read.error is None
    assert len(read.rows) == 24
    assert tokens.call_count == 2


def test_a_fresh_token_that_is_rejected_is_an_error(api: rm.Mocker) -> None:
    tokens = api.post(TOKEN_URL, [{"json": token(f"token-number-{n}")} for n in range(9)])
    report = api.get(EXTSUM_URL, status_code=401, json={"error": "invalid_token"})
    read = Read()
    assert (tokens.call_count, report.call_count) == (4, 7)
    assert read.errors[0].failure_type is FailureType.config_error
