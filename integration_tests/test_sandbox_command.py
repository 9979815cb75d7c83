"""`python -m sandbox`, which `make sandbox` runs: configuration, ports, files, signals, missing packages."""

import json
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sandbox.variants import described

COMMAND = [sys.executable, "-m", "sandbox"]


@contextmanager
def started(*options: str, folder: Path) -> Iterator[tuple[dict[str, Any], "subprocess.Popen[str]"]]:
    """Start the sandbox in a folder; yields the configuration that it prints, and the process."""
    process = subprocess.Popen(
        [*COMMAND, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        cwd=folder,
        env=_environment(),
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline()), process
    finally:
        process.kill()
        process.communicate()


def _environment() -> dict[str, str]:
    return {"PYTHONPATH": str(Path(__file__).parent.parent), "PYTHONUTF8": "1"}


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _failing(*options: str, folder: Path, before: str = "pass") -> str:
    """Run a command that cannot start; returns what it says."""
    code = f"import runpy, sys; {before}; runpy.run_module('sandbox', run_name='__main__', alter_sys=True)"
    done = subprocess.run(
        [sys.executable, "-c", code, *options],
        capture_output=True,
        encoding="utf-8",
        cwd=folder,
        env=_environment(),
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr.strip()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_prints_its_configuration_and_stops_on_a_signal(tmp_path: Path, how: signal.Signals) -> None:
    file = tmp_path / "secrets" / "config.json"
    with started("--port", "0", "--write-config", str(file), folder=tmp_path) as (config, process):
        assert json.loads(file.read_text(encoding="utf-8")) == config
        assert (_mode(file), _mode(file.parent)) == (0o600, 0o700)
        address = config["base_url"].removesuffix("/analytics/work")
        with urllib.request.urlopen(f"{address}/sandbox/requests") as response:  # noqa: S310 - our own server
            assert json.load(response) == []
        process.send_signal(how)
        out, message = process.communicate(timeout=20)
        assert (process.returncode, out) == (0, "")
    assert address in message
    assert "Traceback" not in message


def test_file_is_replaced_only_with_overwrite(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text("mine")
    file.chmod(0o644)
    options = ("--port", "0", "--write-config", "config.json")
    assert _failing(*options, folder=tmp_path) == "config.json exists; add --overwrite to replace it."
    assert file.read_text() == "mine"
    with started(*options, "--overwrite", folder=tmp_path) as (config, _):
        assert json.loads(file.read_text(encoding="utf-8")) == config
    assert _mode(file) == 0o600


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    message = _failing("--port", "0", "--write-config", "file/config.json", folder=tmp_path)
    assert message.startswith("file/config.json cannot be written")


def test_default_port_is_in_use(tmp_path: Path) -> None:
    with socket.socket() as other:
        try:
            other.bind(("127.0.0.1", 8808))
            other.listen()
        except OSError:
            pass  # somebody else has it, which is as good
        with started(folder=tmp_path) as (config, process):
            assert ":8808/" not in config["base_url"]
            process.terminate()
            assert "Port 8808 is in use" in process.communicate(timeout=20)[1]


def test_requested_port_is_in_use(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        assert port in _failing("--port", port, folder=tmp_path)


@pytest.mark.parametrize("package", ["starlette", "uvicorn"])
def test_a_missing_package(tmp_path: Path, package: str) -> None:
    message = _failing(folder=tmp_path, before=f"sys.modules['{package}'] = None")
    assert message == (
        "The sandbox needs starlette and uvicorn: run make install, or pip install starlette uvicorn."
    )


def test_variants_and_faults(tmp_path: Path) -> None:
    with started("--port", "0", "--variant", "pbx_names=1", "--variant", "clock=-90", folder=tmp_path) as (
        config,
        _,
    ):
        assert config["pbx_ids"]
    message = _failing("--variant", "end_time=never", folder=tmp_path)
    assert message == "end_time=never is not a variant; python -m sandbox --help lists them."
    message = _failing("--fault", "flood", folder=tmp_path)
    assert message == "flood is not a fault; python -m sandbox --help lists them."
    shown = subprocess.run(
        [*COMMAND, "--help"], capture_output=True, encoding="utf-8", env=_environment(), check=True
    ).stdout
    assert all(f"{name} " in shown for name, _ in described())
