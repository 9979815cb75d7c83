{{ config(enabled=work_analytics_8x8.is_loaded('agent_summary')) }}

{{ work_analytics_8x8.newest_rows('agent_summary', key=['pbx_id', 'user_id', 'report_date'], window=['pbx_id', 'report_date']) }}
