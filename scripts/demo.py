"""`make demo`: the complete process on this machine, from credentials to rows in a DuckDB file.

Starts the sandbox and runs the installed connector through PyAirbyte twice; demo_show.py continues from
there. The Makefile sets the variables that keep PyAirbyte from contacting a registry and sending telemetry.
"""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import airbyte
from airbyte.caches import DuckDBCache
from rich.console import Console

from scripts.dbt_build import FILE, RAW_SCHEMA

DAYS = 60
EXECUTABLE = Path(sys.executable).parent / "source-8x8-work-analytics"
console = Console()


@contextmanager
def sandbox() -> Iterator[dict[str, Any]]:
    """Run the sandbox as a process; yields a configuration for it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0"], stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()


def report_requests(config: dict[str, Any]) -> int:
    """Return how many reports and lists have been requested from the sandbox so far."""
    address = config["base_url"].removesuffix("/analytics/work")
    with urllib.request.urlopen(f"{address}/sandbox/requests") as answer:  # noqa: S310 - our own server
        return sum(not line["path"].endswith("/token") for line in json.load(answer))


def load(config: dict[str, Any], title: str) -> None:
    """Sync once into the DuckDB file, and print how many requests that took."""
    before = report_requests(config)
    console.rule(title)
    source = airbyte.get_source(
        "source-8x8-work-analytics", local_executable=EXECUTABLE, config=config, streams="*"
    )
    source.check()
    checked = report_requests(config)
    result = source.read(cache=DuckDBCache(db_path=FILE, schema_name=RAW_SCHEMA))
    console.print(
        f"{result.processed_records} rows of {len(result.streams)} streams in "
        f"{report_requests(config) - checked} requests "
        f"(and {checked - before} for the check)."
    )


def main() -> None:
    """Run the demo."""
    Path(FILE).parent.mkdir(exist_ok=True)
    Path(FILE).unlink(missing_ok=True)
    with sandbox() as config:
        config["start_date"] = str(date.today() - timedelta(days=DAYS))
        load(config, f"first load: {DAYS} days of {len(config['pbx_ids'])} PBXs")
        load(config, "second sync: only the lookback and the day in progress")


if __name__ == "__main__":
    main()
