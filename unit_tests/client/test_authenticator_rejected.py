"""Sign-ins that 8x8 rejects, and where the password never goes."""

from typing import Any

import pytest
import requests_mock as rm
from airbyte_cdk.models import FailureType

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.messages import Message
from testing.builders import TOKEN_URL
from unit_tests.client.signing_in import authenticator, headers

KEY, LOGIN, OTHER = messages.API_KEY_REJECTED, messages.LOGIN_REJECTED, messages.LOGIN_NOT_ACCEPTED
REJECTIONS = [
    (400, {"code": "SHA001", "message": "Invalid 8x8-apikey"}, KEY, ""),
    (
        400,
        {"error": "invalid_grant", "error_description": "USER_NOTFOUND_ERROR"},
        LOGIN,
        "USER_NOTFOUND_ERROR",
    ),
    (
        400,
        {"error": "invalid_grant", "error_description": "user jane@x.example is locked"},
        LOGIN,
        "invalid_grant",
    ),
    (400, None, LOGIN, "(HTTP 400)"),
    (401, None, LOGIN, "(HTTP 401)"),
    (403, {"messages": ["no"]}, LOGIN, "(HTTP 403)"),
    (404, None, messages.BASE_URL_NOT_FOUND, "404"),
    (402, {"code": "PAYMENT_ERROR"}, OTHER, "(HTTP 402, PAYMENT_ERROR)"),
]


@pytest.mark.parametrize(
    ("status", "body", "problem", "details"), REJECTIONS, ids=lambda part: str(part)[:25]
)
def test_rejected_sign_in_is_never_repeated(
    api: rm.Mocker, waits: list[float], status: int, body: Any, problem: Message, details: str
) -> None:
    endpoint = api.post(TOKEN_URL, status_code=status, json=body)
    auth = authenticator()
    for _ in range(2):
        with pytest.raises(ConnectorError) as rejected:
            headers(auth)
        assert rejected.value.problem is problem
        assert rejected.value.service_wide, "it is reported once for all streams"
        assert details in str(rejected.value)
        assert "jane" not in str(rejected.value)
    assert endpoint.call_count == 1
    assert waits == []


def test_redirect_is_not_followed_with_the_password(api: rm.Mocker) -> None:
    api.post(TOKEN_URL, status_code=302, headers={"Location": "https://evil.example/"})
    with pytest.raises(ConnectorError, match=r"redirect to evil\.example") as rejected:
        headers(authenticator())
    assert rejected.value.problem is messages.REDIRECT
    assert rejected.value.failure_type is FailureType.config_error
