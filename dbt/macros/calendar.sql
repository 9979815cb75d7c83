{# Weeks begin on Monday, whatever the database or its session says. #}
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
  {{ return("cast(" ~ date ~ " as " ~ dbt.type_timestamp() ~ ")") }}
{% endmacro %}


{# The first minute of the interval that a local time falls into. #}
{% macro interval_start(local_time, minutes) %}
  {%- set minute_of_day = "(extract(hour from " ~ local_time ~ ") * 60 + extract(minute from " ~ local_time ~ "))" -%}
  {{ return(dbt.dateadd(
    'minute',
    "cast(floor(" ~ minute_of_day ~ " / " ~ minutes ~ ".0) as integer) * " ~ minutes,
    work_analytics_8x8.start_of_day("cast(" ~ local_time ~ " as date)")
  )) }}
{% endmacro %}


{# The variable interval_minutes, or one sentence where it does not divide an hour. #}
{% macro interval_minutes() %}
  {%- set minutes = var('interval_minutes') | int -%}
  {%- if minutes not in [5, 10, 15, 20, 30, 60] -%}
    {{ exceptions.raise_compiler_error(
      "The variable interval_minutes is " ~ var('interval_minutes') ~ ": set it to 5, 10, 15, 20, 30 or 60."
    ) }}
  {%- endif -%}
  {{ return(minutes) }}
{% endmacro %}


{# The time zone of a row, or else the one that the variable names. #}
{% macro row_time_zone() %}
  {%- if var('time_zone') -%}
    {{ return("coalesce(time_zone, '" ~ var('time_zone') ~ "')") }}
  {%- endif -%}
  {{ return("time_zone") }}
{% endmacro %}


{% macro hours_between(first, second) %}
  {{ return("(" ~ dbt.datediff(first, second, 'second') ~ " / 3600.0)") }}
{% endmacro %}


{# A number outside as it is compared: its last ten digits, so that +1 617 555 0100 equals 617-555-0100. #}
{% macro phone_number(value) %}
  {{ return("nullif(right(" ~ work_analytics_8x8.digits(value) ~ ", 10), '')") }}
{% endmacro %}
