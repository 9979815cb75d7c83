"""Each example runs against a sandbox on a free port, in this process, to share the import of PyAirbyte.

`to_postgres.py` runs as a process in `test_docs.py`, by the README's own commands.
"""

import json
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
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
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Return what runs a script in this process, and returns what it prints."""

    def run(script: str, *arguments: str) -> str:
        monkeypatch.syspath_prepend(str(EXAMPLES))
        monkeypatch.delitem(sys.modules, "connection", raising=False)
        monkeypatch.setattr(sys, "argv", [script, *arguments])
        runpy.run_path(str(EXAMPLES / script), run_name="__main__")
        return capfd.readouterr().out

    return run


def query(file: Path, sql: str) -> list[tuple[Any, ...]]:
    """Return what a query returns, through PyAirbyte, which keeps the file open."""
    from airbyte.caches import DuckDBCache

    cache = DuckDBCache(db_path=file, schema_name="main")
    return [tuple(row.values()) for row in cache.run_sql_query(sql)]


def test_to_duckdb_with_named_streams_and_schema(run: Callable[..., str], tmp_path: Path) -> None:
    printed = run("to_duckdb.py", "queue_calls", "sites", "--schema", "calls", "--file", "mine.duckdb")
    for stream in ("queue_calls", "sites"):
        ((rows,),) = query(tmp_path / "mine.duckdb", f"select count(*) from calls.{stream}")
        assert rows
        assert f"calls.{stream}: {rows:,} rows" in printed


@pytest.mark.soak
def test_first_load_continues_after_a_kill(run: Callable[..., str], tmp_path: Path, sandbox: Sandbox) -> None:
    """Killed in its third month, it keeps two and does not read them again."""
    config_file = tmp_path / "config.json"
    config = json.loads(config_file.read_text(encoding="utf-8"))
    today = date.today()
    start = today.replace(day=1) - timedelta(days=40)
    config_file.write_text(json.dumps(config | {"start_date": str(start), "pbx_ids": ["acmecorp"]}))
    arguments = ["company_summary", "--duckdb", "calls.duckdb"]
    script = str(EXAMPLES / "first_load.py")
    with subprocess.Popen(
        [str(Path(sys.prefix) / "bin" / "python"), script, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert any(": 2 of 3 months" in line for line in process.stdout)
        os.killpg(process.pid, signal.SIGKILL)
    before = len(sandbox.requests)

    printed = run("first_load.py", *arguments)

    assert ": 1 of 1 months" in printed
    again = [each for each in sandbox.requests[before:] if each.path.endswith("/compsum")]
    assert len(again) < (today - start).days
    days = query(tmp_path / "calls.duckdb", "select report_date from phone.company_summary order by 1")
    assert [day for (day,) in days][:-1] == [start + timedelta(days=i) for i in range(len(days) - 1)]
    assert days[-1][0] >= today - timedelta(days=1)


def test_to_pandas(run: Callable[..., str]) -> None:
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
