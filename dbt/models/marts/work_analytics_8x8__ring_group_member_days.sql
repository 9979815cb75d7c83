{{ config(enabled=work_analytics_8x8.is_loaded('ring_group_member_summary')) }}

with members as (

    select
        *,
        coalesce(offered, total_answered + total_advanced, total_calls) as offered_calls
    from {{ ref('work_analytics_8x8', 'stg_work_analytics_8x8__ring_group_member_summary') }}

)

select
    pbx,
    ring_group_extension as ring_group,
    extension as member,
    report_date,
    ring_group_name,
    {{ work_analytics_8x8.full_name('first_name', 'last_name') }} as person,
    site,
    offered_calls as offered,
    total_answered as answered,
    total_advanced as advanced,
    total_talk_seconds as talk_seconds,
    total_ring_seconds as ring_seconds,
    {{ work_analytics_8x8.ratio('total_talk_seconds', 'total_answered') }} as average_talk_seconds,
    {{ work_analytics_8x8.ratio('total_answered', 'offered_calls') }} as answered_rate,
    window_complete
from members
