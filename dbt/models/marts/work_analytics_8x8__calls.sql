{{ config(enabled=work_analytics_8x8.is_loaded('call_records')) }}

with records as (

    select
        *,
        case lower(direction)
            when 'incoming' then 'inbound'
            when 'outgoing' then 'outbound'
            else coalesce(lower(direction), 'unknown')
        end as call_direction,
        {{ work_analytics_8x8.local_time('started_at', work_analytics_8x8.row_time_zone()) }} as started_local
    from {{ ref('work_analytics_8x8', 'stg_work_analytics_8x8__call_records') }}

),

parties as (

    select
        *,
        case when call_direction = 'outbound' then callee else caller end as other_party
    from records

)

select
    pbx,
    call_id,
    report_date,
    started_at,
    ended_at,
    started_local,
    cast(started_local as date) as local_date,
    cast(extract(hour from started_local) as integer) as local_hour,
    {{ work_analytics_8x8.weekday('started_local') }} as weekday,
    call_direction as direction,
    -- Extensions have at most {{ var('longest_extension') }} digits; a number outside has more, or a word stands for it.
    other_party is not null
    and (
        length({{ work_analytics_8x8.digits('other_party') }}) > {{ var('longest_extension') }}
        or length({{ work_analytics_8x8.digits('other_party') }}) = 0
    ) as external,
    case
        when lower(answered) = 'answered' then 'answered'
        when lower(missed) = 'missed' then 'missed'
        when lower(abandoned) = 'abandoned' then 'abandoned'
        else 'other'
    end as outcome,
    caller,
    callee,
    wait_seconds,
    talk_seconds,
    ring_seconds,
    departments as department,
    branches as branch,
    window_complete,
    extracted_at
from parties
