"""More queries: queues by hour, repeat callers, agents of ring groups, the company."""

from scripts.dashboard.queries import both_periods, by_key

QUEUE_HOURS = """
    select
        pbx,
        cast(extract(hour from interval_start) as integer) as hour,
        sum(offered) as offered,
        sum(answered_within) as answered_within
    from {service_level_intervals}
    where cast(interval_start as date) between {first} and {last}
    group by 1, 2
    order by 1, 2
"""

REPEAT_CALLERS = """
    select
        pbx,
        max(caller) as caller,
        count(*) as days,
        sum(calls) as calls,
        sum(answered) as answered,
        sum(missed) as missed,
        max(local_date) as last_day
    from {repeat_callers}
    where local_date between {first} and {last} and caller is not null
    group by pbx, outside_number
    having count(*) > 1
    order by calls desc, pbx, caller
    limit {most}
"""

RING_GROUP_AGENTS = """
    select
        pbx,
        ring_group,
        agent,
        sum(logged_in_seconds) as logged_in_seconds,
        sum(offered) as offered,
        sum(answered) as answered,
        sum(talk_seconds) as talk_seconds
    from {ring_group_agent_days}
    where report_date between {first} and {last}
    group by 1, 2, 3
    order by 1, 2, 3
"""

COMPANY = by_key(
    "company_days",
    "pbx",
    [*map(both_periods, ("inbound", "inbound_answered", "outbound", "answered", "talk_seconds"))],
)
