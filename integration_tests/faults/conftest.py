"""A sandbox that commits faults, and a connector that meets them on a clock of the tests."""

from collections.abc import Callable, Iterator
from typing import Any

import pendulum
import pytest
import requests

from integration_tests.faults.outcomes import FIRST, LAST, NOW, OTHER, SLOW, STRUCK, ZONE, Expected
from integration_tests.harness import truth
from sandbox import Sandbox
from sandbox.faults import Fault
from sandbox.server import running
from source_8x8_work_analytics import clock, context
from source_8x8_work_analytics.client.service import Service


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[Sandbox, str]]:
    sandbox = Sandbox(clock=lambda: NOW, patience=3.0)
    with running(sandbox) as address:
        yield sandbox, address


@pytest.fixture(scope="module")
def expected(shared: tuple[Sandbox, str]) -> Expected:
    return truth(shared[0], STRUCK, FIRST, LAST, ZONE) | truth(shared[0], OTHER, FIRST, LAST, ZONE)


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
            monkeypatch.setattr(context, "Service", lambda made, retries, _: Service(made, retries, 1))
            more["num_workers"] = 2
        return sandbox.config(address, **{**options, **more})

    return made
