{{ config(enabled=work_analytics_8x8.is_loaded('call_records')) }}

with outside as (

    select
        pbx,
        call_id,
        caller,
        department,
        branch,
        started_at,
        started_local,
        in_opening_hours,
        direction,
        outcome,
        outside_number,
        direction = 'inbound' and outcome = 'missed' as is_missed
    from {{ ref('work_analytics_8x8', 'work_analytics_8x8__calls') }}
    where external and started_at is not null

),

-- One pass over the calls of each number, last to first: the earliest call seen so far is the next call.
-- If calls start at the same moment, the missed one comes first, so the others do not count as later.
followed as (

    select
        *,
        min(case when direction = 'outbound' then started_at end) over (
            partition by pbx, outside_number
            order by started_at desc, case when is_missed then 0 else 1 end
            rows between unbounded preceding and current row
        ) as next_outbound_at,
        min(case when direction = 'inbound' and outcome = 'answered' then started_at end) over (
            partition by pbx, outside_number
            order by started_at desc, case when is_missed then 0 else 1 end
            rows between unbounded preceding and current row
        ) as next_answered_at
    from outside

),

last_known as (

    select pbx, max(read_at) as last_read_at
    from {{ ref('work_analytics_8x8', 'work_analytics_8x8__calls') }}
    group by pbx

),

missed as (

    select
        followed.pbx,
        followed.call_id,
        followed.caller,
        followed.department,
        followed.branch,
        followed.started_at as missed_at,
        followed.started_local as missed_local,
        followed.in_opening_hours,
        -- Two withheld numbers are not the same number.
        case when followed.outside_number is not null then followed.next_outbound_at end as returned_at,
        case when followed.outside_number is not null then followed.next_answered_at end as called_again_at,
        last_known.last_read_at
    from followed
    inner join last_known on followed.pbx = last_known.pbx
    where followed.is_missed

),

hours as (

    select
        *,
        {{ work_analytics_8x8.hours_between('missed_at', 'returned_at') }} as hours_to_return,
        {{ work_analytics_8x8.milliseconds_between('missed_at', 'returned_at') }} as milliseconds_to_return,
        {{ work_analytics_8x8.milliseconds_between('missed_at', 'last_read_at') }} as milliseconds_known
    from missed

)

select
    pbx,
    call_id,
    caller,
    department,
    branch,
    missed_at,
    missed_local,
    in_opening_hours,
    returned_at,
    hours_to_return,
    coalesce(milliseconds_to_return <= {{ var('returned_within_hours') }} * 3600000, false) as returned,
    called_again_at,
    returned_at is null and milliseconds_known < {{ var('returned_within_hours') }} * 3600000 as pending
from hours
