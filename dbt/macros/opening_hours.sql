{#
  Whether a local time is within the variable opening_hours; null if that is not set. For each weekday, the
  variable has one pair of times or a list of pairs; `holidays` lists the dates on which the office is closed:

      opening_hours:
        monday: ["08:00", "17:30"]
        saturday: [["09:00", "12:00"], ["13:00", "16:00"]]
        holidays: ["2026-12-25"]
#}
{% macro is_open(local_time) %}
  {%- set hours = var('opening_hours') -%}
  {%- if not hours -%}
    {{ return("cast(null as " ~ dbt.type_boolean() ~ ")") }}
  {%- endif -%}
  {%- set weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] -%}
  {%- for name in hours if name not in weekdays + ['holidays'] -%}
    {%- do work_analytics_8x8.raise_opening_hours(name) -%}
  {%- endfor -%}
  {%- set minute = "(extract(hour from " ~ local_time ~ ") * 60 + extract(minute from " ~ local_time ~ "))" -%}
  {%- set spans = [] -%}
  {%- for name in weekdays if hours.get(name) -%}
    {%- set pairs = hours[name] if hours[name][0] is not string else [hours[name]] -%}
    {%- for pair in pairs -%}
      {%- do spans.append(
        "(" ~ work_analytics_8x8.weekday(local_time) ~ " = " ~ (weekdays.index(name) + 1)
        ~ " and " ~ minute ~ " >= " ~ work_analytics_8x8.minute_of_day(pair[0])
        ~ " and " ~ minute ~ " < " ~ work_analytics_8x8.minute_of_day(pair[1]) ~ ")"
      ) -%}
    {%- endfor -%}
  {%- endfor -%}
  {%- set closed = [] -%}
  {%- for day in hours.get('holidays') or [] -%}
    {%- if not modules.re.match('^\\d{4}-\\d{2}-\\d{2}$', day | string) -%}
      {%- do work_analytics_8x8.raise_opening_hours(day) -%}
    {%- endif -%}
    {%- do closed.append("cast('" ~ day ~ "' as date)") -%}
  {%- endfor -%}
  {{ return(
    "case when " ~ local_time ~ " is null then null"
    ~ (" when cast(" ~ local_time ~ " as date) in (" ~ closed | join(', ') ~ ") then false" if closed else "")
    ~ " else " ~ (spans | join(' or ') or 'false') ~ " end"
  ) }}
{% endmacro %}


{# The minute of the day of a time such as 17:30; 24:00 is the end of the day. #}
{% macro minute_of_day(time) %}
  {%- if not modules.re.match('^([01]?\\d|2[0-3]):[0-5]\\d$|^24:00$', time | string) -%}
    {%- do work_analytics_8x8.raise_opening_hours(time) -%}
    {{ return(0) }}
  {%- endif -%}
  {%- set hour, minute = (time | string).split(':') -%}
  {{ return((hour | int) * 60 + (minute | int)) }}
{% endmacro %}


{% macro raise_opening_hours(part) %}
  {%- if work_analytics_8x8.is_building() -%}
    {{ exceptions.raise_compiler_error(
      "The variable opening_hours contains " ~ part ~ ": use weekdays with times, such as monday: ['08:00', '17:30'],"
      ~ " and holidays: ['2026-12-25']."
    ) }}
  {%- endif -%}
{% endmacro %}


{# Missed calls within and outside the opening hours; null if opening hours are not set. #}
{% macro missed_while(open, outcome="outcome") %}
  {%- if not var('opening_hours') -%}
    {{ return("cast(null as " ~ dbt.type_bigint() ~ ")") }}
  {%- endif -%}
  {{ return(work_analytics_8x8.count_where(
    outcome ~ " = 'missed' and " ~ ('' if open else 'not ') ~ "in_opening_hours"
  )) }}
{% endmacro %}
