"""`make demo`: the whole road on this machine, from credentials to rows in a DuckDB file.

Starts the sandbox, runs the installed connector through PyAirbyte twice, and shows what the file holds.
"""

import json
import os
import subprocess
import sys
import urllib.request
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

# Before PyAirbyte is imported: no look-up in a registry, and no telemetry.
os.environ["AIRBYTE_OFFLINE_MODE"] = "1"
os.environ["DO_NOT_TRACK"] = "1"
# Libraries of destinations that the demo does not use speak of Python versions at their import.
warnings.simplefilter("ignore", FutureWarning)

import airbyte
import duckdb
from airbyte.caches import DuckDBCache
from rich.bar import Bar
from rich.console import Console
from rich.table import Table

FILE = Path("demo") / "work_analytics.duckdb"
SCHEMA = "phone"
DAYS = 180
EXECUTABLE = Path(sys.executable).parent / "source-8x8-work-analytics"
console = Console()


@contextmanager
def sandbox() -> Iterator[dict[str, Any]]:
    """Run the sandbox as a process; yields a configuration for it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0"], stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    try:
        assert process.stdout is not None  # noqa: S101 - there is a pipe
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()


def report_requests(config: dict[str, Any]) -> int:
    """Return how many reports the sandbox was asked for so far."""
    address = config["base_url"].removesuffix("/analytics/work")
    with urllib.request.urlopen(f"{address}/sandbox/requests") as answer:  # noqa: S310 - our own server
        return sum(line["path"].endswith("/extsum") for line in json.load(answer))


def load(config: dict[str, Any], title: str) -> None:
    """Sync once into the DuckDB file, and say how many reports that took."""
    before = report_requests(config)
    console.rule(title)
    source = airbyte.get_source(
        "source-8x8-work-analytics", local_executable=EXECUTABLE, config=config, streams="*"
    )
    source.check()
    checked = report_requests(config)
    result = source.read(cache=DuckDBCache(db_path=FILE, schema_name=SCHEMA))
    console.print(
        f"{result.processed_records} rows in {report_requests(config) - checked} report requests "
        f"(and {checked - before} for the check)."
    )


def show() -> None:
    """Print what the DuckDB file holds, from SQL."""
    with duckdb.connect(str(FILE)) as database:
        total, keys, first, last = database.sql(
            f"select count(*), count(distinct (pbxid, extension, report_date)), min(report_date),"
            f" max(report_date) from {SCHEMA}.extension_summary"
        ).fetchall()[0]
        by_day = database.sql(
            f"select report_date, sum(inbound_total + outbound_total)::int from {SCHEMA}.extension_summary"
            f" where report_date > current_date - 15 group by 1 order by 1"
        ).fetchall()
        busiest = database.sql(
            f"select pbxid, extension, firstname || ' ' || lastname, department,"
            f" sum(total_answered)::int answered, sum(total_missed)::int missed,"
            f" sum(total_talk_time) / 3600000.0"
            f" from {SCHEMA}.extension_summary group by all order by answered desc limit 8"
        ).fetchall()
    console.rule("what the file holds")
    console.print(f"{total} rows, {keys} keys, from {first} to {last}.\n")
    chart = Table("day", "calls", "", title="Calls per day, last two weeks", box=None)
    most = max(calls for _, calls in by_day)
    for day, calls in by_day:
        chart.add_row(f"{day:%a %d %b}", str(calls), Bar(most, 0, calls, width=50, color="cyan"))
    console.print(chart)
    table = Table("PBX", "ext.", "name", "department", "answered", "missed", "hours talked", title="Busiest")
    for pbx, extension, name, department, answered, missed, hours in busiest:
        table.add_row(pbx, extension, name, department, str(answered), str(missed), f"{hours:.1f}")
    console.print(table)


def main() -> None:
    """Run the demo."""
    FILE.parent.mkdir(exist_ok=True)
    FILE.unlink(missing_ok=True)
    with sandbox() as config:
        config["start_date"] = str(date.today() - timedelta(days=DAYS))
        load(config, f"first load: {DAYS} days of {len(config['pbx_ids'])} PBXs")
        load(config, "second sync: the lookback and the day in progress, nothing more")
    show()
    console.print(
        f"\nThe rows are in {FILE}. Try next:\n"
        f"  .venv/bin/python -c \"import duckdb; print(duckdb.connect('{FILE}').sql("
        f"'from {SCHEMA}.extension_summary limit 5'))\"\n"
        "  python -m sandbox --help                    the stand-in for the API, with faults on order\n"
        "  README.md, 'Use it'                         the same with your own 8x8 account"
    )


if __name__ == "__main__":
    main()
