{{ config(enabled=work_analytics_8x8.is_loaded('call_legs')) }}

{{ work_analytics_8x8.newest_rows('call_legs', key=['pbx', 'call_id', 'leg_id']) }}
