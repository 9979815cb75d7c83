"""Load streams into a DuckDB file.

Run it every day: each run loads new days and re-reads the last two completed days.
"""

from connection import duckdb_file, parser, source

arguments = parser(__doc__, "extension_summary", "company_summary")
arguments.add_argument("--file", default="work_analytics.duckdb", help="default: work_analytics.duckdb")
options = arguments.parse_args()

result = source(*options.streams).read(cache=duckdb_file(options.file, options.schema))
for name in options.streams:
    print(f"{options.schema}.{name}: {len(result[name]):,} rows")
