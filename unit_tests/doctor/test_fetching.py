"""What the doctor sends, how often, and what it makes of the responses."""

from dataclasses import replace
from typing import Any

import pytest
import requests
import requests_mock as rm
from requests.structures import CaseInsensitiveDict

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.client.http import Http
from source_8x8_work_analytics.client.retries import Reader, Retries
from source_8x8_work_analytics.doctor.fetching import (
    MAX_REQUESTS,
    CountingHttp,
    Fetcher,
    RequestLimitReached,
    exchange_of,
    limits_in,
)
from source_8x8_work_analytics.doctor.observations import (
    OTHER_LIMIT,
    SESSIONS,
    Exchange,
    Request,
    list_request,
)
from source_8x8_work_analytics.errors import ConnectorError, RetryableError
from testing.builders import (
    EXTSUM_URL,
    PBXES_URL,
    TOKEN_URL,
    config,
    response,
    row,
    settings,
    token,
)

PARAMS = {
    "pbxId": "acmecorp",
    "startTime": "2026-11-22 00:00:00",
    "endTime": "2026-11-22 23:59:59",
    "timeZone": "UTC",
}
REPORT = Request("extension_summary", "v2/extsum", tuple(PARAMS.items()))

EMPTY_LIST = {"_embedded": {"pbxList": []}, "page": {"number": 0, "totalPages": 1}}


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
        (400, {"code": "SMITH_ERROR"}, "HTTP 400"),
        (400, {"error": "invalid_jane"}, "HTTP 400"),
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
    assert [sent.path for sent in api.request_history].count("/analytics/work/v2/extsum") == 5
    assert http.sent == 9


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


def test_what_is_sent_to_compare_times_is_alone_or_not(
    api: rm.Mocker, http: CountingHttp, exchanges: list[Exchange], waits: list[float]
) -> None:
    """A report during which two others are sent, one after the other, is not alone; nor are these."""

    def answer(_: Any, __: Any) -> str:
        waits.append(2.5)
        for _ in range(2):
            http.send("GET", PBXES_URL, no_auth, "pbxes")
        return "[]"

    api.get(EXTSUM_URL, [{"status_code": 200, "text": "[]"}, {"text": answer}, {"text": "[]"}])
    api.get(PBXES_URL, status_code=404)
    for _ in range(3):
        http.send("GET", EXTSUM_URL, no_auth, "extension_summary")
    api.get(EXTSUM_URL, exc=requests.ConnectionError)
    with pytest.raises(RetryableError):
        http.send("GET", EXTSUM_URL, no_auth)
    api.get(EXTSUM_URL, status_code=404)
    http.send("GET", EXTSUM_URL, no_auth)

    alone = Exchange("extension_summary", 200, 0.0, alone=True)
    assert exchanges == [
        alone,
        *[Exchange("pbxes", 404, 0.0, alone=False)] * 2,
        Exchange("extension_summary", 200, 2.5, alone=False),
        alone,
        Exchange("", 404, 0.0, alone=True),
    ]
    assert http.sent == 7


def no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def test_two_requests_may_be_in_flight_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[tuple[Any, ...]] = []
    monkeypatch.setattr(Http, "__init__", lambda _, *args: built.append(args))
    CountingHttp([])
    assert built == [(2, 60.0)]


@pytest.mark.parametrize(
    ("headers", "limits"),
    [
        ({"Content-Type": "100"}, ()),
        ({"Retry-After": "120"}, (("retry-after", "120"),)),
        ({"retry-after": "Tue, 24 Nov 2026 15:30:10 GMT"}, (("retry-after", ""),)),
        ({"RateLimit-Remaining": "1,000"}, (("ratelimit-remaining", "1,000"),)),
        ({"X-Rate-Limit-Used-Hour": "1.5"}, (("x-rate-limit-used-hour", "1.5"),)),
        ({"X-RateLimit-Limit": "100;w=60"}, (("x-ratelimit-limit", ""),)),
        ({"X-Quota": "5", "Throttled": "6"}, ((OTHER_LIMIT, ""), (OTHER_LIMIT, ""))),
        ({"X-Retry-After-ana": "7"}, ((OTHER_LIMIT, ""),)),
    ],
)
def test_headers_that_concern_a_rate_limit(headers: dict[str, str], limits: Any) -> None:
    assert limits_in(replace(response(), headers=CaseInsensitiveDict(headers))) == limits


@pytest.mark.parametrize(
    ("date", "ahead"),
    [
        ({}, None),
        ({"Date": "Tue, 24 Nov 2026 15:30:00 GMT"}, 0.5),
        ({"Date": "Tue, 24 Nov 2026 15:29:50 GMT"}, -9.5),
    ],
)
def test_a_response_is_noted(date: dict[str, str], ahead: float | None) -> None:
    found = exchange_of("sites", response(b"", 404, RateLimit_Limit="5", **date), 1.5, alone=False)

    assert found == Exchange("sites", 404, 1.5, alone=False, limits=(("ratelimit-limit", "5"),), ahead=ahead)


def test_each_request_is_registered_with_a_name_of_its_own(api: rm.Mocker, fetcher: Fetcher) -> None:
    api.get(EXTSUM_URL, json=[])
    fetcher.fetch(REPORT)
    fetcher.fetch(REPORT)

    retrier = fetcher._retrier
    assert retrier._readers == {Reader("extension_summary", f"request {number}") for number in (1, 2)}
    assert retrier.retries == Retries(
        tries=3, tries_rate_limited=4, tries_told_to_wait=4, budget=60.0, read_timeout=60.0
    )


def test_a_sign_in_that_is_due_is_not_part_of_the_time_of_a_report(
    api: rm.Mocker, fetcher: Fetcher, exchanges: list[Exchange], waits: list[float]
) -> None:
    def slow_token(_: Any, __: Any) -> dict[str, Any]:
        waits.append(7.0)
        return token()

    api.post(TOKEN_URL, json=slow_token)
    api.get(EXTSUM_URL, json=[])
    fetcher.fetch(REPORT)

    assert [(exchange.seconds, exchange.alone) for exchange in exchanges] == [(7.0, True), (0.0, True)]


NEVER = {"status_code": 503}
ONCE = {"json": EMPTY_LIST}


@pytest.mark.parametrize(
    ("responses", "problem"),
    [
        ([NEVER], "8x8 returned HTTP 503 for sessions, 3 times in a row"),
        ([ONCE, ONCE, NEVER] * 3, "8x8 returned HTTP 503 for sessions, 3 times in a row"),
        ([{"status_code": 403}, ONCE, ONCE], "the token expired at that moment"),
    ],
)
def test_sessions_stays_open_without_two_responses(
    api: rm.Mocker, fetcher: Fetcher, responses: list[dict[str, Any]], problem: str
) -> None:
    api.get(PBXES_URL, responses)

    reply = fetcher.fetch(Request(SESSIONS, "v2/pbxes"))

    assert (reply.status, reply.problem) == (0, problem)


@pytest.mark.parametrize(
    ("last", "status", "problem"),
    [
        ({"status_code": 200}, 200, ""),
        (
            {"status_code": 400, "json": {"code": "105-400-038"}},
            400,
            "HTTP 400, 105-400-038",
        ),
    ],
)
def test_sessions_tells_what_became_of_the_first_token(
    api: rm.Mocker, fetcher: Fetcher, last: dict[str, Any], status: int, problem: str
) -> None:
    api.get(PBXES_URL, [ONCE, ONCE, last])

    reply = fetcher.fetch(Request(SESSIONS, "v2/pbxes", (("page", "7"),)))

    assert (reply.status, reply.rows, reply.problem) == (status, [], problem)
    assert [sent.qs for sent in api.request_history if sent.method == "GET"] == [{"page": ["7"]}] * 3


def test_a_token_that_another_request_was_accepted_with_is_rejected_three_times(
    api: rm.Mocker, fetcher: Fetcher
) -> None:
    def reject(_: Any, context: Any) -> str:
        fetcher.fetch(list_request("pbxes"))
        context.status_code = 401
        return ""

    api.get(PBXES_URL, json=EMPTY_LIST)
    api.get(EXTSUM_URL, text=reject)

    assert fetcher.fetch(REPORT).status == 401
    assert [sent.path for sent in api.request_history].count("/analytics/work/v2/extsum") == 3


def test_a_report_that_was_read_may_be_denied_later(api: rm.Mocker, fetcher: Fetcher) -> None:
    api.get(EXTSUM_URL, [{"json": []}, {"status_code": 401}])

    assert [fetcher.fetch(REPORT).status for _ in range(2)] == [200, 401]


def test_a_service_that_rejects_every_token_ends_the_run(api: rm.Mocker, fetcher: Fetcher) -> None:
    api.get(EXTSUM_URL, status_code=401)

    with pytest.raises(ConnectorError) as error:
        fetcher.fetch(REPORT)
    assert error.value.problem is messages.TOKENS_REJECTED


@pytest.mark.parametrize("stream", ["extension_summary", SESSIONS])
def test_a_failure_says_what_was_requested(api: rm.Mocker, fetcher: Fetcher, stream: str) -> None:
    api.get(EXTSUM_URL, text="[]", headers={"Content-Length": "x"})
    api.get(PBXES_URL, json=EMPTY_LIST)
    fetcher.fetch(list_request("pbxes"))
    again = Request(stream, "v2/extsum")

    problems = [fetcher.fetch(again).problem, fetcher.fetch(again).problem]
    assert problems == [f"8x8 sent a malformed response instead of {stream}, 3 times in a row"] * 2
