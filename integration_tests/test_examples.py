"""Each example runs against a sandbox on a free port, in this process, to share the import of PyAirbyte.

`to_postgres.py` runs as a process in `test_docs.py`, by the README's own commands.
"""

import json
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from integration_tests.harness import EXECUTABLE
from integration_tests.warm_start import write_launcher
from sandbox import Sandbox

pytestmark = [pytest.mark.xdist_group("documents"), pytest.mark.filterwarnings("ignore")]
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
    binaries = tmp_path / "bin"  # the examples look for the program beside Python
    binaries.mkdir()
    (binaries / "python").symlink_to(sys.executable)
    write_launcher(binaries / Path(EXECUTABLE).name, Path(EXECUTABLE))
    monkeypatch.setattr(sys, "executable", str(binaries / "python"))
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


def test_to_duckdb(run: Callable[[str], str], tmp_path: Path) -> None:
    assert "calls," in run("to_duckdb.py")
    assert (tmp_path / "work_analytics.duckdb").exists()


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
