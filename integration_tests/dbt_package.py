"""Build the dbt package within the test's process, and make raw tables as a loader would."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import yaml

PACKAGE = Path(__file__).parent.parent / "dbt"
PREFIX = "work_analytics_8x8__"
MARTS = sorted(path.stem.removeprefix(PREFIX) for path in (PACKAGE / "models" / "marts").glob("*.sql"))
STAGING = {
    path.stem.removeprefix(f"stg_{PREFIX}"): path
    for path in sorted((PACKAGE / "models" / "staging").glob("stg_*.yml"))
}

Row = dict[str, Any]


@dataclass
class Build:
    """How a build of the package went; names of its nodes come without the package's prefix."""

    success: bool
    statuses: dict[str, str]
    messages: list[str]


@dataclass
class Target:
    """A database to build the package in.

    Args:
        name: the target in the profiles.yml of the project.
        folder: where dbt keeps what it compiled.
        env: what the profile reads from the environment.
        project: the project to build; the package itself, or one that installs it.
    """

    name: str
    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)
    project: Path = PACKAGE

    def dbt(self, command: str, schema: str, *args: str, **variables: Any) -> Build:
        """Run a dbt command, whose models go to a schema."""
        # Here, so that only the tests that need dbt wait for it.
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner
        from dbt_common.tests import enable_test_caching

        enable_test_caching()  # each run would parse all of dbt's own macros anew, half of its time
        environment = {
            **self.env,
            "WORK_ANALYTICS_SCHEMA": schema,
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }
        project = str(self.project)
        where = ["--project-dir", project, "--profiles-dir", project, "--target", self.name]
        if command != "deps":
            where += ["--target-path", str(self.folder / "target"), "--log-path", str(self.folder / "logs")]
        with patch.dict(os.environ, environment):
            result = dbtRunner().invoke(
                ["--quiet", *command.split(), *where, "--vars", json.dumps(variables), *args]
            )
        # It would keep the file open, and with settings that nobody else can open it with.
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
        if result.exception:
            return Build(False, {}, [str(result.exception)])
        done: Any = result.result if isinstance(result.result, Iterable) else []
        return Build(
            result.success,
            {each.node.name.removeprefix(PREFIX): str(each.status) for each in done},
            [each.message for each in done if each.message],
        )


@lru_cache
def staged(stream: str) -> dict[str, Any]:
    """Return the description of a staging model."""
    (model,) = yaml.safe_load(STAGING[stream].read_text(encoding="utf-8"))["models"]
    found: dict[str, Any] = model
    return found


def raw_types(stream: str) -> dict[str, str]:
    """Return the type that PyAirbyte gives each field that the staging model of a stream reads."""
    types = {"text": "varchar", "numeric": "decimal(38, 9)"}
    units = {"milliseconds": "bigint", "epoch_milliseconds": "bigint", "list": "json"}
    return {
        column["config"]["meta"]["field"]: units.get(
            column["config"]["meta"].get("unit", ""), types.get(column["data_type"], column["data_type"])
        )
        for column in staged(stream)["columns"]
        if column["config"]["meta"].get("unit") != "presence"
    }


def create_raw(
    database: duckdb.DuckDBPyConnection,
    schema: str,
    stream: str,
    rows: Sequence[Row],
    leave_out: Sequence[str] = (),
) -> None:
    """Create the raw table of a stream; what a row lacks is null."""
    types = {name: kind for name, kind in raw_types(stream).items() if name not in leave_out}
    columns = ", ".join(f'"{name.lower()}" {kind}' for name, kind in types.items())
    database.execute(f"create schema if not exists {schema}")
    database.execute(f"create or replace table {schema}.{stream} (_airbyte_raw_id varchar, {columns})")
    for number, row in enumerate(rows):
        unknown = set(row) - set(types) - set(leave_out)
        assert not unknown, unknown
        values = [
            json.dumps(row[name]) if isinstance(row.get(name), list) else row.get(name) for name in types
        ]
        marks = ", ".join("?" for _ in range(len(values) + 1))
        database.execute(f"insert into {schema}.{stream} values ({marks})", [f"{number:06d}", *values])


@contextmanager
def opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB file, closed afterwards for dbt."""
    with duckdb.connect(str(path)) as database:
        yield database


def rows_of(database: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    """Return the rows of a query."""
    cursor = database.execute(query)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
