"""Interpret HTTP responses that are not reports."""

import codecs
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import orjson

from source_8x8_work_analytics import clock, messages
from source_8x8_work_analytics.client.http import Response
from source_8x8_work_analytics.errors import ConnectorError, RetryableError
from source_8x8_work_analytics.messages import Message

TRANSIENT = frozenset({408, 409, 425, 429})
"""Statuses below 500 whose request may succeed later. 8x8 lists 409 without naming a cause."""
SUPERVISOR_REQUIRED = "105-400-038"
API_KEY_REJECTED = "SHA001"

_CODE = re.compile(r"\d{3}-\d{3}-\d{3}|SHA\d{3}|invalid_[a-z]+|[A-Z]+(_[A-Z]+)*_ERROR", re.ASCII)
"""The documented forms of codes, as in 105-400-038, SHA001, invalid_grant or USER_NOTFOUND_ERROR."""


def raise_for_report(response: Response, denied: Message) -> None:
    """Raise the error for a report or list whose status is not 200.

    Args:
        response: the response. Status 401 has already been handled.
        denied: the message to use if the user lacks access (HTTP 403).

    Raises:
        RetryableError: a retry may succeed.
        ConnectorError: retrying cannot fix it.
    """
    if response.status == 200:
        return
    raise_if_no_answer(response, "the report")
    code = code_in(json_in(response)) if response.status == 400 else ""
    if code == API_KEY_REJECTED:
        raise ConnectorError(messages.API_KEY_REJECTED, service_wide=True)
    if code == SUPERVISOR_REQUIRED:
        raise ConnectorError(messages.SUPERVISOR_REQUIRED)
    if response.status == 403:
        raise ConnectorError(denied)
    problem = messages.NOT_FOUND if response.status == 404 else messages.BAD_REQUEST
    raise ConnectorError(problem, details=status_with_code(response))


def raise_if_no_answer(response: Response, requested: str) -> None:
    """Raise the error for a response that has nothing to do with what was requested.

    Raises:
        RetryableError: the status may be transient. So may 304, since no request is conditional.
        ConnectorError: it is a redirect.
    """
    status = response.status
    if status in TRANSIENT or status >= 500 or status == 304 or 200 < status < 300:
        raise RetryableError(
            messages.HTTP_ERROR,
            retry_after=_retry_after(response),
            rate_limited=status == 429,
            status=status,
            requested=requested,
        )
    if 300 <= status < 400:
        raise _redirect_error(response)


def status_with_code(response: Response, shown: re.Pattern[str] = _CODE) -> str:
    """Return an HTTP status and 8x8's own code for the reason, as in `HTTP 400, 105-400-038`.

    Args:
        response: the response.
        shown: the form of codes to show.
    """
    code = code_in(json_in(response))
    return f"HTTP {response.status}" + (f", {code}" if shown.fullmatch(code) else "")


def _redirect_error(response: Response) -> ConnectorError:
    """Return the error for a redirect: following it would send the API key elsewhere."""
    try:
        host = urlsplit(response.headers.get("Location", "")).hostname
    except ValueError:
        host = None
    return ConnectorError(
        messages.REDIRECT, service_wide=True, target=f" to {host}" if host else "", status=response.status
    )


def _retry_after(response: Response) -> float | None:
    """Return how many seconds the server asks to wait; None if it does not say or they have passed."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        seconds = float(value[:9])
    else:
        moment = http_date(value)
        # A date in `Retry-After` is by the server's clock.
        responded_at = date_of(response.headers) or clock.now()
        seconds = (moment - responded_at).total_seconds() if moment else 0.0
    return seconds if seconds > 0 else None


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """Return when 8x8 sent a response, by its own clock."""
    return http_date(headers.get("Date", ""))


def http_date(text: str) -> datetime | None:
    """Return the date in a header, in UTC if it has no zone, or None if it is not valid."""
    try:
        moment = parsedate_to_datetime(text)
    except (OverflowError, TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def json_in(response: Response) -> Any:
    """Return the JSON of a response, or None if there is none."""
    try:
        return orjson.loads(response.body.removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError:
        return None


def code_in(content: Any) -> str:
    """Return 8x8's own code for an error, or an empty string.

    Only text that looks like a code is returned, since other text can name users and PBXs.
    """
    if isinstance(content, dict):
        for key in ("code", "error_description", "error"):
            value = content.get(key)
            if isinstance(value, str) and _CODE.fullmatch(value):
                return value
    return ""
