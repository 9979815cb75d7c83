"""No redirect is followed, regardless of the request and the target: it fails in one sentence."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pendulum
import pytest

from integration_tests.harness import NOW, TODAY, Run, within
from sandbox import Sandbox
from sandbox.faults import FOREVER, Fault
from sandbox.sandbox import BASE_PATH
from source_8x8_work_analytics import clock
from source_8x8_work_analytics.client.retries import Retrier
from source_8x8_work_analytics.reports.ring_groups import RingGroupMemberReport
from source_8x8_work_analytics.streams import STREAM_TYPES, StreamType
from testing.builders import catalog_file


def path_of(kind: StreamType) -> str:
    """Return the end of the paths that a stream requests."""
    if kind.report is None:
        return "/" + kind.list_of.path.removeprefix("{pbx}/")
    return f"/{kind.endpoint}/*" if kind.endpoint.endswith("by-extension") else f"/{kind.endpoint}"


def is_behind(kind: StreamType) -> bool:
    """Return whether a stream's endpoint is requested once another one has responded."""
    if kind.report is None:
        return kind.list_of.by_pbx
    return kind.report.by_id or kind.report is RingGroupMemberReport


REPORTS = {path_of(kind): kind.name for kind in STREAM_TYPES if not is_behind(kind)}
BEHIND_OTHERS = {path_of(kind): kind.name for kind in STREAM_TYPES if is_behind(kind)}
SIGN_IN = {"/v1/oauth/token": "extension_summary"}

STATUSES = ("301", "302", "303", "307", "308")
TARGETS = {
    "other host": "http://localhost:{other}/",
    "other host with TLS": "https://localhost:{other}/",
    "same host": "{own}/v2/extsum",
    "same host with TLS": "{own with TLS}/v2/extsum",
    "nowhere": None,
    "not a URL": "http://[nowhere",
}
"""There are more of them than statuses, so every endpoint returns every status."""


class _Contact(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        contacts.append(self.client_address[1])
        self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")


contacts: list[int] = []
"""The connections to the other host."""


@pytest.fixture(scope="module")
def other_host() -> Iterator[int]:
    """A host that returns an empty report for everything."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Contact) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield int(server.server_address[1])
        server.shutdown()


@pytest.fixture
def read(served: tuple[Sandbox, str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """Run a command on some streams of a sandbox, where any wait fails the test."""
    sandbox, address = served
    sandbox.faults.clear()
    sandbox.requests.clear()
    contacts.clear()
    monkeypatch.setattr(clock, "now", lambda: pendulum.instance(NOW))
    monkeypatch.setattr(Retrier, "wait", lambda *_: pytest.fail("a redirect is not retried"))
    config = sandbox.config(address, start_date=str(TODAY - timedelta(days=1)))
    return lambda streams, command="read": within(command, config, streams=catalog_file(*streams))


def location(target: str, own: str, other: int) -> dict[str, str]:
    """Return the header that points to a target."""
    place = TARGETS[target]
    if place is None:
        return {}
    with_tls = own.replace("http:", "https:")
    for name, value in {"{other}": str(other), "{own}": own, "{own with TLS}": with_tls}.items():
        place = place.replace(name, value)
    return {"Location": place}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("paths", [REPORTS, BEHIND_OTHERS, SIGN_IN], ids=["reports", "behind", "sign-in"])
def test_no_redirect_is_followed(
    served: tuple[Sandbox, str], read: Any, other_host: int, paths: dict[str, str], target: str
) -> None:
    sandbox, address = served
    where = location(target, address + BASE_PATH, other_host)
    turn = list(TARGETS).index(target)
    statuses = {path: STATUSES[(turn + n) % 5] for n, path in enumerate(paths)}
    for path, status in statuses.items():
        sandbox.faults.append(Fault(status, path=path, times=FOREVER, headers=where))
    run = read(paths.values())
    assert run.code == 1
    messages = [error["message"] for error in run.errors]
    assert len(messages) == len(set(statuses.values())), (
        "a redirect is reported once for all PBXs and streams"
    )
    for status in statuses.values():
        (message,) = [message for message in messages if f"(HTTP {status}), which is never" in message]
        assert f"redirect{' to localhost' if target.startswith('other') else ''}" in message
        assert "base URL (base_url) and any proxy" in message
    assert {error["failure_type"] for error in run.errors} == {"config_error"}
    assert "Traceback" not in run.text
    assert run.rows == []
    assert all(not state["stream"]["stream_state"].get("states") for state in run.states)
    assert contacts == []
    for path in paths:
        assert 1 <= len(sandbox.requests_to(path)) <= 3, "once for each PBX"


@pytest.mark.parametrize("path", ["/v1/oauth/token", "/v2/extsum"])
def test_redirect_fails_the_check(served: tuple[Sandbox, str], read: Any, other_host: int, path: str) -> None:
    sandbox, address = served
    where = location("other host", address, other_host)
    sandbox.faults.append(Fault("302", path=path, times=FOREVER, headers=where))
    run = read(["extension_summary"], "check")
    assert run.status["status"] == "FAILED"
    assert run.status["message"].count("redirect to localhost") == 1
    assert contacts == []
