{{ config(enabled=work_analytics_8x8.is_loaded('call_records')) }}

with records as (

    select
        *,
        case lower(direction)
            when 'incoming' then 'inbound'
            when 'outgoing' then 'outbound'
            else coalesce(lower(direction), 'unknown')
        end as call_direction,
        {{ work_analytics_8x8.not_blank('caller') }} as calling_party,
        {{ work_analytics_8x8.not_blank('callee') }} as called_party,
        {{ work_analytics_8x8.local_time('started_at', work_analytics_8x8.row_time_zone()) }} as started_local,
        {{ work_analytics_8x8.country_code_of('pbx') }} as country_code
    from {{ ref('work_analytics_8x8', 'stg_work_analytics_8x8__call_records') }}

),

parties as (

    select
        *,
        case when call_direction = 'outbound' then called_party else calling_party end as other_party,
        {{ work_analytics_8x8.digits("case when call_direction = 'outbound' then called_party else calling_party end") }} as other_digits
    from records

),

sides as (

    select
        *,
        case
            when {{ work_analytics_8x8.is_hash('other_party') }} then true
            -- Extensions have at most {{ var('longest_extension') }} digits; an outside number has more, or a word takes its place.
            when other_party is not null
                then length(other_digits) > {{ var('longest_extension') }} or length(other_digits) = 0
            -- Where names and numbers were removed, neither party is known.
            when calling_party is null and called_party is null then null
            when call_direction = 'outbound' then false
            -- A withheld number. If the column was not loaded, nothing is known.
            when has_caller then true
        end as is_external
    from parties

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
    {{ work_analytics_8x8.is_open('started_local') }} as in_opening_hours,
    call_direction as direction,
    is_external as external,
    case
        when is_external and (length(other_digits) > {{ var('longest_extension') }} or {{ work_analytics_8x8.is_hash('other_party') }})
            then {{ work_analytics_8x8.comparable_number('other_party', 'other_digits', 'country_code') }}
    end as outside_number,
    case
        when lower(answered) = 'answered' then 'answered'
        when lower(missed) = 'missed' then 'missed'
        when lower(abandoned) = 'abandoned' then 'abandoned'
        else 'other'
    end as outcome,
    calling_party as caller,
    called_party as callee,
    wait_seconds,
    talk_seconds,
    ring_seconds,
    departments as department,
    branches as branch,
    window_complete,
    coalesce(window_read_at, extracted_at) as read_at,
    extracted_at
from sides
