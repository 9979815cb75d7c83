"""Why a request got no response, as `requests` and `urllib3` wrap the cause."""

import http.client
import socket
import ssl
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import urllib3
from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from urllib3 import exceptions as u3

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.client.network_errors import NETWORK_ERRORS, ResponseTooSlow, explain
from source_8x8_work_analytics.errors import ConnectorError, RetryableError
from source_8x8_work_analytics.messages import Message

POOL: Any = urllib3.HTTPSConnectionPool("api.8x8.com")
CONNECTION: Any = urllib3.connection.HTTPSConnection("api.8x8.com")
URL = "https://api.8x8.com/analytics/work/v2/extsum"
rx = requests.exceptions


def problem_of(error: Exception, url: str = URL) -> RetryableError | ConnectorError:
    assert isinstance(error, NETWORK_ERRORS)
    return explain(error, url, "the report", 10.0)


def caused(error: Exception, *causes: BaseException, hidden: bool = False) -> Exception:
    """Return an error that others caused, the outermost first."""
    outer: BaseException = error
    for cause in causes:
        if hidden:
            outer.__context__ = cause
        else:
            outer.__cause__ = cause
        outer = cause
    return error


def untrusted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError("x")
    error.verify_message = "self-signed certificate"
    return error


def tls(library: str, reason: str = "WRONG_VERSION_NUMBER") -> ssl.SSLError:
    error = ssl.SSLError("x")
    error.library, error.reason = library, reason
    return error


NO_CHUNK = u3.InvalidChunkLength(urllib3.HTTPResponse(b""), b"x")
UNKNOWN = socket.gaierror(socket.EAI_NONAME, "Name or service not known")

RETRIED: list[tuple[Message, Exception, bool]] = [
    (
        messages.HOST_UNKNOWN,
        caused(rx.ConnectionError(), UNKNOWN),
        True,
    ),
    (messages.HOST_UNKNOWN, rx.ProxyError(UNKNOWN), True),
    (messages.CONNECTION_REFUSED, rx.ConnectionError(ConnectionRefusedError()), True),
    (messages.CONNECTION_REFUSED, rx.ProxyError(ConnectionRefusedError()), True),
    (messages.HANDSHAKE_FAILED, rx.ConnectionError(TimeoutError("The handshake operation timed out")), True),
    (messages.NO_TLS, rx.SSLError(tls("SSL")), True),
    (messages.CONNECT_TIMED_OUT, rx.ConnectTimeout(), True),
    (messages.PROXY_FAILED, rx.ProxyError(OSError("Tunnel connection failed: 503 Busy")), True),
    (messages.PROXY_FAILED, rx.ProxyError(OSError("Tunnel connection failed: 500 Broken")), True),
    (messages.UNREACHABLE, rx.ConnectionError(u3.NewConnectionError(CONNECTION, "no route")), True),
    (messages.PROXY_TIMED_OUT, rx.ReadTimeout("Read timed out. (read timeout=10.0)"), True),
    (messages.RESPONSE_TOO_SLOW, rx.ConnectionError(ResponseTooSlow()), False),
    (messages.RESPONSE_TOO_SLOW, caused(rx.ReadTimeout(), ResponseTooSlow()), False),
    (messages.TIMED_OUT, rx.ReadTimeout("Read timed out. (read timeout=300.0)"), False),
    (
        messages.TIMED_OUT,
        caused(rx.ConnectionError(), u3.ReadTimeoutError(POOL, "x", "x"), TimeoutError()),
        False,
    ),
    (messages.MALFORMED_RESPONSE, rx.InvalidHeader("two lengths"), False),
    (messages.MALFORMED_RESPONSE, rx.ContentDecodingError("no gzip"), False),
    (messages.MALFORMED_RESPONSE, rx.ConnectionError(http.client.BadStatusLine("hello")), False),
    (messages.MALFORMED_RESPONSE, rx.ConnectionError(http.client.LineTooLong("header line")), False),
    (messages.MALFORMED_RESPONSE, rx.ChunkedEncodingError(NO_CHUNK), False),
    (messages.CONNECTION_CLOSED, rx.ConnectionError(http.client.RemoteDisconnected("x")), False),
    (messages.CONNECTION_CLOSED, rx.ChunkedEncodingError(http.client.IncompleteRead(b"x", 7)), False),
    (messages.CONNECTION_CLOSED, rx.ConnectionError(ConnectionResetError()), False),
    (messages.CONNECTION_CLOSED, rx.SSLError(ssl.SSLEOFError()), False),
    (messages.CONNECTION_CLOSED, OSError("x"), False),
]


@pytest.mark.parametrize(("problem", "error", "service_wide"), RETRIED, ids=lambda part: repr(part)[:60])
def test_failure_that_may_be_transient(problem: Message, error: Exception, service_wide: bool) -> None:
    found = problem_of(error)
    assert isinstance(found, RetryableError)
    assert found.problem is problem
    assert found.service_wide is service_wide
    if not service_wide:
        assert found.values == {"requested": "the report"}
    assert found.after(6).failure_type is FailureType.transient_error
    assert str(found), "every name in the message has a value"


FORBIDDEN = AirbyteTracedException(message="Invalid URL endpoint", failure_type=FailureType.config_error)
PERMANENT: list[tuple[Message, Exception, str]] = [
    (messages.ADDRESS_FORBIDDEN, FORBIDDEN, "https://localhost:1/x"),
    (messages.ADDRESS_FORBIDDEN, rx.InvalidSchema("Invalid Protocol Scheme"), "http://127.0.0.1:1/x"),
    (messages.CANNOT_BUILD_REQUEST, rx.InvalidSchema("Missing dependencies for SOCKS support."), URL),
    (messages.CANNOT_BUILD_REQUEST, rx.InvalidURL("x"), URL),
    (messages.CANNOT_BUILD_REQUEST, u3.LocationParseError("x"), URL),
    (messages.CERTIFICATE_NOT_TRUSTED, rx.SSLError(untrusted()), URL),
    (messages.BAD_CA_FILE, rx.SSLError(tls("X509")), URL),
    (
        messages.BAD_CA_FILE,
        OSError("Could not find a suitable TLS CA certificate bundle, invalid path: x"),
        URL,
    ),
    (messages.PROXY_LOGIN_REQUIRED, rx.ProxyError(OSError("Tunnel connection failed: 407 x")), URL),
    (messages.PROXY_DENIES, rx.ProxyError(OSError("Tunnel connection failed: 403 x")), URL),
    (messages.PROXY_DENIES, rx.ProxyError(OSError("Tunnel connection failed: 400 x")), URL),
]


@pytest.mark.parametrize(("problem", "error", "url"), PERMANENT, ids=lambda part: repr(part)[:60])
def test_failure_that_somebody_has_to_fix(problem: Message, error: Exception, url: str) -> None:
    found = problem_of(error, url)
    assert isinstance(found, ConnectorError)
    assert found.problem is problem
    assert found.service_wide
    assert found.failure_type is FailureType.config_error
    if "{host}" in problem.what:
        assert f" {urlsplit(url).hostname} " in f"{found} ".replace(",", " ")


def test_problem_of_a_certificate_file_is_named() -> None:
    unreadable = problem_of(rx.SSLError(tls("X509")))
    missing = problem_of(OSError("Could not find a suitable TLS CA certificate bundle, invalid path: x"))
    assert str(unreadable) == messages.BAD_CA_FILE.text(problem="contains no readable certificate")
    assert str(missing) == messages.BAD_CA_FILE.text(problem="does not exist")


def test_name_that_does_not_resolve_is_no_invalid_address() -> None:
    """`DEPLOYMENT_MODE=cloud` makes the CDK look names up, and raise this where it cannot."""
    error = caused(rx.InvalidURL("Invalid URL"), UNKNOWN, hidden=True)
    found = problem_of(error)
    assert isinstance(found, RetryableError)
    assert found.problem is messages.HOST_UNKNOWN
    assert found.values == {"host": "api.8x8.com"}


@pytest.mark.parametrize(
    ("error", "host"),
    [
        (rx.ConnectionError(UNKNOWN), "api.8x8.com"),
        (rx.ProxyError(UNKNOWN), "the proxy"),
        (rx.ConnectionError(ConnectionRefusedError()), "api.8x8.com"),
        (rx.ProxyError(ConnectionRefusedError()), "The proxy"),
    ],
    ids=repr,
)
def test_host_or_proxy_is_named(error: Exception, host: str) -> None:
    found = problem_of(error)
    assert isinstance(found, RetryableError)
    assert found.values == {"host": host}


def test_address_without_a_host_is_named_whole() -> None:
    found = problem_of(rx.ConnectTimeout(), "nothing")
    assert isinstance(found, RetryableError)
    assert found.values == {"host": "nothing"}


def test_causes_that_are_each_others_cause_end() -> None:
    first, second = rx.ConnectionError("x"), OSError("y")
    first.__cause__, second.__cause__ = second, first
    found = problem_of(first)
    assert found.problem is messages.CONNECTION_CLOSED
