"""The queries of the dashboard, in SQL that DuckDB and PostgreSQL both understand.

Rows contain counts and totals, never rates or averages: the page adds rows up first and then divides.
`{before}` is the first day of the earlier period, `{first}` and `{last}` are the bounds of this one.
"""

CALLS = """
    select
        local_date as day,
        pbx,
        department,
        direction,
        outcome,
        count(*) as calls,
        sum(case when external then 0 else 1 end) as internal,
        sum(case when in_opening_hours then 1 else 0 end) as in_opening_hours,
        sum(case when outcome = 'answered' then talk_seconds else 0 end) as talk_seconds
    from {calls}
    where local_date between {before} and {last}
    group by 1, 2, 3, 4, 5
    order by 1, 2, 3, 4, 5
"""

ARRIVALS = """
    select
        pbx,
        department,
        weekday,
        local_hour as hour,
        count(*) as calls,
        sum(case when outcome = 'answered' then 0 else 1 end) as unanswered
    from {calls}
    where direction = 'inbound' and local_date between {first} and {last}
    group by 1, 2, 3, 4
    order by 1, 2, 3, 4
"""

# How many hours of each kind the period had: clock changes skip an hour or repeat one.
CLOCK_HOURS = """
    select
        pbx,
        cast(extract(isodow from interval_start) as integer) as weekday,
        cast(extract(hour from interval_start) as integer) as hour,
        sum(minutes) / 60.0 as hours
    from {call_intervals}
    where direction = 'inbound' and cast(interval_start as date) between {first} and {last}
    group by 1, 2, 3
    order by 1, 2, 3
"""

# Empty, or a word such as Anonymous: there is no number to call back.
_WITHHELD = "coalesce(translate(caller, '0123456789', '') = caller, true)"
_FATE = f"""
        case
            when returned then 'called back in time'
            when returned_at is not null then 'called back late'
            when called_again_at is not null then 'caller got through later'
            when {_WITHHELD} then 'no caller ID'
            when pending then 'pending'
            else 'not returned'
        end"""

MISSED = f"""
    select
        cast(missed_local as date) as day,
        pbx,
        department,
        {_FATE} as fate,
        count(*) as calls
    from {{unreturned_calls}}
    where cast(missed_local as date) between {{before}} and {{last}}
    group by 1, 2, 3, 4
    order by 1, 2, 3, 4
"""

WAITING = f"""
    select missed_local as missed, caller, department, branch, pbx
    from {{unreturned_calls}}
    where {_FATE} = 'not returned' and cast(missed_local as date) between {{first}} and {{last}}
    order by missed_local desc, call_id desc
    limit {{most}}
"""


def both_periods(column: str, total: str | None = None) -> str:
    """Return a column's total in this period and in the previous one."""
    total = total or column
    return (
        f"sum(case when report_date >= {{first}} then {total} else 0 end) as {column},"
        f" sum(case when report_date < {{first}} then {total} else 0 end) as {column}_before"
    )


def newest(column: str, name: str) -> str:
    """Return the value of a column on the last day: names and departments change."""
    return f"max(case when days_back = 1 then {column} end) as {name}"


def by_key(mart: str, key: str, columns: list[str]) -> str:
    """Return a query of one row per PBX and key, from a mart of days."""
    return f"""
    with days as (
        select *, row_number() over (partition by pbx, {key} order by report_date desc) as days_back
        from {{{mart}}}
        where report_date between {{before}} and {{last}}
    )

    select {", ".join([*dict.fromkeys(["pbx", key]), *columns])}
    from days
    group by pbx, {key}
    order by pbx, {key}
"""


EXTENSIONS = by_key(
    "extension_days",
    "extension",
    [
        newest("person", "person"),
        newest("department", "department"),
        *map(both_periods, ("inbound", "inbound_answered", "outbound", "missed", "answered", "talk_seconds")),
    ],
)

QUEUES = by_key(
    "service_levels",
    "queue",
    [
        newest("queue_extension", "queue_extension"),
        *map(both_periods, ("offered", "answered", "answered_within", "abandoned")),
        both_periods("wait_seconds", "coalesce(average_speed_of_answer_seconds * answered, 0)"),
        "max(case when report_date >= {first} then longest_wait_seconds end) as longest_wait_seconds",
    ],
)

# Without individual calls there is no service level.
QUEUE_DAYS = by_key(
    "queue_days",
    "queue",
    [
        newest("queue_name", "queue_name"),
        newest("queue_extension", "queue_extension"),
        both_periods("offered", "entered"),
        both_periods("answered", "handled"),
        both_periods("abandoned"),
    ],
)

RING_GROUPS = by_key(
    "ring_group_days",
    "ring_group",
    [
        newest("name", "name"),
        *map(both_periods, ("calls", "answered", "missed", "voicemail", "talk_seconds")),
    ],
)
