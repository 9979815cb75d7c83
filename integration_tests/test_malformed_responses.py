"""Responses that are not good HTTP, too slow or too large, on real sockets."""

import gzip
import itertools
import logging

import pytest
import requests

from integration_tests.network import replying_server
from source_8x8_work_analytics import clock, messages
from source_8x8_work_analytics.client import http
from source_8x8_work_analytics.client.connections import RESPONSE_TIMEOUT
from source_8x8_work_analytics.errors import RetryableError
from source_8x8_work_analytics.messages import Message

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"
HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
CHUNK = b"1000\r\n" + b"x" * 4096 + b"\r\n"


class Unsigned(requests.auth.AuthBase):
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def send(*reply: bytes, endless: bytes = b"") -> http.Response:
    """Send one request to a server that replies so."""
    with replying_server(*reply, endless=endless) as port:
        return http.Http(1).send(
            "GET", f"http://127.0.0.1:{port}/report", Unsigned(), params={"extId": "4711"}
        )


def problem_of(*reply: bytes, endless: bytes = b"") -> Message:
    with pytest.raises(RetryableError) as failed:
        send(*reply, endless=endless)
    assert not failed.value.service_wide
    return failed.value.problem


@pytest.mark.parametrize(
    "reply",
    [
        b"hello\r\n\r\n",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n[]",
        HEAD + b"X: 1\r\n" * 200 + b"\r\n",
        HEAD + b"X: " + b"1" * 70000 + b"\r\n\r\n",
        CHUNKED + b"no number\r\n[]\r\n",
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n[]",
    ],
    ids=lambda reply: repr(reply[:70]),
)
def test_response_that_is_malformed(reply: bytes) -> None:
    assert problem_of(reply) is messages.MALFORMED_RESPONSE


@pytest.mark.parametrize(
    "reply",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[]", CHUNKED + b"2\r\n[]\r\n", CHUNKED + b"9\r\n[]"],
    ids=repr,
)
def test_response_that_is_cut(reply: bytes) -> None:
    assert problem_of(reply) is messages.CONNECTION_CLOSED


@pytest.mark.parametrize("status", ["102 Processing", "103 Early Hints"])
def test_interim_response_is_not_the_response(status: str) -> None:
    found = send(f"HTTP/1.1 {status}\r\nLink: </x>\r\n\r\n".encode(), OK)
    assert (found.status, found.body) == (200, b"[]")
    assert "Link" not in found.headers


@pytest.fixture
def _fast_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute passes whenever the time is read."""
    ticks = itertools.count(0, 60)
    monkeypatch.setattr(clock, "elapsed", lambda: float(next(ticks)))


@pytest.mark.usefixtures("_fast_clock")
@pytest.mark.parametrize(
    ("reply", "endless"),
    [
        (CHUNKED, CHUNK),
        (HEAD + b"Content-Length: 1000000000\r\n\r\n", CHUNK),
        (HEAD + b"\r\n", CHUNK),
        (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 500),
    ],
    ids=["chunks", "body", "body without length", "interim responses"],
)
def test_response_that_does_not_end_in_time(reply: bytes, endless: bytes) -> None:
    assert problem_of(reply, endless=endless) is messages.RESPONSE_TOO_SLOW
    assert clock.elapsed() > RESPONSE_TIMEOUT


BOMB = gzip.compress(b"\0" * 2**26)


@pytest.mark.parametrize(
    ("reply", "endless"),
    [
        ((CHUNKED,), CHUNK),
        ((HEAD + f"Content-Encoding: gzip\r\nContent-Length: {len(BOMB)}\r\n\r\n".encode(), BOMB), b""),
    ],
    ids=["endless chunks", "compressed"],
)
def test_response_that_is_too_large(
    monkeypatch: pytest.MonkeyPatch, reply: tuple[bytes, ...], endless: bytes
) -> None:
    monkeypatch.setattr(http, "LARGEST_RESPONSE", 2**23)
    assert problem_of(*reply, endless=endless) is messages.RESPONSE_TOO_LARGE


def test_malformed_header_is_no_reason_to_log_the_request(caplog: pytest.LogCaptureFixture) -> None:
    """`urllib3` would warn with the whole URL and the headers that follow."""
    reply = HEAD + b"Content-Length: 2\r\na line of Jane Doe\r\nX-Caller: +16175550100\r\n\r\n[]"
    with caplog.at_level(logging.DEBUG):
        assert send(reply).body == b"[]"
    assert not [secret for secret in ("4711", "Jane Doe", "+1617") if secret in caplog.text]
