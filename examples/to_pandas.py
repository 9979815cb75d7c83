"""Load call records into a data frame and count them by hour of the day."""

import tempfile
from pathlib import Path

from connection import duckdb_file, source

with tempfile.TemporaryDirectory() as folder:
    cache = duckdb_file(str(Path(folder) / "calls.duckdb"), "phone")
    calls = source("call_records").read(cache=cache)["call_records"].to_pandas()
calls["hour"] = calls["starttime"].dt.hour
print(calls.groupby("hour").size().to_string())
