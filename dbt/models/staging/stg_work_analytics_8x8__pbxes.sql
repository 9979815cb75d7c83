{{ config(enabled=work_analytics_8x8.is_loaded('pbxes')) }}

{{ work_analytics_8x8.newest_rows('pbxes', key=['id']) }}
