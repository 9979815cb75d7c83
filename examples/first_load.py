"""Load the whole history, one month at a time, newest month first.

PyAirbyte writes to the database at the end of a read, so a two-year read that is interrupted saves nothing.
This script moves start_date back one month at a time, with one read per month. Completed months are saved in
the database; after an interruption, run the script again to continue with the next month. When it is done,
use to_postgres.py or to_duckdb.py with the same streams and schema.
"""

import sys
import time
from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from connection import configuration, duckdb_file, parser, postgres, source

if TYPE_CHECKING:
    from airbyte.caches import CacheBase

NAME = "source-8x8-work-analytics"


def two_years_before(day: date) -> date:
    """Return the same day two years earlier, the first day that 8x8 still has."""
    last = 28 if (day.month, day.day) == (2, 29) else day.day
    return day.replace(year=day.year - 2, day=last)


def months(first: date, last: date) -> Iterator[date]:
    """Yield the first day of each month after `first` and up to `last`, newest first."""
    month = last.replace(day=1)
    while month > first:
        yield month
        month = month.replace(year=month.year - (month.month == 1), month=(month.month - 2) % 12 + 1)


def loaded_since(cache: "CacheBase", streams: list[str]) -> date | None:
    """Return the first day that is loaded for all streams, or None if a stream has not been loaded yet."""
    saved = cache.get_state_provider(NAME)
    days = []
    for name in streams:
        if name not in saved.known_stream_names:
            return None
        state = saved.get_stream_state(name).stream.stream_state.model_dump()
        days += [entry["since"] for entry in state.get("states", [])]
    return date.fromisoformat(max(days)) if days else None


def main() -> None:
    """Load month by month."""
    from airbyte.exceptions import PyAirbyteError

    arguments = parser(__doc__, "extension_summary", "company_summary", "call_records")
    arguments.add_argument("--duckdb", metavar="FILE", help="load into a DuckDB file instead of PostgreSQL")
    options = arguments.parse_args()
    cache = duckdb_file(options.duckdb, options.schema) if options.duckdb else postgres(options.schema)

    config = configuration()
    today = datetime.now(ZoneInfo(config["time_zone"])).date()
    first = max(date.fromisoformat(config.get("start_date") or "1970-01-01"), two_years_before(today))
    since = loaded_since(cache, options.streams)
    steps = [*(day for day in months(first, today) if since is None or day < since), first]
    if since:
        print(f"Loaded from {since} on: continuing with the month before.", flush=True)

    reader = source(*options.streams)
    began = time.monotonic()
    for count, day in enumerate(steps, start=1):
        # the last step uses the configuration as is, so that later loads have no earlier days left to read
        reader.set_config(config if count == len(steps) else {**config, "start_date": str(day)})
        try:
            rows = reader.read(cache=cache).processed_records
        except PyAirbyteError as error:
            sys.exit(f"{day:%B %Y} failed: {error.get_message()} Run the script again to continue from here.")
        left = (time.monotonic() - began) / count * (len(steps) - count)
        rest = f", about {left / 60:.0f} min left" if left >= 90 else ""
        print(f"{day:%B %Y} loaded, {rows:,} rows: {count} of {len(steps)} months{rest}", flush=True)


if __name__ == "__main__":
    main()
