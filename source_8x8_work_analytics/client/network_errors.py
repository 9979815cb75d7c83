"""Why a request got no response, precisely enough for an operator to fix it.

`requests` and `urllib3` wrap the cause several times, and a proxy's status appears only in a message.
`integration_tests/test_network_errors.py` produces each cause on real sockets.
"""

import http.client
import re
import socket
import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.errors import ConnectorError, RetryableError
from source_8x8_work_analytics.messages import Message

NETWORK_ERRORS = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    AirbyteTracedException,  # how the CDK forbids an address if DEPLOYMENT_MODE is cloud
)
"""The exceptions that sending a request and reading its response can raise."""

_NOT_HTTP = (
    requests.exceptions.InvalidHeader,
    requests.exceptions.ContentDecodingError,
    urllib3.exceptions.InvalidChunkLength,
)
_TUNNEL_STATUS = re.compile(r"Tunnel connection failed: (\d{3})")


class ResponseTooSlow(TimeoutError):
    """A response was not complete before its deadline."""


def explain(
    error: Exception, url: str, requested: str, connect_timeout: float
) -> RetryableError | ConnectorError:
    """Return the error to raise for a request that got no response.

    Args:
        error: one of `NETWORK_ERRORS`.
        url: the URL of the request.
        requested: what was requested, as messages call it.
        connect_timeout: the time limit for connecting, in seconds.

    Returns:
        A `RetryableError` if it may be transient, otherwise a config error that names the fix.
    """
    host = urlsplit(url).hostname or url
    causes = list(_causes(error))
    if permanent := _permanent(error, causes, url, host):
        problem, values = permanent
        return ConnectorError(problem, service_wide=True, **values)
    if unreachable := _unreachable(error, causes, host):
        problem, values = unreachable
        return RetryableError(problem, service_wide=True, **values)
    if f"(read timeout={connect_timeout})" in str(error):  # while a proxy connects
        return RetryableError(messages.PROXY_TIMED_OUT, service_wide=True)
    if any(isinstance(cause, ResponseTooSlow) for cause in causes):
        return RetryableError(messages.RESPONSE_TOO_SLOW, requested=requested)
    if isinstance(error, requests.exceptions.Timeout) or any(
        isinstance(each, TimeoutError) for each in causes
    ):
        return RetryableError(messages.TIMED_OUT, requested=requested)
    if any(_is_malformed(cause) for cause in causes):
        return RetryableError(messages.MALFORMED_RESPONSE, requested=requested)
    return RetryableError(messages.CONNECTION_CLOSED, requested=requested)


Found = tuple[Message, dict[str, Any]]


def _permanent(error: Exception, causes: list[BaseException], url: str, host: str) -> Found | None:
    """Return the message for a problem that retrying cannot fix."""
    # The first is the CDK's own; `requests` raises the second only for proxies, which http addresses never
    # use.
    not_https = isinstance(error, requests.exceptions.InvalidSchema) and url.startswith("http:")
    if isinstance(error, AirbyteTracedException) or not_https:
        return messages.ADDRESS_FORBIDDEN, {"host": host}
    resolved = not any(isinstance(cause, socket.gaierror) for cause in causes)
    bad_address = (
        requests.exceptions.InvalidSchema,  # a proxy's
        requests.exceptions.InvalidURL,
        urllib3.exceptions.LocationParseError,
    )
    if resolved and isinstance(error, bad_address):
        return messages.CANNOT_BUILD_REQUEST, {}
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return messages.CERTIFICATE_NOT_TRUSTED, {"host": host, "reason": cause.verify_message}
        if isinstance(cause, ssl.SSLError) and getattr(cause, "library", None) == "X509":
            return messages.BAD_CA_FILE, {"problem": "contains no readable certificate"}
        if match := _TUNNEL_STATUS.search(str(cause)):
            status = int(match.group(1))
            if status == 407:
                return messages.PROXY_LOGIN_REQUIRED, {}
            if 400 <= status < 500:
                return messages.PROXY_DENIES, {"host": host, "status": status}
    if "CA certificate bundle" in str(error):
        return messages.BAD_CA_FILE, {"problem": "does not exist"}
    return None


def _unreachable(error: Exception, causes: list[BaseException], host: str) -> Found | None:
    """Return the message for a connection that could not be established."""
    through_proxy = isinstance(error, requests.exceptions.ProxyError)
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return messages.HOST_UNKNOWN, {"host": "the proxy" if through_proxy else host}
        if isinstance(cause, ConnectionRefusedError):
            return messages.CONNECTION_REFUSED, {"host": "The proxy" if through_proxy else host}
        if isinstance(cause, TimeoutError) and "handshake" in str(cause):
            return messages.HANDSHAKE_FAILED, {"host": host}
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError):
            return messages.NO_TLS, {"host": host, "reason": cause.reason}
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return messages.CONNECT_TIMED_OUT, {"host": host}
    if through_proxy:
        return messages.PROXY_FAILED, {}
    if any(isinstance(cause, urllib3.exceptions.NewConnectionError) for cause in causes):
        return messages.UNREACHABLE, {"host": host}
    return None


def _is_malformed(cause: BaseException) -> bool:
    """Return whether the response was not HTTP at all, as opposed to incomplete."""
    if isinstance(cause, _NOT_HTTP):
        return True
    cut = isinstance(cause, ConnectionError | http.client.IncompleteRead)
    return isinstance(cause, http.client.HTTPException) and not cut


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those that it wraps, outermost first."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        found = waiting.pop(0)
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        inner = (*found.args, getattr(found, "reason", None), found.__cause__, found.__context__)
        waiting += [cause for cause in inner if isinstance(cause, BaseException)]
