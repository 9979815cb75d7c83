"""A service that is down ends the sync soon, with what was read saved."""

import itertools
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from integration_tests.faults.outcomes import LAST, OTHER, STRUCK
from integration_tests.harness import marks, within
from sandbox import Sandbox
from sandbox.faults import FOR_EVER, Fault

SOME = {(0, 1), (7, 20)}
"""Requests before it is down, and workers: what is run on every change; the rest by `make soak`."""


@pytest.mark.parametrize("kind", ["503", "dropped connection", "html", "429"])
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
    after: int,
    workers: int,
) -> None:
    names = [STRUCK, OTHER, "acme-apac"]
    sandbox.faults.append(Fault(kind, after=after, times=FOR_EVER))
    run = within("read", configure(num_workers=workers, pbx_ids=names, start_date="2024-03-11"))
    assert run.code == 1
    assert after < len(sandbox.asked()) <= after + 100 + workers
    assert max(waits) <= 72
    assert len(run.errors) <= 3
    assert {error["failure_type"] for error in run.errors} == {"transient_error"}
    assert len(run.text.splitlines()) < 400
    for pbx, mark in marks(run.state).items():
        assert mark < str(LAST)
        for day in (date(2024, 3, 11), date.fromisoformat(mark)):
            asked = [line for line in sandbox.asked() if line.pbx == pbx and line.start.startswith(str(day))]
            assert any(line.status == 200 for line in asked), (pbx, day)


def test_a_refused_port_is_down(sandbox: Sandbox, configure: Callable[..., dict[str, Any]]) -> None:
    run = within("read", configure(base_url="http://127.0.0.1:9/analytics/work"))
    assert run.code == 1
    assert [error["failure_type"] for error in run.errors] == ["transient_error"]
    assert "127.0.0.1 refused the connection" in run.errors[0]["message"]
