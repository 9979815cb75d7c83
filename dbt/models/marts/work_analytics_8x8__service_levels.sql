{{ config(enabled=work_analytics_8x8.is_loaded('queue_calls')) }}

with offered as (

    select
        *,
        connected_at is not null as is_answered,
        -- Abandoned calls carry the label; a call that was answered is not abandoned.
        connected_at is null and lower(coalesce(labels, '')) like '%abandoned%' as is_abandoned
    from {{ ref('work_analytics_8x8', 'stg_work_analytics_8x8__queue_calls') }}
    where lower(work_group_type) = 'call_queue'

),

counted as (

    select
        pbx,
        work_group_id as queue,
        report_date,
        max(work_group_extension) as queue_extension,
        count(*) as offered,
        {{ work_analytics_8x8.count_where("is_answered") }} as answered,
        {{ work_analytics_8x8.count_where("is_answered and waiting_seconds <= " ~ var('service_level_seconds')) }} as answered_within,
        {{ work_analytics_8x8.count_where("is_abandoned") }} as abandoned,
        sum(case when is_answered then waiting_seconds end) as answered_waiting_seconds,
        min(case when window_complete then 1 else 0 end) = 1 as window_complete
    from offered
    group by 1, 2, 3

)

select
    pbx,
    queue,
    report_date,
    queue_extension,
    offered,
    answered,
    answered_within,
    abandoned,
    {{ work_analytics_8x8.ratio('answered_within', 'offered') }} as service_level,
    {{ work_analytics_8x8.ratio('answered_waiting_seconds', 'answered') }} as average_speed_of_answer_seconds,
    window_complete
from counted
