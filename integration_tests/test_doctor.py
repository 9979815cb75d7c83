"""The doctor as the installed program, against a sandbox that is served."""

import json
import os
import signal
import subprocess
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from integration_tests.harness import NOW, program_at, wait_until
from sandbox import Sandbox
from testing.private import private_in, private_values

LATENCY = 0.1


BEGAN = datetime.now(timezone.utc)
"""The true moment that stands for NOW, for the sandbox and for the program."""


@pytest.fixture
def sandbox() -> Sandbox:
    """A sandbox whose clock goes on from NOW."""
    return Sandbox(clock=lambda: NOW + (datetime.now(timezone.utc) - BEGAN))


def start(config: dict[str, Any], folder: Path, *more: str) -> "subprocess.Popen[str]":
    path = folder / "config.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    return subprocess.Popen(
        [
            program_at(NOW, folder, BEGAN),
            "doctor",
            "--config",
            str(path),
            "--report",
            str(folder / "report.json"),
            *more,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )


def run(sandbox: Sandbox, config: dict[str, Any], folder: Path) -> tuple[dict[str, Any], float]:
    """Run with a memory file. Returns the findings by id, and how many seconds it took."""
    memory = folder / "memory.json"
    sandbox.requests.clear()
    begin = time.monotonic()
    process = start(config, folder, "--memory", str(memory))
    out, err = process.communicate(timeout=120)
    seconds = time.monotonic() - begin
    assert process.returncode == 0, out + err
    text = (folder / "report.json").read_text(encoding="utf-8")
    report = json.loads(text)
    assert len(sandbox.requests) <= report["requests"] <= 120
    assert len(sandbox.requests_to("/oauth/token")) == 2, "the second one is for the question sessions"
    printed = out + err + text + memory.read_text(encoding="utf-8")
    assert private_in(printed, private_values(sandbox)) == []
    return {finding["id"]: finding for finding in report["findings"]}, seconds


def test_two_runs_share_a_memory(sandbox: Sandbox, configure: Any, tmp_path: Path) -> None:
    first, _ = run(sandbox, configure(), tmp_path)
    second, _ = run(sandbox, configure(), tmp_path)

    assert first["late_changes"]["verdict"] == "unknown"
    assert second["late_changes"]["verdict"] == "holds"


@pytest.mark.soak
def test_a_run_at_usual_speed_takes_less_than_a_minute(
    sandbox: Sandbox, configure: Any, tmp_path: Path
) -> None:
    sandbox.latency = 0.3

    assert run(sandbox, configure(), tmp_path)[1] < 60


@pytest.mark.soak
def test_a_service_that_computes_one_report_at_a_time_gets_few_workers(
    sandbox: Sandbox, configure: Any, tmp_path: Path
) -> None:
    sandbox.latency = 0.5  # long next to what a busy machine adds
    sandbox.variants = ["response_times=serial"]

    finding = run(sandbox, configure(), tmp_path)[0]["response_times"]

    assert (finding["seen"], finding["verdict"]) == ("2", "holds")
    assert finding["advice"].startswith("Set num_workers to 2")


@pytest.mark.parametrize("signum", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.soak)])
def test_a_signal_prints_what_was_found(
    sandbox: Sandbox, configure: Any, tmp_path: Path, signum: int
) -> None:
    sandbox.latency = LATENCY
    process = start(configure(), tmp_path)
    wait_until(lambda: len(sandbox.requests) >= 15, process)

    process.send_signal(signum)
    out, err = process.communicate(timeout=10)

    assert process.returncode == 2
    assert err.splitlines()[-1] == "The doctor was interrupted."
    assert out.splitlines()[-1].endswith("requests.")
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert {finding["verdict"] for finding in report["findings"]} == {"holds", "unknown"}
