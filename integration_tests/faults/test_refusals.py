"""Faults that do not pass: what 8x8 refuses is asked for once."""

from collections.abc import Callable
from typing import Any

import pytest

from integration_tests.faults.outcomes import LAST, OTHER, POSITIONS, STRUCK, ZONE, nobody_in
from integration_tests.harness import STREAM, marks, within
from integration_tests.truth import PATHS, Rows, day_of, deduplicated
from sandbox import Sandbox
from sandbox.faults import FOREVER, Fault
from testing.builders import catalog_file

FINAL = [
    ("403", STREAM, "config_error", "prints (pbx_ids)"),
    ("404", STREAM, "system_error", "404"),
    ("400", STREAM, "system_error", "400"),
    ("403", "call_queue_summary", "config_error", "call queues and agents"),
    ("404", "call_queue_agent_summary", "system_error", "404"),
    ("400", "agent_summary", "system_error", "400"),
    ("403", "queue_calls", "config_error", "call queues and agents"),
]


@pytest.mark.parametrize("position", ["first", "middle", pytest.param("last", marks=pytest.mark.soak)])
@pytest.mark.parametrize(("kind", "stream", "failure", "said"), FINAL)
def test_a_refusal_is_not_tried_again(
    sandbox: Sandbox,
    configure: Callable[..., dict[str, Any]],
    expected_of: Callable[[str], Rows],
    kind: str,
    stream: str,
    failure: str,
    said: str,
    position: str,
) -> None:
    day, expected = POSITIONS[position], expected_of(stream)
    sandbox.faults.append(Fault(kind, path=PATHS[stream], pbx=STRUCK, start=str(day), times=FOREVER))
    config = configure(num_workers=10)
    run = within("read", config, streams=catalog_file(stream), debug=True)
    nobody_in(run.text, config, expected)
    assert run.errors[0]["failure_type"] == failure
    assert said in run.errors[0]["message"]
    asked = [line for line in sandbox.requests_to(PATHS[stream]) if line.pbx == STRUCK]
    assert sum(day_of(line, ZONE) == str(day) for line in asked) == 1
    run.errors[0].pop("stack_trace", None)
    assert run.code == 1
    assert deduplicated(run.rows, stream).items() <= expected.items()
    assert marks(run.state, stream)[OTHER] == str(LAST)


def test_a_pbx_that_is_refused_from_the_start_costs_one_request(
    sandbox: Sandbox, configure: Callable[..., dict[str, Any]]
) -> None:
    run = within("read", configure(pbx_ids=["no-such-pbx", STRUCK], num_workers=20))
    assert [line.pbx for line in sandbox.requests_to()].count("no-such-pbx") == 1
    assert marks(run.state) == {STRUCK: str(LAST)}
