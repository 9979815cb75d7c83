"""Items 29 and 33 of the strangers' list: what a signal leaves behind, for shells and for PyAirbyte."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integration_tests.harness import NOW, program_at, wait_until
from integration_tests.strangers.account import Account
from integration_tests.strangers.exchange import Reply, Request
from testing.builders import catalog_file

SIGNALS = [signal.SIGTERM, signal.SIGINT]
BUSY = 40
"""Windows that are answered before the account keeps the program waiting."""


@pytest.fixture
def held() -> Iterator[Reply]:
    """A response that does not come before the test ends."""
    over = threading.Event()

    def send(_: socket.socket) -> None:
        over.wait(60)

    yield Reply(send=send)
    over.set()


@pytest.fixture
def busy(account: Account, held: Reply) -> Account:
    """An account whose reports stop coming after some."""

    def reply(_: Request) -> Reply | None:
        return held if len(account.received("/extsum")) > BUSY else None

    account.on("/extsum", reply)
    return account


def started(account: Account, folder: Path, *before: str, state: str = "") -> "subprocess.Popen[str]":
    """Start a read of two years, by the command that stands before it, from a state if there is one."""
    config, catalog = folder / "config.json", folder / "catalog.json"
    config.write_text(json.dumps(account.config(start_date="2024-12-01")))
    catalog.write_text(json.dumps(catalog_file("extension_summary")))
    command = [*before, program_at(NOW, folder), "read", "--config", str(config), "--catalog", str(catalog)]
    if state:
        (folder / "state.jsonl").write_text(state)
        command += ["--state", str(folder / "state.jsonl")]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )


@pytest.mark.parametrize("path", ["/oauth/token", "/extsum"])
@pytest.mark.parametrize("signum", SIGNALS)
def test_nothing_is_called_saved_before_anything_was_read(
    account: Account, held: Reply, tmp_path: Path, signum: int, path: str
) -> None:
    account.on(path, lambda _: held)
    process = started(account, tmp_path)
    wait_until(lambda: bool(account.received(path)), process)
    process.send_signal(signum)
    out, err = process.communicate(timeout=30)
    assert process.returncode in (-signum, 128 + signum)
    assert f"Stopped by {signal.Signals(signum).name}" in err
    assert "saved" not in err
    assert "saved" not in out.casefold()
    assert "Traceback" not in out + err


@pytest.mark.parametrize("signum", SIGNALS)
def test_a_signal_ends_the_program_by_its_default_outcome(busy: Account, tmp_path: Path, signum: int) -> None:
    process = started(busy, tmp_path)
    wait_until(lambda: len(busy.received("/extsum")) > BUSY, process)
    process.send_signal(signum)
    out, err = process.communicate(timeout=30)
    assert process.returncode == -signum, "a client that knows signals sees the signal"
    assert f"Stopped by {signal.Signals(signum).name}" in err
    assert "progress is saved" in err
    assert json.loads(out.splitlines()[-1])["type"] in ("STATE", "LOG")
    assert '"type":"STATE"' in out.replace(" ", "")


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGKILL])
def test_a_resumed_read_that_is_stopped_early_leaves_the_state_it_had(
    busy: Account, tmp_path: Path, signum: int
) -> None:
    first = started(busy, tmp_path)
    wait_until(lambda: len(busy.received("/extsum")) > BUSY, first)
    first.terminate()
    output = first.communicate(timeout=30)[0]
    requests = len(busy.received("/extsum"))

    second = started(busy, tmp_path, state=output)
    wait_until(lambda: len(busy.received("/extsum")) > requests, second)
    second.send_signal(signum)
    assert states_of(second.communicate(timeout=30)[0])[0] == states_of(output)[-1]


def states_of(output: str) -> list[Any]:
    lines = [json.loads(line) for line in output.splitlines() if line.startswith('{"type":"STATE"')]
    return [line["state"]["stream"] for line in lines]


def test_a_shell_still_sees_143(busy: Account, tmp_path: Path) -> None:
    """A guard, which held before."""
    process = started(busy, tmp_path, "sh", "-c", '"$@"; echo "code $?"', "sh")
    wait_until(lambda: len(busy.received("/extsum")) > BUSY, process)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGTERM)
    out, _ = process.communicate(timeout=30)
    assert out.splitlines()[-1] == "code 143"


SAMPLES = """
import airbyte, json, sys
source = airbyte.get_source(
    "source-8x8-work-analytics", local_executable=sys.argv[1], config=json.loads(sys.argv[2])
)
print("samples", len(list(source.get_samples(["extension_summary"], limit=2)["extension_summary"])))
records = source.get_records("extension_summary", limit=3)
print("records", len(list(records)))
"""


def test_pyairbyte_stops_a_read_early_without_a_traceback(busy: Account, tmp_path: Path) -> None:
    pytest.importorskip("airbyte", reason="PyAirbyte does not support this Python")
    config = json.dumps(busy.config(start_date="2024-12-01"))
    done = subprocess.run(
        [sys.executable, "-c", SAMPLES, program_at(NOW, tmp_path), config],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        cwd=tmp_path,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    assert "samples 2\nrecords 3\n" in done.stdout, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    assert "exit code" not in done.stderr.casefold()
    assert done.returncode == 0
