"""The second half of `make demo`: marts by dbt, the page, and a summary on the terminal.

A process of its own: PyAirbyte keeps the file to itself as long as it runs.
"""

from pathlib import Path

import duckdb
from rich.bar import Bar
from rich.console import Console
from rich.table import Table

from scripts import dbt_build, report
from scripts.dbt_build import FILE, RAW_SCHEMA, SCHEMA
from scripts.demo_queues import service_by_queue
from scripts.report_data import Row, read

console = Console()


def show_days(days: list[Row]) -> None:
    """Print the calls of the last two weeks as bars."""
    calls: dict[str, dict[str, int]] = {}
    for row in days:
        calls.setdefault(f"{row['day']:%a %d %b}", {})[row["outcome"]] = row["calls"]
    shown = dict(list(calls.items())[-14:])
    most = max((sum(outcomes.values()) for outcomes in shown.values()), default=0)
    chart = Table("day", "calls", "missed", "", title="Calls per day, last two weeks", box=None)
    for day, outcomes in shown.items():
        total = sum(outcomes.values())
        chart.add_row(
            day, str(total), str(outcomes.get("missed", 0)), Bar(most, 0, total, width=50, color="cyan")
        )
    console.print(chart)


def main() -> None:
    """Build the marts, write the page, and print the summary."""
    console.rule("from rows to answers: dbt package, marts, page")
    dbt_build.build()
    report.write()
    with duckdb.connect(FILE, read_only=True) as database:
        rows, keys = database.sql(
            "select count(*), count(distinct (pbxid, extension, report_date))"
            f" from {RAW_SCHEMA}.extension_summary"
        ).fetchall()[0]
        marts = database.sql(
            f"select count(*) from information_schema.tables"
            f" where table_schema = '{SCHEMA}' and table_name like 'work_analytics_8x8__%'"
        ).fetchall()[0][0]
        queues = service_by_queue(database, RAW_SCHEMA)
    data = read(FILE, SCHEMA)
    show_days(data.days)
    console.print(queues)
    answered = report.share(data.totals["inbound_answered"], data.totals["inbound"])
    returned = report.share(data.totals["returned"], data.totals["missed_outside"])
    console.print(
        f"\n{rows} rows of extension_summary, {keys} keys; {marts} marts, tested by dbt.\n"
        f"{report.percent(answered)} of received calls were answered; {report.percent(returned)} of the "
        "missed callers were called back within 24 hours.\n\n"
        f"Open the page:  {Path(report.PAGE).absolute().as_uri()}\n"
        f"Query the file: .venv/bin/python -c \"import duckdb; print(duckdb.connect('{FILE}').sql("
        f"'from {SCHEMA}.work_analytics_8x8__extension_periods limit 5'))\"\n"
        "Your own 8x8 account: README.md, 'Use it'",
        soft_wrap=True,  # a command stays on one line, to be copied
    )


if __name__ == "__main__":
    main()
