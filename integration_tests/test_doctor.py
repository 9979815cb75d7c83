"""The doctor as the installed program, against a sandbox that is served."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from integration_tests.harness import EXECUTABLE
from sandbox import Sandbox
from testing.private import private_in, private_values

LATENCY = 0.1


def start(config: dict[str, Any], folder: Path, *more: str) -> "subprocess.Popen[str]":
    path = folder / "config.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    return subprocess.Popen(
        [EXECUTABLE, "doctor", "--config", str(path), "--report", str(folder / "report.json"), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )


def check_run(sandbox: Sandbox, config: dict[str, Any], folder: Path) -> float:
    """Run twice with a memory; returns the seconds of the first run."""
    memory = ["--memory", str(folder / "memory.json")]
    for run in range(2):
        sandbox.requests.clear()
        begin = time.monotonic()
        out, err = (process := start(config, folder, *memory)).communicate(timeout=120)
        seconds = time.monotonic() - begin if run == 0 else seconds  # noqa: F821 - set in the first run
        assert process.returncode == 0, out + err
        report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        assert len(sandbox.requests) <= report["requests"] <= 120
        assert len(sandbox.asked("/oauth/token")) == 1
        by_id = {finding["id"]: finding for finding in report["findings"]}
        assert by_id["late_changes"]["verdict"] == ("holds" if run else "unknown")
        written = json.dumps(report, ensure_ascii=False) + (folder / "memory.json").read_text(
            encoding="utf-8"
        )
        assert private_in(out + err + written, private_values(sandbox)) == []
    return seconds


def test_a_run_prints_and_writes_a_report(sandbox: Sandbox, configure: Any, tmp_path: Path) -> None:
    check_run(sandbox, configure(), tmp_path)


@pytest.mark.soak
def test_a_run_at_usual_speed_takes_less_than_40_seconds(
    sandbox: Sandbox, configure: Any, tmp_path: Path
) -> None:
    sandbox.latency = 0.3

    assert check_run(sandbox, configure(), tmp_path) < 40


def test_a_service_that_computes_one_report_at_a_time_gets_few_workers(
    sandbox: Sandbox, configure: Any, tmp_path: Path
) -> None:
    sandbox.latency = LATENCY
    sandbox.dialects = ["response_times=serial"]

    start(configure(), tmp_path).communicate(timeout=120)

    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    finding = next(finding for finding in report["findings"] if finding["id"] == "response_times")
    assert (finding["seen"], finding["verdict"]) == ("2", "holds")
    assert finding["advice"].startswith("Set num_workers to 2")


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_prints_what_was_found(
    sandbox: Sandbox, configure: Any, tmp_path: Path, signum: int
) -> None:
    sandbox.latency = LATENCY
    process = start(configure(), tmp_path)
    while len(sandbox.requests) < 15:
        time.sleep(0.05)

    process.send_signal(signum)
    out, err = process.communicate(timeout=10)

    assert process.returncode == 2
    assert err.splitlines()[-1] == "The doctor was interrupted; what it had found until then is above."
    assert out.splitlines()[-1].endswith("requests.")
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert {finding["verdict"] for finding in report["findings"]} == {"holds", "unknown"}
