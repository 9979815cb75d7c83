"""Each example runs against a sandbox on a free port.

The first one runs as a process, as a person runs it. The others run in this process, to share the import of
PyAirbyte, which takes seconds.
"""

import json
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox

pytestmark = [pytest.mark.xdist_group("pyairbyte"), pytest.mark.filterwarnings("ignore")]
EXAMPLES = Path(__file__).parent.parent / "examples"
PBXES = ["acmecorp", "acme-europe"]


@pytest.fixture
def sandbox() -> Sandbox:
    """A sandbox on the real clock, as the examples have."""
    return Sandbox()


@pytest.fixture(autouse=True)
def _environment(
    sandbox: Sandbox,
    configure: Callable[..., dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recent = runpy.run_path(str(EXAMPLES / "connection.py"))["configuration"]()["start_date"]
    path = tmp_path / "config.json"
    path.write_text(json.dumps(configure(pbx_ids=PBXES, start_date=recent)), encoding="utf-8")
    monkeypatch.setenv("WORK_ANALYTICS_CONFIG", str(path))
    monkeypatch.setenv("NO_LIVE_PROGRESS", "1")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[[str], str]:
    """Return what runs a script in this process, and returns what it prints."""

    def run(script: str) -> str:
        monkeypatch.syspath_prepend(str(EXAMPLES))
        monkeypatch.delitem(sys.modules, "connection", raising=False)
        monkeypatch.setattr(sys, "argv", [script])
        runpy.run_path(str(EXAMPLES / script), run_name="__main__")
        return capfd.readouterr().out

    return run


def test_to_duckdb(tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLES / "to_duckdb.py"), "phones.duckdb"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "calls," in done.stdout
    assert (tmp_path / "phones.duckdb").exists()


@pytest.mark.usefixtures("postgres")
def test_to_postgres(run: Callable[[str], str]) -> None:
    printed = run("to_postgres.py")
    assert "acmecorp" in printed
    assert "rows, the newest of" in printed


def test_to_pandas(run: Callable[[str], str]) -> None:
    hours = [line.split() for line in run("to_pandas.py").splitlines() if line[:1].isdigit()]
    assert sum(int(count) for _, count in hours) > 100


def test_a_configuration_is_used_as_it_is(
    configure: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    connection = runpy.run_path(str(EXAMPLES / "connection.py"))
    mine = {"api_key": "some-key", "time_zone": "UTC"}
    (tmp_path / "mine.json").write_text(json.dumps(mine), encoding="utf-8-sig")
    monkeypatch.setenv("WORK_ANALYTICS_CONFIG", str(tmp_path / "mine.json"))
    assert connection["configuration"]() == mine
    monkeypatch.delenv("WORK_ANALYTICS_CONFIG")
    assert connection["SANDBOX"] == Sandbox().config("http://127.0.0.1:8808", pbx_ids=PBXES)
