"""Faults that may pass: each ends in the exact truth, or in a failure that says what to do.

A fault strikes one window of one PBX, once, several times in a row, or for ever, on the first, a middle or
the last window, with few and with many requests in flight. `make soak` runs every combination.
"""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from integration_tests.faults.outcomes import POSITIONS, SLOW, STRUCK, ZONE, held_back, nobody_in, whole
from integration_tests.harness import STREAM, within
from integration_tests.queue_truth import QUEUE_KEYS
from integration_tests.truth import KEYS, PATHS, Rows, day_of, deduplicated
from sandbox import Sandbox
from sandbox.faults import BODIES, CONNECTIONS, FOREVER, Fault
from source_8x8_work_analytics.client.retries import Retries
from testing.builders import catalog_file
from testing.documented import RING_GROUP_AGENTS

RETRIES = Retries()
STATUSES: list[tuple[str, dict[str, str]]] = [
    *((status, {}) for status in ("408", "409", "425", "429", "500", "502", "503", "504", "204", "206")),
    ("429", {"Retry-After": "3"}),
    ("429", {"Retry-After": "Tue, 10 Mar 2026 15:00:09 GMT", "Date": "Tue, 10 Mar 2026 15:00:00 GMT"}),
    ("503", {"Retry-After": "0"}),
]
PASSING = [*((kind, {}) for kind in (*BODIES, *CONNECTIONS)), *STATUSES]


def identity(fault: tuple[str, dict[str, str]]) -> str:
    return fault[0] + "".join(f" after {value[:5]}" for name, value in fault[1].items() if name != "Date")


EVERY = list(itertools.product(PASSING, KEYS, [1, 3, FOREVER], POSITIONS, [1, 10]))
"""Fault, stream, how often in a row, on which window, and how many workers."""
SOME = [(1, "last", 10), (3, "first", 1), (FOREVER, "middle", 10)]


def is_run_on_every_change(case: tuple[Any, ...]) -> bool:
    """Return whether `make test` has a case: each fault twice, and once more with another stream."""
    fault, stream, *rest = case
    if stream == STREAM:
        return tuple(rest) in SOME[1:]
    turn, place = divmod(PASSING.index(fault), len(QUEUE_KEYS))
    return stream == list(QUEUE_KEYS)[place] and tuple(rest) == SOME[turn % len(SOME)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Generate the cases that may be asked for: collecting thousands only to deselect them takes seconds."""
    no_soak = "not soak" in metafunc.config.option.markexpr
    metafunc.parametrize(
        ("fault", "stream", "times", "position", "workers"),
        [
            pytest.param(
                *case,
                id="-".join([identity(case[0]), *map(str, case[1:])]).replace(str(FOREVER), "ever"),
                marks=[] if is_run_on_every_change(case) else [pytest.mark.soak],
            )
            for case in EVERY
            if is_run_on_every_change(case) or not no_soak
        ],
    )


def test_a_fault_that_may_pass(
    sandbox: Sandbox,
    configure: Callable[..., dict[str, Any]],
    expected_of: Callable[[str], Rows],
    waits: list[float],
    fault: tuple[str, dict[str, str]],
    stream: str,
    times: int,
    position: str,
    workers: int,
) -> None:
    kind, headers = fault
    day, expected, streams = POSITIONS[position], expected_of(stream), catalog_file(stream)
    sandbox.faults.append(Fault(kind, PATHS[stream], STRUCK, str(day), times=times, headers=headers))
    config = configure(num_workers=workers)
    run = within("read", config, streams=streams, debug=times == FOREVER)
    nobody_in(run.text, config, expected)
    assert len(sandbox.requests_to("/token")) == 1
    asked = [line for line in sandbox.requests_to(PATHS[stream]) if line.pbx == STRUCK]
    struck = sum(day_of(line, ZONE) == str(day) for line in asked)
    if stream == "queue_calls" and times < FOREVER:
        struck -= 1  # the page after the last one
    if stream == RING_GROUP_AGENTS and times < FOREVER:
        struck -= len({line.path for line in asked if day_of(line, ZONE) == str(day)}) - 1  # other groups
    most = RETRIES.tries
    told = headers.get("Retry-After", "0")  # to wait for no time at all is no hint
    if kind == "429":
        most = RETRIES.tries_rate_limited if told == "0" else RETRIES.tries_told_to_wait
    assert struck == min(times + 1, most)
    if kind == "429" or kind in SLOW:  # others wait too
        assert len(waits) >= struck - 1
    else:
        assert len(waits) == struck - 1
    if told != "0":
        seconds = 3.0 if told == "3" else 9.0
        assert sum(wait > seconds - 0.1 for wait in waits) >= struck - 1
        assert max(waits) <= seconds + 0.1
    if times < FOREVER:
        whole(run, expected, stream)
        return
    held_back(run, expected, day, stream)
    assert run.errors[0]["failure_type"] == "transient_error"
    sandbox.faults.clear()
    again = within("read", config, run.state, streams)
    assert again.code == 0
    assert deduplicated(run.rows + again.rows, stream) == expected
