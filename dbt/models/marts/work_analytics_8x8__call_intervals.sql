{{ config(enabled=work_analytics_8x8.is_loaded('call_records')) }}

{#- Intervals are made by stepping through UTC and looking at the local clock at each step: an hour that the
    clocks skip gets no interval, and one that they repeat gets one interval of twice the minutes. Clocks
    change by multiples of 15 minutes, so steps that divide both 15 and the interval miss none. -#}
{%- set minutes = work_analytics_8x8.interval_minutes() -%}
{%- set step = 15 if minutes % 15 == 0 else 5 -%}

with loaded as (

    select *
    from {{ ref('work_analytics_8x8', 'work_analytics_8x8__loaded_spans') }}
    where stream = 'call_records'

),

open_dates as (

    select pbx, report_date, max(read_at) as last_read_at
    from {{ ref('work_analytics_8x8', 'work_analytics_8x8__calls') }}
    group by pbx, report_date
    having max(case when window_complete then 1 else 0 end) = 0

),

zones as (

    select
        time_zone,
        min(first_date) as first_date,
        max(last_date) as last_date
    from loaded
    group by time_zone

),

numbers as (

    {{ dbt.generate_series(8192) }}

),

-- From the day before the first local day to the one after the last, as a local day lies in two or three UTC days.
utc_days as (

    select
        zones.time_zone,
        zones.last_date,
        cast({{ dbt.dateadd('day', 'cast(numbers.generated_number as integer) - 2', 'zones.first_date') }} as date) as utc_date
    from zones
    cross join numbers

),

steps as (

    select
        utc_days.time_zone,
        cast({{ dbt.dateadd('minute', '(cast(numbers.generated_number as integer) - 1) * ' ~ step, work_analytics_8x8.start_of_day('utc_days.utc_date')) }} as {{ work_analytics_8x8.timestamp_type() }}) as step_start
    from utc_days
    cross join numbers
    where
        numbers.generated_number <= {{ 1440 // step }}
        and utc_days.utc_date <= cast({{ dbt.dateadd('day', 1, 'utc_days.last_date') }} as date)

),

local_steps as (

    select
        time_zone,
        step_start,
        {{ work_analytics_8x8.local_time('step_start', 'time_zone') }} as step_local
    from steps

),

zone_intervals as (

    select
        time_zone,
        {{ work_analytics_8x8.interval_start('step_local', minutes) }} as interval_start,
        cast(step_local as date) as local_date,
        min(step_start) as first_moment,
        count(*) * {{ step }} as minutes
    from local_steps
    group by 1, 2, 3

),

intervals as (

    select
        loaded.pbx,
        zone_intervals.interval_start,
        zone_intervals.local_date,
        zone_intervals.minutes
    from zone_intervals
    inner join loaded
        on zone_intervals.time_zone = loaded.time_zone
        and zone_intervals.local_date between loaded.first_date and loaded.last_date
    left join open_dates
        on loaded.pbx = open_dates.pbx
        and zone_intervals.local_date = open_dates.report_date
    -- What has not happened yet is not zero.
    where open_dates.pbx is null or zone_intervals.first_moment <= open_dates.last_read_at

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
        {{ work_analytics_8x8.missed_while(open=true) }} as missed_open,
        {{ work_analytics_8x8.missed_while(open=false) }} as missed_closed,
        sum(case when outcome = 'answered' then talk_seconds end) as handle_seconds
    from {{ ref('work_analytics_8x8', 'work_analytics_8x8__calls') }}
    where started_local is not null
    group by 1, 2, 3

),

-- Those with calls are there even where nothing shows that their day was loaded in full.
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
    {{ 'coalesce(counted.missed_open, 0)' if var('opening_hours') else 'counted.missed_open' }} as missed_open,
    {{ 'coalesce(counted.missed_closed, 0)' if var('opening_hours') else 'counted.missed_closed' }} as missed_closed,
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
