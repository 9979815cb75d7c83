"""Build the dbt package on fakesnow, an emulator of Snowflake, with the raw tables of a DuckDB file.

Runs in its own environment, .venv-snowflake. It shows that statements run and what they return there, but not
necessarily what Snowflake itself does. Raw timestamps are timestamp_ntz, and lists are text that contains
JSON. Not covered: raw tables in another database, whose columns fakesnow does not show to dbt.
"""

import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any, cast

import duckdb
import fakesnow
import snowflake.connector
from dbt.cli.main import dbtRunner

HERE = Path(__file__).parent
PACKAGE = HERE.parent.parent / "dbt"
DATABASE = "ANALYTICS"
TYPES = {"VARCHAR": "varchar", "BIGINT": "number(38, 0)", "JSON": "varchar", "TIMESTAMP": "timestamp_ntz"}
BATCH = 200


def literal(value: Any) -> str:
    """Return a value as SQL."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    return "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"


def load(cursor: Any, database: duckdb.DuckDBPyConnection, schema: str) -> list[str]:
    """Copy the tables of a schema that are not the loader's own; returns their names."""
    names = [
        name
        for (name,) in database.execute(
            "select table_name from information_schema.tables where table_schema = ? order by 1", [schema]
        ).fetchall()
        if not name.startswith("_airbyte")
    ]
    cursor.execute(f"create schema if not exists {DATABASE}.{schema}")
    for name in names:
        columns = database.execute(f'describe {schema}."{name}"').fetchall()
        typed = ", ".join(f"{column[0]} {TYPES.get(column[1], column[1].lower())}" for column in columns)
        cursor.execute(f"create table {DATABASE}.{schema}.{name} ({typed})")
        rows = database.execute(f'select * from {schema}."{name}"').fetchall()
        for start in range(0, len(rows), BATCH):
            values = ", ".join(
                f"({', '.join(literal(value) for value in row)})" for row in rows[start : start + BATCH]
            )
            cursor.execute(f"insert into {DATABASE}.{schema}.{name} values {values}")
    return names


def build(schema: str, streams: list[str], folder: Path) -> None:
    """Build the package; raises where dbt reports an error."""
    variables = {"raw_schema": schema, "streams": streams}
    done = dbtRunner().invoke(
        [
            *("--quiet", "build", "--exclude-resource-type", "unit_test", "--target", "fakesnow"),
            *("--project-dir", str(PACKAGE), "--profiles-dir", str(HERE)),
            *("--target-path", str(folder / "target"), "--log-path", str(folder / "logs")),
            *("--vars", json.dumps(variables)),
        ]
    )
    if not done.success:
        raise SystemExit(str(done.exception or "dbt reports errors in fakesnow."))


def main(file: str, schema: str, folder: str) -> None:
    """Load, build, and write each mart as JSON lines."""
    warnings.simplefilter("ignore")
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    os.environ["SNOWFLAKE_DATABASE"] = DATABASE
    with fakesnow.patch(), duckdb.connect(file, read_only=True) as database:
        cursor = snowflake.connector.connect(database=DATABASE, schema="PUBLIC").cursor()
        streams = load(cursor, database, schema)
        build(schema, streams, Path(folder))
        cursor.execute(
            f"select table_name from {DATABASE}.information_schema.tables"
            " where table_schema = 'ANSWERS' and table_type = 'BASE TABLE'"
        )
        for (table,) in cast("list[tuple[str]]", cursor.fetchall()):
            cursor.execute(f"select * from {DATABASE}.ANSWERS.{table}")
            names = [column[0].lower() for column in cursor.description]
            lines = [json.dumps(dict(zip(names, row, strict=True)), default=str) for row in cursor.fetchall()]
            (Path(folder) / f"{table.lower()}.jsonl").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
