"""What a response means that is not a report."""

from typing import Any

import orjson
import pytest
from airbyte_cdk.models import FailureType
from hypothesis import given
from hypothesis import strategies as st

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.client.responses import (
    code_in,
    date_of,
    http_date,
    json_in,
    raise_for_report,
    raise_if_no_answer,
    status_with_code,
)
from source_8x8_work_analytics.errors import ConnectorError, RetryableError
from source_8x8_work_analytics.messages import Message
from testing.builders import plain_id, response

DATE = "Tue, 24 Nov 2026 15:00:00 GMT"
DEEP = b"[" * 2000 + b"]" * 2000
LONG_NUMBER = b'{"code": ' + b"9" * 6000 + b"}"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "1"}, 1.0),
        ({"Retry-After": " 0 "}, None),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "٣"}, None),
        ({"Retry-After": "9" * 400}, 999999999.0),
        # by the clock of the server, regardless of ours
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
    ids=plain_id,
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    with pytest.raises(RetryableError) as failed:
        raise_if_no_answer(response(status=503, **headers), "the report")
    assert failed.value.retry_after == seconds


@pytest.mark.parametrize("status", [201, 204, 206, 299, 304, 408, 409, 425, 429, 500, 503, 599])
def test_transient_status_is_retried(status: int) -> None:
    with pytest.raises(RetryableError) as failed:
        raise_if_no_answer(response(status=status, Retry_After="7"), "the sign-in")
    error = failed.value
    assert error.problem is messages.HTTP_ERROR
    assert str(error) == f"8x8 returned HTTP {status} for the sign-in"
    assert error.retry_after == 7
    assert error.rate_limited is (status == 429)
    assert not error.service_wide


@pytest.mark.parametrize("status", [300, 302, 303, 305, 307, 399])
def test_redirect_is_an_error(status: int) -> None:
    with pytest.raises(ConnectorError) as failed:
        raise_if_no_answer(response(status=status, Location="https://evil.example/x"), "the sign-in")
    assert failed.value.problem is messages.REDIRECT
    assert failed.value.service_wide
    assert f"redirect to evil.example (HTTP {status})" in str(failed.value)


@pytest.mark.parametrize(
    ("headers", "target"),
    [
        ({"Location": "https://evil.example/x?token=secret"}, " to evil.example "),
        ({"Location": "https://user:secret@evil.example:99/"}, " to evil.example "),
        ({"Location": "/elsewhere"}, "redirect (HTTP"),
        ({"Location": "http://[::1"}, "redirect (HTTP"),
        ({}, "redirect (HTTP"),
    ],
    ids=plain_id,
)
def test_only_the_host_of_a_redirect_is_reported(headers: dict[str, str], target: str) -> None:
    with pytest.raises(ConnectorError) as failed:
        raise_if_no_answer(response(status=302, **headers), "the report")
    assert target in str(failed.value)
    assert "secret" not in str(failed.value)


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 407, 410, 424, 426, 428, 430, 499])
def test_any_other_status_concerns_what_was_requested(status: int) -> None:
    raise_if_no_answer(response(status=status), "the sign-in")


def test_status_200_is_the_only_success() -> None:
    raise_for_report(response(b"anything"), messages.PBX_DENIED)
    for status in (201, 202, 204, 206, 299):
        with pytest.raises(RetryableError) as failed:
            raise_for_report(response(status=status), messages.PBX_DENIED)
        assert str(failed.value) == f"8x8 returned HTTP {status} for the report"


SYSTEM, CONFIG = FailureType.system_error, FailureType.config_error
KEY, SUPERVISOR = messages.API_KEY_REJECTED, messages.SUPERVISOR_REQUIRED
BAD, MISSING, DENIED = messages.BAD_REQUEST, messages.NOT_FOUND, messages.QUEUES_DENIED


@pytest.mark.parametrize(
    ("status", "body", "problem", "failure_type", "details"),
    [
        (400, b'{"code": "SHA001"}', KEY, CONFIG, ""),
        (400, b'{"code": "105-400-038"}', SUPERVISOR, CONFIG, ""),
        (400, b'{"code": "105-400-012", "message": "jane"}', BAD, SYSTEM, "(HTTP 400, 105-400-012)"),
        (400, b"<html>", BAD, SYSTEM, "(HTTP 400)"),
        (400, DEEP, BAD, SYSTEM, "(HTTP 400)"),
        (400, LONG_NUMBER, BAD, SYSTEM, "(HTTP 400)"),
        (403, b'{"code": "SHA001"}', DENIED, CONFIG, ""),
        (404, b'{"code": "SHA001"}', MISSING, SYSTEM, "(HTTP 404, SHA001)"),
        (404, b'{"code": "jane.doe"}', MISSING, SYSTEM, "(HTTP 404)"),
        (405, b'{"error": "jane.doe", "error_description": "acmecorp"}', BAD, SYSTEM, "(HTTP 405)"),
        (418, b"", BAD, SYSTEM, "(HTTP 418)"),
    ],
)
def test_rejected_report(
    status: int, body: bytes, problem: Message, failure_type: FailureType, details: str
) -> None:
    with pytest.raises(ConnectorError) as failed:
        raise_for_report(response(body, status), messages.QUEUES_DENIED)
    error = failed.value
    assert (error.problem, error.failure_type) == (problem, failure_type)
    assert error.service_wide is (problem is KEY)
    assert details in str(error)
    assert "jane" not in str(error)


@pytest.mark.parametrize("status", [302, 503])
def test_report_that_never_came_is_told_from_one_that_was_rejected(status: int) -> None:
    expected = messages.REDIRECT if status == 302 else messages.HTTP_ERROR
    with pytest.raises((RetryableError, ConnectorError)) as failed:
        raise_for_report(response(b'{"code": "SHA001"}', status), messages.PBX_DENIED)
    assert isinstance(failed.value, RetryableError | ConnectorError)
    assert failed.value.problem is expected


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"code": "SHA001", "message": "Invalid 8x8-apikey"}, "SHA001"),
        ({"code": "105-400-038"}, "105-400-038"),
        ({"error": "invalid_grant", "error_description": "USER_NOTFOUND_ERROR"}, "USER_NOTFOUND_ERROR"),
        ({"error": "Access Denied", "message": "user(jane) has no access"}, ""),
        ({"code": 7}, ""),
        ({"error": "invalid_grant"}, "invalid_grant"),
        ({"error": "ANA-SMITH-1001"}, ""),
        ({"code": "Jane", "error": "invalid_token"}, "invalid_token"),
        ({"error_description": "jane_smith_ERROR"}, ""),
        (["SHA001"], ""),
        (None, ""),
    ],
    ids=plain_id,
)
def test_only_what_looks_like_a_code_is_quoted(content: Any, code: str) -> None:
    assert code_in(content) == code


@pytest.mark.parametrize(
    ("code", "shown"),
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
def test_only_codes_of_capitals_and_digits_are_shown(code: Any, shown: str) -> None:
    body = orjson.dumps({"code": code})
    assert status_with_code(response(body, 400)) == f"HTTP 400{shown}"
    assert status_with_code(response(b"[" + body + b"]", 400)) == "HTTP 400"


@given(st.binary(max_size=100))
def test_json_in_never_fails(body: bytes) -> None:
    json_in(response(body))


def test_json_in_a_response_is_returned() -> None:
    assert json_in(response(b'{"code": "SHA001"}')) == {"code": "SHA001"}
    assert json_in(response(b'\xef\xbb\xbf{"code": "SHA001"}')) == {"code": "SHA001"}
    assert json_in(response(b"<html>")) is None
    assert json_in(response(DEEP)) is None


def test_date_of_a_response_is_that_of_its_header() -> None:
    assert date_of({"Date": DATE}) == http_date(DATE)
    assert date_of({}) is None
    assert date_of({"Date": "yesterday"}) is None
