{%- set streams = ['extension_summary', 'call_records'] | select('in', var('streams')) | list -%}
{{ config(enabled=streams | length > 0) }}
{%- set with_company = work_analytics_8x8.is_loaded('company_summary') -%}

with own_days as (

    {%- for stream in streams %}
    select
        '{{ stream }}' as stream,
        pbx,
        report_date,
        {{ work_analytics_8x8.row_time_zone() }} as time_zone,
        coalesce(window_read_at, extracted_at) as read_at
    from {{ ref('work_analytics_8x8', 'stg_work_analytics_8x8__' ~ stream) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

own as (

    select
        stream,
        pbx,
        max(time_zone) as time_zone,
        min(report_date) as first_date,
        max(report_date) as last_date,
        max(read_at) as last_read_at
    from own_days
    group by stream, pbx

),

{% if with_company -%}
company_days as (

    select
        own.stream,
        own.pbx,
        own.first_date,
        own.last_date,
        company.report_date,
        company.total_call = 0 and company.window_complete as is_quiet
    from own
    inner join {{ ref('work_analytics_8x8', 'stg_work_analytics_8x8__company_summary') }} as company
        on own.pbx = company.pbx

),

-- The last day with calls before the stream's first day, and the first day with calls after its last day. The
-- stream was not loaded beyond them.
bounds as (

    select
        stream,
        pbx,
        max(case when report_date < first_date and not is_quiet then report_date end) as busy_before,
        min(case when report_date > last_date and not is_quiet then report_date end) as busy_after
    from company_days
    group by stream, pbx

),

quiet_days as (

    select
        company_days.stream,
        company_days.pbx,
        min(case
            when
                company_days.report_date < company_days.first_date
                and (bounds.busy_before is null or company_days.report_date > bounds.busy_before)
                then company_days.report_date
        end) as quiet_from,
        max(case
            when
                company_days.report_date > company_days.last_date
                and (bounds.busy_after is null or company_days.report_date < bounds.busy_after)
                then company_days.report_date
        end) as quiet_until
    from company_days
    inner join bounds
        on company_days.stream = bounds.stream
        and company_days.pbx = bounds.pbx
    where company_days.is_quiet
    group by company_days.stream, company_days.pbx

),

{% endif -%}
read_days as (

    select
        own.*,
        {% if var('start_date') -%}
        case
            when cast('{{ var('start_date') }}' as date) < own.first_date
                then cast('{{ var('start_date') }}' as date)
            else own.first_date
        end as configured_from,
        {% else -%}
        own.first_date as configured_from,
        {% endif -%}
        cast({{ dbt.dateadd('day', -1, work_analytics_8x8.start_of_day('cast(' ~ work_analytics_8x8.local_time('own.last_read_at', 'own.time_zone') ~ ' as date)')) }} as date) as ended_before_reading,
        cast({{ dbt.dateadd('day', 4, work_analytics_8x8.start_of_day('own.last_date')) }} as date) as latest_trusted
    from own

),

candidates as (

    select
        read_days.stream,
        read_days.pbx,
        read_days.time_zone,
        read_days.last_read_at,
        {{ "coalesce(quiet_days.quiet_from, read_days.configured_from)" if with_company else "read_days.configured_from" }} as quiet_from,
        read_days.configured_from,
        {{ "coalesce(quiet_days.quiet_until, read_days.last_date)" if with_company else "read_days.last_date" }} as quiet_until,
        -- A reading made days after the last row does not show that the days in between were read: the
        -- configuration can have an end date.
        case
            when read_days.ended_before_reading between read_days.last_date and read_days.latest_trusted
                then read_days.ended_before_reading
            else read_days.last_date
        end as read_until
    from read_days
    {%- if with_company %}
    left join quiet_days
        on read_days.stream = quiet_days.stream
        and read_days.pbx = quiet_days.pbx
    {%- endif %}

)

select
    stream,
    pbx,
    case when quiet_from < configured_from then quiet_from else configured_from end as first_date,
    case when quiet_until > read_until then quiet_until else read_until end as last_date,
    time_zone,
    last_read_at
from candidates
