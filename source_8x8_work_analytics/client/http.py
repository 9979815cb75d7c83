"""Send a request: one session for all of them, and never a redirect."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import LocationParseError

from source_8x8_work_analytics.client.network_errors import explain
from source_8x8_work_analytics.version import __version__

LOGGER = logging.getLogger("airbyte")

# For the whole program: their warnings quote URLs and headers, and each failure has a sentence of our own.
logging.getLogger("urllib3.connection").setLevel(logging.CRITICAL)
logging.getLogger("urllib3.connectionpool").setLevel(logging.CRITICAL)

USER_AGENT = f"source-8x8-work-analytics/{__version__}"
CONNECT_TIMEOUT = 10.0
"""Seconds to connect, TLS handshake included."""
READ_TIMEOUT = 300.0
"""Seconds between two pieces of a response: reports can be slow, and 8x8 names no bound."""
PIECE = 2**20
"""Bytes to read at a time."""


class Http:
    """The way to 8x8, shared by all threads.

    A redirect is returned as it came: following one would hand the API key to wherever it points.
    Credentials in a `.netrc` file are ignored, since `requests` would put them in place of the token.

    Args:
        connections: how many connections to keep open.
        read_timeout: seconds between two pieces of a response.
    """

    def __init__(self, connections: int, read_timeout: float = READ_TIMEOUT) -> None:
        self.timeout = (CONNECT_TIMEOUT, read_timeout)
        self._session = _Session()
        self._routes: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._session.auth = _keep_headers
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=connections))

    def send(self, method: str, url: str, wanted: str = "the report", **parts: Any) -> requests.Response:
        """Send a request once.

        Args:
            method: GET or POST.
            url: where to.
            wanted: what is asked for, as a sentence names it.
            parts: `params`, `data` and `headers`, as `requests.Request` takes them.

        Returns:
            The response, whatever its status, with its body read.

        Raises:
            RetryableError: the network failed in a way that may be transient.
            AirbyteTracedException: it failed in a way that somebody has to fix, said in a sentence.
        """
        parts["headers"] = {"User-Agent": USER_AGENT, **parts.get("headers", {})}
        try:
            request = self._session.prepare_request(requests.Request(method, url, **parts))
            route = self._route_to(url)
            response = self._session.send(request, timeout=self.timeout, allow_redirects=False, **route)
            response.raw = _LargePieces(response.raw)
            size = len(response.content)  # reads the body
        except (requests.RequestException, LocationParseError, OSError) as error:
            raise explain(error, url, wanted, self.timeout[0]) from None
        took = response.elapsed.total_seconds()
        LOGGER.debug("%s %s: HTTP %d in %.1f s, %d bytes", method, url, response.status_code, took, size)
        return response

    def _route_to(self, url: str) -> Mapping[str, Any]:
        """Return the proxies and certificates that the environment names for a host.

        They are looked up once: that costs a quarter of a request, and they stay the same during a sync.
        """
        scheme, _, host = url.split("/", 3)[:3]
        route = self._routes.get((scheme, host))
        if route is None:
            route = self._session.merge_environment_settings(f"{scheme}//{host}", {}, True, None, None)
            if scheme == "http:":  # an address of this machine: a proxy would read the password
                route["proxies"] = {}
            self._routes[scheme, host] = route
        return route


class _LargePieces:
    """The body of a response, read in large pieces.

    `requests` reads 10 KB at a time, and other threads take the interpreter at every piece: for a large
    report that costs more than parsing it.
    """

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def stream(self, size: int, decode_content: bool) -> Iterator[bytes]:
        """Yield the body, decoded from any compression."""
        pieces: Iterator[bytes] = self._raw.stream(max(size, PIECE), decode_content=decode_content)
        return pieces

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return nothing: `requests` would prepare the next request, and fail where it cannot."""


def _keep_headers(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
