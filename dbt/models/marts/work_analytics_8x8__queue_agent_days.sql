{{ config(enabled=work_analytics_8x8.is_loaded('call_queue_agent_summary')) }}

select
    pbx,
    queue_id as queue,
    user_id as agent,
    report_date,
    queue_name,
    agent_name,
    agent_extension,
    entered_interactions as entered,
    accepted_interactions as accepted,
    -- 8x8 counts abandoned and diverted calls for a queue, not for its agents.
    cast(null as {{ dbt.type_bigint() }}) as abandoned,
    missed_interactions as missed,
    cast(null as {{ dbt.type_bigint() }}) as diverted,
    rejected_interactions as rejected,
    agent_total_talk_seconds as talk_seconds,
    total_interaction_seconds as interaction_seconds,
    {{ work_analytics_8x8.ratio('accepted_interactions', 'entered_interactions') }} as accepted_rate,
    {{ work_analytics_8x8.ratio('missed_interactions', 'entered_interactions') }} as missed_rate,
    {{ work_analytics_8x8.ratio('rejected_interactions', 'entered_interactions') }} as rejected_rate,
    {{ work_analytics_8x8.ratio('agent_total_talk_seconds', 'accepted_interactions') }} as average_talk_seconds,
    {{ work_analytics_8x8.ratio('total_interaction_seconds', 'accepted_interactions') }} as average_interaction_seconds,
    window_complete
from {{ ref('work_analytics_8x8', 'stg_work_analytics_8x8__call_queue_agent_summary') }}
