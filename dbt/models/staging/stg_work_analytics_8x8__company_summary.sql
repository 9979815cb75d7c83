{{ config(enabled=work_analytics_8x8.is_loaded('company_summary')) }}

{{ work_analytics_8x8.newest_rows('company_summary', key=['pbx', 'report_date'], window=['pbx', 'report_date']) }}
