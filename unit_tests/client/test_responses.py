from typing import Any

import orjson
import pytest
import requests
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from hypothesis import given
from hypothesis import strategies as st

from source_8x8_work_analytics.client.responses import (
    code_in,
    json_in,
    raise_if_no_answer,
    redirect_error,
    refusal,
    retryable,
    status_with_code,
)
from source_8x8_work_analytics.errors import RetryableError


def response(
    status: int = 503, body: bytes = b"", headers: dict[str, str] | None = None
) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made._content = body
    made.headers.update(headers or {})
    return made


DATE = "Tue, 24 Nov 2026 15:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": " 0 "}, None),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "٣"}, None),
        ({"Retry-After": "9" * 400}, 999999999.0),
        # by the clock of the server, whatever ours says
        ({"Retry-After": "Tue, 24 Nov 2026 15:01:30 GMT", "Date": DATE}, 90.0),
        ({"Retry-After": "Tue, 24 Nov 2026 14:00:00 GMT", "Date": DATE}, None),
        ({"Retry-After": "Tue, 24 Nov 2026 15:01:30 GMT", "Date": "Tue, 24 Nov 2026 10:00:00 -0500"}, 90.0),
        ({"Retry-After": "Tue, 24 Nov 2026 15:01:30 GMT", "Date": "Tue, 24 Nov 2026 15:00:00"}, 90.0),
        ({"Retry-After": "Tue, 24 Nov 2026 15:01:30 -0000", "Date": "Tue, 24 Nov 2026 15:00:00 -0000"}, 90.0),
        ({"Retry-After": "Tue, 24 Nov 99999999999 15:01:30 GMT", "Date": DATE}, None),
        ({"Retry-After": "Tue, 24 Nov 2026 15:30:20 GMT", "Date": "1 Jan 1 1:1:1 +9999999999"}, 20.0),
        # without the server's clock, by ours, which stands at 15:30
        ({"Retry-After": "Tue, 24 Nov 2026 15:30:20 GMT"}, 20.0),
        ({"Retry-After": "Tue, 24 Nov 2026 15:30:20", "Date": "x"}, 20.0),
    ],
    ids=str,
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retryable(response(headers=headers), "the report").retry_after == seconds


def test_only_too_many_requests_is_a_rate_limit() -> None:
    assert retryable(response(429), "the report").rate_limited
    assert not retryable(response(503), "the report").rate_limited


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"code": "SHA001", "message": "Invalid 8x8-apikey"}, "SHA001"),
        ({"code": "105-400-038"}, "105-400-038"),
        ({"error": "invalid_grant", "error_description": "USER_NOTFOUND_ERROR"}, "USER_NOTFOUND_ERROR"),
        ({"error": "Access Denied", "message": "user(jane) has no access"}, ""),
        ({"code": 7}, ""),
        ({"error": "invalid_grant"}, "invalid_grant"),
        (["SHA001"], ""),
        (None, ""),
    ],
    ids=str,
)
def test_only_what_looks_like_a_code_is_quoted(content: Any, code: str) -> None:
    assert code_in(content) == code


@given(st.binary(max_size=100))
def test_json_in_never_fails(body: bytes) -> None:
    json_in(response(200, body))


def test_json_in_a_response_is_returned() -> None:
    assert json_in(response(200, b'{"code": "SHA001"}')) == {"code": "SHA001"}
    assert json_in(response(200, b'\xef\xbb\xbf{"code": "SHA001"}')) == {"code": "SHA001"}
    assert json_in(response(200, b"<html>")) is None


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ({"Location": "https://evil.example/x?token=secret"}, " to evil.example "),
        ({"Location": "/elsewhere"}, "redirect (HTTP"),
        ({"Location": "http://[::1"}, "redirect (HTTP"),
        ({}, "redirect (HTTP"),
    ],
    ids=str,
)
def test_a_redirect_is_reported_with_its_host_only(location: dict[str, str], target: str) -> None:
    message = str(redirect_error(response(302, headers=location)))
    assert target in message
    assert "HTTP 302" in message
    assert "(base_url)" in message
    assert "secret" not in message


def test_a_redirect_is_said_word_for_word() -> None:
    message = redirect_error(response(302, headers={"Location": "https://evil.example/x"})).message
    assert message == (
        "The response was a redirect to evil.example (HTTP 302), which is never followed: check the base URL "
        "(base_url) and any proxy between this machine and 8x8."
    )


@pytest.mark.parametrize("status", [408, 429, 500, 503, 599])
def test_what_may_pass_is_tried_again(status: int) -> None:
    with pytest.raises(RetryableError) as caught:
        raise_if_no_answer(response(status, headers={"Retry-After": "7"}), "the sign-in")
    assert caught.value.problem == f"8x8 answered the sign-in with HTTP {status}"
    assert caught.value.retry_after == 7
    assert caught.value.rate_limited is (status == 429)


@pytest.mark.parametrize("status", [300, 302, 399])
def test_a_redirect_is_no_answer(status: int) -> None:
    with pytest.raises(AirbyteTracedException, match=rf"redirect to evil.example \(HTTP {status}\)"):
        raise_if_no_answer(response(status, headers={"Location": "https://evil.example/x"}), "the sign-in")


@pytest.mark.parametrize("status", [200, 299, 400, 401, 404, 407, 409, 410, 428, 430, 499])
def test_anything_else_is_an_answer(status: int) -> None:
    raise_if_no_answer(response(status), "the sign-in")


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (
            400,
            b'{"code": "105-400-012", "message": "jane"}',
            "8x8 did not accept the request (HTTP 400, 105-400-012), so its API may have changed: run the "
            "doctor command and report its findings.",
        ),
        (
            400,
            b"<html>",
            "8x8 did not accept the request (HTTP 400), so its API may have changed: run the doctor command "
            "and report its findings.",
        ),
        (
            405,
            b'{"error": "jane.doe", "error_description": "acmecorp"}',
            "8x8 did not accept the request (HTTP 405), so its API may have changed: run the doctor command "
            "and report its findings.",
        ),
        (
            404,
            b'{"code": "jane.doe"}',
            "8x8 has nothing at the requested address (HTTP 404): check the base URL (base_url); if it "
            "is right, run the doctor command and report its findings.",
        ),
    ],
)
def test_a_refusal_for_no_known_reason(status: int, body: bytes, said: str) -> None:
    assert refusal(response(status, body)) == said


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("SHA001", ", SHA001"),
        ("105-400-038", ", 105-400-038"),
        ("A", ""),
        ("Jane", ""),
        ("105-400-038 Jane", ""),
        ("1-2-3", ""),
        (105, ""),
        (None, ""),
        (["SHA001"], ""),
    ],
)
def test_of_a_code_only_groups_of_capitals_and_digits_are_shown(code: Any, said: str) -> None:
    body = orjson.dumps({"code": code})
    assert status_with_code(response(400, body)) == f"HTTP 400{said}"
    assert status_with_code(response(400, b"[" + body + b"]")) == "HTTP 400"
