"""Kill tests: the installed program is ended by `kill -9` at random points of a long sync.

Each time it resumes from the last state that was printed. A kill repeats the windows that this state does not
cover, and no other: those that were read within `STATE_INTERVAL` before it, and those that were in flight. At
the end the rows are the truth.
"""

import json
import random
import signal
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from integration_tests.harness import NOW, STREAM, TODAY, Row, State, marks, program_at, without_reading
from integration_tests.queue_truth import QUEUE_KEYS
from integration_tests.truth import PATHS, day_of, deduplicated, pbx_of, truth
from sandbox import Sandbox
from source_8x8_work_analytics.windows.cursor import STATE_INTERVAL
from testing.builders import catalog_file
from testing.documented import RING_GROUP_AGENTS

WORKERS = 4
PBXES = ["acmecorp", "acme-apac"]
SECONDS_A_REQUEST = 0.1
"""By the clock of the program, which stands still otherwise: so no figure here depends on a busy machine."""
MOST_UNSAVED = STATE_INTERVAL / SECONDS_A_REQUEST + 2 * WORKERS * len(PBXES)
"""Windows whose rows may come out between two states: the interval's, and those in flight at its ends."""
TICKING_CLOCK = f"""
from source_8x8_work_analytics.client.http import Http
send, sent = Http.send, []
def count_and_send(*args, **kwargs):
    sent.append(1)
    return send(*args, **kwargs)
Http.send = count_and_send
clock.elapsed = lambda: {SECONDS_A_REQUEST} * len(sent)
"""

Window = tuple[str, str]
"""PBX and day."""


def read_until_killed(
    program: str, config: Path, stream: str, state: State, folder: Path, windows: int | None
) -> list[dict[str, Any]]:
    """Run a read, and kill it when rows of so many windows came out; returns the messages printed whole."""
    (folder / "catalog.json").write_text(json.dumps(catalog_file(stream)))
    (folder / "state.json").write_text(json.dumps(state))
    command = [program, "read", "--config", str(config)]
    command += ["--catalog", str(folder / "catalog.json"), "--state", str(folder / "state.json")]
    lines, seen = [], set[Window]()
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if not line.endswith("\n"):
                break
            lines.append(json.loads(line))
            seen |= windows_of(lines[-1:])
            if len(seen) == windows:
                process.kill()
        code = process.wait()
    assert code in (0, -signal.SIGKILL)
    return lines if code else [*lines, {"type": "END"}]


def windows_of(lines: list[dict[str, Any]]) -> set[Window]:
    """Return the windows that the rows among some messages belong to."""
    rows = (without_reading(line["record"]["data"]) for line in lines if line["type"] == "RECORD")
    return {(pbx_of(row), row["report_date"]) for row in rows}


def check_states(lines: list[dict[str, Any]], stream: str, before: State) -> State:
    """States only move forward, and in time; returns the last one."""
    last, unsaved = before, set[Window]()
    for line in lines:
        unsaved |= windows_of([line])
        assert len(unsaved) <= MOST_UNSAVED
        if line["type"] == "STATE":
            old, new = marks(last, stream), marks([line["state"]], stream)
            assert all(new[pbx] >= mark for pbx, mark in old.items())
            last, unsaved = [line["state"]], set()
    return last


def check_repeats(sandbox: Sandbox, stream: str, states: list[State]) -> int:
    """What was asked for again is what no state covered at a kill, exactly; returns how much that was.

    What a killed process had in flight may be answered later: a run is known by its token.
    """
    lines = sandbox.requests_to(PATHS[stream])
    tokens = list(dict.fromkeys(line.token for line in lines))
    assert len(tokens) == len(states)
    runs: list[list[Window]] = [
        [(line.pbx, day_of(line, "UTC")) for line in lines if line.token == token] for token in tokens
    ]
    if stream in ("queue_calls", RING_GROUP_AGENTS):  # a window is asked for page by page, or by ring group
        runs = [list(dict.fromkeys(asked)) for asked in runs]
    repeats = 0
    for n, (asked, state) in enumerate(zip(runs, states, strict=True)):
        assert len(asked) == len(set(asked)), "asked for twice in one run"
        covered = marks(state, stream)
        later = {window for run in runs[n + 1 :] for window in run}
        lost = {(pbx, day) for pbx, day in asked if day > covered.get(pbx, "")}
        assert later & set(asked) == lost
        repeats += len(lost)
    return repeats


def kill_often(
    sandbox: Sandbox,
    configure: Callable[..., dict[str, Any]],
    folder: Path,
    stream: str,
    kills: int,
    days: int,
) -> None:
    """Kill that many times, then let it end."""
    chance = random.Random(days)
    start, last = TODAY - timedelta(days=days), TODAY - timedelta(days=2)
    options = {"start_date": str(start), "end_date": str(last), "lookback_days": 0, "time_zone": "UTC"}
    config = folder / "config.json"
    config.write_text(json.dumps(configure(pbx_ids=PBXES, num_workers=WORKERS, **options)))
    program = program_at(NOW, folder, setup=TICKING_CLOCK)
    states: list[State] = []
    rows: list[Row] = []
    ended = False
    while not ended:
        state = states[-1] if states else []
        windows = chance.randint(1, 45) if len(states) < kills else None
        lines = read_until_killed(program, config, stream, state, folder, windows)
        ended = lines[-1]["type"] == "END"
        rows += [without_reading(line["record"]["data"]) for line in lines if line["type"] == "RECORD"]
        states.append(check_states(lines, stream, state))
    assert len(states) > kills, f"the sync ended after {len(states) - 1} kills: make it longer"
    moved = {json.dumps(marks(state, stream)) for state in states}
    assert len(moved) > kills / 2, "hardly a kill came after a state"
    assert check_repeats(sandbox, stream, states) > 0, "no kill cost anything"
    first, second = (truth(sandbox, pbx, start, last, "UTC", stream) for pbx in PBXES)
    assert deduplicated(rows, stream) == first | second


@pytest.mark.parametrize(
    ("stream", "kills", "days"),
    [
        (STREAM, 4, 220),
        pytest.param("queue_calls", 3, 120, marks=pytest.mark.soak),
        *(pytest.param(stream, 10, 400, marks=pytest.mark.soak) for stream in QUEUE_KEYS),
    ],
)
def test_a_few_kills(
    sandbox: Sandbox,
    configure: Callable[..., dict[str, Any]],
    tmp_path: Path,
    stream: str,
    kills: int,
    days: int,
) -> None:
    sandbox.latency = 0.03
    kill_often(sandbox, configure, tmp_path, stream, kills, days)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_many_kills(sandbox: Sandbox, configure: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    sandbox.latency = 0.2
    kill_often(sandbox, configure, tmp_path, STREAM, kills=60, days=728)
