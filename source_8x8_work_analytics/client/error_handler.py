"""What an HTTP answer means: rows to come, a refusal, or a reason to try again."""

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import orjson
import requests
from airbyte_cdk.sources.declarative.requesters.error_handlers import DefaultErrorHandler
from airbyte_cdk.sources.streams.http.error_handlers.response_models import (
    SUCCESS_RESOLUTION,
    ErrorResolution,
    FailureType,
    ResponseAction,
)
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics import clock
from source_8x8_work_analytics.errors import TryAgain, config_error

API_KEY_REFUSED = (
    "8x8 refused the API key (SHA001): copy the Key of an app for Analytics for 8x8 Work again "
    "from Admin Console > API Keys into the form (api_key)."
)

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{1,60}")


class TokenRejected(Exception):  # noqa: N818 - a signal, answered with a new token
    """8x8 did not accept the token of a request."""

    def __init__(self, authorization: str) -> None:
        super().__init__("token rejected")
        self.authorization = authorization


@dataclass
class ReportErrorHandler(DefaultErrorHandler):
    """Raises what went wrong, instead of letting the CDK's HTTP client log and repeat it.

    The manifest's filters and the CDK's own table decide what an answer means. The CDK's client would log
    whole answers (names, numbers) and answer a time-out with a traceback; `Service.persist` does the
    repeating, for all threads together.
    """

    def interpret_response(
        self, response_or_exception: requests.Response | Exception | None
    ) -> ErrorResolution:
        """Return success, or raise `TryAgain`, `TokenRejected` or the failure for a person."""
        answer = response_or_exception
        if isinstance(answer, requests.Response) and answer.status_code == 200:
            return SUCCESS_RESOLUTION
        resolution = super().interpret_response(answer)
        if isinstance(answer, requests.Response):
            if resolution.response_action is ResponseAction.REFRESH_TOKEN_THEN_RETRY:
                raise TokenRejected(str(answer.request.headers.get("Authorization")))
            if resolution.response_action is ResponseAction.FAIL:
                raise AirbyteTracedException(
                    message=resolution.error_message,
                    internal_message=resolution.error_message,
                    failure_type=resolution.failure_type or FailureType.system_error,
                )
            raise try_again_after(answer, "the report")
        if isinstance(answer, requests.exceptions.InvalidHeader | requests.exceptions.InvalidSchema):
            raise config_error(
                "The request could not be built from the configuration: check api_key and base_url."
            )
        raise try_again_after(answer, "the report")


def try_again_after(problem: requests.Response | Exception | None, asked_for: str) -> TryAgain:
    """Return the reason to repeat a request that met a passing fault."""
    if isinstance(problem, requests.Response):
        return TryAgain(
            f"answered {asked_for} with HTTP {problem.status_code}",
            retry_after=_retry_after(problem),
            too_many=problem.status_code == 429,
        )
    if isinstance(problem, requests.exceptions.ConnectTimeout):
        return TryAgain("could not be reached in time")
    if isinstance(problem, requests.exceptions.Timeout):
        return TryAgain(f"did not send {asked_for} in time")
    if isinstance(
        problem, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError
    ):
        return TryAgain(f"broke off in the middle of {asked_for}")
    return TryAgain("could not be reached")


def _retry_after(answer: requests.Response) -> float | None:
    value = answer.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return max(0.0, (moment - _answered_at(answer)).total_seconds())


def _answered_at(answer: requests.Response) -> datetime:
    """Return the moment by the clock of the server, which is the one that `Retry-After` counts by."""
    try:
        moment = parsedate_to_datetime(answer.headers.get("Date", ""))
        return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    except (TypeError, ValueError):
        return clock.now()


def json_in(answer: requests.Response) -> Any:
    """Return the JSON of an answer, or None where there is none."""
    try:
        return orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return None


def code_in(content: Any) -> str:
    """Return 8x8's own code for an error, or nothing.

    Only what looks like a code is returned: the texts beside it name users and PBXs.
    """
    if isinstance(content, dict):
        for key in ("code", "error_description", "error"):
            value = content.get(key)
            if isinstance(value, str) and _CODE.fullmatch(value):
                return value
    return ""
