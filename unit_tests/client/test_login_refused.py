"""Sign-ins that 8x8 refuses, and where the password never goes."""

from typing import Any

import pytest
import requests_mock as rm
from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics.errors import ServiceError
from testing.builders import TOKEN_URL, token
from unit_tests.test_login import login

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
    endpoint = api.post(TOKEN_URL, status_code=status, json=body)
    mine = login()
    for _ in range(2):
        with pytest.raises(AirbyteTracedException) as refused:
            mine.headers()
        assert refused.value.failure_type is FailureType.config_error
        assert said in str(refused.value)
        assert "jane" not in str(refused.value)
    assert endpoint.call_count == 1
    assert waits == []


def test_a_redirect_is_not_followed_with_the_password(api: rm.Mocker) -> None:
    api.post(TOKEN_URL, status_code=302, headers={"Location": "https://evil.example/"})
    with pytest.raises(AirbyteTracedException, match=r"redirect to evil\.example") as refused:
        login().headers()
    assert refused.value.failure_type is FailureType.config_error


def test_a_refusal_concerns_the_whole_service(api: rm.Mocker) -> None:
    api.post(TOKEN_URL, status_code=400, json={"error": "invalid_grant"})
    with pytest.raises(ServiceError):
        login().headers()


def test_credentials_in_a_netrc_file_are_ignored(
    api: rm.Mocker, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "netrc").write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    endpoint = api.post(TOKEN_URL, json=token())
    login().headers()
    assert endpoint.last_request
    assert "Authorization" not in endpoint.last_request.headers
