"""What an HTTP response other than a report means."""

import codecs
import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import orjson
import requests
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics import clock
from source_8x8_work_analytics.errors import RetryableError, config_error, service_error

API_KEY_REFUSED = (
    "8x8 refused the API key (SHA001): in Admin Console > API Keys, copy the Key of an app for Analytics for "
    "8x8 Work into the form (api_key)."
)

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{1,60}")
_REPORT_CODE = re.compile(r"[A-Z0-9]{2,12}(-[A-Z0-9]{2,8}){0,3}")
"""As in 105-400-038 or SHA001: groups of capitals and digits, which no message of 8x8 has."""


def retryable(response: requests.Response, wanted: str) -> RetryableError:
    """Return the error for a response that may be another one the next time."""
    return RetryableError(
        f"8x8 answered {wanted} with HTTP {response.status_code}",
        retry_after=_retry_after(response),
        rate_limited=response.status_code == 429,
    )


def refusal(response: requests.Response) -> str:
    """Return the sentence for a request that 8x8 refuses for a reason that is not known."""
    status = status_with_code(response)
    if response.status_code == 404:
        return (
            f"8x8 has nothing at the requested address ({status}): check the base URL (base_url); if it "
            "is right, run the doctor command and report its findings."
        )
    return (
        f"8x8 did not accept the request ({status}), so its API may have changed: run the doctor command and "
        "report its findings."
    )


def status_with_code(response: requests.Response) -> str:
    """Return an HTTP status and 8x8's own code for the reason, as in `HTTP 400, 105-400-038`."""
    content = json_in(response)
    code = content.get("code") if isinstance(content, dict) else None
    known = isinstance(code, str) and _REPORT_CODE.fullmatch(code)
    return f"HTTP {response.status_code}" + (f", {code}" if known else "")


def raise_if_no_answer(response: requests.Response, wanted: str) -> None:
    """Raise the error for a response that says nothing about what was asked: try again, or a redirect."""
    if response.status_code in (408, 429) or response.status_code >= 500:
        raise retryable(response, wanted)
    if 300 <= response.status_code < 400:
        raise redirect_error(response)


def redirect_error(response: requests.Response) -> AirbyteTracedException:
    """Return the error for a redirect: following it would take the API key elsewhere."""
    try:
        host = urlsplit(response.headers.get("Location", "")).hostname
    except ValueError:
        host = None
    target = f" to {host}" if host else ""
    return service_error(
        config_error(
            f"The response was a redirect{target} (HTTP {response.status_code}), which is never followed: "
            "check the base URL (base_url) and any proxy between this machine and 8x8."
        )
    )


def _retry_after(response: requests.Response) -> float | None:
    """Return the seconds that a server asks to wait, None if it does not say or if they are over."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        seconds = float(value[:9])
    else:
        moment = http_date(value)
        # The clock of the server is the one that `Retry-After` counts by.
        answered_at = http_date(response.headers.get("Date", "")) or clock.now()
        seconds = (moment - answered_at).total_seconds() if moment else 0.0
    return seconds if seconds > 0 else None


def http_date(text: str) -> datetime | None:
    """Return the moment in a header, None if there is none. It is UTC where no zone is given."""
    try:
        moment = parsedate_to_datetime(text)
    except (OverflowError, TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def json_in(response: requests.Response) -> Any:
    """Return the JSON of a response, or None where there is none."""
    try:
        return orjson.loads(response.content.removeprefix(codecs.BOM_UTF8))
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
