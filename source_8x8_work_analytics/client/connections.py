"""Connections whose responses have a deadline, and never include interim responses.

`http.client` returns a 103 (Early Hints) as if it were the response, and its timeouts restart at every byte.
Both problems are solved where the bytes of a response arrive, so the status line, headers, chunks and body
share one deadline.
"""

import http.client
import io
import socket
from typing import Any

import urllib3
from requests.adapters import HTTPAdapter

from source_8x8_work_analytics import clock
from source_8x8_work_analytics.client.network_errors import ResponseTooSlow

RESPONSE_TIMEOUT = 900.0
"""Seconds for one whole response. A server that sends a byte per second would otherwise stall a sync."""


class DeadlineReader(io.RawIOBase):
    """Reads the bytes of one response, with a deadline that is counted from now."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw
        self._deadline = clock.elapsed() + RESPONSE_TIMEOUT

    def readable(self) -> bool:
        """Return true, as `io.BufferedReader` requires."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read some bytes.

        Raises:
            ResponseTooSlow: after the deadline.
        """
        if clock.elapsed() > self._deadline:
            raise ResponseTooSlow
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Close the socket's file as well."""
        self._raw.close()
        super().close()


class FinalResponse(http.client.HTTPResponse):
    """A response that has a deadline and is never an interim one."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(DeadlineReader(self.fp.detach()))

    def begin(self) -> None:
        """Read the status and headers, skipping interim responses."""
        super().begin()
        while self.status < 200:
            self.headers = None  # type: ignore[assignment] # as before the first one
            super().begin()


class _HTTPConnection(urllib3.connection.HTTPConnection):
    response_class = FinalResponse


class _HTTPSConnection(urllib3.connection.HTTPSConnection):
    response_class = FinalResponse


class _HTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


class Adapter(HTTPAdapter):
    """Opens these connections, directly or through a proxy."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Create the connection pools."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}

    def proxy_manager_for(self, proxy: str, **options: Any) -> urllib3.ProxyManager:
        """Create the connection pools for a proxy."""
        manager: urllib3.ProxyManager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
        return manager
