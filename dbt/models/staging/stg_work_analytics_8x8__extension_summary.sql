{{ config(enabled=work_analytics_8x8.is_loaded('extension_summary')) }}

{{ work_analytics_8x8.newest_rows('extension_summary', key=['pbx', 'extension', 'report_date'], window=['pbx', 'report_date']) }}
