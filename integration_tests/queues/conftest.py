"""A sandbox with queues, and a connector whose clock is that of the sandbox and which waits for nothing."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pendulum
import pytest

from integration_tests.queues.reading import FIRST, NOW, PBXES, Configure
from sandbox import Sandbox
from sandbox.server import running
from source_8x8_work_analytics import clock
from source_8x8_work_analytics.client.retries import Retrier


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[Sandbox, str]]:
    sandbox = Sandbox()
    with running(sandbox) as address:
        yield sandbox, address


@pytest.fixture
def at(shared: tuple[Sandbox, str], monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Set the clock of the sandbox and of the connector."""

    def set_clock(now: datetime) -> None:
        shared[0].clock = lambda: now
        monkeypatch.setattr(clock, "now", lambda: pendulum.instance(now))

    return set_clock


@pytest.fixture
def sandbox(
    shared: tuple[Sandbox, str], at: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch
) -> Sandbox:
    sandbox, _ = shared
    at(NOW)
    sandbox.faults.clear()
    sandbox.requests.clear()
    sandbox.hidden_pbxes.clear()
    sandbox.variants = ()
    monkeypatch.setattr(Retrier, "wait", lambda *_: None)
    return sandbox


@pytest.fixture
def configure(shared: tuple[Sandbox, str]) -> Configure:
    options = {"pbx_ids": PBXES, "start_date": str(FIRST), "only_finished_windows": True}
    return lambda **more: shared[0].config(shared[1], **{**options, **more})
