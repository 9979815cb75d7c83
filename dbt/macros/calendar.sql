{# Weeks begin on Monday, regardless of the database and its session. #}
{% macro period_start(period, date) %}
  {%- if period == 'week' -%}
    {{ return("cast(" ~ dbt.dateadd('day', "1 - " ~ work_analytics_8x8.weekday(date), date) ~ " as date)") }}
  {%- endif -%}
  {{ return("cast(" ~ dbt.date_trunc(period, date) ~ " as date)") }}
{% endmacro %}


{% macro next_period_start(period, date) %}
  {%- set start = work_analytics_8x8.period_start(period, date) -%}
  {%- if period == 'week' -%}
    {{ return("cast(" ~ dbt.dateadd('day', 7, start) ~ " as date)") }}
  {%- endif -%}
  {{ return("cast(" ~ dbt.dateadd(period, 1, start) ~ " as date)") }}
{% endmacro %}


{% macro start_of_day(date) %}
  {{ return("cast(" ~ date ~ " as " ~ work_analytics_8x8.timestamp_type() ~ ")") }}
{% endmacro %}


{# The first minute of the interval that contains a local time. #}
{% macro interval_start(local_time, minutes) %}
  {%- set minute_of_day = "(extract(hour from " ~ local_time ~ ") * 60 + extract(minute from " ~ local_time ~ "))" -%}
  {{ return(dbt.dateadd(
    'minute',
    "cast(floor(" ~ minute_of_day ~ " / " ~ minutes ~ ".0) as integer) * " ~ minutes,
    work_analytics_8x8.start_of_day("cast(" ~ local_time ~ " as date)")
  )) }}
{% endmacro %}


{# The variable interval_minutes, or an error of one sentence if it does not divide an hour. #}
{% macro interval_minutes() %}
  {%- set minutes = var('interval_minutes') | int -%}
  {%- if minutes in [5, 10, 15, 20, 30, 60] -%}
    {{ return(minutes) }}
  {%- endif -%}
  {%- if work_analytics_8x8.is_building() -%}
    {{ exceptions.raise_compiler_error(
      "The variable interval_minutes is " ~ var('interval_minutes') ~ ": set it to 5, 10, 15, 20, 30 or 60."
    ) }}
  {%- endif -%}
  {{ return(30) }}
{% endmacro %}


{# Hours from one UTC timestamp to another, to the millisecond. #}
{% macro hours_between(first, second) %}
  {{ return(work_analytics_8x8.ratio(work_analytics_8x8.milliseconds_between(first, second), 3600000)) }}
{% endmacro %}
