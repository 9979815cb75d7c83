{# Calls of call queues, counted by a moment: a column of stg_work_analytics_8x8__queue_calls, or one made from it. #}
{% macro queue_service(moment, name) %}
with offered as (

    select
        *,
        {%- if moment != name %}
        {{ moment }} as {{ name }},
        {%- endif %}
        connected_at is not null as is_answered,
        waiting_seconds <= {{ var('service_level_seconds') }} as is_within,
        -- Abandoned calls have the label; an answered call is not abandoned.
        connected_at is null and lower(coalesce(labels, '')) like '%abandoned%' as is_abandoned
    from {{ ref('work_analytics_8x8', 'stg_work_analytics_8x8__queue_calls') }}
    where lower(work_group_type) = 'call_queue'

),

counted as (

    select
        pbx,
        work_group_id as queue,
        {{ name }},
        max(work_group_extension) as queue_extension,
        count(*) as offered,
        {{ work_analytics_8x8.count_where("is_answered") }} as answered,
        {{ work_analytics_8x8.count_where("is_answered and is_within") }} as answered_within,
        {{ work_analytics_8x8.count_where("is_abandoned") }} as abandoned,
        {{ work_analytics_8x8.count_where("is_abandoned and is_within") }} as abandoned_within,
        max(waiting_seconds) as longest_wait_seconds,
        sum(case when is_answered then waiting_seconds end) as answered_waiting_seconds,
        min(case when window_complete then 1 else 0 end) = 1 as window_complete
    from offered
    where {{ name }} is not null
    group by 1, 2, 3

)
{% endmacro %}
