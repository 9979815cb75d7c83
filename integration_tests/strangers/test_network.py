"""Items 19 and 20 of the strangers' list: Airbyte's cloud mode, and responses that are odd as HTTP."""

import select
import socket
from collections.abc import Callable
from typing import Any

import pytest
import requests

from integration_tests.harness import Run, within
from integration_tests.network import closed_port
from integration_tests.strangers.account import Account
from integration_tests.strangers.exchange import Reply, Request, first
from integration_tests.strangers.reading import contains, messages, read, rows_of
from integration_tests.strangers.rows import report_row
from testing.builders import catalog_file

ROWS = b'[{"PbxId": "alpha", "Extension": "1001", "Inbound_Total": %d}]'


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """Return what reads from an address in Airbyte's cloud mode, which wraps `requests` for good."""
    monkeypatch.setenv("DEPLOYMENT_MODE", "cloud")
    monkeypatch.setattr(requests.Session, "send", requests.Session.send)
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)

    def run(account: Account, base_url: str, command: str = "read") -> Run:
        config = account.config(base_url=base_url, pbx_ids=["alpha"])
        return within(command, config, streams=catalog_file("extension_summary"))

    return run


def test_a_name_that_does_not_resolve_is_transient_in_cloud_mode(
    account: Account, cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    run = cloud(account, "https://api.8x8.invalid/analytics/work")
    assert run.code == 1
    (error,) = run.errors
    assert error["failure_type"] == "transient_error", error["message"]
    assert contains(error["message"], "api.8x8.invalid", "resolve"), error["message"]
    assert "Traceback" not in run.text


def test_a_check_in_cloud_mode_tells_a_name_that_does_not_resolve(
    account: Account, cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FAILED would end the job without a retry."""

    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    run = cloud(account, "https://api.8x8.invalid", command="check")
    assert run.code == 1
    assert run.of("CONNECTION_STATUS") == []
    assert {error["failure_type"] for error in run.errors} == {"transient_error"}


@pytest.mark.parametrize("address", ["http://127.0.0.1:{}", "https://127.0.0.1:{}", "https://10.0.0.7"])
def test_an_address_that_cloud_mode_forbids_is_a_config_error_that_says_so(
    account: Account, cloud: Any, address: str
) -> None:
    run = cloud(account, address.format(closed_port()))
    assert run.code == 1
    (error,) = run.errors
    assert error["failure_type"] == "config_error", error["message"]
    assert contains(error["message"], "cloud", "base_url"), error["message"]
    assert "Traceback" not in run.text


def raw(text: bytes, body: bytes = b"") -> Reply:
    """Return a reply that is sent as it stands, with a body."""
    return Reply(send=lambda connection: connection.sendall(text.replace(b"\n", b"\r\n") + body))


MALFORMED = {
    "two lengths": raw(b"HTTP/1.1 200 OK\nContent-Length: 2\nContent-Length: 3\n\n", b"[]"),
    "two lengths in one": raw(b"HTTP/1.1 200 OK\nContent-Length: 2, 3\n\n", b"[]"),
    "length of text": raw(b"HTTP/1.1 200 OK\nContent-Length: many\n\n", b"[]"),
    "bad chunk": raw(b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n", b"zz\r\n[]\r\n0\r\n\r\n"),
    "no status": raw(b"HELLO\n\n"),
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_a_malformed_response_is_tried_again(account: Account, kind: str) -> None:
    account.on("/extsum", first(1, lambda _: MALFORMED[kind]))
    run = read(account, "extension_summary")
    assert run.code == 0, messages(run)
    assert len(run.rows) == 4


@pytest.mark.parametrize("kind", ["two lengths"])
@pytest.mark.parametrize("path", ["/extsum", "/token"])
def test_responses_that_stay_malformed_blame_nobody(account: Account, path: str, kind: str) -> None:
    account.on(path, lambda _: MALFORMED[kind])
    run = read(account, "extension_summary")
    assert run.code == 1
    assert run.rows == []
    assert {error["failure_type"] for error in run.errors} == {"transient_error"}, messages(run)
    assert not contains(messages(run), "api_key")
    assert "Traceback" not in run.text


def test_304_is_no_redirect(account: Account) -> None:
    account.on("/extsum", lambda _: Reply(b"", 304))
    run = read(account, "extension_summary")
    assert run.code == 1
    assert run.rows == []
    assert not contains(messages(run), "redirect")
    assert contains(messages(run), "304")
    assert {error["failure_type"] for error in run.errors} == {"transient_error"}


def test_304_once_is_tried_again(account: Account) -> None:
    account.on("/extsum", first(1, lambda _: Reply(b"", 304)))
    run = read(account, "extension_summary")
    assert run.code == 0, messages(run)
    assert len(run.rows) == 4


INTERIM = {
    "103": b"HTTP/1.1 103 Early Hints\nLink: </a.css>; rel=preload\n\n",
    "102": b"HTTP/1.1 102 Wait\n\n",
}


def number_of(day: str) -> int:
    """Return a number that tells the days apart."""
    return int(day.replace("-", ""))


def after(interim: bytes, seconds: float) -> Callable[[Request], Reply]:
    """Return a handler that sends an interim response, and the rows once the client asks again or time is up.

    A client that takes the first for the answer asks again on the same connection, and gets the answer to
    this request as the one to its next.
    """

    def reply(request: Request) -> Reply:
        body = ROWS % number_of(request.day)
        head = b"HTTP/1.1 200 OK\nContent-Length: %d\n\n" % len(body)

        def send(connection: socket.socket) -> None:
            connection.sendall(interim.replace(b"\n", b"\r\n"))
            select.select([connection], [], [], seconds)
            connection.sendall(head.replace(b"\n", b"\r\n") + body)

        return Reply(send=send, keep_alive=True)

    return reply


@pytest.mark.parametrize("kind", INTERIM)
@pytest.mark.parametrize("times", [1, 1000], ids=["once", "always"])
def test_an_interim_response_is_no_answer(account: Account, kind: str, times: int) -> None:
    """What follows it on the connection is the answer to this request, and never to the next one."""
    account.on(
        "/extsum", lambda request: Reply([report_row(request, "alpha", Inbound_Total=number_of(request.day))])
    )
    account.on("/extsum", first(times, after(INTERIM[kind], 0.3 if times == 1 else 0.05)))
    run = read(account, "extension_summary", pbx_ids=["alpha"], start_date="2026-11-15")
    for row in rows_of(run, "extension_summary"):
        assert row["Inbound_Total"] == number_of(row["report_date"]), "the row of another day"
    assert run.code == 0, messages(run)
    assert len(run.rows) == 10
