import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

# Before PyAirbyte is imported anywhere: no look-up in a registry, and no telemetry.
os.environ["AIRBYTE_OFFLINE_MODE"] = "1"
os.environ["DO_NOT_TRACK"] = "1"

import pytest

from sandbox import Sandbox
from sandbox.server import running


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(patience=3.0)


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
