"""The sign-in request, and the headers of requests that are signed in."""

import threading
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
import requests_mock as rm
from airbyte_cdk.models import FailureType

from source_8x8_work_analytics import __version__, messages
from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.masking import MASK, SECRETS
from source_8x8_work_analytics.messages import Message
from testing.builders import TOKEN_URL, plain_id, token
from unit_tests.client.signing_in import RETRIES, authenticator, headers


@pytest.mark.parametrize(
    "password", ["päss &=+%wörd/?#", "密码 ' \" \\ ;", "%41+%20", " leading and trailing "]
)
def test_sign_in_is_a_form_with_the_key_in_a_header(api: rm.Mocker, password: str) -> None:
    endpoint = api.post(TOKEN_URL, json=token())
    found = headers(authenticator(password=password))
    sent = endpoint.last_request
    assert sent
    assert sent.headers["8x8-apikey"] == "unit-test-key-0123456789"
    assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert sent.headers["User-Agent"] == f"source-8x8-work-analytics/{__version__}"
    assert parse_qs(sent.text, strict_parsing=True) == {
        "username": ["reports@acme.example"],
        "password": [password],
    }
    assert found == {
        "8x8-apikey": "unit-test-key-0123456789",
        "Authorization": "Bearer unit-test-token-abcdefgh",
    }


def test_all_threads_share_one_sign_in(api: rm.Mocker) -> None:
    endpoint = api.post(TOKEN_URL, json=token())
    auth = authenticator()
    seen: list[str] = []
    threads = [
        threading.Thread(target=lambda: seen.append(headers(auth)["Authorization"])) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert endpoint.call_count == 1
    assert seen == ["Bearer unit-test-token-abcdefgh"] * 20


def test_credentials_in_a_netrc_file_are_ignored(
    api: rm.Mocker, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "netrc").write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    endpoint = api.post(TOKEN_URL, json=token())
    headers(authenticator())
    assert endpoint.last_request
    assert "Authorization" not in endpoint.last_request.headers


FAILURES: list[tuple[dict[str, Any], int]] = [
    ({"status_code": 500}, RETRIES.tries),
    ({"status_code": 503}, RETRIES.tries),
    ({"status_code": 204}, RETRIES.tries),
    ({"status_code": 304}, RETRIES.tries),
    ({"status_code": 408}, RETRIES.tries),
    ({"status_code": 409}, RETRIES.tries),
    ({"status_code": 425}, RETRIES.tries),
    ({"status_code": 429}, RETRIES.tries_rate_limited),
    ({"exc": requests.exceptions.ConnectTimeout}, RETRIES.tries),
    ({"exc": requests.exceptions.ReadTimeout}, RETRIES.tries),
    ({"exc": requests.exceptions.ConnectionError}, RETRIES.tries),
    ({"exc": requests.exceptions.ChunkedEncodingError}, RETRIES.tries),
    ({"json": {"token_type": "bearer"}}, RETRIES.tries),
    ({"json": {"access_token": ""}}, RETRIES.tries),
    ({"json": {"access_token": "   "}}, RETRIES.tries),
    ({"json": {"access_token": "two\nlines"}}, RETRIES.tries),
    ({"json": {"access_token": "tökén-with-umlauts"}}, RETRIES.tries),
    ({"json": {"access_token": 12345678}}, RETRIES.tries),
    ({"json": ["x"]}, RETRIES.tries),
    ({"text": "<html>"}, RETRIES.tries),
    ({"text": "[" * 2000}, RETRIES.tries),
]


@pytest.mark.parametrize(("failure", "tries"), FAILURES, ids=plain_id)
def test_sign_in_without_a_result_is_retried_a_bounded_number_of_times(
    api: rm.Mocker, waits: list[float], failure: dict[str, Any], tries: int
) -> None:
    endpoint = api.post(TOKEN_URL, **failure)
    auth = authenticator()
    for _ in range(2):
        with pytest.raises(ConnectorError) as failed:
            headers(auth)
        assert failed.value.failure_type is FailureType.transient_error
        assert failed.value.service_wide
    assert endpoint.call_count == tries
    assert len(waits) == tries - 1
    assert waits[0] < waits[-1] <= 72


@pytest.mark.parametrize(("failure", "tries"), FAILURES, ids=plain_id)
def test_sign_in_that_succeeds_in_the_end_is_good(
    api: rm.Mocker, failure: dict[str, Any], tries: int
) -> None:
    endpoint = api.post(TOKEN_URL, [failure, failure, {"json": token()}])
    assert headers(authenticator())["Authorization"] == "Bearer unit-test-token-abcdefgh"
    assert endpoint.call_count == 3


@pytest.mark.parametrize(
    ("failure", "problem", "values"),
    [
        ({"status_code": 503}, messages.HTTP_ERROR, {"status": 503}),
        ({"exc": requests.exceptions.ReadTimeout}, messages.TIMED_OUT, {}),
    ],
)
def test_errors_of_the_sign_in_say_that_it_was_requested(
    api: rm.Mocker, failure: dict[str, Any], problem: Message, values: dict[str, Any]
) -> None:
    api.post(TOKEN_URL, **failure)
    with pytest.raises(ConnectorError) as failed:
        headers(authenticator())
    assert str(failed.value) == problem.text(RETRIES.tries, requested="the sign-in", **values)


def test_key_and_password_are_secrets_before_anything_is_sent() -> None:
    secrets = {"api_key": "key-of-the-sign-in-test", "password": "password-of-the-sign-in-test"}
    authenticator(**secrets)
    assert [SECRETS.mask(word) for word in secrets.values()] == [MASK, MASK]


def test_sign_in_without_a_token_is_named_as_such(api: rm.Mocker) -> None:
    api.post(TOKEN_URL, json={})
    with pytest.raises(ConnectorError) as failed:
        headers(authenticator())
    assert failed.value.problem is messages.LOGIN_WITHOUT_TOKEN
