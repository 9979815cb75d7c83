"""A service that is down ends the sync soon, with what was read saved."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from integration_tests.faults.outcomes import LAST, OTHER, STRUCK, ZONE
from integration_tests.harness import STREAM, marks, within
from integration_tests.truth import PATHS, day_of
from sandbox import Sandbox
from sandbox.faults import FOREVER, Fault
from testing.builders import catalog_file

SOME = {(0, 1), (7, 20)}
"""Requests before it is down, and workers: what is run on every change; the rest by `make soak`."""


@pytest.mark.parametrize(
    ("kind", "stream"),
    [
        *((kind, STREAM) for kind in ("503", "dropped connection", "html", "429")),
        ("503", "call_queue_agent_summary"),
        ("cut JSON", "queue_calls"),
    ],
)
@pytest.mark.parametrize(
    ("after", "workers"),
    [
        pytest.param(*case, marks=[] if case in SOME else [pytest.mark.soak])
        for case in itertools.product([0, 7], [1, 10, 20])
    ],
)
def test_a_service_that_stays_down_ends_the_sync_soon(
    sandbox: Sandbox,
    configure: Callable[..., dict[str, Any]],
    waits: list[float],
    kind: str,
    stream: str,
    after: int,
    workers: int,
) -> None:
    names = [STRUCK, OTHER, "acme-apac"]
    sandbox.faults.append(Fault(kind, path=PATHS[stream], after=after, times=FOREVER))
    config = configure(num_workers=workers, pbx_ids=names, start_date="2024-03-11")
    run = within("read", config, streams=catalog_file(stream))
    assert run.code == 1
    assert after < len(sandbox.requests_to(PATHS[stream])) <= after + 100 + workers
    assert max(waits) <= 72
    assert len(run.errors) <= 3
    assert {error["failure_type"] for error in run.errors} == {"transient_error"}
    assert len(run.text.splitlines()) < 400
    for pbx, mark in marks(run.state, stream).items():
        assert mark < str(LAST)
        for day in ("2024-03-11", mark):
            asked = [line for line in sandbox.requests_to(PATHS[stream]) if line.pbx == pbx]
            assert any(line.status == 200 for line in asked if day_of(line, ZONE) == day), (pbx, day)


def test_a_refused_port_is_down(sandbox: Sandbox, configure: Callable[..., dict[str, Any]]) -> None:
    run = within("read", configure(base_url="http://127.0.0.1:9/analytics/work"))
    assert run.code == 1
    assert [error["failure_type"] for error in run.errors] == ["transient_error"]
    assert "127.0.0.1 refused the connection" in run.errors[0]["message"]
