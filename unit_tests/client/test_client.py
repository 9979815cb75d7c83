"""One report or list from 8x8: what is sent, what is retried, and what is raised."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pendulum
import pytest
import requests_mock as rm

from source_8x8_work_analytics import clock, messages
from source_8x8_work_analytics.client import client as module
from source_8x8_work_analytics.client.authenticator import Target, WorkAnalyticsAuthenticator
from source_8x8_work_analytics.client.client import Client
from source_8x8_work_analytics.client.http import Http, Response
from source_8x8_work_analytics.client.retries import SIGN_IN, Reader, Retrier, Retries
from source_8x8_work_analytics.errors import ConnectorError, RetryableError
from testing.builders import BASE_URL, EXTSUM_URL, TOKEN_URL, client, settings, token
from unit_tests.conftest import NOW

READER = Reader("extension_summary", "acmecorp")
RETRIES = Retries()
COMPSUM_URL = f"{BASE_URL}/v1/compsum"


@pytest.fixture(autouse=True)
def tokens(api: rm.Mocker) -> Any:
    return api.post(TOKEN_URL, [{"json": token(f"token-number-{n}")} for n in range(20)])


def get(client: Client, path: str = "v2/extsum", reader: Reader = READER) -> Any:
    return client.get(
        reader, path, {"pbxId": reader.pbx}, lambda response: orjson.loads(response.body)
    ).content


def test_request_has_key_token_and_query_and_is_parsed(api: rm.Mocker) -> None:
    report = api.get(EXTSUM_URL, json=[1, 2])
    assert get(client()) == [1, 2]
    sent = report.last_request
    assert sent
    assert sent.qs == {"pbxid": ["acmecorp"]}
    assert sent.headers["8x8-apikey"] == "unit-test-key-0123456789"
    assert sent.headers["Authorization"] == "Bearer token-number-0"


def test_its_parts_are_built_as_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[tuple[Any, ...]] = []

    class Noted(Http):
        def __init__(self, *args: Any) -> None:
            built.append(args)
            super().__init__(*args)

    monkeypatch.setattr(module, "Http", Noted)
    mine = settings(num_workers=9)
    assert Client(mine, Retries(read_timeout=5.0), 7).retrier.limiter.size == 7
    found = Client(mine)
    assert built == [(7, 5.0), (9, RETRIES.read_timeout)]
    assert (found.settings, found.retrier.limiter.size, found.retrier.retries) == (mine, 9, RETRIES)


def test_renewals_and_successes_are_recorded_for_their_target(
    api: rm.Mocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded: list[Any] = []

    class Recorded(WorkAnalyticsAuthenticator):
        def renew(self, response: Response, target: Target, rejected: int) -> float:
            recorded.append((response.status, target, rejected))
            return 0.0

        def record_success(self, response: Response, target: Target) -> None:
            recorded.append((response.status, target))

    monkeypatch.setattr(module, "WorkAnalyticsAuthenticator", Recorded)
    api.get(EXTSUM_URL, [{"status_code": 401}, {"status_code": 401}, {"json": []}])
    target = Target(READER, "v2/extsum")
    assert get(client()) == []
    assert recorded == [(401, target, 1), (401, target, 2), (200, target)]


def test_tries_are_those_of_the_reader(api: rm.Mocker, monkeypatch: pytest.MonkeyPatch) -> None:
    readers: list[Reader] = []

    class Recorded(Retrier):
        def call(self, reader: Reader, attempt: Callable[[], Any]) -> Any:
            readers.append(reader)
            return super().call(reader, attempt)

    monkeypatch.setattr(module, "Retrier", Recorded)
    api.get(EXTSUM_URL, json=[])
    get(client())
    assert readers == [READER, SIGN_IN]


@pytest.mark.parametrize("status", [204, 206, 304, 408, 409, 425, 429, 500, 503])
def test_transient_status_is_retried(api: rm.Mocker, waits: list[float], status: int) -> None:
    report = api.get(EXTSUM_URL, [{"status_code": status}, {"status_code": status}, {"json": []}])
    assert get(client()) == []
    assert report.call_count == 3
    assert len(waits) == 2


@pytest.mark.parametrize("status", [409, 425, 304])
def test_transient_status_is_reported_after_its_tries(api: rm.Mocker, status: int) -> None:
    report = api.get(EXTSUM_URL, status_code=status)
    with pytest.raises(ConnectorError) as failed:
        get(client())
    assert failed.value.problem is messages.HTTP_ERROR
    assert f"HTTP {status} for the report, 6 times in a row" in str(failed.value)
    assert report.call_count == RETRIES.tries


def test_response_that_is_not_a_report_is_retried(api: rm.Mocker, waits: list[float]) -> None:
    def parse(response: Response) -> str:
        if response.body != b"good":
            raise RetryableError(messages.NOT_JSON)
        return "rows"

    api.get(EXTSUM_URL, [{"text": "<html>"}, {"text": "good"}])
    assert client().get(READER, "v2/extsum", {}, parse).content == "rows"
    assert len(waits) == 1


@pytest.mark.parametrize("denied", [messages.PBX_DENIED, messages.QUEUES_DENIED])
def test_denial_is_reported_in_the_words_of_the_report(api: rm.Mocker, denied: Any) -> None:
    report = api.get(EXTSUM_URL, status_code=403)
    with pytest.raises(ConnectorError) as failed:
        client().get(READER, "v2/extsum", {}, lambda _: None, denied)
    assert failed.value.problem is denied
    assert report.call_count == 1


def rejecting(*rejected: str) -> Callable[[Any, Any], Any]:
    """A report that rejects these tokens."""

    def respond(request: Any, context: Any) -> Any:
        if request.headers["Authorization"].removeprefix("Bearer ") in rejected:
            context.status_code = 401
            return {"error": "invalid_token"}
        return []

    return respond


def test_rejected_token_is_renewed_and_the_request_sent_again(api: rm.Mocker, tokens: Any) -> None:
    report = api.get(EXTSUM_URL, json=rejecting("token-number-0"))
    mine = client()
    assert get(mine) == get(mine) == []
    assert (report.call_count, tokens.call_count) == (3, 2)


def test_rejections_do_not_count_as_tries(api: rm.Mocker, tokens: Any, waits: list[float]) -> None:
    rejected = {"status_code": 401}
    busy = {"status_code": 503}
    api.get(EXTSUM_URL, [busy, rejected, busy, rejected, busy, busy, busy, {"json": []}])
    assert get(client()) == []
    assert waits.count(5.0) == 1, "the new token was given time"


def test_one_endpoint_that_rejects_every_token_is_denied_and_the_others_go_on(
    api: rm.Mocker, tokens: Any
) -> None:
    api.get(COMPSUM_URL, json=[])
    report = api.get(EXTSUM_URL, status_code=401)
    mine = client()
    get(mine, "v1/compsum", Reader("company_summary", "acmecorp"))
    with pytest.raises(ConnectorError) as failed:
        get(mine)
    assert failed.value.problem is messages.TOKEN_DENIED
    assert tokens.call_count == 3
    assert report.call_count <= 5
    assert get(mine, "v1/compsum", Reader("company_summary", "acmecorp")) == []
    assert tokens.call_count == 3


def test_second_endpoint_of_one_reader_is_denied_while_its_first_goes_on(api: rm.Mocker, tokens: Any) -> None:
    """Ring groups are listed, but not their members."""
    api.get(f"{BASE_URL}/v2/rgsum-groups", json=[])
    api.get(f"{BASE_URL}/v2/rgsum-members", status_code=401)
    mine = client()
    reader = Reader("ring_group_member_summary", "acmecorp")
    get(mine, "v2/rgsum-groups", reader)
    with pytest.raises(ConnectorError) as failed:
        get(mine, "v2/rgsum-members", reader)
    assert failed.value.problem is messages.TOKEN_DENIED
    assert tokens.call_count == 3


def test_one_pbx_that_rejects_every_token_is_denied(api: rm.Mocker, tokens: Any) -> None:
    def respond(request: Any, context: Any) -> Any:
        context.status_code = 401 if request.qs["pbxid"] == ["acme-europe"] else 200
        return []

    api.get(EXTSUM_URL, json=respond)
    mine = client()
    get(mine)
    for _ in range(2):
        with pytest.raises(ConnectorError) as failed:
            get(mine, reader=Reader("extension_summary", "acme-europe"))
        assert failed.value.problem is messages.TOKEN_DENIED
    assert get(mine) == []
    assert tokens.call_count == 3


def test_endpoint_is_denied_after_a_sign_in_that_took_time(
    api: rm.Mocker, tokens: Any, waits: list[float]
) -> None:
    """The first request waits for the sign-in; its success still counts as one of the new token."""
    api.post(TOKEN_URL, [{"status_code": 503}, *({"json": token(f"token-number-{n}")} for n in range(9))])
    api.get(COMPSUM_URL, json=[])
    api.get(EXTSUM_URL, status_code=401)
    mine = client()
    get(mine, "v1/compsum", Reader("company_summary", "acmecorp"))
    assert len(waits) == 1
    with pytest.raises(ConnectorError) as failed:
        get(mine)
    assert failed.value.problem is messages.TOKEN_DENIED


def test_all_tokens_rejected_from_the_start_end_everything(api: rm.Mocker, tokens: Any) -> None:
    report = api.get(EXTSUM_URL, status_code=401)
    with pytest.raises(ConnectorError) as failed:
        get(client())
    assert failed.value.problem is messages.TOKENS_REJECTED
    assert failed.value.service_wide
    assert (report.call_count, tokens.call_count) == (7, 4)


def sent(api: rm.Mocker, mine: Client, date: str | None) -> Any:
    api.get(EXTSUM_URL, json=[], headers={"Date": date} if date else {})
    return mine.get(READER, "v2/extsum", {}, lambda _: None).sent


def test_moment_of_a_request_is_corrected_by_the_date_of_its_response(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    mine = client()
    assert sent(api, mine, None) == NOW
    assert sent(api, mine, "Tue, 24 Nov 2026 15:30:20 GMT") == NOW
    assert not caplog.records
    an_hour_ago = pendulum.datetime(2026, 11, 24, 14, 30, tz="UTC")
    assert abs(sent(api, mine, "Tue, 24 Nov 2026 14:30:00 GMT") - an_hour_ago) < timedelta(seconds=5)
    assert caplog.messages == [messages.CLOCK_SKEW.text(minutes=60, direction="ahead of")]


def test_moment_of_a_request_is_that_after_its_sign_in(
    api: rm.Mocker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A sign-in that took ten minutes is no difference between the clocks."""
    caplog.set_level(logging.WARNING)
    moments = [NOW]
    monkeypatch.setattr(clock, "now", lambda: moments[-1])

    def sign_in(*_: Any) -> Any:
        moments.append(NOW.add(minutes=10))
        return token()

    api.post(TOKEN_URL, json=sign_in)
    assert sent(api, client(), "Tue, 24 Nov 2026 15:40:00 GMT") == NOW.add(minutes=10)
    assert not caplog.records
