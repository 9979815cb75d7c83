{{ config(enabled=work_analytics_8x8.is_loaded('agent_summary')) }}

select
    pbx,
    user_id as agent,
    report_date,
    agent_name,
    agent_extension,
    entered_interactions as entered,
    accepted_interactions as accepted,
    missed_interactions as missed,
    rejected_interactions as rejected,
    agent_total_talk_seconds as talk_seconds,
    total_interaction_seconds as interaction_seconds,
    {{ work_analytics_8x8.ratio('accepted_interactions', 'entered_interactions') }} as accepted_rate,
    {{ work_analytics_8x8.ratio('missed_interactions', 'entered_interactions') }} as missed_rate,
    {{ work_analytics_8x8.ratio('rejected_interactions', 'entered_interactions') }} as rejected_rate,
    {{ work_analytics_8x8.ratio('agent_total_talk_seconds', 'accepted_interactions') }} as average_talk_seconds,
    {{ work_analytics_8x8.ratio('total_interaction_seconds', 'accepted_interactions') }} as average_interaction_seconds,
    window_complete
from {{ ref('work_analytics_8x8', 'stg_work_analytics_8x8__agent_summary') }}
