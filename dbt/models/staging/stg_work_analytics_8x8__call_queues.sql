{{ config(enabled=work_analytics_8x8.is_loaded('call_queues')) }}

{{ work_analytics_8x8.newest_rows('call_queues', key=['pbx_id', 'id']) }}
