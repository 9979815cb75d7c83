{{ config(enabled=work_analytics_8x8.is_loaded('call_records')) }}

{#- Intervals are made by stepping through UTC and looking at the local clock at each step: an hour that the
    clocks skip gets no interval, and one that they repeat gets one interval of twice the minutes. Clocks
    change by multiples of 15 minutes, so a step of at most 15 misses none. -#}
{%- set minutes = work_analytics_8x8.interval_minutes() -%}
{%- set step = [minutes, 15] | min -%}

with loaded as (

    select
        pbx,
        min(report_date) as first_date,
        max(report_date) as last_date,
        max(extracted_at) as last_extracted_at
    from {{ ref('work_analytics_8x8', 'work_analytics_8x8__calls') }}
    group by pbx

),

open_dates as (

    select distinct pbx, report_date
    from {{ ref('work_analytics_8x8', 'work_analytics_8x8__calls') }}
    where not coalesce(window_complete, false)

),

zones as (

    select pbx, max({{ work_analytics_8x8.row_time_zone() }}) as time_zone
    from {{ ref('work_analytics_8x8', 'stg_work_analytics_8x8__call_records') }}
    group by pbx

),

numbers as (

    {{ dbt.generate_series(8192) }}

),

-- From the day before the first local day to the one after the last, as a local day lies in two or three UTC days.
utc_days as (

    select
        loaded.pbx,
        loaded.last_date,
        zones.time_zone,
        cast({{ dbt.dateadd('day', 'cast(numbers.generated_number as integer) - 2', 'loaded.first_date') }} as date) as utc_date
    from loaded
    inner join zones on loaded.pbx = zones.pbx
    cross join numbers

),

steps as (

    select
        utc_days.pbx,
        utc_days.time_zone,
        cast({{ dbt.dateadd('minute', '(cast(numbers.generated_number as integer) - 1) * ' ~ step, work_analytics_8x8.start_of_day('utc_days.utc_date')) }} as {{ dbt.type_timestamp() }}) as step_start
    from utc_days
    cross join numbers
    where
        numbers.generated_number <= {{ 1440 // step }}
        and utc_days.utc_date <= cast({{ dbt.dateadd('day', 1, 'utc_days.last_date') }} as date)

),

local_steps as (

    select
        pbx,
        step_start,
        {{ work_analytics_8x8.local_time('step_start', 'time_zone') }} as step_local
    from steps

),

intervals as (

    select
        local_steps.pbx,
        {{ work_analytics_8x8.interval_start('local_steps.step_local', minutes) }} as interval_start,
        count(*) * {{ step }} as minutes,
        cast(local_steps.step_local as date) as local_date
    from local_steps
    inner join loaded on local_steps.pbx = loaded.pbx
    left join open_dates
        on local_steps.pbx = open_dates.pbx
        and cast(local_steps.step_local as date) = open_dates.report_date
    where
        cast(local_steps.step_local as date) between loaded.first_date and loaded.last_date
        -- What has not happened yet is not zero.
        and (open_dates.pbx is null or local_steps.step_start <= loaded.last_extracted_at)
    group by 1, 2, 4

),

directions as (

    select distinct pbx, direction
    from {{ ref('work_analytics_8x8', 'work_analytics_8x8__calls') }}

),

counted as (

    select
        pbx,
        {{ work_analytics_8x8.interval_start('started_local', minutes) }} as interval_start,
        direction,
        count(*) as arrivals,
        {{ work_analytics_8x8.count_where("outcome = 'answered'") }} as answered,
        {{ work_analytics_8x8.count_where("outcome = 'missed'") }} as missed,
        {{ work_analytics_8x8.count_where("outcome = 'abandoned'") }} as abandoned,
        sum(case when outcome = 'answered' then talk_seconds end) as handle_seconds
    from {{ ref('work_analytics_8x8', 'work_analytics_8x8__calls') }}
    group by 1, 2, 3

),

-- Those with calls are there even where nothing says that their day was loaded in full.
with_repeats as (

    select
        intervals.pbx,
        intervals.interval_start,
        directions.direction
    from intervals
    inner join directions on intervals.pbx = directions.pbx

    union all

    select pbx, interval_start, direction
    from counted

),

every_interval as (

    select distinct pbx, interval_start, direction
    from with_repeats

)

select
    every_interval.pbx,
    every_interval.interval_start,
    every_interval.direction,
    coalesce(intervals.minutes, {{ minutes }}) as minutes,
    coalesce(counted.arrivals, 0) as arrivals,
    coalesce(counted.answered, 0) as answered,
    coalesce(counted.missed, 0) as missed,
    coalesce(counted.abandoned, 0) as abandoned,
    {{ work_analytics_8x8.ratio('counted.handle_seconds', 'counted.answered') }} as average_handle_seconds,
    intervals.pbx is not null and intervals.local_date < loaded.last_date as complete
from every_interval
inner join loaded on every_interval.pbx = loaded.pbx
left join intervals
    on every_interval.pbx = intervals.pbx
    and every_interval.interval_start = intervals.interval_start
left join counted
    on every_interval.pbx = counted.pbx
    and every_interval.interval_start = counted.interval_start
    and every_interval.direction = counted.direction
