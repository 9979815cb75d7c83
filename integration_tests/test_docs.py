"""What README, guide and examples tell people to type does what they say, in a fresh folder, in their order.

The commands run against a sandbox whose clock stands still. `newcomer.py` names what cannot run
here; a command that is neither run nor named there fails the tests.
"""

import json
import os
import re
import shutil
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
from integration_tests.harness import NOW, TODAY
from integration_tests.newcomer import Newcomer, commands_in
from integration_tests.postgres_server import postgres_server
from sandbox import Sandbox
from sandbox.server import running
from scripts.columns import personal_columns
from source_8x8_work_analytics.settings import Settings, unknown_keys
from source_8x8_work_analytics.streams import STREAM_TYPES

pytestmark = [
    pytest.mark.xdist_group("documents"),
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.timeout(600),  # the first test waits for all commands
]

ZONE = "America/New_York"
START = TODAY - timedelta(days=5)
PBXES = ["acmecorp", "acme-europe"]


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    """A newcomer who has typed every block."""
    folder = tmp_path_factory.mktemp("clone")
    sandbox = Sandbox(clock=lambda: NOW)
    with ExitStack() as stack:
        address = stack.enter_context(running(sandbox))
        host = stack.enter_context(postgres_server())
        settings = {"pbx_ids": PBXES, "start_date": str(START), "time_zone": ZONE}
        found = Newcomer(folder, sandbox, address, host, **settings)
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


def test_the_reason_of_a_failed_check_is_where_the_guide_says(newcomer: Newcomer) -> None:
    from airbyte.exceptions import AirbyteConnectorCheckFailedError

    guide = (ROOT / "docs" / "8x8-work-analytics.md").read_text(encoding="utf-8")
    assert "the `Failure Reason` line below" in guide
    assert '`error.context["failure_reason"]`' in guide
    wrong = json.loads(newcomer.config_file.read_text(encoding="utf-8")) | {"password": "a-wrong-password"}
    source = newcomer.names["source"]
    source.set_config(wrong)
    with pytest.raises(AirbyteConnectorCheckFailedError) as failed:
        source.check()
    error = failed.value
    assert "8x8 rejected the user name or the password" in (error.context or {})["failure_reason"]
    (line,) = [line for line in str(error).splitlines() if "Failure Reason" in line]
    assert "8x8 rejected the user name or the password" in line


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


def test_sql_of_the_guide_runs_and_a_reader_sees_no_names(newcomer: Newcomer) -> None:
    from airbyte.caches import PostgresCache

    statements = [block.text for block in blocks("sql") if block.page == "docs/8x8-work-analytics.md"]
    where = {"host": "", "port": 5432, "username": "postgres", "password": "", "database": "postgres"}
    cache = PostgresCache(**where, schema_name="phone")  # type: ignore[arg-type]
    for statement in ";".join(statements).split(";"):
        if statement.strip():
            cache.execute_sql(statement)
    select = "select {} from information_schema.{} where table_schema = 'phone_without_names'"
    readable = cache.run_sql_query(
        select.format("distinct table_name", "role_table_grants") + " and grantee = 'phone_reader'"
    )
    assert {row["table_name"] for row in readable} == {"extension_summary", "call_records"}
    columns = {row["column_name"] for row in cache.run_sql_query(select.format("column_name", "columns"))}
    personal = {name.lower() for stream in STREAM_TYPES for name in personal_columns(stream)}
    assert not columns & personal
    indexes = cache.run_sql_query("select indexname from pg_indexes where schemaname = 'phone'")
    assert "call_records_by_day" in {row["indexname"] for row in indexes}


@pytest.mark.soak
def test_the_crontab_line_loads_and_logs_and_runs_once_at_a_time(newcomer: Newcomer) -> None:
    text = next(block.text for block in blocks("text") if "flock" in block.text)
    lines = text.replace("/srv/work-analytics", str(newcomer.folder)).splitlines()
    variables = dict(line.split("=", 1) for line in lines[:-1])
    environment = {
        **variables,
        "PGHOST": newcomer.host,
        "PATH": "/usr/bin:/bin",
        "HOME": str(newcomer.folder),
    }
    command = re.fullmatch(r"\d+ \d+ \* \* \* (.+)", lines[-1])
    assert command

    def run() -> int:
        return subprocess.run(["/bin/sh", "-c", command.group(1)], env=environment, check=False).returncode

    log = newcomer.folder / "load.log"
    with subprocess.Popen(["flock", "load.lock", "cat"], cwd=newcomer.folder, stdin=subprocess.PIPE) as other:
        while (
            subprocess.run(
                ["flock", "--nonblock", "load.lock", "true"], cwd=newcomer.folder, check=False
            ).returncode
            == 0
        ):
            pass
        assert run() == 1
        assert not log.read_text(encoding="utf-8")
        other.communicate()
    assert run() == 0, log.read_text(encoding="utf-8")
    assert "phone.call_records: " in log.read_text(encoding="utf-8")


@pytest.mark.soak
def test_the_sample_dbt_project_builds_on_the_tables_of_to_postgres(
    newcomer: Newcomer, tmp_path: Path
) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(
        ROOT / "examples" / "dbt_project", project, ignore=shutil.ignore_patterns("target", "dbt_*s")
    )
    (project / "packages.yml").write_text(f"packages:\n  - local: {ROOT / 'dbt'}\n", encoding="utf-8")
    environment = {**os.environ, "PGHOST": newcomer.host, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    for command in ("deps", "build"):
        done = subprocess.run(
            [str(Path(sys.prefix) / "bin" / "dbt"), command, "--profiles-dir", "."],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:]


def test_the_personal_data_page_names_every_personal_column() -> None:
    page = (ROOT / "docs" / "personal-data.md").read_text(encoding="utf-8")
    table = [
        line.split("|") for line in page.splitlines() if line.startswith("| `") and "_" in line.split("|")[1]
    ]
    named = {
        stream: set(re.findall(r"`(\w+)`", row[2]))
        for row in table
        for stream in re.findall(r"`(\w+)`", row[1])
    }
    assert named == {
        stream.name: set(found) for stream in STREAM_TYPES if (found := personal_columns(stream))
    }


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
