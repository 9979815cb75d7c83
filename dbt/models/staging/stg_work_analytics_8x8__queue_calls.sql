{{ config(enabled=work_analytics_8x8.is_loaded('queue_calls')) }}

{{ work_analytics_8x8.newest_rows('queue_calls', key=['pbx_id', 'call_id'], needs_time_zone=true) }}
