{{ config(enabled=work_analytics_8x8.is_loaded('call_queue_summary')) }}

{{ work_analytics_8x8.newest_rows('call_queue_summary', key=['pbx_id', 'id', 'report_date'], window=['pbx_id', 'report_date']) }}
