"""Run the connector against a sandbox: as the installed program, or within the process."""

import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from airbyte_cdk.logger import AirbyteLogFormatter

from integration_tests.warm_start import write_launcher
from source_8x8_work_analytics.commands import execute
from testing.builders import catalog_file

EXECUTABLE = str(Path(sys.executable).parent / "source-8x8-work-analytics")
NOW = datetime(2026, 11, 24, 15, 30, tzinfo=timezone.utc)
"""The moment at which programs and sandboxes of these tests start: far from midnight in every zone used."""
TODAY = NOW.date()
STREAM = "extension_summary"

Row = dict[str, Any]
State = list[dict[str, Any]]


@dataclass
class Run:
    """What one command printed, and how it ended."""

    lines: list[dict[str, Any]]
    code: int
    text: str = field(default="", repr=False)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["type"] == kind]

    @property
    def rows(self) -> list[Row]:
        """The rows, without the moment at which each was read: `readings` has it."""
        return [without_reading(line["record"]["data"]) for line in self.of("RECORD")]

    @property
    def readings(self) -> list[Row]:
        """The rows, whole."""
        return [line["record"]["data"] for line in self.of("RECORD")]

    @property
    def states(self) -> list[dict[str, Any]]:
        return [line["state"] for line in self.of("STATE")]

    @property
    def state(self) -> State:
        """The last state of each stream, as the next sync gets it."""
        last = {state["stream"]["stream_descriptor"]["name"]: state for state in self.states}
        return list(last.values())

    @property
    def errors(self) -> list[dict[str, Any]]:
        return [line["trace"]["error"] for line in self.of("TRACE") if line["trace"]["type"] == "ERROR"]

    @property
    def status(self) -> dict[str, Any]:
        (line,) = self.of("CONNECTION_STATUS")
        status: dict[str, Any] = line["connectionStatus"]
        return status


def without_reading(row: Row) -> Row:
    """Return a row without the moment at which its window was read, which no truth knows."""
    return {name: value for name, value in row.items() if name != "window_read_at"}


def marks(state: State, stream: str = STREAM) -> dict[str, str]:
    """Return the mark of each PBX."""
    return {
        entry["partition"]["pbx_id"]: entry["cursor"]["report_date"]
        for one in state
        if one["stream"]["stream_descriptor"]["name"] == stream
        for entry in one["stream"]["stream_state"]["states"]
    }


def program_at(moment: datetime, folder: Path, began: datetime | None = None, setup: str = "") -> str:
    """Write a launcher of the installed program whose clock starts at a moment; returns its path.

    Args:
        moment: what the program's clock says at its start.
        folder: where the launcher goes.
        began: the true moment that `moment` stands for, if it is not the program's start.
        setup: lines of Python to run before the program.
    """
    start = f"pendulum.parse({began.isoformat()!r})" if began else "now()"
    launcher, script = folder / "source-8x8-work-analytics", folder / "source_at_a_moment.py"
    script.write_text(
        "import pendulum\n"
        "from source_8x8_work_analytics import clock\n"
        "from source_8x8_work_analytics.run import run\n"
        "now = clock.now\n"
        f"ahead = pendulum.parse({moment.isoformat()!r}) - {start}\n"
        "clock.now = lambda: now() + ahead\n"
        f"{setup}"
        "run()\n"
    )
    write_launcher(launcher, script)
    return str(launcher)


def warm_program(folder: Path) -> str:
    """Write a launcher of the installed program, for tests in which its start does not matter."""
    launcher = folder / "warm"
    write_launcher(launcher, Path(EXECUTABLE))
    return str(launcher)


@contextmanager
def command_line(
    command: str, config: Any, state: State | None = None, streams: dict[str, Any] | None = None
) -> Iterator[list[str]]:
    """Write the files of a command; yields its arguments."""
    with tempfile.TemporaryDirectory() as folder:
        args = [command]
        contents = {"config": config, "catalog": streams or catalog_file(), "state": state}
        names = {"spec": [], "read": ["config", "catalog", "state"]}.get(command, ["config"])
        for name in names:
            if contents[name] is not None:
                path = Path(folder) / f"{name}.json"
                path.write_text(json.dumps(contents[name]), encoding="utf-8")
                args += [f"--{name}", str(path)]
        yield args


def installed(
    command: str,
    config: Any = None,
    state: State | None = None,
    streams: dict[str, Any] | None = None,
    debug: bool = False,
    program: str = EXECUTABLE,
) -> Run:
    """Run the installed program as a process."""
    with command_line(command, config, state, streams) as args:
        done = subprocess.run(
            [program, *args, *(["--debug"] if debug else [])],
            capture_output=True,
            encoding="utf-8",
            timeout=240,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return Run(lines, done.returncode, done.stdout + done.stderr)


class _Lines(logging.Handler):
    def __init__(self, found: list[str]) -> None:
        super().__init__()
        self.setFormatter(AirbyteLogFormatter())
        self._found = found

    def emit(self, record: logging.LogRecord) -> None:
        self._found.append(self.format(record))


def wait_until(happened: Callable[[], bool], process: subprocess.Popen[Any]) -> None:
    """Wait until something has happened that a running process brings about; fail if it ends before."""
    while not happened():
        assert process.poll() is None, "the process ended"
        time.sleep(0.002)


def within(
    command: str,
    config: Any,
    state: State | None = None,
    streams: dict[str, Any] | None = None,
    debug: bool = False,
) -> Run:
    """Run the same command within this process, where a test can set the clock and skip the waits."""
    lines: list[str] = []
    logs: list[str] = []
    # The CDK sets the root's handlers anew when it likes, so what it names itself is heard at its own logger.
    own, others = _Lines(logs), _Lines(logs)
    others.addFilter(lambda record: not record.name.startswith("airbyte"))
    logging.getLogger("airbyte").addHandler(own)
    logging.getLogger().addHandler(others)
    try:
        with command_line(command, config, state, streams) as args:
            arguments = [*args, *(["--debug"] if debug else [])]
            code = execute(arguments, lambda output: lines.extend(output.decode().split("\n")))
    finally:
        logging.getLogger("airbyte").removeHandler(own)
        logging.getLogger().removeHandler(others)
    return Run([json.loads(line) for line in lines], code, "\n".join([*lines, *logs]))
