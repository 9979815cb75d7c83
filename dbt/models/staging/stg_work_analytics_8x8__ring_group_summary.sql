{{ config(enabled=work_analytics_8x8.is_loaded('ring_group_summary')) }}

{{ work_analytics_8x8.newest_rows('ring_group_summary', key=['pbx', 'extension', 'report_date'], window=['pbx', 'report_date']) }}
