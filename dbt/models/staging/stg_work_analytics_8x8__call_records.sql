{{ config(enabled=work_analytics_8x8.is_loaded('call_records')) }}

{{ work_analytics_8x8.newest_rows('call_records', key=['pbx', 'call_id'], needs_time_zone=true) }}
