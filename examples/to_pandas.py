"""Load call records into a data frame, and count them by hour of the day."""

import tempfile
from pathlib import Path

from connection import source

reader = source("call_records")

from airbyte.caches import DuckDBCache  # noqa: E402 - after connection.py has set up PyAirbyte

with tempfile.TemporaryDirectory() as folder:
    cache = DuckDBCache(db_path=Path(folder) / "calls.duckdb", schema_name="phone")
    calls = reader.read(cache=cache)["call_records"].to_pandas()
calls["hour"] = calls["starttime"].dt.hour
print(calls.groupby("hour").size().to_string())
