{{ config(enabled=work_analytics_8x8.is_loaded('call_records')) }}

with received as (

    select
        pbx,
        outside_number,
        local_date,
        max(caller) as caller,
        count(*) as calls,
        {{ work_analytics_8x8.count_where("outcome = 'answered'") }} as answered,
        {{ work_analytics_8x8.count_where("outcome = 'missed'") }} as missed
    from {{ ref('work_analytics_8x8', 'work_analytics_8x8__calls') }}
    where direction = 'inbound' and outside_number is not null and local_date is not null
    group by pbx, outside_number, local_date

),

followed as (

    select
        *,
        lead(local_date) over (partition by pbx, outside_number order by local_date) as next_date
    from received

),

last_days as (

    select pbx, max(local_date) as last_date
    from {{ ref('work_analytics_8x8', 'work_analytics_8x8__calls') }}
    group by pbx

),

days as (

    select
        followed.*,
        {{ dbt.datediff('followed.local_date', 'followed.next_date', 'day') }} as days_to_next_call,
        {{ dbt.datediff('followed.local_date', 'last_days.last_date', 'day') }} as days_known
    from followed
    inner join last_days on followed.pbx = last_days.pbx

)

select
    pbx,
    caller,
    local_date,
    outside_number,
    calls,
    answered,
    missed,
    days_to_next_call,
    coalesce(days_to_next_call <= {{ var('repeat_days') }}, false) as called_again,
    coalesce(days_to_next_call <= {{ var('repeat_days') }}, false) or days_known > {{ var('repeat_days') }} as complete
from days
