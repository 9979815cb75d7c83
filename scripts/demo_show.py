"""Show what the demo's DuckDB file holds, by SQL.

A process of its own: PyAirbyte keeps the file to itself as long as it runs.
"""

import duckdb
from rich.bar import Bar
from rich.console import Console
from rich.table import Table

console = Console()


FILE = "demo/work_analytics.duckdb"
SCHEMA = "phone"


def show(file: str, schema: str) -> None:
    """Print what the DuckDB file holds, from SQL."""
    with duckdb.connect(file, read_only=True) as database:
        total, keys, first, last = database.sql(
            f"select count(*), count(distinct (pbxid, extension, report_date)), min(report_date),"
            f" max(report_date) from {schema}.extension_summary"
        ).fetchall()[0]
        by_day = database.sql(
            f"select report_date, sum(inbound_total + outbound_total)::int from {schema}.extension_summary"
            f" where report_date > current_date - 15 group by 1 order by 1"
        ).fetchall()
        busiest = database.sql(
            f"select pbxid, extension, firstname || ' ' || lastname, department,"
            f" sum(total_answered)::int answered, sum(total_missed)::int missed,"
            f" sum(total_talk_time) / 3600000.0"
            f" from {schema}.extension_summary group by all order by answered desc limit 8"
        ).fetchall()
        in_vain = database.sql(
            f"select g.name, m.firstname || ' ' || m.lastname, sum(m.totaladvanced)::int rang,"
            f" sum(m.totalanswered)::int answered, sum(g.totalmissed)::int missed_by_group"
            f" from {schema}.ring_group_member_summary m join {schema}.ring_group_summary g"
            f" on g.pbxid = m.pbxid and g.extension = m.ringgroupextension and g.report_date = m.report_date"
            f" group by all order by rang desc limit 6"
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
    question = "Whose phone rang in vain for a ring group? (two streams, joined)"
    table = Table("ring group", "member", "rang in vain", "answered", "missed by the group", title=question)
    for row in in_vain:
        table.add_row(*(str(value) for value in row))
    console.print(table)

    console.print(
        f"\nThe rows are in {FILE}. Try next:\n"
        f"  .venv/bin/python -c \"import duckdb; print(duckdb.connect('{FILE}').sql("
        f"'from {SCHEMA}.extension_summary limit 5'))\"\n"
        "  .venv/bin/python -m sandbox --help          the stand-in for the API\n"
        "  README.md, 'Use it'                         the same with your own 8x8 account"
    )


if __name__ == "__main__":
    show(FILE, SCHEMA)
