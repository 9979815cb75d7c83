"""Item 22 of the strangers' list: no response takes for ever, and none fills the memory.

The program's clock goes on with each piece that the server sends, so that 15 minutes pass in a moment. The
server gives up after some seconds of true time: a program without a bound then gets its whole response.
"""

import itertools
import json
import re
import socket
import subprocess
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from integration_tests.harness import NOW, program_at
from integration_tests.strangers.account import Account
from integration_tests.strangers.exchange import Reply, Request
from integration_tests.strangers.reading import failed, messages, read
from source_8x8_work_analytics import clock
from source_8x8_work_analytics.client import connections
from testing.builders import catalog_file

GIB = 2**30
FIFTEEN_MINUTES = re.compile(r"15[ -]min|900 s|quarter of an hour")
PIECES, PACE = 400, 0.01
"""How many pieces the server sends at most, and how many true seconds lie between two."""
SECONDS_A_PIECE = 100.0
"""What the program's clock makes of a piece."""


class Drip:
    """Sends bytes one after the other until the client hangs up.

    Attributes:
        sent: how many pieces were sent to anybody: the program's clock.
        finished: how many responses were sent to their end.
    """

    def __init__(self) -> None:
        self.sent = 0
        self.finished = 0

    def reply(self, head: bytes, pieces: Iterator[bytes], end: bytes = b"") -> Reply:
        """Return a reply whose head is sent at once, and whose pieces drip."""

        def send(connection: socket.socket) -> None:
            pause = threading.Event()
            connection.sendall(head.replace(b"\n", b"\r\n"))
            for piece in itertools.islice(pieces, PIECES):
                connection.sendall(piece)
                self.sent += 1
                pause.wait(PACE)
            connection.sendall(end)
            self.finished += 1

        return Reply(send=send)


def body(size: int = PIECES) -> Iterator[bytes]:
    """Yield an empty report, blanks first, a byte at a time."""
    return iter([b" "] * (size - 2) + [b"[", b"]"])


def headers() -> Iterator[bytes]:
    """Yield the rest of a header, a byte at a time."""
    return itertools.repeat(b"x")


def many_headers() -> Iterator[bytes]:
    """Yield 44 whole headers, a byte at a time: clients take a hundred."""
    lines = b"".join(b"X-%02d: x\r\n" % number for number in range(44))
    return (lines[i : i + 1] for i in range(len(lines)))


def chunks() -> Iterator[bytes]:
    """Yield chunks of blanks without an end."""
    return itertools.repeat(b"1\r\n \r\n")


EMPTY = b"Content-Length: 2\r\n\r\n[]"
DRIPS: dict[str, Callable[[Drip], Reply]] = {
    "body": lambda drip: drip.reply(b"HTTP/1.1 200 OK\nContent-Length: %d\n\n" % PIECES, body()),
    "body until the end": lambda drip: drip.reply(b"HTTP/1.1 200 OK\nConnection: close\n\n", body()),
    "error body": lambda drip: drip.reply(b"HTTP/1.1 503 Busy\nContent-Length: %d\n\n" % PIECES, body()),
    "one header": lambda drip: drip.reply(b"HTTP/1.1 200 OK\nX-Slow: ", headers(), b"\r\n" + EMPTY),
    "many headers": lambda drip: drip.reply(b"HTTP/1.1 200 OK\n", many_headers(), EMPTY),
    "endless chunks": lambda drip: drip.reply(
        b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n", chunks(), b"2\r\n[]\r\n0\r\n\r\n"
    ),
    "gzip": lambda drip: drip.reply(
        b"HTTP/1.1 200 OK\nContent-Encoding: gzip\nContent-Length: %d\n\n" % PIECES, headers()
    ),
}


@pytest.fixture(autouse=True)
def _bound(waits: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests skip waits, which would use up the time of a response; these are about that time."""
    monkeypatch.setattr(connections, "RESPONSE_TIMEOUT", 900.0)


@pytest.fixture
def drip(account: Account, monkeypatch: pytest.MonkeyPatch) -> Drip:
    """A drip whose pieces are the program's clock."""
    found, ticks = Drip(), itertools.count()
    monkeypatch.setattr(clock, "elapsed", lambda: found.sent * SECONDS_A_PIECE + next(ticks) * 0.001)
    return found


def ended_in_time(drip: Drip) -> None:
    """The program hung up on every response once its fifteen minutes were over."""
    assert drip.finished == 0, f"a response that took {drip.sent * SECONDS_A_PIECE / 60:.0f} minutes"
    assert drip.sent < PIECES


@pytest.mark.parametrize("kind", DRIPS)
def test_a_report_that_drips_is_given_up_after_15_minutes(account: Account, drip: Drip, kind: str) -> None:
    account.on("/extsum", lambda _: DRIPS[kind](drip))
    run = read(account, "extension_summary", pbx_ids=["alpha"])
    ended_in_time(drip)
    failed(run, "extension_summary")
    assert FIFTEEN_MINUTES.search(messages(run)), messages(run)
    assert len(account.received("/extsum")) <= 2, "the next try would be no faster"


@pytest.mark.parametrize("kind", ["body", "one header"])
def test_a_sign_in_that_drips_is_given_up(account: Account, drip: Drip, kind: str) -> None:
    account.on("/oauth/token", lambda _: DRIPS[kind](drip))
    run = read(account, "extension_summary", "pbxes")
    ended_in_time(drip)
    (error,) = run.errors
    assert error["failure_type"] == "transient_error"
    assert FIFTEEN_MINUTES.search(error["message"]), error["message"]
    assert len(account.received("/token")) <= 2


def spaces(size: int) -> Iterator[bytes]:
    """Yield an empty report of so many bytes, packed by gzip into a thousandth."""
    packer = zlib.compressobj(1, wbits=31)
    piece = b" " * 2**20
    for _ in range(size // len(piece)):
        if packed := packer.compress(piece):
            yield packed
    yield packer.compress(b"[]") + packer.flush()


def bomb(size: int, content_encoding: bytes = b"gzip") -> Callable[[Request], Reply]:
    """Return a handler that sends a large empty report as it is packed."""

    def send(connection: socket.socket) -> None:
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nConnection: close\r\n\r\n" % content_encoding
        )
        for piece in spaces(size):
            connection.sendall(piece)

    return lambda _: Reply(send=send)


@pytest.mark.soak
@pytest.mark.parametrize("path", ["/extsum", "/oauth/token"])
def test_a_response_of_more_than_a_gibibyte_is_given_up(account: Account, tmp_path: Path, path: str) -> None:
    """As a process of at most three gibibytes: room for one such response, and not for two.

    Its clock is fast, so that the time for new tries is soon over.
    """
    account.on(path, bomb(2 * GIB))
    limit = f"import resource\nresource.setrlimit(resource.RLIMIT_AS, ({3 * GIB}, {3 * GIB}))\n"
    faster = (
        "import time\n"
        "from source_8x8_work_analytics import clock\n"
        "clock.elapsed = lambda: time.monotonic() * 30\n"
    )
    config, catalog = tmp_path / "config.json", tmp_path / "catalog.json"
    config.write_text(json.dumps(account.config(pbx_ids=["alpha"], end_date="2026-11-23")))
    catalog.write_text(json.dumps(catalog_file("extension_summary")))
    program = program_at(NOW, tmp_path, setup=limit + faster)
    done = subprocess.run(
        [program, "read", "--config", str(config), "--catalog", str(catalog)],
        capture_output=True,
        encoding="utf-8",
        timeout=240,
    )
    lines: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    errors = [line["trace"]["error"] for line in lines if line.get("trace", {}).get("error")]
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    (error,) = errors
    assert error["failure_type"] == "transient_error", error["message"]
    assert re.search(r"1 Gi?B|1,?073", error["message"]), error["message"]
    assert len(account.received(path)) <= 4


def test_a_report_of_some_size_is_still_read(account: Account) -> None:
    """A guard, which held before."""
    account.on("/extsum", bomb(64 * 2**20))
    run = read(account, "extension_summary", pbx_ids=["alpha"], end_date="2026-11-23")
    assert run.code == 0, messages(run)
