"""Faults, proved: whatever goes wrong, the outcome is the exact truth, or a failure that says what to do.

Each fault strikes one window of one PBX, once, several times in a row, or for ever, on the first, a middle or
the last window, with few and with many requests under way. `make soak` runs every combination.
"""

import itertools
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pendulum
import pytest
import requests

from integration_tests.harness import Row, Run, deduplicated, marks, truth, within
from sandbox import Sandbox
from sandbox.faults import BODIES, CONNECTIONS, FOR_EVER, Fault
from sandbox.server import running
from source_8x8_work_analytics import clock, context
from source_8x8_work_analytics.client.login import MAX_RENEWALS
from source_8x8_work_analytics.client.service import Retries, Service

RETRIES = Retries()
NOW = datetime(2026, 3, 10, 15, 0, tzinfo=timezone.utc)
FIRST, LAST = date(2026, 2, 28), date(2026, 3, 9)
POSITIONS = {"first": FIRST, "middle": date(2026, 3, 4), "last": LAST}
ZONE = "America/New_York"
STRUCK, OTHER = "acmecorp", "acme-europe"

STATUSES: list[tuple[str, dict[str, str]]] = [
    *((status, {}) for status in ("408", "429", "500", "502", "503", "504", "204", "206")),
    ("429", {"Retry-After": "3"}),
    ("429", {"Retry-After": "Tue, 10 Mar 2026 15:00:09 GMT", "Date": "Tue, 10 Mar 2026 15:00:00 GMT"}),
    ("503", {"Retry-After": "0"}),
]
SLOW = ("slow body", "time-out")
PASSING = [*((kind, {}) for kind in (*BODIES, *CONNECTIONS)), *STATUSES]
"""Faults that may pass, and are tried again."""

Expected = dict[tuple[Any, ...], Row]


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[Sandbox, str]]:
    sandbox = Sandbox(clock=lambda: NOW, patience=3.0)
    with running(sandbox) as address:
        yield sandbox, address


@pytest.fixture(scope="module")
def expected(shared: tuple[Sandbox, str]) -> Expected:
    return truth(shared[0], STRUCK, FIRST, LAST, ZONE) | truth(shared[0], OTHER, FIRST, LAST, ZONE)


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def sandbox(shared: tuple[Sandbox, str], monkeypatch: pytest.MonkeyPatch, waits: list[float]) -> Sandbox:
    """The sandbox without faults; the connector with its clock, without waits, and time-outs that fit."""
    sandbox, _ = shared
    sandbox.faults.clear()
    sandbox.requests.clear()
    monkeypatch.setattr(clock, "now", lambda: pendulum.instance(NOW))
    passed = itertools.accumulate(itertools.repeat(0.001))
    monkeypatch.setattr(clock, "elapsed", lambda: next(passed) + sum(waits))
    monkeypatch.setattr(Service, "rest", lambda _, seconds: waits.append(seconds))
    send = requests.Session.send

    def impatient(session: requests.Session, request: Any, **kwargs: Any) -> requests.Response:
        assert kwargs["timeout"] in ((10.0, 300.0), (10.0, 60.0)), "a request without time-outs"
        slow = any(fault.kind in SLOW for fault in sandbox.faults)
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


def whole(run: Run, expected: Expected) -> None:
    """The run succeeded, and its rows are the truth."""
    assert run.code == 0, run.errors
    assert deduplicated(run.rows) == expected
    assert len(run.rows) == len(expected), "a row came twice"
    assert marks(run.state) == {STRUCK: str(LAST), OTHER: str(LAST)}


def held_back(run: Run, expected: Expected, day: date) -> None:
    """The run failed on a day of one PBX, in a sentence; the state stands before it; the other is whole."""
    assert run.code == 1
    found = deduplicated(run.rows)
    assert found.items() <= expected.items(), "a row that is not the truth"
    standing = {OTHER: str(LAST)}
    if day > FIRST:
        standing[STRUCK] = str(day - timedelta(days=1))
    assert marks(run.state) == standing
    assert {k for k in expected if k[0] == OTHER or k[2] < str(day)} <= set(found)
    (error,) = run.errors
    assert f"extension_summary, PBX {STRUCK}, {day}: 8x8 " in error["message"]
    assert error["message"].endswith(".")
    assert "\n" not in error["message"]
    assert "stack_trace" not in error
    assert "Traceback" not in run.text


def nobody_in(text: str, config: dict[str, Any], expected: Expected) -> None:
    """No secret and nobody's name, number or address is in an output, rows aside."""
    logs = "\n".join(line for line in text.splitlines() if not line.startswith('{"type":"RECORD"'))
    secrets = [config["api_key"], config["password"], config["username"], "sandbox."]
    people = {
        str(row[name]) for row in expected.values() for name in ("Email", "UserName", "FirstName", "LastName")
    }
    for private in [*secrets, "jane.doe", "Jane Doe", "+1555", *(people - {"N/A", "", "Phone", "Lobby"})]:
        assert private not in logs, private


def identity(fault: tuple[str, dict[str, str]]) -> str:
    return fault[0] + "".join(f" after {value[:5]}" for name, value in fault[1].items() if name != "Date")


EVERY = list(itertools.product(PASSING, [1, 3, FOR_EVER], POSITIONS, [1, 10]))
"""Fault, how often in a row, on which window, and how many workers."""
SOME = {
    (1, "middle", 10),
    (3, "first", 1),
    (FOR_EVER, "middle", 10),
    (FOR_EVER, "last", 1),
}
"""What is run on every change; the rest by `make soak`."""


@pytest.mark.parametrize(
    ("fault", "times", "position", "workers"),
    [
        pytest.param(
            *case,
            id=f"{identity(case[0])}-{'ever' if case[1] == FOR_EVER else case[1]}-{case[2]}-{case[3]}",
            marks=[] if case[1:] in SOME else [pytest.mark.soak],
        )
        for case in EVERY
    ],
)
def test_a_fault_that_may_pass(
    sandbox: Sandbox,
    configure: Callable[..., dict[str, Any]],
    expected: Expected,
    waits: list[float],
    fault: tuple[str, dict[str, str]],
    times: int,
    position: str,
    workers: int,
) -> None:
    kind, headers = fault
    day = POSITIONS[position]
    sandbox.faults.append(Fault(kind, pbx=STRUCK, start=str(day), times=times, headers=headers))
    config = configure(num_workers=workers)
    run = within("read", config, debug=times == FOR_EVER)
    nobody_in(run.text, config, expected)
    assert len(sandbox.asked("/token")) == 1
    struck = [line for line in sandbox.asked() if line.pbx == STRUCK and line.start.startswith(str(day))]
    most = RETRIES.tries_rate_limited if kind == "429" else RETRIES.tries
    assert len(struck) == min(times + 1, most)
    if kind == "429" or kind in SLOW:  # others wait too
        assert len(waits) >= len(struck) - 1
    else:
        assert len(waits) == len(struck) - 1
    if "Retry-After" in headers:
        seconds = {"3": 3.0, "0": 0.0}.get(headers["Retry-After"], 9.0)
        assert sum(wait > seconds - 0.1 for wait in waits) >= len(struck) - 1
        assert max(waits) <= seconds + 0.1
    if times < FOR_EVER:
        whole(run, expected)
        return
    held_back(run, expected, day)
    assert run.errors[0]["failure_type"] == "transient_error"
    sandbox.faults.clear()
    again = within("read", config, run.state)
    assert again.code == 0
    assert deduplicated(run.rows + again.rows) == expected


FINAL = [
    ("403", "config_error", "name (pbx_ids)", 1),
    ("404", "system_error", "404", 1),
    ("400", "system_error", "400", 1),
]


@pytest.mark.parametrize("position", POSITIONS)
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


@pytest.mark.parametrize("kind", ["revoked token", "401"])
@pytest.mark.parametrize("workers", [1, 10])
@pytest.mark.parametrize("position", POSITIONS)
def test_a_token_that_ends_in_the_middle(
    sandbox: Sandbox,
    configure: Callable[..., dict[str, Any]],
    expected: Expected,
    kind: str,
    workers: int,
    position: str,
) -> None:
    sandbox.faults.append(Fault(kind, pbx=STRUCK, start=str(POSITIONS[position])))
    config = configure(num_workers=workers)
    run = within("read", config, debug=True)
    whole(run, expected)
    nobody_in(run.text, config, expected)
    assert len(sandbox.asked("/token")) == 2


def test_tokens_that_are_never_accepted(sandbox: Sandbox, configure: Callable[..., dict[str, Any]]) -> None:
    sandbox.faults.append(Fault("401", times=FOR_EVER))
    run = within("read", configure(num_workers=10))
    assert run.code == 1
    assert [error["failure_type"] for error in run.errors] == ["config_error"]
    assert len(sandbox.asked("/token")) == 1 + MAX_RENEWALS
    assert len(sandbox.asked()) <= 2 * (1 + 2 * MAX_RENEWALS)


LOGIN_TROUBLES = [*BODIES, *CONNECTIONS, "no token", "408", "429", "500", "502", "503", "504"]


@pytest.mark.parametrize("times", [1, 3, FOR_EVER])
@pytest.mark.parametrize("kind", LOGIN_TROUBLES)
def test_trouble_with_the_login(
    sandbox: Sandbox,
    configure: Callable[..., dict[str, Any]],
    expected: Expected,
    kind: str,
    times: int,
) -> None:
    sandbox.faults.append(Fault(kind, path="/token", times=times))
    config = configure(num_workers=10)
    run = within("read", config, debug=True)
    nobody_in(run.text, config, expected)
    logins = len(sandbox.asked("/token"))
    if times == FOR_EVER:
        assert run.code == 1
        assert run.rows == []
        assert marks(run.state) == {}
        assert [error["failure_type"] for error in run.errors] == ["transient_error"]
        assert logins == (RETRIES.tries_rate_limited if kind == "429" else RETRIES.tries)
        assert sandbox.asked() == []
    else:
        whole(run, expected)
        assert logins == times + 1


def test_a_login_that_is_refused_in_the_middle_is_not_repeated(
    sandbox: Sandbox, configure: Callable[..., dict[str, Any]], expected: Expected
) -> None:
    sandbox.faults.append(Fault("revoked token", pbx=STRUCK, start="2026-03-04"))
    sandbox.faults.append(Fault("400", path="/token", after=1, times=FOR_EVER))
    run = within("read", configure(num_workers=10))
    assert run.code == 1
    assert len(sandbox.asked("/token")) == 2
    assert [error["failure_type"] for error in run.errors] == ["config_error"]
    assert deduplicated(run.rows).items() <= expected.items()
    for pbx, mark in marks(run.state).items():
        done = {k for k in expected if k[0] == pbx and k[2] <= mark}
        assert done <= set(deduplicated(run.rows))


@pytest.mark.parametrize("kind", ["503", "dropped connection", "html", "429"])
@pytest.mark.parametrize("after", [0, 7])
@pytest.mark.parametrize("workers", [1, 10, 20])
def test_a_service_that_stays_down_ends_the_sync_soon(
    sandbox: Sandbox,
    configure: Callable[..., dict[str, Any]],
    expected: Expected,
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
