{{ config(enabled=work_analytics_8x8.is_loaded('ring_group_summary')) }}

select
    pbx,
    extension as ring_group,
    report_date,
    name,
    site,
    total_calls as calls,
    total_answered as answered,
    total_missed as missed,
    total_abandoned as abandoned,
    total_calls_to_voicemail as voicemail,
    total_talk_seconds as talk_seconds,
    {{ work_analytics_8x8.ratio('total_talk_seconds', 'total_answered') }} as average_talk_seconds,
    {{ work_analytics_8x8.ratio('total_answered', 'total_calls') }} as answered_rate,
    window_complete
from {{ ref('work_analytics_8x8', 'stg_work_analytics_8x8__ring_group_summary') }}
