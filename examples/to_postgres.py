"""Load streams into PostgreSQL. Set PGHOST and the other variables as for psql.

Run it every day: each run loads the new days, and reloads the last two completed days.
"""

from connection import parser, postgres, source

options = parser(__doc__, "extension_summary", "company_summary", "call_records").parse_args()

result = source(*options.streams).read(cache=postgres(options.schema))
for name in options.streams:
    print(f"{options.schema}.{name}: {len(result[name]):,} rows")
