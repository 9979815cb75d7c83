"""Code that the example scripts share: configuration, arguments and databases."""

import argparse
import json
import os
import sys
import warnings
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

# PyAirbyte reads these on import: use the connector on this machine, and send no telemetry.
os.environ["AIRBYTE_OFFLINE_MODE"] = "1"
os.environ["DO_NOT_TRACK"] = "1"
warnings.simplefilter("ignore", FutureWarning)

if TYPE_CHECKING:
    from airbyte import Source
    from airbyte.caches import DuckDBCache, PostgresCache

EXECUTABLE = Path(sys.executable).parent / "source-8x8-work-analytics"
SANDBOX = {
    "api_key": "sandbox-key-3f9c1b7e5d",
    "username": "reports.supervisor@acme.example",
    "password": "päss &=+%wörd/?#sandbox",
    "time_zone": "America/New_York",
    "pbx_ids": ["acmecorp", "acme-europe"],
    "base_url": "http://127.0.0.1:8808/analytics/work",
}


def configuration() -> dict[str, Any]:
    """Return the configuration that WORK_ANALYTICS_CONFIG names, or one for 30 days of the sandbox."""
    path = os.environ.get("WORK_ANALYTICS_CONFIG")
    if path:
        config: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8-sig"))
        return config
    return {**SANDBOX, "start_date": str(date.today() - timedelta(days=30))}


def parser(description: str | None, *streams: str) -> argparse.ArgumentParser:
    """Return a parser for the arguments that the example scripts share.

    Args:
        description: what the script does.
        streams: the streams to load by default.
    """
    found = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    found.add_argument(
        "streams", nargs="*", default=list(streams), help=f"streams to load; default: {' '.join(streams)}"
    )
    found.add_argument("--schema", default="phone", help="schema of the tables; default: phone")
    return found


def source(*streams: str) -> "Source":
    """Return the source with these streams, after a connection check."""
    import airbyte

    found = airbyte.get_source(
        "source-8x8-work-analytics",
        local_executable=EXECUTABLE,
        config=configuration(),
        streams=list(streams),
    )
    found.check()
    return found


def duckdb_file(path: str, schema: str) -> "DuckDBCache":
    """Return a DuckDB file to load into; its name without the extension must differ from the schema's."""
    from airbyte.caches import DuckDBCache

    return DuckDBCache(db_path=path, schema_name=schema)


def postgres(schema: str) -> "PostgresCache":
    """Return the PostgreSQL database that the environment variables of psql select."""
    from airbyte.caches import PostgresCache

    host = os.environ.get("PGHOST", "localhost")
    return PostgresCache(
        host="" if host.startswith("/") else host,  # the client library reads a socket folder itself
        port=int(os.environ.get("PGPORT", "5432")),
        username=os.environ.get("PGUSER", "postgres"),
        password=os.environ.get("PGPASSWORD", ""),
        database=os.environ.get("PGDATABASE", "postgres"),
        schema_name=schema,
    )
