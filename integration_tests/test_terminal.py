"""A person who waits sees progress on the terminal; programs that read the output see nothing new."""

import json
import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from integration_tests.harness import TODAY, command_line
from source_8x8_work_analytics.streams import STREAM_TYPES
from source_8x8_work_analytics.terminal import CLEAR

Configure = Callable[..., dict[str, Any]]


def run(
    program: str, command: str, config: dict[str, Any], output: Path, watched: bool = True
) -> tuple[int, str]:
    """Run a command with standard error on a terminal, and standard output in a file or on it as well.

    Returns:
        The exit code, and what the terminal showed.
    """
    master, slave = os.openpty()
    shown: list[bytes] = []

    def watch() -> None:
        while piece := _read(master):
            shown.append(piece)

    watcher = threading.Thread(target=watch)
    watcher.start()
    with command_line(command, config) as args, output.open("wb") as file:
        environment = {**os.environ, "PYTHONWARNINGS": "ignore", "COLUMNS": "100"}
        stdout = file if watched else slave
        done = subprocess.run([program, *args], stdout=stdout, stderr=slave, env=environment, timeout=120)
    os.close(slave)
    watcher.join(20)
    os.close(master)
    return done.returncode, b"".join(shown).decode()


def _read(master: int) -> bytes:
    try:
        return os.read(master, 65536)
    except OSError:  # the other end is closed
        return b""


@pytest.mark.parametrize(
    ("command", "end"),
    [("read", " rows read."), ("check", "Connected."), ("discover", f"{len(STREAM_TYPES)} streams found.")],
)
def test_progress_and_the_outcome_are_shown(
    configure: Configure, program: str, tmp_path: Path, command: str, end: str
) -> None:
    output = tmp_path / "output.jsonl"
    code, shown = run(program, command, configure(start_date=str(TODAY)), output)
    assert code == 0
    last = shown.rstrip().rpartition(CLEAR)[2]
    assert last.endswith(end), shown
    if command == "read":
        assert "3 of 3 windows read" in shown
    messages = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert messages, "the output is as always"


def test_an_error_is_shown_in_its_sentence(configure: Configure, program: str, tmp_path: Path) -> None:
    code, shown = run(program, "read", configure(password="wrong-password"), tmp_path / "output.jsonl")
    assert code == 1
    assert shown.rstrip().rpartition(CLEAR)[2].startswith("8x8 rejected the user name or the password")
    code, shown = run(program, "read", configure(time_zone="Chicago"), tmp_path / "output.jsonl")
    assert code == 1
    assert "did you mean America/Chicago?" in shown


def test_nothing_is_added_where_the_output_is_on_the_terminal_too(
    configure: Configure, program: str, tmp_path: Path
) -> None:
    code, shown = run(program, "check", configure(), tmp_path / "none", watched=False)
    assert code == 0
    assert CLEAR not in shown
    assert all(json.loads(line) for line in shown.splitlines())
