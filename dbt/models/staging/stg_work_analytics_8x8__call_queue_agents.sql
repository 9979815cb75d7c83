{{ config(enabled=work_analytics_8x8.is_loaded('call_queue_agents')) }}

{{ work_analytics_8x8.newest_rows('call_queue_agents', key=['pbx_id', 'id']) }}
