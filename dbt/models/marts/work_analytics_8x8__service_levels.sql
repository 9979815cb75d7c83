{{ config(enabled=work_analytics_8x8.is_loaded('queue_calls')) }}

{{ work_analytics_8x8.queue_service('report_date', 'report_date') }}

select
    pbx,
    queue,
    report_date,
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
