"""Build the marts with dbt from the loaded streams in a DuckDB file or a PostgreSQL database."""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from scripts.dashboard.database import is_postgres, tables
from scripts.dbt_build import DBT, PACKAGE

STREAMS = PACKAGE / "models" / "staging"


def build(database: str, raw_schema: str, schema: str, variables: dict[str, Any]) -> None:
    """Build the marts and test them.

    Args:
        database: path of a DuckDB file, or URL of a PostgreSQL database.
        raw_schema: where the loader put the streams' tables.
        schema: where the marts go.
        variables: additional variables for the package.

    Raises:
        LookupError: no stream was loaded.
        subprocess.CalledProcessError: dbt reported an error.
    """
    given = {"raw_schema": raw_schema, "streams": loaded_streams(database, raw_schema)} | variables
    if not given["streams"]:
        raise LookupError(f"The schema {raw_schema} contains no stream tables.")
    target = "postgres" if is_postgres(database) else "duckdb"
    with tempfile.TemporaryDirectory() as kept:
        subprocess.run(
            [
                *(DBT, "--quiet", "build", "--project-dir", PACKAGE, "--profiles-dir", PACKAGE),
                *("--target", target, "--target-path", kept, "--log-path", kept),
                *("--vars", json.dumps(given)),
            ],
            check=True,
            env={
                **os.environ,
                **_login(database),
                "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
                "WORK_ANALYTICS_SCHEMA": schema,
            },
        )


def loaded_streams(database: str, raw_schema: str) -> list[str]:
    """Return the streams of the package whose tables a schema contains."""
    known = [path.stem.rpartition("__")[2] for path in sorted(STREAMS.glob("stg_*.sql"))]
    present = tables(database, raw_schema)
    return [stream for stream in known if stream in present]


def _login(database: str) -> dict[str, str]:
    """Return what the package's profiles.yml reads from the environment."""
    if not is_postgres(database):
        return {"WORK_ANALYTICS_DUCKDB": str(Path(database).absolute())}
    from psycopg.conninfo import conninfo_to_dict

    names = {
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "dbname": "PGDATABASE",
    }
    return {names[key]: str(value) for key, value in conninfo_to_dict(database).items() if key in names}
