"""A sandbox that commits faults, and a connector that meets them on a clock of the tests."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pendulum
import pytest
import requests

from integration_tests.faults.outcomes import FIRST, LAST, NOW, OTHER, SLOW, STRUCK, ZONE
from integration_tests.harness import STREAM
from integration_tests.truth import Rows, truth
from sandbox import Sandbox
from sandbox.faults import Fault
from sandbox.server import running
from source_8x8_work_analytics import clock
from source_8x8_work_analytics.client import client as clients
from source_8x8_work_analytics.client.retries import Retrier


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[Sandbox, str]]:
    sandbox = Sandbox(clock=lambda: NOW, patience=3.0)
    with running(sandbox) as address:
        yield sandbox, address


@pytest.fixture(scope="module")
def expected_of(shared: tuple[Sandbox, str]) -> Callable[[str], Rows]:
    """Return what tells the rows of a stream."""

    @cache
    def expected_of(stream: str) -> Rows:
        struck, other = (truth(shared[0], pbx, FIRST, LAST, ZONE, stream) for pbx in (STRUCK, OTHER))
        return struck | other

    return expected_of


@pytest.fixture
def expected(expected_of: Callable[[str], Rows]) -> Rows:
    """The rows of the extension summary."""
    return expected_of(STREAM)


def is_next(fault: Fault, url: str) -> bool:
    """Return whether a fault will strike a request, so that only this one has to be given up soon."""
    due = fault.seen < fault.after + fault.times
    return due and all(part in url for part in (fault.path, fault.pbx, fault.start))


@pytest.fixture
def sandbox(shared: tuple[Sandbox, str], monkeypatch: pytest.MonkeyPatch, waits: list[float]) -> Sandbox:
    """The sandbox without faults; the connector with its clock, without waits, and time-outs that fit."""
    sandbox, _ = shared
    sandbox.faults.clear()
    sandbox.requests.clear()
    monkeypatch.setattr(clock, "now", lambda: pendulum.instance(NOW))
    send = requests.Session.send

    def impatient(session: requests.Session, request: Any, **kwargs: Any) -> requests.Response:
        assert kwargs["timeout"] in ((10.0, 300.0), (10.0, 60.0)), "a request without time-outs"
        slow = any(fault.kind in SLOW and is_next(fault, request.path_url) for fault in sandbox.faults)
        return send(session, request, **{**kwargs, "timeout": (5.0, 0.5 if slow else 30.0)})

    monkeypatch.setattr(requests.Session, "send", impatient)
    return sandbox


@pytest.fixture
def configure(shared: tuple[Sandbox, str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    sandbox, address = shared
    options = {"pbx_ids": [STRUCK, OTHER], "start_date": str(FIRST), "only_finished_windows": True}

    def made(**more: Any) -> dict[str, Any]:
        if more.get("num_workers") == 1:  # fewer than the form takes: one request under way at once
            monkeypatch.setattr(clients, "Retrier", lambda retries, _: Retrier(retries, 1))
            more["num_workers"] = 2
        return sandbox.config(address, **{**options, **more})

    return made
