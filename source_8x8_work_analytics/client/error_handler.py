"""Decide by the manifest's filters what the response to a report means."""

from dataclasses import dataclass

import requests
from airbyte_cdk.sources.declarative.requesters.error_handlers import DefaultErrorHandler
from airbyte_cdk.sources.streams.http.error_handlers.default_error_mapping import DEFAULT_ERROR_MAPPING
from airbyte_cdk.sources.streams.http.error_handlers.response_models import (
    SUCCESS_RESOLUTION,
    ErrorResolution,
    FailureType,
    ResponseAction,
)
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics.client.login import TokenRejected
from source_8x8_work_analytics.client.responses import (
    API_KEY_REFUSED,
    code_in,
    json_in,
    redirect_error,
    refusal,
    retryable,
)
from source_8x8_work_analytics.errors import AccessRefusedError, BadRequestError, config_error

_KINDS = {400: BadRequestError, 403: AccessRefusedError}


@dataclass
class ReportErrorHandler(DefaultErrorHandler):
    """Raises what went wrong, instead of handing it to the CDK's HTTP client.

    That client would consult this handler for every status too, but it retries each request by itself, logs
    whole responses (names, numbers), and knows nothing of the limiter and the health that all streams share.
    So `WorkAnalyticsRequester` sends, this class decides, and `Service.call_with_retries` retries.
    """

    def interpret_response(
        self, response_or_exception: requests.Response | Exception | None
    ) -> ErrorResolution:
        """Return success for status 200.

        Raises:
            TokenRejected: sign in again.
            RetryableError: a retry may succeed.
            AirbyteTracedException: retrying cannot fix it.
        """
        response = response_or_exception
        if not isinstance(response, requests.Response):
            raise TypeError("network failures are raised where they happen, by Http.send")
        if response.status_code == 200:
            return SUCCESS_RESOLUTION
        if 300 <= response.status_code < 400:
            raise redirect_error(response)
        if response.status_code == 400 and code_in(json_in(response)) == "SHA001":
            raise config_error(API_KEY_REFUSED)
        resolution = super().interpret_response(response)
        if resolution.response_action is ResponseAction.REFRESH_TOKEN_THEN_RETRY:
            raise TokenRejected(str(response.request.headers.get("Authorization")))
        if resolution.response_action is ResponseAction.FAIL:
            kind = _KINDS.get(response.status_code, AirbyteTracedException)
            no_filter = resolution == DEFAULT_ERROR_MAPPING.get(response.status_code)
            message = refusal(response) if no_filter else resolution.error_message
            raise kind(
                message=message,
                internal_message=message,
                failure_type=resolution.failure_type or FailureType.system_error,
            )
        raise retryable(response, "the report")
