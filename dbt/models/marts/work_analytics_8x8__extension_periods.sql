{{ config(enabled=work_analytics_8x8.is_loaded('extension_summary')) }}

with days as (

    {%- for period in ['week', 'month'] %}
    select
        *,
        '{{ period }}' as period,
        {{ work_analytics_8x8.period_start(period, 'report_date') }} as period_start,
        {{ work_analytics_8x8.next_period_start(period, 'report_date') }} as next_period_start
    from {{ ref('work_analytics_8x8', 'work_analytics_8x8__extension_days') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

open_periods as (

    select distinct pbx, period, period_start
    from (
        select pbx, period, period_start, report_date
        from days
        group by pbx, period, period_start, report_date
        having max(case when window_complete then 1 else 0 end) = 0
    ) as open_days

),

-- Names and departments change; a period shows those of its last day.
last_days as (

    select
        *,
        row_number() over (
            partition by pbx, extension, period, period_start
            order by report_date desc
        ) as days_back
    from days

),

totals as (

    select
        pbx,
        extension,
        period,
        period_start,
        next_period_start,
        max(case when days_back = 1 then person end) as person,
        max(case when days_back = 1 then department end) as department,
        max(case when days_back = 1 then branch end) as branch,
        count(*) as days,
        {{ work_analytics_8x8.total('calls') }} as calls,
        {{ work_analytics_8x8.total('inbound') }} as inbound,
        {{ work_analytics_8x8.total('outbound') }} as outbound,
        {{ work_analytics_8x8.total('inbound_answered') }} as inbound_answered,
        {{ work_analytics_8x8.total('answered') }} as answered,
        {{ work_analytics_8x8.total('missed') }} as missed,
        {{ work_analytics_8x8.total('abandoned') }} as abandoned,
        {{ work_analytics_8x8.total('external_inbound') }} as external_inbound,
        {{ work_analytics_8x8.total('external_inbound_answered') }} as external_inbound_answered,
        {{ work_analytics_8x8.total('external_inbound_missed') }} as external_inbound_missed,
        {{ work_analytics_8x8.total('external_outbound') }} as external_outbound,
        {{ work_analytics_8x8.total('internal_inbound') }} as internal_inbound,
        {{ work_analytics_8x8.total('internal_inbound_answered') }} as internal_inbound_answered,
        {{ work_analytics_8x8.total('internal_inbound_missed') }} as internal_inbound_missed,
        {{ work_analytics_8x8.total('internal_outbound') }} as internal_outbound,
        {{ work_analytics_8x8.total('voicemail') }} as voicemail,
        sum(talk_seconds) as talk_seconds,
        sum(ring_seconds) as ring_seconds
    from last_days
    group by pbx, extension, period, period_start, next_period_start

)

select
    totals.pbx,
    totals.extension,
    totals.period,
    totals.period_start,
    totals.person,
    totals.department,
    totals.branch,
    totals.days,
    totals.calls,
    totals.inbound,
    totals.outbound,
    totals.inbound_answered,
    totals.answered,
    totals.missed,
    totals.abandoned,
    totals.external_inbound,
    totals.external_inbound_answered,
    totals.external_inbound_missed,
    totals.external_outbound,
    totals.internal_inbound,
    totals.internal_inbound_answered,
    totals.internal_inbound_missed,
    totals.internal_outbound,
    totals.voicemail,
    totals.talk_seconds,
    totals.ring_seconds,
    {{ work_analytics_8x8.ratio('totals.talk_seconds', 'totals.answered') }} as average_talk_seconds,
    {{ work_analytics_8x8.ratio('totals.inbound_answered', 'totals.inbound') }} as answered_rate,
    loaded.first_date <= totals.period_start
    and loaded.last_date >= cast({{ dbt.dateadd('day', -1, 'totals.next_period_start') }} as date)
    and open_periods.pbx is null as complete
from totals
inner join {{ ref('work_analytics_8x8', 'work_analytics_8x8__loaded_spans') }} as loaded
    on totals.pbx = loaded.pbx
    and loaded.stream = 'extension_summary'
left join open_periods
    on totals.pbx = open_periods.pbx
    and totals.period = open_periods.period
    and totals.period_start = open_periods.period_start
