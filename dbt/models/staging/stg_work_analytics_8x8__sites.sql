{{ config(enabled=work_analytics_8x8.is_loaded('sites')) }}

{{ work_analytics_8x8.newest_rows('sites', key=['pbx_id', 'id']) }}
