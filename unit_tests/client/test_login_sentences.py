"""What a person reads about a sign-in."""

from typing import Any

import pytest
import requests_mock as rm
from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics.client.login import TokenRejected
from testing.builders import TOKEN_URL
from unit_tests.test_login import login


@pytest.mark.parametrize(
    ("status", "body", "kind", "message"),
    [
        (
            400,
            {"error_description": "USER_NOTFOUND_ERROR"},
            FailureType.config_error,
            "8x8 refused the user name or the password (HTTP 400, USER_NOTFOUND_ERROR): correct them "
            "(username, password), and make sure that this user has opened Analytics for Work in a browser "
            "at least once.",
        ),
        (
            404,
            None,
            FailureType.transient_error,
            "8x8 did not accept the sign-in (HTTP 404): check the base URL, or try again later.",
        ),
    ],
)
def test_sentences_of_a_sign_in(
    api: rm.Mocker, status: int, body: Any, kind: FailureType, message: str
) -> None:
    api.post(TOKEN_URL, status_code=status, json=body)
    with pytest.raises(AirbyteTracedException) as refused:
        login().headers()
    assert (refused.value.failure_type, refused.value.message) == (kind, message)


def test_a_rejection_says_what_it_is() -> None:
    assert str(TokenRejected("Bearer secret")) == "token rejected"
