{{ config(enabled=work_analytics_8x8.is_loaded('ring_group_agent_activity')) }}
{%- set with_members = work_analytics_8x8.is_loaded('ring_group_member_summary') %}

with activity as (

    select
        activity.*,
        {%- if with_members %}
        members.offered,
        members.answered,
        members.talk_seconds
        {%- else %}
        cast(null as {{ dbt.type_bigint() }}) as offered,
        cast(null as {{ dbt.type_bigint() }}) as answered,
        cast(null as numeric(18, 3)) as talk_seconds
        {%- endif %}
    from {{ ref('work_analytics_8x8', 'stg_work_analytics_8x8__ring_group_agent_activity') }} as activity
    {%- if with_members %}
    left join {{ ref('work_analytics_8x8', 'work_analytics_8x8__ring_group_member_days') }} as members
        on lower(activity.pbx) = lower(members.pbx)
        and activity.ring_group_extension = members.ring_group
        and activity.agent_extension = members.member
        and activity.report_date = members.report_date
    {%- endif %}

)

select
    pbx,
    ring_group_extension as ring_group,
    agent_extension as agent,
    report_date,
    logged_in_seconds,
    logged_out_seconds,
    offered,
    answered,
    talk_seconds,
    {{ work_analytics_8x8.ratio('answered', 'offered') }} as answered_rate,
    {{ work_analytics_8x8.ratio('talk_seconds', 'logged_in_seconds') }} as talk_share,
    window_complete
from activity
