"""Asked to stop: the installed program saves what was read and ends within two seconds, also as PID 1."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from integration_tests.harness import (
    EXECUTABLE,
    TODAY,
    State,
    marks,
    wait_until,
    warm_program,
    without_reading,
)
from integration_tests.truth import deduplicated, truth
from sandbox import Sandbox
from sandbox.faults import FOREVER, Fault
from testing.builders import catalog_file

WORKERS = 4
PBXES = ["acmecorp", "acme-apac"]
FIRST, LAST = TODAY - timedelta(days=60), TODAY - timedelta(days=2)
SOON = 6.0
"""Seconds in which the program ends: two, and patience with a busy machine."""
AS_PID_1 = ["unshare", "--pid", "--fork", "--kill-child=KILL"]


class Program:
    """The installed program as a process, with the files of its command."""

    def __init__(self, folder: Path, config: dict[str, Any]) -> None:
        self.folder = folder
        self.lines: list[dict[str, Any]] = []
        self._write("config", config)
        self._write("catalog", catalog_file())
        self._write("state", [])

    def _write(self, name: str, content: Any) -> None:
        (self.folder / f"{name}.json").write_text(json.dumps(content))

    def start(
        self,
        command: str = "read",
        state: State | None = None,
        prefix: tuple[str, ...] = (),
        program: str = EXECUTABLE,
    ) -> None:
        self._write("state", state or [])
        files = ["config", "catalog", "state"] if command == "read" else ["config"]
        args = [part for name in files for part in (f"--{name}", str(self.folder / f"{name}.json"))]
        self.process = subprocess.Popen(
            [*prefix, program, command, *args],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},  # as in most images
        )

    def read_until(self, kind: str, count: int = 1) -> None:
        """Read messages until so many of a kind have come."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(json.loads(line))
            count -= self.lines[-1]["type"] == kind
            if not count:
                return
        raise AssertionError(f"no {kind} came")

    def end(self) -> tuple[int, float, str]:
        """Read all the rest; returns the exit code, the seconds it took, and what was said."""
        began = time.monotonic()
        assert self.process.stdout
        assert self.process.stderr
        whole = self.process.stdout.read().rpartition("\n")[0]
        error = self.process.stderr.read()
        self.process.stdout.close()
        self.process.stderr.close()
        self.process.wait(30)
        took = time.monotonic() - began
        self.lines += [json.loads(line) for line in whole.splitlines()]
        return self.process.returncode, took, error

    def rows(self, before_last_state: bool = False) -> list[dict[str, Any]]:
        lines = self.lines
        if before_last_state:
            last = max((n for n, line in enumerate(lines) if line["type"] == "STATE"), default=0)
            lines = lines[:last]
        return [without_reading(line["record"]["data"]) for line in lines if line["type"] == "RECORD"]

    @property
    def state(self) -> State:
        return [line["state"] for line in self.lines if line["type"] == "STATE"][-1:]


@pytest.fixture
def program(sandbox: Sandbox, configure: Callable[..., dict[str, Any]], tmp_path: Path) -> Program:
    """A read that takes some time."""
    sandbox.latency = 0.2
    options = {"start_date": str(FIRST), "end_date": str(LAST), "time_zone": "UTC", "lookback_days": 0}
    return Program(tmp_path, configure(pbx_ids=PBXES, num_workers=WORKERS, **options))


def state_covers_only_rows(program: Program, sandbox: Sandbox) -> dict[Any, Any]:
    """Every row up to the last mark stands before the last state; returns the rows so far."""
    rows = deduplicated(program.rows(before_last_state=True))
    for pbx, mark in marks(program.state).items():
        covered = truth(sandbox, pbx, FIRST, TODAY.fromisoformat(mark), "UTC")
        assert covered.items() <= rows.items(), pbx
    return rows


def test_sigterm_saves_and_ends_and_the_next_read_goes_on(program: Program, sandbox: Sandbox) -> None:
    program.start()
    program.read_until("RECORD", 500)
    program.process.terminate()
    code, took, error = program.end()
    assert code == -signal.SIGTERM
    assert took < SOON
    assert error == "Stopped by SIGTERM; progress is saved.\n"
    assert set(marks(program.state)) == set(PBXES)
    state_covers_only_rows(program, sandbox)
    asked = len(sandbox.requests_to())

    sandbox.latency = 0.0
    program.start(state=program.state, program=warm_program(program.folder))
    assert program.end()[0] == 0
    expected: dict[Any, Any] = {}
    for pbx in PBXES:
        expected |= truth(sandbox, pbx, FIRST, LAST, "UTC")
    assert deduplicated(program.rows()) == expected
    again = len(sandbox.requests_to()) - len(PBXES) * ((LAST - FIRST).days + 1)
    most = WORKERS * len(PBXES)
    assert again <= most, f"what was started and not covered when it was stopped, of {asked} windows"


@pytest.mark.skipif(
    subprocess.run([*AS_PID_1, "true"], capture_output=True, check=False).returncode != 0,
    reason="this user may not make a PID namespace",
)
def test_sigterm_ends_the_first_process_of_a_container(program: Program, sandbox: Sandbox) -> None:
    program.start(prefix=tuple(AS_PID_1))
    program.read_until("RECORD", 500)
    (child,) = Path(f"/proc/{program.process.pid}/task/{program.process.pid}/children").read_text().split()
    os.kill(int(child), signal.SIGTERM)
    code, took, error = program.end()
    assert code == 128 + signal.SIGTERM
    assert took < SOON
    assert error == "Stopped by SIGTERM; progress is saved.\n"
    state_covers_only_rows(program, sandbox)


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_right_after_the_start(program: Program, signum: signal.Signals) -> None:
    program.start()
    pid = program.process.pid
    wait_until(lambda: is_handled(pid, signal.SIGTERM), program.process)  # the second one that is installed
    program.process.send_signal(signum)
    code, took, error = program.end()
    assert code == -signum
    assert took < SOON
    assert error == f"Stopped by {signum.name}.\n"
    assert program.lines == []


def is_handled(pid: int, signum: int) -> bool:
    """Return whether a process has a handler for a signal."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = int(status.partition("SigCgt:")[2].split()[0], 16)
    return bool(caught >> (signum - 1) & 1)


def test_ctrl_c_is_one_sentence(program: Program, sandbox: Sandbox) -> None:
    program.start()
    program.read_until("RECORD", 500)
    os.killpg(program.process.pid, signal.SIGINT)
    code, took, error = program.end()
    assert code == -signal.SIGINT
    assert took < SOON
    assert error == "Stopped by SIGINT; progress is saved.\n"
    assert not any("Traceback" in json.dumps(line) for line in program.lines)
    state_covers_only_rows(program, sandbox)


@pytest.mark.soak
def test_a_second_sigterm_ends_at_once(program: Program, sandbox: Sandbox) -> None:
    program.start()
    program.read_until("RECORD", 500)
    program.process.terminate()
    program.process.terminate()
    code, took, _ = program.end()
    assert code == -signal.SIGTERM
    assert took < SOON
    state_covers_only_rows(program, sandbox)


@pytest.mark.soak
@pytest.mark.parametrize("fault", ["time-out", "503"])
def test_sigterm_while_8x8_keeps_silent(program: Program, sandbox: Sandbox, fault: str) -> None:
    """Requests are in flight, or wait for their next try."""
    sandbox.patience = 60.0
    sandbox.faults.append(Fault(fault, times=FOREVER))
    program.start()
    wait_until(lambda: len(sandbox.requests_to()) >= 2, program.process)
    program.process.terminate()
    code, took, error = program.end()
    assert code == -signal.SIGTERM
    assert took < SOON
    assert error == "Stopped by SIGTERM.\n", "there is no progress to save"
    assert program.rows() == []
    assert marks(program.state) == {}


def test_sigterm_during_a_check(program: Program, sandbox: Sandbox) -> None:
    sandbox.latency = 60.0
    program.start("check", program=warm_program(program.folder))
    wait_until(lambda: bool(sandbox.requests_to()), program.process)
    program.process.terminate()
    code, took, error = program.end()
    assert code == -signal.SIGTERM
    assert took < SOON
    assert error == "Stopped by SIGTERM.\n"
    assert all(line["type"] != "CONNECTION_STATUS" for line in program.lines)
