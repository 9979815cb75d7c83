{{ config(enabled=work_analytics_8x8.is_loaded('company_summary')) }}
{%- set with_calls = var('opening_hours') and work_analytics_8x8.is_loaded('call_records') %}

with days as (

    select
        company.*,
        {%- if with_calls %}
        coalesce(missed.missed_open, 0) as missed_open,
        coalesce(missed.missed_closed, 0) as missed_closed
        {%- else %}
        cast(null as {{ dbt.type_bigint() }}) as missed_open,
        cast(null as {{ dbt.type_bigint() }}) as missed_closed
        {%- endif %}
    from {{ ref('work_analytics_8x8', 'stg_work_analytics_8x8__company_summary') }} as company
    {%- if with_calls %}
    left join (
        select
            pbx,
            report_date,
            {{ work_analytics_8x8.missed_while(open=true) }} as missed_open,
            {{ work_analytics_8x8.missed_while(open=false) }} as missed_closed
        from {{ ref('work_analytics_8x8', 'work_analytics_8x8__calls') }}
        where direction = 'inbound' and external
        group by pbx, report_date
    ) as missed
        on company.pbx = missed.pbx
        and company.report_date = missed.report_date
    {%- endif %}

)

select
    pbx,
    report_date,
    total_call as calls,
    inbound_total as inbound,
    outbound_total as outbound,
    total_extension_to_extension as internal,
    inbound_answered,
    inbound_missed,
    inbound_abandoned,
    total_answered as answered,
    total_missed as missed,
    total_abandoned as abandoned,
    missed_open,
    missed_closed,
    total_voicemail as voicemail,
    total_talk_seconds as talk_seconds,
    total_ring_seconds as ring_seconds,
    {{ work_analytics_8x8.ratio('total_talk_seconds', 'total_answered') }} as average_talk_seconds,
    {{ work_analytics_8x8.ratio('inbound_answered', 'inbound_total') }} as answered_rate,
    window_complete
from days
