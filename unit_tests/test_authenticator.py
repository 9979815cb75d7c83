import threading
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
import requests_mock as rm
from airbyte_cdk.models import FailureType
from airbyte_cdk.sources.streams.http.requests_native_auth.abstract_oauth import AbstractOauth2Authenticator
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics import __version__, clock
from source_8x8_work_analytics.client import authenticator as authentication
from source_8x8_work_analytics.client.authenticator import WorkAnalyticsAuthenticator
from source_8x8_work_analytics.client.service import MAX_TRIES, MAX_TRIES_TOO_MANY
from testing.builders import TOKEN_URL, config, token


def authenticator(**changes: Any) -> WorkAnalyticsAuthenticator:
    return WorkAnalyticsAuthenticator(config=config(**changes))


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The elapsed time, as the last element."""
    moments = [1000.0]
    monkeypatch.setattr(clock, "elapsed", lambda: moments[-1])
    return moments


def test_it_is_the_cdks_kind_of_authenticator() -> None:
    assert isinstance(authenticator(), AbstractOauth2Authenticator)


@pytest.mark.parametrize(
    "password", ["päss &=+%wörd/?#", "密码 ' \" \\ ;", "%41+%20", " leading and trailing "]
)
def test_the_login_is_a_form_with_the_key_in_a_header(api: rm.Mocker, password: str) -> None:
    login = api.post(TOKEN_URL, json=token())
    headers = authenticator(password=password).get_auth_header()
    sent = login.last_request
    assert sent
    assert sent.headers["8x8-apikey"] == "unit-test-key-0123456789"
    assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert sent.headers["User-Agent"] == f"source-8x8-work-analytics/{__version__}"
    assert parse_qs(sent.text, strict_parsing=True) == {
        "username": ["reports@acme.example"],
        "password": [password],
    }
    assert str(sent.timeout) == str(authentication.TIME_OUT)
    assert headers == {
        "User-Agent": f"source-8x8-work-analytics/{__version__}",
        "8x8-apikey": "unit-test-key-0123456789",
        "Authorization": "Bearer unit-test-token-abcdefgh",
    }


def test_one_login_serves_all_streams_and_threads(api: rm.Mocker) -> None:
    login = api.post(TOKEN_URL, json=token())
    streams = [authenticator() for _ in range(5)]
    threads = [threading.Thread(target=streams[i % 5].get_auth_header) for i in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert login.call_count == 1


@pytest.mark.parametrize(
    ("expires_in", "good_for"),
    [(1800, 1680), ("1800", 1680), (60, 54), (None, 1680), (-5, 1680), (True, 1680)],
)
def test_the_token_is_renewed_before_it_ends(
    api: rm.Mocker, ticks: list[float], expires_in: Any, good_for: float
) -> None:
    login = api.post(TOKEN_URL, json=token(expires_in=expires_in))
    mine = authenticator()
    mine.get_auth_header()
    ticks.append(1000.0 + good_for - 1)
    mine.get_auth_header()
    assert login.call_count == 1
    ticks.append(1000.0 + good_for)
    mine.get_auth_header()
    assert login.call_count == 2


def test_of_many_rejections_of_one_token_the_first_renews_it(api: rm.Mocker) -> None:
    login = api.post(TOKEN_URL, [{"json": token("first-token-1234")}, {"json": token("second-token-5678")}])
    one, other = authenticator(), authenticator()
    rejected = one.get_auth_header()["Authorization"]
    for mine in (one, other, one, other):
        mine.renew_if_still(rejected)
    assert login.call_count == 2
    assert other.get_auth_header()["Authorization"] == "Bearer second-token-5678"


REFUSALS = [
    (400, {"code": "SHA001", "message": "Invalid 8x8-apikey"}, "Admin Console > API Keys"),
    (400, {"error": "invalid_grant", "error_description": "USER_NOTFOUND_ERROR"}, "USER_NOTFOUND_ERROR"),
    (400, {"error": "invalid_grant", "error_description": "user jane@x.example is locked"}, "invalid_grant"),
    (401, None, "HTTP 401"),
    (403, {"messages": ["no"]}, "HTTP 403"),
    (400, None, "in a browser at least once"),
]


@pytest.mark.parametrize(("status", "body", "said"), REFUSALS, ids=lambda part: str(part)[:25])
def test_a_refused_login_is_said_and_never_tried_again(
    api: rm.Mocker, waits: list[float], status: int, body: Any, said: str
) -> None:
    login = api.post(TOKEN_URL, status_code=status, json=body)
    for mine in (authenticator(), authenticator()):
        with pytest.raises(AirbyteTracedException) as refused:
            mine.get_auth_header()
        assert refused.value.failure_type is FailureType.config_error
        assert said in str(refused.value)
        assert "jane" not in str(refused.value)
    assert login.call_count == 1
    assert waits == []


TROUBLES: list[tuple[dict[str, Any], int]] = [
    ({"status_code": 500}, MAX_TRIES),
    ({"status_code": 503}, MAX_TRIES),
    ({"status_code": 408}, MAX_TRIES),
    ({"status_code": 429}, MAX_TRIES_TOO_MANY),
    ({"exc": requests.exceptions.ConnectTimeout}, MAX_TRIES),
    ({"exc": requests.exceptions.ReadTimeout}, MAX_TRIES),
    ({"exc": requests.exceptions.ConnectionError}, MAX_TRIES),
    ({"exc": requests.exceptions.ChunkedEncodingError}, MAX_TRIES),
    ({"json": {"token_type": "bearer"}}, MAX_TRIES),
    ({"json": {"access_token": "two\nlines"}}, MAX_TRIES),
    ({"json": ["x"]}, MAX_TRIES),
    ({"text": "<html>"}, MAX_TRIES),
]


@pytest.mark.parametrize(("answer", "tries"), TROUBLES, ids=lambda part: str(part)[:45])
def test_a_login_without_answer_is_tried_a_bounded_number_of_times(
    api: rm.Mocker, waits: list[float], answer: dict[str, Any], tries: int
) -> None:
    login = api.post(TOKEN_URL, **answer)
    mine = authenticator()
    for _ in range(2):
        with pytest.raises(AirbyteTracedException) as failed:
            mine.get_auth_header()
        assert failed.value.failure_type is FailureType.transient_error
    assert login.call_count == tries
    assert len(waits) == tries - 1
    assert waits[0] < waits[-1] <= 72


@pytest.mark.parametrize(("answer", "tries"), TROUBLES, ids=lambda part: str(part)[:45])
def test_a_login_that_is_answered_in_the_end_is_good(
    api: rm.Mocker, answer: dict[str, Any], tries: int
) -> None:
    login = api.post(TOKEN_URL, [answer, answer, {"json": token()}])
    assert authenticator().get_auth_header()["Authorization"] == "Bearer unit-test-token-abcdefgh"
    assert login.call_count == 3


def test_a_redirect_is_not_followed_with_the_password(api: rm.Mocker) -> None:
    api.post(TOKEN_URL, status_code=302, headers={"Location": "https://evil.example/"})
    with pytest.raises(AirbyteTracedException, match="did not accept the login"):
        authenticator().get_auth_header()


def test_what_the_cdks_interface_asks_for(api: rm.Mocker) -> None:
    api.post(TOKEN_URL, json=token())
    mine = authenticator()
    assert mine.access_token == ""
    assert mine.auth_header == "Authorization"
    assert mine.token == "Bearer unit-test-token-abcdefgh"
    assert mine.access_token == "unit-test-token-abcdefgh"
    assert mine.get_token_refresh_endpoint() == TOKEN_URL
    assert mine.get_token_expiry_date().timestamp() > 0
    assert (mine.get_access_token_name(), mine.get_expires_in_name()) == ("access_token", "expires_in")
    request = requests.Request("GET", "https://x.example").prepare()
    assert mine(request).headers["8x8-apikey"] == "unit-test-key-0123456789"
