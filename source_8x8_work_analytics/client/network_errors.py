"""What kept a request from getting a response, told apart so that an operator can fix it.

`requests` and `urllib3` wrap the cause several times, and a proxy's status is only in a text.
`integration_tests/test_network_errors.py` meets each cause on real sockets.
"""

import re
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import requests
import urllib3
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics.errors import RetryableError, config_error, service_error

_UNSENDABLE = (
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    urllib3.exceptions.LocationParseError,
)
_TUNNEL_STATUS = re.compile(r"Tunnel connection failed: (\d{3})")


def explain(
    error: Exception, url: str, wanted: str, connect_timeout: float
) -> RetryableError | AirbyteTracedException:
    """Return what to raise for a request that got no response.

    Args:
        error: what `requests` raised.
        url: where the request went.
        wanted: what was asked for, as a sentence names it.
        connect_timeout: seconds that it had to connect.

    Returns:
        A `RetryableError` for what may be transient, otherwise a config error that names the fix.
    """
    host = urlsplit(url).hostname or url
    causes = list(_causes(error))
    if permanent := _permanent(error, causes, host):
        return service_error(config_error(permanent))
    if found := _unreachable(error, causes, host):
        problem, advice = found
        return RetryableError(problem, service_wide=True, advice=advice)
    if f"(read timeout={connect_timeout})" in str(error):  # while a proxy connects
        return RetryableError(
            "The proxy did not respond in time", service_wide=True, advice="check HTTPS_PROXY"
        )
    if isinstance(error, requests.exceptions.Timeout):
        return RetryableError(f"8x8 did not send {wanted} in time")
    return RetryableError(f"8x8 closed the connection in the middle of {wanted}")


def _permanent(error: Exception, causes: list[BaseException], host: str) -> str | None:
    """Return the sentence for a problem that retrying cannot fix."""
    if isinstance(error, _UNSENDABLE):
        return (
            "The request cannot be built: check api_key, base_url, and the proxy variables of this machine."
        )
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f"The TLS certificate of {host} is not trusted ({cause.verify_message}), so nothing "
                "was sent: if a company proxy inspects traffic, set REQUESTS_CA_BUNDLE to a file with its CA "
                "certificate."
            )
        if isinstance(cause, ssl.SSLError) and cause.library == "X509":  # those of a handshake are of "SSL"
            return _bad_ca_file("holds no certificate that can be read")
        if match := _TUNNEL_STATUS.search(str(cause)):
            return _refused_by_proxy(int(match.group(1)), host)
    if "CA certificate bundle" in str(error):
        return _bad_ca_file("does not exist")
    return None


def _bad_ca_file(problem: str) -> str:
    return (
        f"The CA certificate file that REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names {problem}: correct the "
        "variable, or unset it to use the usual certificates."
    )


def _refused_by_proxy(status: int, host: str) -> str | None:
    if status == 407:
        return (
            "The proxy requires a sign-in (HTTP 407): put its user name and password into HTTPS_PROXY, as in "
            "http://user:password@proxy:3128."
        )
    if 400 <= status < 500:
        return (
            f"The proxy does not allow connections to {host} (HTTP {status}): ask whoever runs the proxy to "
            "allow this host."
        )
    return None


def _unreachable(error: Exception, causes: list[BaseException], host: str) -> tuple[str, str] | None:
    """Return what to say about a connection that did not come about: the problem, and what to check."""
    through_proxy = isinstance(error, requests.exceptions.ProxyError)
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            named = "the proxy" if through_proxy else host
            return f"The host name of {named} does not resolve", "check DNS and the network of this machine"
        if isinstance(cause, ConnectionRefusedError):
            named = "The proxy" if through_proxy else host
            return f"{named} refused the connection", "check firewall, proxy and base URL"
        if isinstance(cause, TimeoutError) and "handshake" in str(cause):
            problem = f"{host} accepted the connection but did not complete the TLS handshake"
            return problem, "check firewall and proxy"
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError):
            return f"{host} did not answer with TLS ({cause.reason})", "check the base URL and any proxy"
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return f"{host} could not be reached in time", "check firewall and proxy"
    if through_proxy:
        return "The proxy could not connect to 8x8", "ask whoever runs the proxy"
    if any(isinstance(cause, urllib3.exceptions.NewConnectionError) for cause in causes):
        return f"{host} could not be reached", "check the network of this machine"
    return None


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
