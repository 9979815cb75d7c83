"""Trouble with the sign-in and with tokens."""

from collections.abc import Callable
from typing import Any

import pytest

from integration_tests.faults.outcomes import POSITIONS, STRUCK, nobody_in, whole
from integration_tests.harness import marks, within
from integration_tests.truth import Rows, deduplicated
from sandbox import Sandbox
from sandbox.faults import BODIES, CONNECTIONS, FOREVER, Fault
from source_8x8_work_analytics.client.authenticator import MAX_RENEWALS
from source_8x8_work_analytics.client.retries import Retries

RETRIES = Retries()


@pytest.mark.parametrize("kind", ["revoked token", "401"])
@pytest.mark.parametrize(
    ("position", "workers"),
    [
        *(("first", 1), ("middle", 10)),
        *(
            pytest.param(*case, marks=pytest.mark.soak)
            for case in [("first", 10), ("middle", 1), ("last", 10)]
        ),
    ],
)
def test_a_token_that_ends_in_the_middle(
    sandbox: Sandbox,
    configure: Callable[..., dict[str, Any]],
    expected: Rows,
    kind: str,
    workers: int,
    position: str,
) -> None:
    sandbox.faults.append(Fault(kind, pbx=STRUCK, start=str(POSITIONS[position])))
    config = configure(num_workers=workers)
    run = within("read", config, debug=True)
    whole(run, expected)
    nobody_in(run.text, config, expected)
    assert len(sandbox.requests_to("/token")) == 2


def test_tokens_that_are_never_accepted(sandbox: Sandbox, configure: Callable[..., dict[str, Any]]) -> None:
    sandbox.faults.append(Fault("401", times=FOREVER))
    run = within("read", configure(num_workers=10))
    assert run.code == 1
    assert [error["failure_type"] for error in run.errors] == ["config_error"]
    assert len(sandbox.requests_to("/token")) == 1 + MAX_RENEWALS
    assert len(sandbox.requests_to()) <= 2 * (1 + 2 * MAX_RENEWALS)


LOGIN_TROUBLES = [*BODIES, *CONNECTIONS, "no token", "408", "429", "500", "502", "503", "504"]


@pytest.mark.parametrize("times", [pytest.param(1, marks=pytest.mark.soak), 3, FOREVER])
@pytest.mark.parametrize("kind", LOGIN_TROUBLES)
def test_trouble_with_the_login(
    sandbox: Sandbox,
    configure: Callable[..., dict[str, Any]],
    expected: Rows,
    kind: str,
    times: int,
) -> None:
    sandbox.faults.append(Fault(kind, path="/token", times=times))
    config = configure(num_workers=10)
    run = within("read", config, debug=True)
    nobody_in(run.text, config, expected)
    logins = len(sandbox.requests_to("/token"))
    if times == FOREVER:
        assert run.code == 1
        assert run.rows == []
        assert marks(run.state) == {}
        assert [error["failure_type"] for error in run.errors] == ["transient_error"]
        assert logins == (RETRIES.tries_rate_limited if kind == "429" else RETRIES.tries)
        assert sandbox.requests_to() == []
    else:
        whole(run, expected)
        assert logins == times + 1


def test_a_login_that_is_refused_in_the_middle_is_not_repeated(
    sandbox: Sandbox, configure: Callable[..., dict[str, Any]], expected: Rows
) -> None:
    sandbox.faults.append(Fault("revoked token", pbx=STRUCK, start=str(POSITIONS["middle"])))
    sandbox.faults.append(Fault("400", path="/token", after=1, times=FOREVER))
    run = within("read", configure(num_workers=10))
    assert run.code == 1
    assert len(sandbox.requests_to("/token")) == 2
    assert [error["failure_type"] for error in run.errors] == ["config_error"]
    assert deduplicated(run.rows).items() <= expected.items()
    for pbx, mark in marks(run.state).items():
        done = {k for k in expected if k[0] == pbx and k[2] <= mark}
        assert done <= set(deduplicated(run.rows))
