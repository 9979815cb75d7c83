"""Faults that do not pass: what 8x8 refuses is asked for once."""

from collections.abc import Callable
from typing import Any

import pytest

from integration_tests.faults.outcomes import LAST, OTHER, POSITIONS, STRUCK, Expected, nobody_in
from integration_tests.harness import deduplicated, marks, within
from sandbox import Sandbox
from sandbox.faults import FOR_EVER, Fault

FINAL = [
    ("403", "config_error", "name (pbx_ids)", 1),
    ("404", "system_error", "404", 1),
    ("400", "system_error", "400", 1),
]


@pytest.mark.parametrize("position", ["first", "middle", pytest.param("last", marks=pytest.mark.soak)])
@pytest.mark.parametrize(("kind", "failure", "said", "tries"), FINAL)
def test_a_refusal_is_not_tried_again(
    sandbox: Sandbox,
    configure: Callable[..., dict[str, Any]],
    expected: Expected,
    kind: str,
    failure: str,
    said: str,
    tries: int,
    position: str,
) -> None:
    day = POSITIONS[position]
    sandbox.faults.append(Fault(kind, pbx=STRUCK, start=str(day), times=FOR_EVER))
    config = configure(num_workers=10)
    run = within("read", config, debug=True)
    nobody_in(run.text, config, expected)
    assert run.errors[0]["failure_type"] == failure
    assert said in run.errors[0]["message"]
    struck = [line for line in sandbox.asked() if line.pbx == STRUCK and line.start.startswith(str(day))]
    assert len(struck) == tries
    run.errors[0].pop("stack_trace", None)
    assert run.code == 1
    assert deduplicated(run.rows).items() <= expected.items()
    assert marks(run.state)[OTHER] == str(LAST)


def test_a_pbx_that_is_refused_from_the_start_costs_one_request(
    sandbox: Sandbox, configure: Callable[..., dict[str, Any]]
) -> None:
    run = within("read", configure(pbx_ids=["no-such-pbx", STRUCK], num_workers=20))
    assert [line.pbx for line in sandbox.asked()].count("no-such-pbx") == 1
    assert marks(run.state) == {STRUCK: str(LAST)}
