"""What a response means that is not a report, where no filter of the manifest says it."""

from typing import Any

import pytest
import requests
from airbyte_cdk.models import FailureType
from airbyte_cdk.sources.streams.http.error_handlers.response_models import SUCCESS_RESOLUTION
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics.client.error_handler import ReportErrorHandler
from source_8x8_work_analytics.errors import AccessRefusedError, BadRequestError, RetryableError

HANDLER = ReportErrorHandler(config={}, parameters={})


def interpret(status: int, body: bytes = b"{}") -> Any:
    response = requests.Response()
    response.status_code, response._content = status, body
    response.request = requests.Request("GET", "https://api.8x8.com/x").prepare()
    return HANDLER.interpret_response(response)


def test_status_200_is_the_only_success() -> None:
    assert interpret(200) is SUCCESS_RESOLUTION
    with pytest.raises(RetryableError):
        interpret(204)


@pytest.mark.parametrize("status", [300, 302, 399])
def test_a_redirect_is_never_followed(status: int) -> None:
    with pytest.raises(AirbyteTracedException, match=rf"redirect \(HTTP {status}\)"):
        interpret(status)


def test_only_400_speaks_of_the_api_key() -> None:
    body = b'{"code": "SHA001"}'
    with pytest.raises(AirbyteTracedException, match="refused the API key") as refused:
        interpret(400, body)
    assert refused.value.failure_type is FailureType.config_error
    with pytest.raises(AirbyteTracedException, match="has nothing at the requested address"):
        interpret(404, body)


@pytest.mark.parametrize(
    ("status", "kind"), [(400, BadRequestError), (403, AccessRefusedError), (405, AirbyteTracedException)]
)
def test_a_refusal_is_one_sentence_for_people_and_for_the_log(
    status: int, kind: type[AirbyteTracedException]
) -> None:
    with pytest.raises(
        AirbyteTracedException, match=rf"^8x8 did not accept the request \(HTTP {status}\)"
    ) as refused:
        interpret(status)
    assert type(refused.value) is kind
    assert refused.value.internal_message == refused.value.message


@pytest.mark.parametrize("status", [408, 418, 429, 503])
def test_what_may_pass_is_tried_again(status: int) -> None:
    with pytest.raises(RetryableError, match=rf"^8x8 answered the report with HTTP {status}$"):
        interpret(status)


def test_only_responses_are_interpreted() -> None:
    with pytest.raises(TypeError, match=r"^network failures are raised where they happen, by Http\.send$"):
        HANDLER.interpret_response(requests.ConnectionError())
