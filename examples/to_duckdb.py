"""Load summaries into a DuckDB file.

Run it every day: each run reads the new days, and the last two finished days again.
"""

import sys

from connection import source

reader = source("extension_summary", "company_summary")

from airbyte.caches import DuckDBCache  # noqa: E402 - after connection.py has set up PyAirbyte

path = sys.argv[1] if len(sys.argv) > 1 else "work_analytics.duckdb"
cache = DuckDBCache(db_path=path, schema_name="phone")
reader.read(cache=cache)
for row in cache.run_sql_query(
    "select pbxid, report_date, totalcall, totalmissed from phone.company_summary order by 2 desc, 1 limit 6"
):
    print(row["pbxid"], row["report_date"], row["totalcall"], "calls,", row["totalmissed"], "missed")
