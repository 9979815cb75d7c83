"""What the page shows, read from the marts. Rates and averages are made from totals."""

from dataclasses import dataclass, field
from typing import Any

import duckdb

DAYS = 56
"""The page covers the last eight weeks."""
TOP = 15
"""Extensions on the page."""
LISTED = 12
"""Missed calls that are listed one by one."""

Row = dict[str, Any]


@dataclass
class ReportData:
    """The rows behind the page; a part is empty when its streams were not loaded.

    Args:
        span: first and last day, and the PBXs.
        totals: the figures at the top.
        days: calls by day and outcome.
        hours: received calls by weekday and hour.
        extensions: totals of the busiest extensions.
        extension_count: how many extensions there are in all.
        missed: missed calls by day and what became of them.
        waiting: the newest missed calls that nobody returned.
        queues: totals of each call queue.
    """

    span: Row
    totals: Row
    days: list[Row] = field(default_factory=list)
    hours: list[Row] = field(default_factory=list)
    extensions: list[Row] = field(default_factory=list)
    extension_count: int = 0
    missed: list[Row] = field(default_factory=list)
    waiting: list[Row] = field(default_factory=list)
    queues: list[Row] = field(default_factory=list)


def read(file: str, schema: str) -> ReportData:
    """Read the marts of a schema in a DuckDB file."""
    with duckdb.connect(file, read_only=True) as database:
        found = database.execute(
            "select table_name from information_schema.tables where table_schema = ?", [schema]
        )
        marts = {name for (name,) in found.fetchall()}
        source, day = ("calls", "local_date") if "calls" in marts else ("extension_days", "report_date")
        (span,) = _rows(database, SPAN.format(source=source, day=day, schema=schema), [])

        def rows(query: str) -> list[Row]:
            return _rows(database, query.format(schema=schema), [span["first_day"]])

        data = ReportData(span, {})
        if "calls" in marts:
            data.totals |= rows(CALL_TOTALS)[0] | rows(RETURN_TOTALS)[0]
            data.days, data.hours = rows(CALLS_BY_DAY), rows(ARRIVALS_BY_HOUR)
            data.missed, data.waiting = rows(MISSED_BY_DAY), rows(NOT_RETURNED)
        if "extension_days" in marts:
            data.extensions = rows(EXTENSIONS)
            data.extension_count = rows(EXTENSION_COUNT)[0]["extensions"]
        if "service_levels" in marts:
            names = QUEUE_NAMES if "queue_days" in marts else QUEUE_NUMBERS
            data.totals |= rows(QUEUE_TOTALS)[0]
            data.queues = rows(QUEUES.replace("{names}", names))
        return data


def _rows(database: duckdb.DuckDBPyConnection, query: str, values: list[Any]) -> list[Row]:
    cursor = database.execute(query, values)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


SPAN = f"""
    select
        max({{day}}) as last_day,
        greatest(min(report_date), max({{day}}) - {DAYS - 1}) as first_day,
        list_sort(list(distinct pbx)) as pbxes
    from {{schema}}.{{source}}
"""

CALL_TOTALS = """
    select
        count(*) as calls,
        count(*) filter (direction = 'inbound') as inbound,
        count(*) filter (direction = 'inbound' and outcome = 'answered') as inbound_answered,
        sum(talk_seconds) filter (outcome = 'answered') as talk_seconds,
        count(*) filter (outcome = 'answered') as answered,
        max(extracted_at) as read_at
    from {schema}.calls
    where local_date >= ?
"""

CALLS_BY_DAY = """
    select local_date as day, outcome, count(*) as calls
    from {schema}.calls
    where local_date >= ?
    group by all
    order by all
"""

ARRIVALS_BY_HOUR = """
    select
        isodow(interval_start) as weekday,
        hour(interval_start) as hour,
        sum(arrivals) as calls,
        sum(arrivals) / count(distinct interval_start::date) as calls_an_hour
    from {schema}.call_intervals
    where direction = 'inbound' and complete and interval_start >= ?
    group by all
    order by all
"""

RETURN_TOTALS = """
    select
        count(*) as missed_outside,
        count(*) filter (returned) as returned,
        count(*) filter (not returned and not pending and returned_at is null and called_again_at is null)
            as not_returned
    from {schema}.unreturned_calls
    where missed_local >= ?
"""

MISSED_BY_DAY = """
    select
        missed_local::date as day,
        case
            when returned then 'called back in time'
            when returned_at is not null then 'called back late'
            when called_again_at is not null then 'caller got through later'
            when pending then 'still time'
            else 'not returned'
        end as fate,
        count(*) as calls
    from {schema}.unreturned_calls
    where missed_local >= ?
    group by all
    order by all
"""

NOT_RETURNED = f"""
    select missed_local, caller, department, branch, pbx
    from {{schema}}.unreturned_calls
    where returned_at is null and called_again_at is null and not pending and missed_local >= ?
    order by missed_local desc, call_id desc
    limit {LISTED}
"""

EXTENSIONS = f"""
    select
        pbx,
        extension,
        arg_max(person, report_date) as person,
        arg_max(department, report_date) as department,
        sum(calls)::bigint as calls,
        sum(inbound)::bigint as inbound,
        sum(inbound_answered)::bigint as inbound_answered,
        sum(outbound)::bigint as outbound,
        sum(missed)::bigint as missed,
        sum(inbound_answered) / nullif(sum(inbound), 0) as answered_rate,
        sum(talk_seconds)::double as talk_seconds,
        sum(talk_seconds)::double / nullif(sum(answered), 0) as average_talk_seconds
    from {{schema}}.extension_days
    where report_date >= ?
    group by pbx, extension
    order by inbound desc, pbx, extension
    limit {TOP}
"""

EXTENSION_COUNT = """
    select count(distinct (pbx, extension)) as extensions
    from {schema}.extension_days
    where report_date >= ?
"""

QUEUE_NAMES = (
    "(select pbx, queue, arg_max(queue_name, report_date) as name from {schema}.queue_days group by all)"
)
QUEUE_NUMBERS = "(select pbx, queue, max(queue_extension) as name from {schema}.service_levels group by all)"

QUEUES = """
    select
        levels.pbx,
        coalesce(names.name, levels.queue) as queue,
        sum(offered)::bigint as offered,
        sum(answered)::bigint as answered,
        sum(answered_within)::bigint as answered_within,
        sum(abandoned)::bigint as abandoned,
        sum(answered_within) / nullif(sum(offered), 0) as service_level,
        sum(average_speed_of_answer_seconds * answered) / nullif(sum(answered), 0) as speed_of_answer
    from {schema}.service_levels as levels
    left join {names} as names on levels.pbx = names.pbx and levels.queue = names.queue
    where report_date >= ?
    group by all
    order by service_level, queue
"""

QUEUE_TOTALS = """
    select sum(answered_within) / nullif(sum(offered), 0) as service_level, sum(offered)::bigint as offered
    from {schema}.service_levels
    where report_date >= ?
"""
