"""Sign in once, and keep the token fresh."""

import threading
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
import requests_mock as rm
from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics import __version__, clock
from source_8x8_work_analytics.client.login import MAX_RENEWALS, REJECTION_WAIT, Login, TokenRejected
from source_8x8_work_analytics.client.service import Retries
from testing.builders import TOKEN_URL, service, token

RETRIES = Retries()


def login(**changes: Any) -> Login:
    return service(**changes).login


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The elapsed time, as the last element."""
    moments = [1000.0]
    monkeypatch.setattr(clock, "elapsed", lambda: moments[-1])
    return moments


@pytest.mark.parametrize(
    "password", ["päss &=+%wörd/?#", "密码 ' \" \\ ;", "%41+%20", " leading and trailing "]
)
def test_the_sign_in_is_a_form_with_the_key_in_a_header(api: rm.Mocker, password: str) -> None:
    endpoint = api.post(TOKEN_URL, json=token())
    headers = login(password=password).headers()
    sent = endpoint.last_request
    assert sent
    assert sent.headers["8x8-apikey"] == "unit-test-key-0123456789"
    assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert sent.headers["User-Agent"] == f"source-8x8-work-analytics/{__version__}"
    assert parse_qs(sent.text, strict_parsing=True) == {
        "username": ["reports@acme.example"],
        "password": [password],
    }
    assert headers == {
        "8x8-apikey": "unit-test-key-0123456789",
        "Authorization": "Bearer unit-test-token-abcdefgh",
    }


def test_one_sign_in_serves_all_threads(api: rm.Mocker) -> None:
    endpoint = api.post(TOKEN_URL, json=token())
    mine = login()
    seen: list[str] = []
    threads = [
        threading.Thread(target=lambda: seen.append(mine.headers()["Authorization"])) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert endpoint.call_count == 1
    assert seen == ["Bearer unit-test-token-abcdefgh"] * 20


@pytest.mark.parametrize(
    ("expires_in", "good_for"),
    [
        (1800, 1680),
        ("1800", 1680),
        (60, 54),
        (None, 1680),
        (-5, 1680),
        (True, 1680),
        (1e10, 1680),
        (1200, 1080),
    ],
)
def test_the_token_is_renewed_before_it_ends(
    api: rm.Mocker, ticks: list[float], expires_in: Any, good_for: float
) -> None:
    endpoint = api.post(TOKEN_URL, json=token(expires_in=expires_in))
    mine = login()
    mine.headers()
    ticks.append(1000.0 + good_for - 1)
    mine.headers()
    assert endpoint.call_count == 1
    ticks.append(1000.0 + good_for)
    mine.headers()
    assert endpoint.call_count == 2


def tokens(api: rm.Mocker) -> Any:
    return api.post(TOKEN_URL, [{"json": token(f"token-number-{n}")} for n in range(9)])


def reject(mine: Login, sent: float) -> float:
    """Reject the present token, for a request that was sent at a moment."""
    return mine.renew(TokenRejected(mine.headers()["Authorization"]), sent)


def test_of_many_rejections_of_one_token_the_first_renews_it(api: rm.Mocker) -> None:
    endpoint = tokens(api)
    mine = login()
    rejected = TokenRejected(mine.headers()["Authorization"])
    assert [mine.renew(rejected, 1000.0) for _ in range(4)] == [0.0] * 4
    assert endpoint.call_count == 2
    assert mine.headers()["Authorization"] == "Bearer token-number-1"


def test_a_new_token_is_given_time_before_the_next_sign_in(api: rm.Mocker, ticks: list[float]) -> None:
    endpoint = tokens(api)
    mine = login()
    assert reject(mine, 1000.0) == 0.0
    assert reject(mine, 1000.0) == REJECTION_WAIT
    ticks.append(1002.0)
    assert reject(mine, 1000.0) == REJECTION_WAIT - 2
    ticks.append(1000.0 + REJECTION_WAIT + 1)
    assert reject(mine, 1001.0) == 0.0, "a request that was sent early says nothing new"
    assert endpoint.call_count == 2
    assert reject(mine, 1000.0 + REJECTION_WAIT) == 0.0
    assert endpoint.call_count == 3


def reject_until_it_ends(mine: Login, ticks: list[float]) -> AirbyteTracedException:
    def reject_on_and_on() -> None:
        for _ in range(50):
            ticks.append(ticks[-1] + reject(mine, ticks[-1]))

    with pytest.raises(AirbyteTracedException) as ended:
        reject_on_and_on()
    return ended.value


def test_after_some_new_tokens_in_a_row_the_configuration_is_wrong(
    api: rm.Mocker, ticks: list[float]
) -> None:
    endpoint = tokens(api)
    mine = login()
    error = reject_until_it_ends(mine, ticks)
    assert error.failure_type is FailureType.config_error
    assert "(api_key, username)" in str(error)
    assert endpoint.call_count == 1 + MAX_RENEWALS


def test_an_accepted_token_starts_the_count_anew(api: rm.Mocker, ticks: list[float]) -> None:
    endpoint = tokens(api)
    mine = login()
    for _ in range(3):
        assert reject(mine, ticks[-1]) == 0.0
        mine.record_success(ticks[-1])
    assert endpoint.call_count == 4
    reject_until_it_ends(mine, ticks)
    assert endpoint.call_count == 4 + MAX_RENEWALS


def test_a_response_that_was_on_its_way_says_nothing_about_a_new_token(
    api: rm.Mocker, ticks: list[float]
) -> None:
    endpoint = tokens(api)
    mine = login()
    mine.headers()
    ticks.append(1001.0)
    reject(mine, 1001.0)
    mine.record_success(1000.0)
    reject_until_it_ends(mine, ticks)
    assert endpoint.call_count == 1 + MAX_RENEWALS


TROUBLES: list[tuple[dict[str, Any], int]] = [
    ({"status_code": 500}, RETRIES.tries),
    ({"status_code": 503}, RETRIES.tries),
    ({"status_code": 408}, RETRIES.tries),
    ({"status_code": 429}, RETRIES.tries_rate_limited),
    ({"exc": requests.exceptions.ConnectTimeout}, RETRIES.tries),
    ({"exc": requests.exceptions.ReadTimeout}, RETRIES.tries),
    ({"exc": requests.exceptions.ConnectionError}, RETRIES.tries),
    ({"exc": requests.exceptions.ChunkedEncodingError}, RETRIES.tries),
    ({"json": {"token_type": "bearer"}}, RETRIES.tries),
    ({"json": {"access_token": "two\nlines"}}, RETRIES.tries),
    ({"json": ["x"]}, RETRIES.tries),
    ({"text": "<html>"}, RETRIES.tries),
]


@pytest.mark.parametrize(("answer", "tries"), TROUBLES, ids=lambda part: str(part)[:45])
def test_a_login_without_answer_is_tried_a_bounded_number_of_times(
    api: rm.Mocker, waits: list[float], answer: dict[str, Any], tries: int
) -> None:
    endpoint = api.post(TOKEN_URL, **answer)
    mine = login()
    for _ in range(2):
        with pytest.raises(AirbyteTracedException) as failed:
            mine.headers()
        assert failed.value.failure_type is FailureType.transient_error
    assert endpoint.call_count == tries
    assert len(waits) == tries - 1
    assert waits[0] < waits[-1] <= 72


@pytest.mark.parametrize(("answer", "tries"), TROUBLES, ids=lambda part: str(part)[:45])
def test_a_login_that_is_answered_in_the_end_is_good(
    api: rm.Mocker, answer: dict[str, Any], tries: int
) -> None:
    endpoint = api.post(TOKEN_URL, [answer, answer, {"json": token()}])
    assert login().headers()["Authorization"] == "Bearer unit-test-token-abcdefgh"
    assert endpoint.call_count == 3
