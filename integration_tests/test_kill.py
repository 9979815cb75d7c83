"""Kill tests: the installed program is ended by `kill -9` at random moments of a long sync.

Each time it goes on from the last state that was printed. At the end the rows are the truth, and no kill cost
more than `num_workers` windows of a PBX.
"""

import json
import random
import signal
import subprocess
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from integration_tests.harness import EXECUTABLE, Row, State, deduplicated, truth
from sandbox import Sandbox
from testing.builders import catalog_file

WORKERS = 4
PBXES = ["acmecorp", "acme-apac"]


def read_until_killed(
    config: Path, state: State, folder: Path, seconds: float | None
) -> list[dict[str, Any]]:
    """Run a read, and kill it some time after its first row; returns the messages that were printed whole."""
    (folder / "catalog.json").write_text(json.dumps(catalog_file()))
    (folder / "state.json").write_text(json.dumps(state))
    command = [EXECUTABLE, "read", "--config", str(config)]
    command += ["--catalog", str(folder / "catalog.json"), "--state", str(folder / "state.json")]
    lines = []
    killer: threading.Timer | None = None
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.endswith("\n"):
                lines.append(json.loads(line))
            if killer is None and seconds is not None and lines[-1]["type"] == "RECORD":
                killer = threading.Timer(seconds, process.send_signal, [signal.SIGKILL])
                killer.start()
        code = process.wait()
    if killer:
        killer.cancel()
        killer.join()
    assert code in (0, -signal.SIGKILL)
    return lines if code else [*lines, {"type": "END"}]


def kill_often(
    sandbox: Sandbox, configure: Callable[..., dict[str, Any]], folder: Path, kills: int, days: int
) -> int:
    """Kill that many times, then let it end; returns how often a window was read again."""
    chance = random.Random(days)
    today = datetime.now(timezone.utc).date()
    start, last = today - timedelta(days=days), today - timedelta(days=2)
    options = {"start_date": str(start), "end_date": str(last), "lookback_days": 0, "time_zone": "UTC"}
    config = folder / "config.json"
    config.write_text(json.dumps(configure(pbx_ids=PBXES, num_workers=WORKERS, **options)))
    state: State = []
    rows: list[Row] = []
    seen: set[tuple[str, str]] = set()
    again = killed = 0
    ended = False
    while not ended:
        lines = read_until_killed(config, state, folder, chance.uniform(0, 0.3) if killed < kills else None)
        ended = lines[-1]["type"] == "END"
        killed += not ended
        rows += [line["record"]["data"] for line in lines if line["type"] == "RECORD"]
        state = [line["state"] for line in lines if line["type"] == "STATE"][-1:] or state
        # What a killed process had under way may be answered later: a run is known by its token.
        tokens = list(dict.fromkeys(line.token for line in sandbox.asked()))
        asked = [(line.pbx, line.start) for line in sandbox.asked() if line.token == tokens[-1]]
        assert len(asked) == len(set(asked))
        for pbx in PBXES:
            repeated = [window for window in asked if window in seen and window[0] == pbx]
            assert len(repeated) <= WORKERS
            again += len(repeated)
        seen |= set(asked)
    assert killed >= kills, f"the sync ended after {killed} kills: make it longer"
    expected: dict[Any, Any] = {}
    for pbx in PBXES:
        expected |= truth(sandbox, pbx, start, last, "UTC")
    assert deduplicated(rows) == expected
    return again


def test_a_few_kills(sandbox: Sandbox, configure: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    sandbox.latency = 0.03
    kill_often(sandbox, configure, tmp_path, kills=6, days=250)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_many_kills(sandbox: Sandbox, configure: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    sandbox.latency = 0.06
    kill_often(sandbox, configure, tmp_path, kills=60, days=728)
