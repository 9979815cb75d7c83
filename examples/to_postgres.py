"""Load summaries and calls into PostgreSQL. Set the PG… variables as for psql."""

import os

from connection import source

reader = source("extension_summary", "company_summary", "call_records")

from airbyte.caches import PostgresCache  # noqa: E402 - after connection.py has set up PyAirbyte

host = os.environ.get("PGHOST", "localhost")
cache = PostgresCache(
    host="" if host.startswith("/") else host,  # the client library reads a socket folder from PGHOST itself
    port=int(os.environ.get("PGPORT", "5432")),
    username=os.environ.get("PGUSER", "postgres"),
    password=os.environ.get("PGPASSWORD", ""),
    database=os.environ.get("PGDATABASE", "postgres"),
    schema_name="phone",
)
reader.read(cache=cache)
for row in cache.run_sql_query(
    "select pbxid, count(*) as rows, max(report_date) as newest"
    " from phone.extension_summary group by 1 order by 1"
):
    print(row["pbxid"], row["rows"], "rows, the newest of", row["newest"])
