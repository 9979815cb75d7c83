"""What the doctor sends, how often, and what it makes of the responses."""

from typing import Any

import pytest
import requests_mock as rm
from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics.doctor.asking import MAX_REQUESTS, Account
from source_8x8_work_analytics.doctor.model import Exchange, RequestLimitReached
from source_8x8_work_analytics.doctor.streams import listing, report
from source_8x8_work_analytics.settings import Settings
from testing.builders import EXTSUM_URL, PBXES_URL, TOKEN_URL, config, row, token
from unit_tests.conftest import NOW

REPORT = report("extension_summary", "acmecorp", "2026-11-22 00:00:00", "2026-11-22 23:59:59", "UTC")


@pytest.fixture
def exchanges() -> list[Exchange]:
    return []


@pytest.fixture
def account(api: rm.Mocker, exchanges: list[Exchange]) -> Account:
    api.post(TOKEN_URL, json=token())
    return Account(Settings.from_config(config(), NOW), exchanges)


def test_a_report_is_asked_for_as_a_sync_does(
    api: rm.Mocker, account: Account, exchanges: list[Exchange]
) -> None:
    api.get(EXTSUM_URL, json=[row()])

    answer = account.fetch(REPORT)

    assert (answer.status, answer.rows, answer.problem) == (200, [row()], "")
    sent = api.request_history[-1]
    assert sent.qs == {
        "pbxid": ["acmecorp"],
        "starttime": ["2026-11-22 00:00:00"],
        "endtime": ["2026-11-22 23:59:59"],
        "timezone": ["utc"],
    }
    assert sent.headers["8x8-apikey"] == config()["api_key"]
    assert [(e.stream, e.status, e.alone) for e in exchanges] == [
        ("", 200, True),
        ("extension_summary", 200, True),
    ]
    assert account.http.sent == 2


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (400, {"code": "105-400-038", "message": "user(jane.doe) …"}, "HTTP 400, 105-400-038"),
        (400, {"code": "jane.doe@acme.example"}, "HTTP 400"),
        (400, {"code": "acmecorp"}, "HTTP 400"),
        (400, {"code": 1001}, "HTTP 400"),
        (403, {"error": "Access Denied", "message": "pbxId(acmecorp)"}, "HTTP 403"),
        (404, None, "HTTP 404"),
    ],
)
def test_a_refusal_is_an_answer_that_names_nobody(
    api: rm.Mocker, account: Account, status: int, body: Any, problem: str
) -> None:
    api.get(EXTSUM_URL, json=body, status_code=status)

    answer = account.fetch(REPORT)

    assert (answer.status, answer.problem, answer.refused) == (status, problem, True)
    assert account.http.sent == 2


def test_a_fault_that_passes_is_tried_again(api: rm.Mocker, account: Account, waits: list[float]) -> None:
    api.get(EXTSUM_URL, [{"status_code": 503}, {"text": "<html>"}, {"json": [row()]}])

    assert account.fetch(REPORT).rows == [row()]
    assert len(waits) == 2


def test_one_report_that_keeps_failing_does_not_end_the_run(api: rm.Mocker, account: Account) -> None:
    api.get(PBXES_URL, json={"_embedded": {"pbxList": []}, "page": {"number": 0, "totalPages": 1}})
    api.get(EXTSUM_URL, status_code=503)
    account.fetch(listing("pbxes"))

    answer = account.fetch(REPORT)

    assert (answer.status, answer.rows) == (0, [])
    assert answer.problem == "8x8 answered extension_summary with HTTP 503"
    assert account.fetch(listing("pbxes")).problem == ""


def test_a_service_that_does_not_respond_ends_the_run(
    api: rm.Mocker, account: Account, waits: list[float]
) -> None:
    api.get(EXTSUM_URL, status_code=503)
    api.get(PBXES_URL, status_code=503)

    for request in (listing("pbxes"), REPORT):
        assert account.fetch(request).problem
    with pytest.raises(AirbyteTracedException, match="8x8 is not responding: run the doctor again") as error:
        account.fetch(REPORT)

    assert error.value.failure_type is FailureType.transient_error
    assert sum(waits) < 20


def test_a_refused_sign_in_is_sent_once(api: rm.Mocker, account: Account) -> None:
    api.post(
        TOKEN_URL, json={"error": "invalid_grant", "error_description": "PASSWORD_ERROR"}, status_code=400
    )

    for _ in range(3):
        with pytest.raises(AirbyteTracedException, match="refused the user name or the password") as error:
            account.fetch(REPORT)
        assert error.value.failure_type is FailureType.config_error

    assert account.http.sent == 1


def test_a_rejected_token_is_renewed(api: rm.Mocker, account: Account) -> None:
    api.get(EXTSUM_URL, [{"status_code": 401}, {"json": [row()]}])

    assert account.fetch(REPORT).rows == [row()]
    assert account.http.sent == 4


def test_a_redirect_is_not_followed(api: rm.Mocker, account: Account) -> None:
    api.get(EXTSUM_URL, status_code=302, headers={"Location": "https://elsewhere.example/"})

    with pytest.raises(AirbyteTracedException, match="redirect"):
        account.fetch(REPORT)

    assert {request.hostname for request in api.request_history} == {"api.8x8.com"}


def test_the_limit_counts_every_request(api: rm.Mocker, account: Account) -> None:
    api.get(EXTSUM_URL, json=[])

    for _ in range(MAX_REQUESTS - 1):  # beside the sign-in
        account.fetch(REPORT)
    with pytest.raises(RequestLimitReached, match="the limit of 120 requests was reached"):
        account.fetch(REPORT)

    assert len(api.request_history) == MAX_REQUESTS == 120


def test_headers_that_speak_of_a_limit_are_noted_and_the_servers_clock(
    api: rm.Mocker, account: Account, exchanges: list[Exchange]
) -> None:
    headers = {
        "X-RateLimit-Limit": "100",
        "RateLimit-Policy": "per user jane.doe",
        "X-Content-Type-Options": "nosniff",
        "Date": "Tue, 24 Nov 2026 15:30:10 GMT",
    }
    api.get(EXTSUM_URL, json=[], headers=headers)

    account.fetch(REPORT)

    assert exchanges[-1].limits == (("x-ratelimit-limit", "100"), ("ratelimit-policy", ""))
    assert exchanges[-1].ahead == 10.5
    assert exchanges[0].ahead is None
