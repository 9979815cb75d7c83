"""`make dbt`: build and test the dbt package on the demo's DuckDB file, with the streams that it contains."""

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import yaml

FILE = "demo/work_analytics.duckdb"
RAW_SCHEMA = "phone"
SCHEMA = "answers"
PACKAGE = Path(__file__).parent.parent / "dbt"
DBT = Path(sys.executable).parent / "dbt"


def loaded_streams(file: str, raw_schema: str) -> list[str]:
    """Return the streams of the package that a DuckDB file contains."""
    known = yaml.safe_load((PACKAGE / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    with duckdb.connect(file, read_only=True) as database:
        tables = {
            name
            for (name,) in database.execute(
                "select table_name from information_schema.tables where table_schema = ?", [raw_schema]
            ).fetchall()
        }
    return [stream for stream in known["work_analytics_8x8"]["streams"] if stream in tables]


def build(file: str = FILE, raw_schema: str = RAW_SCHEMA, schema: str = SCHEMA) -> None:
    """Build the marts in a schema of the file, and test them; raises an error if dbt reports one."""
    variables = {"raw_schema": raw_schema, "streams": loaded_streams(file, raw_schema)}
    kept = Path(file).absolute().parent / "dbt"
    subprocess.run(
        [
            *(DBT, "--quiet", "build", "--project-dir", PACKAGE, "--profiles-dir", PACKAGE),
            *("--target", "duckdb", "--target-path", kept / "target", "--log-path", kept / "logs"),
            *("--vars", json.dumps(variables)),
        ],
        check=True,
        env={
            **os.environ,
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "WORK_ANALYTICS_DUCKDB": str(Path(file).absolute()),
            "WORK_ANALYTICS_SCHEMA": schema,
        },
    )


if __name__ == "__main__":
    build()
