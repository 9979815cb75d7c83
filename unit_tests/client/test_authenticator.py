"""The sign-in as the CDK takes it."""

from typing import Any

import requests
import requests_mock as rm
from airbyte_cdk.sources.declarative.auth.declarative_authenticator import DeclarativeAuthenticator

from source_8x8_work_analytics.client.authenticator import WorkAnalyticsAuthenticator
from source_8x8_work_analytics.context import Context, with_context
from testing.builders import TOKEN_URL, config, token


def authenticator(context: Context) -> WorkAnalyticsAuthenticator:
    return WorkAnalyticsAuthenticator(config=with_context(config(), context), parameters={})


def test_all_streams_share_one_sign_in(api: rm.Mocker) -> None:
    endpoint = api.post(TOKEN_URL, json=token())
    context = Context(config(), lambda *_: ())
    made: list[Any] = [authenticator(context) for _ in range(5)]
    for mine in made:
        assert isinstance(mine, DeclarativeAuthenticator)
        request = mine(requests.Request("GET", "https://x.example").prepare())
        assert request.headers["8x8-apikey"] == "unit-test-key-0123456789"
        assert request.headers[mine.auth_header] == mine.token == "Bearer unit-test-token-abcdefgh"
    assert endpoint.call_count == 1
