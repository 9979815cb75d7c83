"""How the bytes of a response are read: until a deadline, and past interim responses."""

import http.client
import io
import socket
from typing import Any, cast

import pytest

from source_8x8_work_analytics.client.connections import (
    RESPONSE_TIMEOUT,
    Adapter,
    DeadlineReader,
    FinalResponse,
)
from source_8x8_work_analytics.client.network_errors import ResponseTooSlow

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n[123456]"
EARLY_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\nContent-Length: 7\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n[123456]\r\n0\r\n\r\n"


class Dripping(io.RawIOBase):
    """A file of which each read brings one byte, some seconds after the last one."""

    def __init__(self, content: bytes, waits: list[float], seconds: float) -> None:
        self._content = io.BytesIO(content)
        self._waits = waits
        self._seconds = seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._waits.append(self._seconds)
        piece = self._content.read(1)
        buffer[: len(piece)] = piece
        return len(piece)


class Connected:
    """As much of a socket as a response needs."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw

    def makefile(self, mode: str) -> io.BufferedReader:
        assert mode == "rb"
        return io.BufferedReader(self._raw)


def response_to(content: bytes, waits: list[float], seconds: float = 0.0) -> FinalResponse:
    raw = Dripping(content, waits, seconds)
    return FinalResponse(cast(socket.socket, Connected(raw)), method="GET")


def test_whole_response_may_take_fifteen_minutes() -> None:
    assert RESPONSE_TIMEOUT == 15 * 60


def test_reader_reads_until_its_deadline_and_not_after_it(waits: list[float]) -> None:
    reader = DeadlineReader(Dripping(b"abc", waits, 0.0))
    assert reader.readable()
    assert reader.read(1) == b"a"
    waits.append(RESPONSE_TIMEOUT)
    assert reader.read(1) == b"b"
    waits.append(0.1)
    with pytest.raises(ResponseTooSlow):
        reader.read(1)


def test_deadline_begins_with_the_reader(waits: list[float]) -> None:
    waits.append(10 * RESPONSE_TIMEOUT)
    assert DeadlineReader(Dripping(b"abc", waits, RESPONSE_TIMEOUT)).read(1) == b"a"


def test_closing_a_reader_closes_the_file_below(waits: list[float]) -> None:
    raw = Dripping(b"", waits, 0.0)
    reader = DeadlineReader(raw)
    assert not raw.closed
    reader.close()
    assert raw.closed
    assert reader.closed


@pytest.mark.parametrize("content", [OK, CHUNKED], ids=["length", "chunked"])
@pytest.mark.parametrize("interim", [b"", EARLY_HINTS, 3 * EARLY_HINTS, b"HTTP/1.1 102 Processing\r\n\r\n"])
def test_interim_responses_are_skipped(waits: list[float], interim: bytes, content: bytes) -> None:
    response = response_to(interim + content, waits)
    response.begin()
    assert response.status == 200
    assert response.getheader("Link") is None
    assert response.read() == b"[123456]"


def test_final_status_below_300_is_no_interim_one(waits: list[float]) -> None:
    response = response_to(b"HTTP/1.1 204 No Content\r\n\r\n" + OK, waits)
    response.begin()
    assert response.status == 204


def test_connection_that_ends_after_an_interim_response_is_an_error(waits: list[float]) -> None:
    response = response_to(EARLY_HINTS, waits)
    with pytest.raises(http.client.RemoteDisconnected):
        response.begin()


def test_response_knows_its_request(waits: list[float]) -> None:
    raw = Dripping(OK, waits, 0.0)
    response = FinalResponse(cast(socket.socket, Connected(raw)), 1, method="HEAD")
    assert response.debuglevel == 1
    response.debuglevel = 0
    response.begin()
    assert response.read() == b""


def seconds_each(content: bytes, last: int) -> float:
    """Return the seconds per byte with which the deadline comes before the last bytes."""
    return RESPONSE_TIMEOUT / (len(content) - last)


@pytest.mark.parametrize("content", [OK, CHUNKED], ids=["length", "chunked"])
def test_body_that_drips_is_given_up(waits: list[float], content: bytes) -> None:
    response = response_to(content, waits, seconds_each(content, 5))
    response.begin()
    with pytest.raises(ResponseTooSlow):
        response.read()


@pytest.mark.parametrize("content", [OK, 20 * EARLY_HINTS], ids=["headers", "interim responses"])
def test_headers_that_drip_are_given_up(waits: list[float], content: bytes) -> None:
    response = response_to(content, waits, seconds_each(content, 10))
    with pytest.raises(ResponseTooSlow):
        response.begin()
    assert sum(waits) <= RESPONSE_TIMEOUT + waits[0]


@pytest.mark.parametrize("url", ["https://api.8x8.com", "http://127.0.0.1"])
def test_adapter_opens_such_connections_directly_and_through_a_proxy(url: str) -> None:
    adapter = Adapter()
    for manager in (adapter.poolmanager, adapter.proxy_manager_for("http://proxy.example:3128")):
        pool = manager.connection_from_url(url)
        assert pool.scheme == url.split(":")[0]
        assert getattr(pool.ConnectionCls, "response_class", None) is FinalResponse


def test_adapter_passes_options_on_to_its_pools() -> None:
    adapter = Adapter(pool_block=True)
    assert adapter.poolmanager.connection_pool_kw["block"] is True
    proxied = adapter.proxy_manager_for("http://proxy.example:3128", timeout=5)
    assert proxied.connection_pool_kw["timeout"] == 5
