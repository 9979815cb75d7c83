{{ config(enabled=work_analytics_8x8.is_loaded('extension_summary')) }}

select
    pbx,
    extension,
    report_date,
    nullif(trim({{ dbt.concat(["coalesce(first_name, '')", "' '", "coalesce(last_name, '')"]) }}), '') as person,
    department,
    branch,
    inbound_total + outbound_total as calls,
    inbound_total as inbound,
    outbound_total as outbound,
    inbound_answered,
    total_answered as answered,
    total_missed as missed,
    total_abandoned as abandoned,
    total_talk_seconds as talk_seconds,
    total_ring_seconds as ring_seconds,
    {{ work_analytics_8x8.ratio('total_talk_seconds', 'total_answered') }} as average_talk_seconds,
    {{ work_analytics_8x8.ratio('inbound_answered', 'inbound_total') }} as answered_rate,
    window_complete
from {{ ref('work_analytics_8x8', 'stg_work_analytics_8x8__extension_summary') }}
