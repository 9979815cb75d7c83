{{ config(enabled=work_analytics_8x8.is_loaded('call_records')) }}

with numbered_calls as (

    select
        *,
        {{ work_analytics_8x8.phone_number("case when direction = 'outbound' then callee else caller end") }} as number_outside
    from {{ ref('work_analytics_8x8', 'work_analytics_8x8__calls') }}
    where external

),

missed as (

    select *
    from numbered_calls
    where direction = 'inbound' and outcome = 'missed'

),

last_known as (

    select pbx, max(extracted_at) as last_extracted_at
    from {{ ref('work_analytics_8x8', 'work_analytics_8x8__calls') }}
    group by pbx

),

returns as (

    select
        missed.pbx,
        missed.call_id,
        min(case when later.direction = 'outbound' then later.started_at end) as returned_at,
        min(case when later.direction = 'inbound' and later.outcome = 'answered' then later.started_at end) as called_again_at
    from missed
    inner join numbered_calls as later
        on missed.pbx = later.pbx
        and missed.number_outside = later.number_outside
        and later.started_at > missed.started_at
    group by missed.pbx, missed.call_id

),

hours as (

    select
        missed.pbx,
        missed.call_id,
        missed.caller,
        missed.department,
        missed.branch,
        missed.started_at as missed_at,
        missed.started_local as missed_local,
        returns.returned_at,
        returns.called_again_at,
        {{ work_analytics_8x8.hours_between('missed.started_at', 'returns.returned_at') }} as hours_to_return,
        {{ work_analytics_8x8.hours_between('missed.started_at', 'last_known.last_extracted_at') }} as hours_known
    from missed
    inner join last_known on missed.pbx = last_known.pbx
    left join returns
        on missed.pbx = returns.pbx
        and missed.call_id = returns.call_id

)

select
    pbx,
    call_id,
    caller,
    department,
    branch,
    missed_at,
    missed_local,
    returned_at,
    hours_to_return,
    coalesce(hours_to_return <= {{ var('returned_within_hours') }}, false) as returned,
    called_again_at,
    returned_at is null and hours_known < {{ var('returned_within_hours') }} as pending
from hours
