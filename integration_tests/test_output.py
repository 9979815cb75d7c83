"""Output that cannot be written, and machines that do not speak UTF-8: the program as a process."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from integration_tests.harness import EXECUTABLE, TODAY, warm_program, without_reading
from integration_tests.truth import deduplicated, truth
from sandbox import Sandbox
from testing.builders import catalog_file

ENOUGH = 30
"""Seconds in which a program has ended, on a busy machine too."""
FIRST, LAST = TODAY - timedelta(days=60), TODAY - timedelta(days=2)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def encoded(content: Any) -> bytes:
    """Return JSON with characters beyond ASCII as they are, behind a byte order mark."""
    return BYTE_ORDER_MARK + json.dumps(content, ensure_ascii=False).encode()


@pytest.fixture
def config(configure: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """A configuration whose rows fill more than a pipe."""
    return configure(pbx_ids=["acmecorp"], start_date=str(FIRST), end_date=str(LAST), lookback_days=0)


@pytest.fixture
def command(config: dict[str, Any], tmp_path: Path) -> list[str]:
    """Read, from files with byte order marks; their folder has no ASCII name."""
    folder = tmp_path / "Zürich – 東京"
    folder.mkdir()
    args = [EXECUTABLE, "read"]
    for name, content in {"config": config, "catalog": catalog_file(), "state": []}.items():
        path = folder / f"{name}.json"
        path.write_bytes(encoded(content))
        args += [f"--{name}", str(path)]
    return args


@pytest.fixture
def warm(command: list[str], tmp_path: Path) -> list[str]:
    """The same command, for tests in which only what comes after the start matters."""
    return [warm_program(tmp_path), *command[1:]]


def said(error: bytes) -> str:
    """Return the one sentence on standard error."""
    (line,) = error.decode().splitlines()
    assert "Traceback" not in line
    assert line.endswith(".")
    return line


@pytest.mark.parametrize("what", ["read", pytest.param("spec", marks=pytest.mark.soak)])
def test_a_full_disk_ends_the_program(warm: list[str], what: str) -> None:
    args = warm if what == "read" else [EXECUTABLE, "spec"]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(args, stdout=full, stderr=subprocess.PIPE, timeout=ENOUGH, check=False)
    assert done.returncode == 1
    assert said(done.stderr) == "The output cannot be written: No space left on device."


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.soak
def test_a_disk_that_fills_up_ends_the_program(command: list[str], tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as folder, (folder / "output").open("wb") as output:
        done = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, timeout=ENOUGH, check=False)
    assert done.returncode == 1
    assert said(done.stderr) == "The output cannot be written: No space left on device."


@pytest.mark.soak
def test_standard_error_on_the_same_full_disk_ends_the_program_too(command: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(command, stdout=full, stderr=full, timeout=ENOUGH, check=False)
    assert done.returncode == 1


def test_closed_output_ends_the_program(command: list[str]) -> None:
    closing = ["sh", "-c", 'exec "$@" >&-', "sh", *command]
    done = subprocess.run(closing, stderr=subprocess.PIPE, timeout=ENOUGH, check=False)
    assert done.returncode == 1
    assert said(done.stderr) == "The output cannot be written: standard output is closed."
    closing[2] += " 2>&-"
    assert subprocess.run(closing, timeout=ENOUGH, check=False).returncode == 1


@pytest.mark.soak
def test_a_closed_standard_error_is_no_failure(command: list[str], sandbox: Sandbox) -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" 2>&-', "sh", *command], stdout=subprocess.PIPE, timeout=ENOUGH, check=False
    )
    assert done.returncode == 0
    assert rows_in(done.stdout) == truth(sandbox, "acmecorp", FIRST, LAST, "America/New_York")


def test_a_reader_that_goes_away_ends_the_program(command: list[str]) -> None:
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(ENOUGH) == 1
        assert said(process.stderr.read()) == "The output cannot be written: Broken pipe."


def wait_until_stuck(process: subprocess.Popen[bytes], sandbox: Sandbox) -> None:
    """Wait until a program has asked for something, and asks for nothing anymore."""
    asked = 0
    while not asked or asked < len(sandbox.requests_to()):
        asked = len(sandbox.requests_to())
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)


def test_a_reader_that_is_slow_gets_everything(command: list[str], sandbox: Sandbox) -> None:
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONIOENCODING": "ascii"}
    ) as process:
        assert process.stdout
        wait_until_stuck(process, sandbox)
        output = process.stdout.read()
        assert process.wait(ENOUGH) == 0
    assert rows_in(output) == truth(sandbox, "acmecorp", FIRST, LAST, "America/New_York")


@pytest.mark.parametrize(
    "together",
    [pytest.param(False, marks=pytest.mark.soak, id="stdout"), pytest.param(True, id="stdout and stderr")],
)
def test_a_reader_that_sleeps_does_not_keep_the_program_from_ending(
    warm: list[str], sandbox: Sandbox, together: bool
) -> None:
    error = subprocess.STDOUT if together else subprocess.PIPE
    with subprocess.Popen(warm, stdout=subprocess.PIPE, stderr=error) as process:
        wait_until_stuck(process, sandbox)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == -signal.SIGTERM


def rows_in(output: bytes) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Return the rows of an output, which is UTF-8, by key."""
    lines = [json.loads(line) for line in output.decode("utf-8").splitlines()]
    return deduplicated(
        [without_reading(line["record"]["data"]) for line in lines if line["type"] == "RECORD"]
    )


LOCALES = {
    "Latin-1 locale": {"LC_ALL": "de_DE.ISO-8859-1", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "ASCII locale": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "Latin-1 output": {"PYTHONIOENCODING": "latin-1:strict"},
}


@pytest.mark.parametrize(
    "machine",
    [pytest.param(name, marks=pytest.mark.soak if n else []) for n, name in enumerate(LOCALES)],
)
def test_output_and_input_are_utf_8_whatever_the_machine_says(
    command: list[str], sandbox: Sandbox, machine: str, tmp_path: Path
) -> None:
    """The password in the configuration has characters that Latin-1 reads as others."""
    environment = {**os.environ, **LOCALES[machine]}
    if machine == "Latin-1 locale":
        environment["LOCPATH"] = str(latin_1(tmp_path))
    done = subprocess.run(command, capture_output=True, timeout=ENOUGH, check=False, env=environment)
    assert done.returncode == 0, done.stdout[-2000:]
    assert done.stderr == b""
    rows = rows_in(done.stdout)
    assert rows == truth(sandbox, "acmecorp", FIRST, LAST, "America/New_York")
    assert any("佐藤" in row["LastName"] for row in rows.values()), "no row has such characters"


def latin_1(folder: Path) -> Path:
    """Make a locale of Latin-1; returns where it is."""
    target = folder / "de_DE.ISO-8859-1"
    made = subprocess.run(
        ["localedef", "-i", "de_DE", "-f", "ISO-8859-1", str(target)], capture_output=True, check=False
    )
    if not target.exists():
        pytest.skip(f"no such locale can be made here: {made.stderr.decode()}")
    return folder
