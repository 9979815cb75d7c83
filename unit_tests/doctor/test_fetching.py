"""What the doctor sends, how often, and what it makes of the responses."""

from typing import Any

import pytest
import requests_mock as rm

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.doctor.fetching import (
    MAX_REQUESTS,
    CountingHttp,
    Fetcher,
    RequestLimitReached,
)
from source_8x8_work_analytics.doctor.observations import (
    OTHER_LIMIT,
    SESSIONS,
    Exchange,
    Request,
    list_request,
)
from source_8x8_work_analytics.errors import ConnectorError
from testing.builders import EXTSUM_URL, PBXES_URL, TOKEN_URL, config, row, settings, token

PARAMS = {
    "pbxId": "acmecorp",
    "startTime": "2026-11-22 00:00:00",
    "endTime": "2026-11-22 23:59:59",
    "timeZone": "UTC",
}
REPORT = Request("extension_summary", "v2/extsum", tuple(PARAMS.items()))


@pytest.fixture
def exchanges() -> list[Exchange]:
    return []


@pytest.fixture
def http(exchanges: list[Exchange]) -> CountingHttp:
    return CountingHttp(exchanges)


@pytest.fixture
def fetcher(api: rm.Mocker, http: CountingHttp) -> Fetcher:
    api.post(TOKEN_URL, json=token())
    return Fetcher(settings(), http)


def test_a_report_is_requested_as_a_sync_does(
    api: rm.Mocker, fetcher: Fetcher, http: CountingHttp, exchanges: list[Exchange]
) -> None:
    api.get(EXTSUM_URL, json=[row()])

    reply = fetcher.fetch(REPORT)

    assert (reply.status, reply.rows, reply.problem) == (200, [row()], "")
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
    assert http.sent == 2


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (400, {"code": "105-400-038", "message": "user(jane.doe) …"}, "HTTP 400, 105-400-038"),
        (400, {"code": "jane.doe@acme.example"}, "HTTP 400"),
        (400, {"code": "acmecorp"}, "HTTP 400"),
        (400, {"code": 1001}, "HTTP 400"),
        (400, {"code": "ANA-SMITH-1001"}, "HTTP 400"),
        (400, {"code": "105-400-0381"}, "HTTP 400"),
        (403, {"error": "Access Denied", "message": "pbxId(acmecorp)"}, "HTTP 403"),
        (404, None, "HTTP 404"),
    ],
)
def test_a_rejected_request_is_a_reply_without_names(
    api: rm.Mocker, fetcher: Fetcher, http: CountingHttp, status: int, body: Any, problem: str
) -> None:
    api.get(EXTSUM_URL, json=body, status_code=status)

    reply = fetcher.fetch(REPORT)

    assert (reply.status, reply.problem, reply.rejected) == (status, problem, True)
    assert http.sent == 2


def test_a_transient_failure_is_retried(
    api: rm.Mocker, fetcher: Fetcher, http: CountingHttp, waits: list[float]
) -> None:
    api.get(EXTSUM_URL, [{"status_code": 503}, {"text": "<html>"}, {"json": [row()]}])

    assert fetcher.fetch(REPORT).rows == [row()]
    assert len(waits) == 2


def test_one_report_that_keeps_failing_does_not_end_the_run(
    api: rm.Mocker, fetcher: Fetcher, http: CountingHttp
) -> None:
    api.get(PBXES_URL, json={"_embedded": {"pbxList": []}, "page": {"number": 0, "totalPages": 1}})
    api.get(EXTSUM_URL, status_code=503)
    fetcher.fetch(list_request("pbxes"))

    reply = fetcher.fetch(REPORT)

    assert (reply.status, reply.rows) == (0, [])
    assert reply.problem == "8x8 returned HTTP 503 for extension_summary, 3 times in a row"
    assert fetcher.fetch(list_request("pbxes")).problem == ""


def test_a_service_that_does_not_respond_ends_the_run(
    api: rm.Mocker, fetcher: Fetcher, http: CountingHttp, waits: list[float]
) -> None:
    api.get(EXTSUM_URL, status_code=503)
    api.get(PBXES_URL, status_code=503)

    for request in (list_request("pbxes"), REPORT):
        assert fetcher.fetch(request).problem
    with pytest.raises(ConnectorError) as error:
        fetcher.fetch(REPORT)

    assert error.value.problem is messages.SERVICE_DOWN
    assert sum(waits) < 20


def test_a_rejected_sign_in_is_sent_once(api: rm.Mocker, fetcher: Fetcher, http: CountingHttp) -> None:
    api.post(
        TOKEN_URL, json={"error": "invalid_grant", "error_description": "PASSWORD_ERROR"}, status_code=400
    )

    for _ in range(3):
        with pytest.raises(ConnectorError) as error:
            fetcher.fetch(REPORT)
        assert error.value.problem is messages.LOGIN_REJECTED

    assert http.sent == 1


def test_a_rejected_token_is_renewed(api: rm.Mocker, fetcher: Fetcher, http: CountingHttp) -> None:
    api.get(EXTSUM_URL, [{"status_code": 401}, {"json": [row()]}])

    assert fetcher.fetch(REPORT).rows == [row()]
    assert http.sent == 4


def test_a_redirect_is_not_followed(api: rm.Mocker, fetcher: Fetcher, http: CountingHttp) -> None:
    api.get(EXTSUM_URL, status_code=302, headers={"Location": "https://elsewhere.example/"})

    with pytest.raises(ConnectorError) as error:
        fetcher.fetch(REPORT)

    assert error.value.problem is messages.REDIRECT

    assert {request.hostname for request in api.request_history} == {"api.8x8.com"}


def test_the_limit_counts_every_request(api: rm.Mocker, fetcher: Fetcher, http: CountingHttp) -> None:
    api.get(EXTSUM_URL, json=[])

    for _ in range(MAX_REQUESTS - 1):  # next to the sign-in
        fetcher.fetch(REPORT)
    with pytest.raises(RequestLimitReached, match="the limit of 120 requests was reached"):
        fetcher.fetch(REPORT)

    assert len(api.request_history) == MAX_REQUESTS == 120


def test_headers_of_a_rate_limit_and_the_servers_clock_are_noted(
    api: rm.Mocker, fetcher: Fetcher, http: CountingHttp, exchanges: list[Exchange]
) -> None:
    headers = {
        "X-RateLimit-Limit": "100",
        "RateLimit-Policy": "per user jane.doe",
        "X-RateLimit-ana@acme.example-1001": "5",
        "X-Content-Type-Options": "nosniff",
        "Date": "Tue, 24 Nov 2026 15:30:10 GMT",
    }
    api.get(EXTSUM_URL, json=[], headers=headers)

    fetcher.fetch(REPORT)

    assert exchanges[-1].limits == (
        ("x-ratelimit-limit", "100"),
        ("ratelimit-policy", ""),
        (OTHER_LIMIT, ""),
    )
    assert exchanges[-1].ahead == 10.5
    assert exchanges[0].ahead is None


def test_one_stream_that_rejects_every_token_is_a_reply_like_others(
    api: rm.Mocker, fetcher: Fetcher, http: CountingHttp
) -> None:
    api.get(EXTSUM_URL, status_code=401)
    api.get(PBXES_URL, json=EMPTY_LIST)
    fetcher.fetch(list_request("pbxes"))

    reply = fetcher.fetch(REPORT)

    assert (reply.status, reply.problem, reply.rejected) == (401, "HTTP 401", True)
    assert http.sent < 10


EMPTY_LIST = {"_embedded": {"pbxList": []}, "page": {"number": 0, "totalPages": 1}}


@pytest.mark.parametrize(("last", "status"), [(200, 200), (401, 401)])
def test_sessions_uses_the_first_token_after_a_second_sign_in(
    api: rm.Mocker, fetcher: Fetcher, http: CountingHttp, last: int, status: int
) -> None:
    api.post(TOKEN_URL, [{"json": token("first-token-abcdefgh")}, {"json": token("second-token-abcdefgh")}])
    api.get(PBXES_URL, [{"json": EMPTY_LIST}, {"json": EMPTY_LIST}, {"json": {}, "status_code": last}])

    reply = fetcher.fetch(Request(SESSIONS, "v2/pbxes"))

    assert reply.status == status
    used = [
        sent.headers["Authorization"].split("-")[0] for sent in api.request_history if sent.method == "GET"
    ]
    assert used == ["Bearer first", "Bearer second", "Bearer first"]
    assert http.sent == 5


def test_a_second_sign_in_that_is_rejected_leaves_sessions_open(api: rm.Mocker, fetcher: Fetcher) -> None:
    rejected = {"json": {"error": "invalid_grant"}, "status_code": 400}
    api.post(TOKEN_URL, [{"json": token()}, rejected])
    api.get(PBXES_URL, json=EMPTY_LIST)

    reply = fetcher.fetch(Request(SESSIONS, "v2/pbxes"))

    assert reply.status == 0
    assert reply.problem.startswith("8x8 rejected the user name or the password")
    assert fetcher.fetch(list_request("pbxes")).status == 200


def test_a_token_that_expires_meanwhile_leaves_sessions_open(api: rm.Mocker, fetcher: Fetcher) -> None:
    api.post(TOKEN_URL, [{"json": token(f"token-{number}-abcdefgh", 1e-14)} for number in range(9)])
    api.get(PBXES_URL, json=EMPTY_LIST)

    reply = fetcher.fetch(Request(SESSIONS, "v2/pbxes"))

    assert (reply.status, reply.problem) == (0, "the token expired at that moment")
