"""A sandbox for each test, and an order that keeps both cores busy."""

import itertools
import math
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

# Before PyAirbyte is imported anywhere: no look-up in a registry, and no telemetry.
os.environ["AIRBYTE_OFFLINE_MODE"] = "1"
os.environ["DO_NOT_TRACK"] = "1"

import pendulum
import pytest

from integration_tests import sandbox_client
from integration_tests.harness import NOW, program_at
from integration_tests.postgres_server import postgres_server
from sandbox import Sandbox
from sandbox.server import running
from source_8x8_work_analytics import clock
from source_8x8_work_analytics.client import connections
from source_8x8_work_analytics.client.retries import Retrier

LONG = ("test_kill.py", "test_model.py")


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the options and fixtures of the CDK's standard tests."""
    pluginmanager.import_plugin("airbyte_cdk.test.standard_tests.pytest_hooks")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start what takes longest, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None and item.path.name not in LONG)


@pytest.fixture
def sandbox() -> Sandbox:
    """A sandbox at NOW."""
    return Sandbox(patience=3.0, clock=lambda: NOW)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between tries, which take no time: in this process, the clock stands at NOW but for them."""
    found: list[float] = []
    passed = itertools.accumulate(itertools.repeat(0.001))
    monkeypatch.setattr(clock, "now", lambda: pendulum.instance(NOW))
    monkeypatch.setattr(clock, "elapsed", lambda: next(passed) + sum(found))
    monkeypatch.setattr(Retrier, "wait", lambda _, seconds: found.append(seconds))
    # The wait of one thread would pass during the response of another one.
    monkeypatch.setattr(connections, "RESPONSE_TIMEOUT", math.inf)
    return found


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Sandbox, str]]:
    """One sandbox at NOW for the tests of a module, and its address."""
    sandbox = Sandbox(clock=lambda: NOW)
    with running(sandbox) as address:
        yield sandbox, address


@pytest.fixture
def program(tmp_path: Path) -> str:
    """The installed program, whose clock starts at NOW."""
    return program_at(NOW, tmp_path)


@pytest.fixture
def serve() -> Iterator[Callable[[Sandbox], Callable[..., dict[str, Any]]]]:
    """Serve a sandbox; returns what makes a configuration for it."""
    with ExitStack() as stack:

        def start(sandbox: Sandbox) -> Callable[..., dict[str, Any]]:
            address = stack.enter_context(running(sandbox))
            return lambda **more: sandbox.config(address, **more)

        yield start


@pytest.fixture
def configure(sandbox: Sandbox, serve: Any) -> Callable[..., dict[str, Any]]:
    """Return what makes a configuration for the served sandbox."""
    made: Callable[..., dict[str, Any]] = serve(sandbox)
    return made


@pytest.fixture
def postgres(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A PostgreSQL server that PGHOST names."""
    with postgres_server() as host:
        monkeypatch.setenv("PGHOST", host)
        yield


@pytest.fixture(scope="module")
def _served() -> Iterator[sandbox_client.Client]:
    """One sandbox for the tests of a module: starting it takes longer than any of them."""
    sandbox = Sandbox(clock=lambda: sandbox_client.NOW)
    with running(sandbox) as address:
        yield sandbox_client.Client(sandbox, address)


@pytest.fixture
def client(_served: sandbox_client.Client) -> Iterator[sandbox_client.Client]:
    """A client that is signed in to a sandbox, which is set back after each test."""
    sandbox = _served.sandbox
    before = dict(vars(sandbox))
    yield _served
    vars(sandbox).update(before)
    for changed in (sandbox.faults, sandbox.revisions, sandbox.hidden_pbxes):
        changed.clear()
