{{ config(enabled=work_analytics_8x8.is_loaded('ring_group_agent_activity')) }}

{{ work_analytics_8x8.newest_rows(
    'ring_group_agent_activity',
    key=['pbx_id', 'ring_group_extension', 'agent_extension', 'report_date'],
    window=['pbx_id', 'ring_group_extension', 'report_date']
) }}
