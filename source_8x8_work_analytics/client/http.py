"""Send one request: with a shared session, no redirects, and a limit on the size of responses."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests
import urllib3

from source_8x8_work_analytics import __version__, clock, messages
from source_8x8_work_analytics.client.connections import Adapter
from source_8x8_work_analytics.client.network_errors import NETWORK_ERRORS, explain
from source_8x8_work_analytics.errors import ConnectorError, RetryableError

LOGGER = logging.getLogger("airbyte")

# For the whole program: their warnings quote URLs and headers, and we have our own message for each failure.
logging.getLogger("urllib3.connection").setLevel(logging.CRITICAL)
logging.getLogger("urllib3.connectionpool").setLevel(logging.CRITICAL)

USER_AGENT = f"source-8x8-work-analytics/{__version__}"
CONNECT_TIMEOUT = 10.0
"""Seconds to connect, TLS handshake included."""
READ_TIMEOUT = 300.0
"""Seconds to wait for the next piece of a response: reports can be slow, and 8x8 documents no limit."""
LARGEST_RESPONSE = 2**30
"""Maximum bytes of a decompressed body: several hundred times the largest page of calls."""
PIECE = 2**20
"""Bytes to read at a time. `requests` reads 10 KB, and each read lets other threads take over."""

Auth = Callable[[requests.PreparedRequest], requests.PreparedRequest]
"""Adds headers to a request."""


@dataclass(frozen=True)
class Response:
    """An HTTP response.

    Attributes:
        status: the HTTP status.
        headers: the headers, with case-insensitive names.
        body: the decompressed body.
        seconds: how long the headers took to arrive.
        authorization: the header that the request was sent with.
        sent: when the request was sent, by this machine's clock, after any sign-in that was due.
        sent_at: the same moment by `clock.elapsed`.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    seconds: float
    authorization: str = field(repr=False)
    sent: datetime
    sent_at: float


class Http:
    """The HTTP session to 8x8, shared by all threads.

    A redirect is returned as is: following it would send the API key to wherever it points.

    Args:
        connections: how many connections to keep open.
        read_timeout: seconds to wait for the next piece of a response.
    """

    def __init__(self, connections: int, read_timeout: float = READ_TIMEOUT) -> None:
        self.timeout = (CONNECT_TIMEOUT, read_timeout)
        self._session = _Session()
        self._routes: dict[tuple[str, str], Mapping[str, Any]] = {}
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, Adapter(pool_maxsize=connections))

    def send(
        self, method: str, url: str, auth: Auth, requested: str = "the report", **parts: Any
    ) -> Response:
        """Send a request once.

        Args:
            method: GET or POST.
            url: the URL.
            auth: adds the headers that 8x8 needs. Without one, `requests` would use credentials from a
                `.netrc` file.
            requested: what is requested, as messages call it.
            parts: `params` and `data`, as `requests.Request` accepts them.

        Returns:
            The response, regardless of its status.

        Raises:
            RetryableError: a network failure that may be transient.
            ConnectorError: a network failure that someone has to fix, or a failure of `auth`.
        """
        try:
            request = self._session.prepare_request(
                requests.Request(method, url, headers={"User-Agent": USER_AGENT}, auth=auth, **parts)
            )
        except (requests.RequestException, urllib3.exceptions.LocationParseError):
            raise ConnectorError(messages.CANNOT_BUILD_REQUEST, service_wide=True) from None
        sent, sent_at = clock.now(), clock.elapsed()
        try:
            response = self._session.send(
                request, timeout=self.timeout, allow_redirects=False, stream=True, **self._route_to(url)
            )
            with response:
                body = _body_of(response, requested)
        except NETWORK_ERRORS as error:
            raise explain(error, url, requested, self.timeout[0]) from None
        seconds = response.elapsed.total_seconds()
        LOGGER.debug(
            "%s %s: HTTP %d in %.1f s, %d bytes", method, url, response.status_code, seconds, len(body)
        )
        authorization = str(request.headers.get("Authorization"))
        return Response(response.status_code, response.headers, body, seconds, authorization, sent, sent_at)

    def _route_to(self, url: str) -> Mapping[str, Any]:
        """Return the proxies and certificates that the environment sets for a host.

        They are looked up once: a lookup takes a quarter of a request's time, and they do not change during a
        sync.
        """
        scheme, _, host = url.split("/")[:3]
        route = self._routes.get((scheme, host))
        if route is None:
            found = self._session.merge_environment_settings(f"{scheme}//{host}", {}, None, None, None)
            route = {"proxies": found["proxies"], "verify": found["verify"], "cert": found["cert"]}
            if scheme == "http:":  # an address of this machine: a proxy would read the password
                route["proxies"] = {}
            self._routes[scheme, host] = route
        return route


def _body_of(response: requests.Response, requested: str) -> bytes:
    lengths = response.headers.get("Content-Length", "0").split(",")
    if not all(length.strip().isdigit() for length in lengths):  # otherwise, a cut-off body looks complete
        raise RetryableError(messages.MALFORMED_RESPONSE, requested=requested)
    pieces, size = [], 0
    for piece in response.iter_content(PIECE):
        size += len(piece)
        if size > LARGEST_RESPONSE:
            raise RetryableError(
                messages.RESPONSE_TOO_LARGE, requested=requested, gigabytes=LARGEST_RESPONSE // 2**30
            )
        pieces.append(piece)
    return b"".join(pieces)


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return no target, so that `requests` does not prepare a request for it, which can fail."""
