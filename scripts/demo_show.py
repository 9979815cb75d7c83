"""The second half of `make demo`: the dbt marts, the dashboard, and a summary in the terminal.

This is a separate process, since PyAirbyte locks the file as long as it runs.
"""

from pathlib import Path

import duckdb
from rich.bar import Bar
from rich.console import Console
from rich.table import Table

from scripts import dashboard, dbt_build
from scripts.dashboard.data import DashboardData, read
from scripts.dashboard.database import PREFIX, Row, opened
from scripts.dashboard.page import page
from scripts.dbt_build import FILE, RAW_SCHEMA, SCHEMA
from scripts.demo_queues import service_by_queue

console = Console()


def show_days(calls: list[Row]) -> None:
    """Print the calls of the last two weeks as a bar chart."""
    days: dict[str, list[Row]] = {}
    for row in calls:
        days.setdefault(f"{row['day']:%a %d %b}", []).append(row)
    shown = {
        day: (count(rows), count(rows, outcome="missed", direction="inbound")) for day, rows in days.items()
    }
    last = dict(list(shown.items())[-14:])
    most = max((total for total, _ in last.values()), default=0)
    chart = Table("day", "calls", "missed", "", title="Calls per day, last two weeks", box=None)
    for day, (total, missed) in last.items():
        chart.add_row(day, str(total), str(missed), Bar(most, 0, total, width=50, color="cyan"))
    console.print(chart)


def count(rows: list[Row], **values: str) -> int:
    """Return the total calls of the rows with these values."""
    return sum(row["calls"] for row in rows if values.items() <= row.items())


def rates(data: DashboardData) -> tuple[float, float]:
    """Return the shares of received calls answered and of missed calls called back in time."""
    assert data.periods is not None
    calls = [row for row in data.parts["calls"] if row["day"] >= data.periods.first]
    missed = [
        row
        for row in data.parts["missed"]
        if row["day"] >= data.periods.first and row["fate"] not in ("pending", "no caller ID")
    ]
    answered = count(calls, direction="inbound", outcome="answered") / count(calls, direction="inbound")
    return answered, count(missed, fate="called back in time") / count(missed)


def main() -> None:
    """Build the marts, write the dashboard, and print the summary."""
    console.rule("dbt package: building the marts and the dashboard")
    dbt_build.build()
    with opened(FILE, SCHEMA) as marts:
        data = read(marts)
    file = Path(dashboard.PAGE)
    file.write_text(page(data), encoding="utf-8")
    with duckdb.connect(FILE, read_only=True) as database:
        rows, keys = database.sql(
            "select count(*), count(distinct (pbxid, extension, report_date))"
            f" from {RAW_SCHEMA}.extension_summary"
        ).fetchall()[0]
        queues = service_by_queue(database, RAW_SCHEMA)
    show_days(data.parts["calls"])
    console.print(queues)
    answered, returned = rates(data)
    console.print(
        f"\n{rows} rows in extension_summary, {keys} distinct keys; {len(marts.columns)} marts, tested by "
        "dbt.\n"
        f"{answered:.0%} of received calls were answered; {returned:.0%} of missed calls from outside were"
        " called back within 24 hours.\n\n"
        f"Open the dashboard: {file.absolute().as_uri()}\n"
        f"Query the file:     .venv/bin/python -c \"import duckdb; print(duckdb.connect('{FILE}').sql("
        f"'from {SCHEMA}.{PREFIX}extension_periods limit 5'))\"\n"
        "To use your own 8x8 account, see 'Use it' in README.md.",
        soft_wrap=True,  # a command stays on one line, to be copied
    )


if __name__ == "__main__":
    main()
