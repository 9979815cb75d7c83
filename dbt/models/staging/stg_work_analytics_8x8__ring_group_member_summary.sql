{{ config(enabled=work_analytics_8x8.is_loaded('ring_group_member_summary')) }}

{{ work_analytics_8x8.newest_rows('ring_group_member_summary', key=['pbx', 'ring_group_extension', 'extension', 'report_date'], window=['pbx', 'ring_group_extension', 'report_date']) }}
