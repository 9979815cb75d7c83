"""What README, guide and examples tell people to type does what they say, in a fresh folder, in their order.

The commands run against a sandbox whose clock stands still. What cannot run here is named in `NOT_HERE`; a
command that is neither run nor named there fails the tests.
"""

import json
import os
import re
import runpy
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
import pytest

from integration_tests.doc_blocks import ROOT, blocks
from integration_tests.harness import NOW, TODAY, program_at
from integration_tests.postgres_server import postgres_server
from sandbox import Sandbox
from sandbox.server import running
from source_8x8_work_analytics.settings import Settings, unknown_keys

pytestmark = [
    pytest.mark.xdist_group("pyairbyte"),
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.timeout(600),  # the first test waits for all commands
]

ZONE = "America/New_York"
START = TODAY - timedelta(days=5)
PBXES = ["acmecorp", "acme-europe"]
NOT_HERE = {
    r"make (demo|test)\b": "CI runs them",
    r"make sandbox ": "it runs until it is stopped: test_make_sandbox",
    r"make image\b": "it needs a container engine",
    r"make install$|\. \.venv/bin/activate$": "the environment is there",
    r"python -m venv |\.venv/bin/pip install ": "it needs a package index",
}
IN_A_CONTAINER = re.compile(r"docker run --rm .*-v \"\$PWD/secrets:/secrets\" source-8x8-work-analytics:dev")


def commands_in(text: str) -> list[str]:
    """Return the commands of a block, without comments, a continued one as one."""
    lines = text.replace("\\\n", " ").splitlines()
    return [command for line in lines if (command := line.partition(" #")[0].strip())]


class Newcomer:
    """Somebody who types what the documents say: commands, scripts, and what runs in a container.

    Attributes:
        folder: where; it has what a clone has, and an environment.
        host: the folder of a PostgreSQL server's socket.
    """

    def __init__(self, folder: Path, sandbox: Sandbox, address: str, host: str) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.host = host
        self.environment = {**os.environ, "PATH": f"{folder / '.venv/bin'}:{os.environ['PATH']}"}
        self.names: dict[str, Any] = {}
        self._typed: set[str] = set()
        _link(folder)
        program_at(NOW, folder / ".venv" / "bin")
        config = sandbox.config(address, pbx_ids=PBXES, start_date=str(START), time_zone=ZONE)
        self.config_file = folder / "secrets" / "config.json"
        self.config_file.parent.mkdir()
        self.config_file.write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")

    def type_block(self, text: str) -> None:
        """Run what can run here of a block of shell commands, each command once."""
        for line in map(self._runnable, commands_in(text)):
            command = line.partition(" >")[0]
            if line.startswith("export "):
                pairs = (word.partition("=") for word in shlex.split(line)[1:])
                self.environment.update((name, value) for name, _, value in pairs)
            elif match := re.fullmatch(r"python (examples/\w+\.py)", line):
                self.run_example(match.group(1))
            elif line and command not in self._typed:
                self.run(line)
            self._typed.add(command)

    def run_example(self, script: str) -> None:
        """Run a script in this process, where PyAirbyte is imported already: that takes seconds."""
        with pytest.MonkeyPatch.context() as patch:
            for name in ("PATH", "PGHOST", "PGUSER", "PGPASSWORD", "PGDATABASE", "WORK_ANALYTICS_CONFIG"):
                patch.setenv(name, self.environment[name])
            patch.setattr(sys, "executable", str(self.folder / ".venv/bin/python"))
            patch.setattr(sys, "argv", [script])
            patch.syspath_prepend(str(self.folder / "examples"))
            patch.delitem(sys.modules, "connection", raising=False)
            runpy.run_path(str(self.folder / script), run_name="__main__")

    def run(self, command: str) -> None:
        """Run one command in the folder."""
        done = subprocess.run(
            ["/bin/bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            encoding="utf-8",
            timeout=200,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"

    def _runnable(self, line: str) -> str:
        """Return the command on a line, as it is typed here; nothing if there is none."""
        if any(re.match(pattern, line) for pattern in NOT_HERE):
            return ""
        if IN_A_CONTAINER.match(line):
            line = IN_A_CONTAINER.sub("source-8x8-work-analytics", line)
            # the catalog is a copy: there is a test of that
            line = line.replace(" /secrets/catalog", " examples/catalog").replace(" /secrets/", " secrets/")
        return line.replace("PGHOST=localhost", f"PGHOST={self.host}")

    def rows(self, file: str) -> list[dict[str, Any]]:
        """Return the rows of reports in the output of a read."""
        lines = (self.folder / file).read_text(encoding="utf-8").splitlines()
        rows = [line["record"]["data"] for line in map(json.loads, lines) if line["type"] == "RECORD"]
        return [row for row in rows if "report_date" in row]


def _link(folder: Path) -> None:
    """Put into a folder what a clone has, and this environment with room for another program."""
    for path in ROOT.iterdir():
        if path.name not in (".git", ".venv", "secrets", "demo"):
            (folder / path.name).symlink_to(path)
    binaries = folder / ".venv" / "bin"
    binaries.mkdir(parents=True)
    for name in ("lib", "pyvenv.cfg"):
        (folder / ".venv" / name).symlink_to(Path(sys.prefix) / name)
    for name in ("python", "uv"):
        (binaries / name).symlink_to(Path(sys.prefix) / "bin" / name)


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    """A newcomer who has typed every block."""
    folder = tmp_path_factory.mktemp("clone")
    sandbox = Sandbox(clock=lambda: NOW)
    with ExitStack() as stack:
        address = stack.enter_context(running(sandbox))
        host = stack.enter_context(postgres_server())
        found = Newcomer(folder, sandbox, address, host)
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.chdir(folder)
        patch.setenv("PATH", found.environment["PATH"])
        patch.setenv("PGHOST", host)
        patch.setenv("NO_LIVE_PROGRESS", "1")
        readme = next(block for block in blocks("python") if block.page == "README.md")
        exec(compile(readme.text, readme.name, "exec"), found.names)  # noqa: S102 - the README's own lines
        for block in blocks("sh"):
            found.type_block(block.text)
        yield found


def test_the_commands_read_everything_and_then_what_is_new(newcomer: Newcomer) -> None:
    first, second, third = (newcomer.rows(f"{name}.jsonl") for name in ("first", "second", "third"))
    assert {row["report_date"] for row in first} == {str(day) for day in _days()}
    recent = {str(TODAY - timedelta(days=i)) for i in range(3)}
    assert {row["report_date"] for row in second} == recent
    assert sorted(map(str, third)) == sorted(map(str, second))


def test_an_earlier_start_date_brings_the_earlier_days(newcomer: Newcomer) -> None:
    before = newcomer.config_file.read_text(encoding="utf-8")
    earlier = START - timedelta(days=2)
    newcomer.config_file.write_text(before.replace(str(START), str(earlier)), encoding="utf-8")
    try:
        command = next(line for line in _commands() if "--state first.jsonl" in line)
        newcomer.run(command.replace("second.jsonl", "earlier.jsonl"))
    finally:
        newcomer.config_file.write_text(before, encoding="utf-8")
    recent = {str(TODAY - timedelta(days=i)) for i in range(3)}
    found = {row["report_date"] for row in newcomer.rows("earlier.jsonl")}
    assert found == {str(earlier), str(earlier + timedelta(days=1)), *recent}


def test_the_reason_of_a_failed_check_is_where_the_guide_says(
    newcomer: Newcomer, capfd: pytest.CaptureFixture[str]
) -> None:
    (block,) = [block for block in blocks("python") if block.page != "README.md"]
    wrong = json.loads(newcomer.config_file.read_text(encoding="utf-8")) | {"password": "a-wrong-password"}
    newcomer.names["source"].set_config(wrong)
    capfd.readouterr()
    exec(compile(block.text, block.name, "exec"), newcomer.names)  # noqa: S102 - the guide's own lines
    assert "8x8 refused the user name or the password" in capfd.readouterr().out


def test_queries_give_the_truth_on_both_databases(newcomer: Newcomer) -> None:
    from airbyte.caches import DuckDBCache, PostgresCache

    where = {"host": "", "port": 5432, "username": "postgres", "password": "", "database": "postgres"}
    databases = [
        DuckDBCache(db_path=newcomer.folder / "work_analytics.duckdb", schema_name="phone"),
        PostgresCache(**where, schema_name="phone"),  # type: ignore[arg-type]
    ]
    expected = _answers(newcomer.sandbox)
    queries = [block for block in blocks("sql") if block.page == "docs/columns.md"]
    assert len(queries) == len(expected)
    for query, answer in zip(queries, expected, strict=True):
        for database in databases:
            rows = [list(row.values()) for row in database.run_sql_query(query.text)]
            found = {tuple(_plain(value) for value in row[:-1]): row[-1] for row in rows}
            assert len(found) == len(rows)
            numbers = {key: None if value is None else float(value) for key, value in found.items()}
            assert numbers == {key: pytest.approx(value) for key, value in answer.items()}, query.name


def test_json_blocks_are_configurations() -> None:
    found = [json.loads(block.text) for block in blocks("json")]
    configs = [content for content in found if "findings" not in content]  # the doctor's report is one too
    assert configs
    for config in configs:
        assert Settings.from_config(config, pendulum.instance(NOW))
        assert not unknown_keys(config)


def test_the_catalog_for_the_container_is_the_one_that_comes_with_the_connector(newcomer: Newcomer) -> None:
    copied = (newcomer.folder / "secrets" / "catalog.json").read_text(encoding="utf-8")
    assert copied == (ROOT / "examples" / "catalog.json").read_text(encoding="utf-8")


def test_make_sandbox() -> None:
    (command,) = [line for line in _commands() if line.startswith("make sandbox")]
    shown = subprocess.run(
        ["/bin/bash", "-c", f"{command} --dry-run"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert "-m sandbox --write-config secrets/config.json" in shown


def test_every_make_target_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {line.split()[1] for line in _commands() if line.startswith("make ")}
    assert named
    assert named <= targets


def _commands() -> list[str]:
    return [command for block in blocks("sh") for command in commands_in(block.text)]


def _days() -> list[date]:
    return [START + timedelta(days=i) for i in range((TODAY - START).days + 1)]


Answer = dict[tuple[Any, ...], float | None]


def _answers(sandbox: Sandbox) -> list[Answer]:
    """Return what the queries must give, in their order, from the sandbox's rows by other means than SQL."""
    zone = ZoneInfo(ZONE)
    span = (f"{START} 00:00:00", f"{TODAY} 23:59:59", ZONE)
    calls = [call for pbx in PBXES for call in sandbox.call_rows(False, pbx, *span)]
    started = [datetime.fromtimestamp(call["startTimeUTC"] / 1000, zone) for call in calls]
    missed = [
        moment.replace(minute=0, second=0, microsecond=0, tzinfo=None)
        for moment, call in zip(started, calls, strict=True)
        if call["missed"] == "Missed" and call["direction"] == "Incoming"
    ]
    talk: Counter[tuple[str, str, date]] = Counter()
    answered: Counter[tuple[str, str, date]] = Counter()
    departments: Counter[tuple[str, date]] = Counter()
    for pbx in PBXES:
        for day in _days():
            monday = day - timedelta(days=day.weekday())
            for row in sandbox.extension_rows(pbx, f"{day} 00:00:00", f"{day} 23:59:59", ZONE):
                talk[pbx, row["Extension"], monday] += row["Total_Talk_Time"]
                answered[pbx, row["Extension"], monday] += row["Total_Answered"]
                departments[row["Department"], monday] += row["Inbound_Total"] + row["Outbound_Total"]
    averages = {key: talk[key] / 1000 / answered[key] if answered[key] else None for key in talk}
    hours = Counter((moment.hour,) for moment in started)
    return [dict(hours), averages, dict(Counter((hour,) for hour in missed)), dict(departments)]


def _plain(value: Any) -> Any:
    """Return a key as Python's own type: databases have several for a whole number."""
    return value if isinstance(value, str | date | None) else int(value)
