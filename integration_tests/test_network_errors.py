"""Each cause that keeps the connector from reaching 8x8 has its own message, on real sockets.

What retrying cannot fix is tried once and is a config error. Regardless of the number of PBXs and streams it
is reported once, and nobody but 8x8 sees a secret.
"""

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme

from integration_tests.harness import TODAY, Run, marks, within
from integration_tests.network import Proxy, closed_port, proxy, silent_server, tls_server
from sandbox import Sandbox
from source_8x8_work_analytics import messages
from source_8x8_work_analytics.client import http
from source_8x8_work_analytics.client.retries import Retries
from source_8x8_work_analytics.messages import Message
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


def fails_once(run: Run, expected: Message, **values: str) -> None:
    """The run failed with one error, in one sentence, and stored nothing."""
    assert run.code == 1
    assert run.rows == []
    assert marks(run.state) == {}
    (error,) = run.errors
    assert error["message"].startswith(expected.what.format(**values))
    assert error["message"].endswith(".")
    assert expected.failure_type
    assert error["failure_type"] == expected.failure_type.value
    assert "Traceback" not in run.text
    assert "stack_trace" not in error


def saw_nothing(server: Proxy, sandbox: Sandbox) -> None:
    """A proxy saw requests for tunnels only."""
    seen = b"".join(server.seen)
    for secret in (sandbox.api_key, sandbox.password, sandbox.username, "oauth", "Authorization"):
        assert secret.encode() not in seen


def test_private_ca_and_proxy_work(sandbox: Sandbox, read: Any, environ: Any, stack: ExitStack) -> None:
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
def test_certificate_that_is_not_trusted(
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
    run = read(port)
    (error,) = run.errors
    reason = error["message"].partition("(")[2].partition(")")[0]
    assert len(reason) > 10
    fails_once(run, messages.CERTIFICATE_NOT_TRUSTED, host="localhost", reason=reason)
    assert waits == []
    assert sandbox.requests == []
    if not through_proxy:
        assert "certificate" in read(port, command="check").status["message"]


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        ("407 Proxy Authentication Required", messages.PROXY_LOGIN_REQUIRED),
        ("403 Forbidden", messages.PROXY_DENIES),
    ],
    ids=["407", "403"],
)
def test_proxy_that_denies(
    sandbox: Sandbox,
    read: Any,
    waits: list[float],
    environ: Any,
    stack: ExitStack,
    status: str,
    problem: Message,
) -> None:
    server = stack.enter_context(proxy(status))
    environ.setenv("HTTPS_PROXY", server.address)
    fails_once(read(443), problem, host="localhost", status="403")
    assert len(server.seen) == 1
    assert waits == []
    saw_nothing(server, sandbox)


def test_proxy_that_fails_for_now(sandbox: Sandbox, read: Any, environ: Any, stack: ExitStack) -> None:
    server = stack.enter_context(proxy("503 Service Unavailable"))
    environ.setenv("HTTPS_PROXY", server.address)
    fails_once(read(443), messages.PROXY_FAILED)
    assert len(server.seen) == Retries().tries
    saw_nothing(server, sandbox)


def test_host_or_proxy_that_refuses_the_connection(read: Any, environ: Any, waits: list[float]) -> None:
    fails_once(read(closed_port()), messages.CONNECTION_REFUSED, host="localhost")
    assert len(waits) == Retries().tries - 1
    environ.setenv("HTTPS_PROXY", f"http://127.0.0.1:{closed_port()}")
    fails_once(read(443), messages.CONNECTION_REFUSED, host="The proxy")


def test_host_name_that_is_not_valid(read: Any, waits: list[float]) -> None:
    fails_once(read(443, "a..b"), messages.CANNOT_BUILD_REQUEST)
    assert waits == []


@pytest.fixture
def no_names(environ: pytest.MonkeyPatch) -> None:
    """No host name resolves."""

    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    environ.setattr(socket, "getaddrinfo", unknown)


@pytest.mark.usefixtures("no_names")
def test_name_that_does_not_resolve(read: Any, environ: Any) -> None:
    fails_once(read(443, "api.8x8.invalid"), messages.HOST_UNKNOWN, host="api.8x8.invalid")
    environ.setenv("HTTPS_PROXY", "http://proxy.invalid:3128")
    fails_once(read(443), messages.HOST_UNKNOWN, host="the proxy")


@pytest.fixture
def cloud(environ: pytest.MonkeyPatch) -> None:
    """`DEPLOYMENT_MODE=cloud`, in which the CDK wraps `requests` for the whole process."""
    environ.setattr(requests.Session, "send", requests.Session.send)
    environ.setattr(sys, "excepthook", sys.excepthook)
    environ.setenv("DEPLOYMENT_MODE", "cloud")


@pytest.mark.usefixtures("cloud", "no_names")
def test_name_that_does_not_resolve_in_the_cloud(read: Any, waits: list[float]) -> None:
    fails_once(read(443, "api.8x8.invalid"), messages.HOST_UNKNOWN, host="api.8x8.invalid")
    assert len(waits) == Retries().tries - 1


@pytest.mark.usefixtures("cloud")
def test_address_that_is_not_public_is_forbidden_in_the_cloud(
    sandbox: Sandbox, read: Any, waits: list[float], stack: ExitStack
) -> None:
    port = stack.enter_context(tls_server(sandbox, TRUSTED))
    fails_once(read(port), messages.ADDRESS_FORBIDDEN, host="localhost")
    assert waits == []
    assert sandbox.requests == []


@pytest.mark.usefixtures("cloud")
def test_address_without_tls_is_forbidden_in_the_cloud(
    sandbox: Sandbox, serve: Any, waits: list[float]
) -> None:
    config = serve(sandbox)(start_date=str(TODAY))
    fails_once(within("read", config, streams=STREAMS), messages.ADDRESS_FORBIDDEN, host="127.0.0.1")
    assert waits == []
    assert sandbox.requests == []


@pytest.mark.parametrize("through_proxy", [False, True], ids=["direct", "proxy"])
def test_tls_handshake_that_never_completes(
    read: Any, environ: Any, stack: ExitStack, through_proxy: bool
) -> None:
    environ.setattr(http, "CONNECT_TIMEOUT", 1.0)
    port = stack.enter_context(silent_server())
    if through_proxy:
        environ.setenv("HTTPS_PROXY", stack.enter_context(proxy()).address)
    fails_once(read(port), messages.HANDSHAKE_FAILED, host="localhost")


def test_proxy_that_does_not_respond(read: Any, environ: Any, stack: ExitStack) -> None:
    environ.setattr(http, "CONNECT_TIMEOUT", 1.0)
    environ.setenv("HTTPS_PROXY", f"http://127.0.0.1:{stack.enter_context(silent_server())}")
    fails_once(read(443), messages.PROXY_TIMED_OUT)


BUNDLES = {
    "missing": (None, "does not exist"),
    "empty": (b"", "contains no readable certificate"),
    "text": (b"hello\n", "contains no readable certificate"),
    "broken": (
        b"-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n",
        "contains no readable certificate",
    ),
    "cut": (CA.cert_pem.bytes()[:300], "contains no readable certificate"),
}


@pytest.mark.parametrize(
    ("kind", "name"), [*((kind, "REQUESTS_CA_BUNDLE") for kind in BUNDLES), ("missing", "CURL_CA_BUNDLE")]
)
def test_ca_file_without_certificates(
    sandbox: Sandbox,
    read: Any,
    waits: list[float],
    environ: Any,
    stack: ExitStack,
    tmp_path: Path,
    kind: str,
    name: str,
) -> None:
    content, problem = BUNDLES[kind]
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_bytes(content)
    environ.delenv("REQUESTS_CA_BUNDLE")
    environ.setenv(name, str(bundle))
    port = stack.enter_context(tls_server(sandbox, TRUSTED))
    fails_once(read(port), messages.BAD_CA_FILE, problem=problem)
    assert waits == []
    assert sandbox.requests == []


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
def test_requests_to_this_machine_use_no_proxy(
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
def test_proxy_variable_that_is_not_a_valid_address(
    read: Any, waits: list[float], environ: Any, address: str
) -> None:
    environ.setenv("HTTPS_PROXY", address)
    fails_once(read(443), messages.CANNOT_BUILD_REQUEST)
    assert waits == []
