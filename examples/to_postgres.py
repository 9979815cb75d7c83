"""Load streams into PostgreSQL. Set PGHOST and the other variables of psql to select the server.

Run it every day: each run loads new days and re-reads the last two completed days.
"""

from connection import parser, postgres, source

options = parser(__doc__, "extension_summary", "company_summary", "call_records").parse_args()

result = source(*options.streams).read(cache=postgres(options.schema))
for name in options.streams:
    print(f"{options.schema}.{name}: {len(result[name]):,} rows")
