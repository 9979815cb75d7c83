{{ config(enabled=work_analytics_8x8.is_loaded('queue_calls')) }}

{%- set local = work_analytics_8x8.local_time('started_at', work_analytics_8x8.row_time_zone()) -%}
{{ work_analytics_8x8.queue_service(
    work_analytics_8x8.interval_start(local, work_analytics_8x8.interval_minutes()), 'interval_start'
) }}

select
    pbx,
    queue,
    interval_start,
    queue_extension,
    offered,
    answered,
    answered_within,
    abandoned,
    abandoned_within,
    {{ work_analytics_8x8.ratio('answered_within', 'offered') }} as service_level,
    {{ work_analytics_8x8.ratio('answered_waiting_seconds', 'answered') }} as average_speed_of_answer_seconds,
    longest_wait_seconds,
    window_complete
from counted
