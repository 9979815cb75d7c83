"""Each cause that keeps the connector from 8x8 has its own sentence, on real sockets.

What cannot pass by waiting is tried once and is a config error. Whatever the number of PBXs and streams, it
is said once, and nobody but 8x8 gets to see a secret.
"""

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import trustme
from source_8x8_work_analytics.client.service import Retries

from integration_tests.harness import TODAY, Run, marks, within
from integration_tests.network import Proxy, closed_port, proxy, replying_server, silent_server, tls_server
from sandbox import Sandbox
from source_8x8_work_analytics.client import http
from testing.builders import catalog_file

STREAMS = catalog_file("extension_summary", "company_summary", "pbxes")
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket")  # of servers whose handshake failed
VARIABLES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
CA = trustme.CA()
TRUSTED = CA.issue_cert("localhost")


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment without proxies that trusts our CA."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    bundle = tmp_path / "ca.pem"
    CA.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    return monkeypatch


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as entered:
        yield entered


@pytest.fixture
def read(sandbox: Sandbox, waits: list[float], environ: pytest.MonkeyPatch) -> Callable[..., Run]:
    """Read three streams of three PBXs from a port of this machine, with TLS."""

    def run(port: int, host: str = "localhost", command: str = "read") -> Run:
        config = sandbox.config(f"https://{host}:{port}", start_date=str(TODAY - timedelta(days=1)))
        found = within(command, config, streams=STREAMS)
        for secret in (config["api_key"], config["password"], config["username"]):
            assert secret not in found.text
        return found

    return run


def said_once(run: Run, failure_type: str, *words: str) -> None:
    """The run failed with one error, in one sentence, and stored nothing."""
    assert run.code == 1
    assert run.rows == []
    assert marks(run.state) == {}
    (error,) = run.errors
    assert error["failure_type"] == failure_type, error["message"]
    for word in words:
        assert word in error["message"]
    assert error["message"].endswith(".")
    assert "Traceback" not in run.text
    assert "stack_trace" not in error


def saw_nothing(server: Proxy, sandbox: Sandbox) -> None:
    """A proxy was asked for tunnels only."""
    seen = b"".join(server.seen)
    for secret in (sandbox.api_key, sandbox.password, sandbox.username, "oauth", "Authorization"):
        assert secret.encode() not in seen


def test_a_private_ca_and_a_proxy_work(sandbox: Sandbox, read: Any, environ: Any, stack: ExitStack) -> None:
    port = stack.enter_context(tls_server(sandbox, TRUSTED))
    direct = read(port)
    assert direct.code == 0, direct.errors
    server = stack.enter_context(proxy())
    environ.setenv("HTTPS_PROXY", server.address)
    through = read(port)
    assert through.code == 0, through.errors
    assert len(through.rows) == len(direct.rows) > 100
    assert server.seen
    saw_nothing(server, sandbox)
    assert read(port, command="check").status["status"] == "SUCCEEDED"


EXPIRED = datetime(2020, 1, 1, tzinfo=timezone.utc)
UNTRUSTED = {
    "other CA": lambda: trustme.CA().issue_cert("localhost"),
    "wrong host": lambda: CA.issue_cert("api.8x8.example"),
    "expired": lambda: CA.issue_cert("localhost", not_before=EXPIRED - timedelta(days=9), not_after=EXPIRED),
}


@pytest.mark.parametrize("through_proxy", [False, True], ids=["direct", "proxy"])
@pytest.mark.parametrize("why", UNTRUSTED)
def test_a_certificate_that_is_not_trusted(
    sandbox: Sandbox,
    read: Any,
    waits: list[float],
    environ: Any,
    stack: ExitStack,
    why: str,
    through_proxy: bool,
) -> None:
    port = stack.enter_context(tls_server(sandbox, UNTRUSTED[why]()))
    if through_proxy:
        environ.setenv("HTTPS_PROXY", stack.enter_context(proxy()).address)
    said_once(read(port), "config_error", "certificate of localhost is not trusted", "REQUESTS_CA_BUNDLE")
    assert waits == []
    assert sandbox.requests == []
    if not through_proxy:
        assert "certificate" in read(port, command="check").status["message"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("407 Proxy Authentication Required", "proxy requires a sign-in (HTTP 407)"),
        ("403 Forbidden", "proxy does not allow connections to localhost (HTTP 403)"),
    ],
)
def test_a_proxy_that_refuses(
    sandbox: Sandbox, read: Any, waits: list[float], environ: Any, stack: ExitStack, answer: str, said: str
) -> None:
    server = stack.enter_context(proxy(answer))
    environ.setenv("HTTPS_PROXY", server.address)
    said_once(read(443), "config_error", said)
    assert len(server.seen) == 1
    assert waits == []
    saw_nothing(server, sandbox)


def test_a_proxy_that_fails_for_now(sandbox: Sandbox, read: Any, environ: Any, stack: ExitStack) -> None:
    server = stack.enter_context(proxy("503 Service Unavailable"))
    environ.setenv("HTTPS_PROXY", server.address)
    said_once(read(443), "transient_error", "proxy could not connect to 8x8")
    assert len(server.seen) == Retries().tries
    saw_nothing(server, sandbox)


def test_a_host_or_proxy_that_refuses_the_connection(read: Any, environ: Any, waits: list[float]) -> None:
    said_once(read(closed_port()), "transient_error", "localhost refused the connection")
    assert len(waits) == Retries().tries - 1
    environ.setenv("HTTPS_PROXY", f"http://127.0.0.1:{closed_port()}")
    said_once(read(443), "transient_error", "The proxy refused the connection")


def test_a_malformed_header_is_no_reason_to_log_the_request(caplog: pytest.LogCaptureFixture) -> None:
    """`urllib3` would warn with the whole URL and the headers that follow."""
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\na line of Jane Doe\r\nX-Caller: +16175550100\r\n\r\n[]"
    with replying_server(reply) as port, caplog.at_level(logging.DEBUG):
        address = f"http://127.0.0.1:{port}/report"
        response = http.Http(1).send("GET", address, params={"extId": "4711"})
    assert response.content == b"[]"
    assert not [secret for secret in ("4711", "Jane Doe", "+1617") if secret in caplog.text]


def test_a_name_that_cannot_be_one(read: Any, waits: list[float]) -> None:
    said_once(read(443, "a..b"), "config_error", "The request cannot be built", "base_url")
    assert waits == []


def test_a_name_that_does_not_resolve(read: Any, environ: Any) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    environ.setattr(socket, "getaddrinfo", unknown)
    said_once(read(443, "api.8x8.invalid"), "transient_error", "name of api.8x8.invalid does not resolve")
    environ.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")
    said_once(read(443), "transient_error", "name of the proxy does not resolve")


@pytest.mark.parametrize("through_proxy", [False, True], ids=["direct", "proxy"])
def test_a_tls_handshake_that_never_comes(
    read: Any, environ: Any, stack: ExitStack, through_proxy: bool
) -> None:
    environ.setattr(http, "CONNECT_TIMEOUT", 0.2)
    port = stack.enter_context(silent_server())
    if through_proxy:
        environ.setenv("HTTPS_PROXY", stack.enter_context(proxy()).address)
    said_once(read(port), "transient_error", "localhost accepted the connection", "TLS handshake")


def test_a_proxy_that_says_nothing(read: Any, environ: Any, stack: ExitStack) -> None:
    environ.setattr(http, "CONNECT_TIMEOUT", 0.2)
    environ.setenv("HTTPS_PROXY", f"http://127.0.0.1:{stack.enter_context(silent_server())}")
    said_once(read(443), "transient_error", "The proxy did not respond in time")


BUNDLES = {
    "missing": (None, "does not exist"),
    "empty": (b"", "holds no certificate"),
    "text": (b"hello\n", "holds no certificate"),
    "broken": (b"-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n", "holds no certificate"),
    "cut": (CA.cert_pem.bytes()[:300], "holds no certificate"),
}


@pytest.mark.parametrize(
    ("kind", "name"), [*((kind, "REQUESTS_CA_BUNDLE") for kind in BUNDLES), ("missing", "CURL_CA_BUNDLE")]
)
def test_a_ca_file_without_certificates(
    sandbox: Sandbox,
    read: Any,
    waits: list[float],
    environ: Any,
    stack: ExitStack,
    tmp_path: Path,
    kind: str,
    name: str,
) -> None:
    content, said = BUNDLES[kind]
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_bytes(content)
    environ.delenv("REQUESTS_CA_BUNDLE")
    environ.setenv(name, str(bundle))
    port = stack.enter_context(tls_server(sandbox, TRUSTED))
    said_once(read(port), "config_error", "certificate", name, said)
    assert waits == []
    assert sandbox.requests == []


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
def test_no_proxy_gets_to_read_what_goes_to_this_machine(
    sandbox: Sandbox, serve: Any, waits: list[float], environ: Any, stack: ExitStack, variable: str
) -> None:
    """A base URL without TLS is for tests on this machine; a proxy would read key and password."""
    server = stack.enter_context(proxy("503 Service Unavailable"))
    environ.setenv(variable, server.address)
    config = serve(sandbox)(start_date=str(TODAY))
    assert within("read", config, streams=STREAMS).code == 0
    assert server.seen == []


@pytest.mark.parametrize(
    "address", ["ftp://proxy:1", "http://", "http://proxy:port", "http://a..b:1", "socks5://proxy:1"]
)
def test_a_proxy_variable_that_is_no_address(
    read: Any, waits: list[float], environ: Any, address: str
) -> None:
    environ.setenv("HTTPS_PROXY", address)
    said_once(read(443), "config_error", "proxy variables")
    assert waits == []
