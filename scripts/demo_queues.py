"""The demo's chart of call queues: what became of the calls offered to each, and how long they waited."""

import duckdb
from rich.bar import Bar
from rich.table import Table

DAYS = 28


def service_by_queue(database: duckdb.DuckDBPyConnection, schema: str) -> Table:
    """Return the service of each call queue over the last weeks.

    Counts and totals of days add up, so averages and shares are made from sums of them.
    """
    queues = database.sql(
        f"select pbx, name, sum(enteredcalls)::int offered,"
        f" sum(acceptedcalls + abandonedinhandlingcalls)::int answered,"
        f" sum(abandonedinwaitingcalls)::int abandoned, sum(totalwaitingtime) / sum(enteredcalls)"
        f" from {schema}.call_queue_summary where report_date >= current_date - {DAYS} and window_complete"
        f" group by all having offered > 0 order by offered desc"
    ).fetchall()
    title = f"Service by call queue, last {DAYS} days"
    table = Table(
        "PBX", "queue", "offered", "answered", "", "abandoned", "average wait", title=title, box=None
    )
    for pbx, name, offered, answered, abandoned, wait in queues:
        share = Bar(offered, 0, answered, width=30, color="green")
        shown = f"{answered} ({answered / offered:.0%})"
        table.add_row(pbx, name, str(offered), shown, share, str(abandoned), f"{wait:.1f} s")
    return table
