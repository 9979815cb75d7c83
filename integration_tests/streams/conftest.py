"""One sandbox for the tests of a file, and the connector on its clock."""

from collections.abc import Callable, Iterator
from typing import Any

import pendulum
import pytest

from integration_tests.streams.expected import FIRST, NOW, PBXES
from sandbox import Sandbox
from sandbox.server import running
from source_8x8_work_analytics import clock
from source_8x8_work_analytics.client.retries import Retrier


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[Sandbox, str]]:
    sandbox = Sandbox(clock=lambda: NOW)
    with running(sandbox) as address:
        yield sandbox, address


@pytest.fixture
def sandbox(shared: tuple[Sandbox, str], monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    shared[0].faults.clear()
    shared[0].requests.clear()
    shared[0].hidden_pbxes.clear()
    monkeypatch.setattr(clock, "now", lambda: pendulum.instance(NOW))
    monkeypatch.setattr(Retrier, "wait", lambda *_: None)
    return shared[0]


@pytest.fixture
def configure(shared: tuple[Sandbox, str]) -> Callable[..., dict[str, Any]]:
    options = {"pbx_ids": PBXES, "start_date": str(FIRST), "only_finished_windows": True}
    return lambda **more: shared[0].config(shared[1], **{**options, **more})
