{# The time zone of a row, or the one in the variable if the row has none. #}
{% macro row_time_zone() %}
  {%- set zone = var('time_zone') -%}
  {%- if not zone -%}
    {{ return("time_zone") }}
  {%- endif -%}
  {%- if work_analytics_8x8.is_building() -%}
    {%- do work_analytics_8x8.check_time_zone(zone, "the variable time_zone") -%}
  {%- endif -%}
  {{ return("coalesce(time_zone, '" ~ zone ~ "')") }}
{% endmacro %}


{% macro check_time_zone(zone, place) %}
  {%- if zone | lower not in modules.pytz.all_timezones | map('lower') | list -%}
    {{ exceptions.raise_compiler_error(
      zone ~ " in " ~ place ~ " is not a known time zone: use an IANA name such as America/New_York."
    ) }}
  {%- endif -%}
{% endmacro %}


{# Raise an error of one sentence if rows of a stream have no time zone, or an unknown one. #}
{% macro check_time_zones(stream, tables) %}
  {%- if work_analytics_8x8.is_building() -%}
    {%- for table in tables -%}
      {%- set column = work_analytics_8x8.columns_of(table).get('time_zone') -%}
      {%- set zone = adapter.quote(column.name) if column else "cast(null as " ~ dbt.type_string() ~ ")" -%}
      {%- for row in run_query("select distinct " ~ zone ~ " as time_zone from " ~ table) -%}
        {%- if row[0] -%}
          {%- do work_analytics_8x8.check_time_zone(row[0], "the table " ~ table) -%}
        {%- elif not var('time_zone') -%}
          {{ exceptions.raise_compiler_error(
            "Rows of the table " ~ table ~ " have no time zone: set the variable time_zone to the one in the"
            ~ " connector's configuration."
          ) }}
        {%- endif -%}
      {%- endfor -%}
    {%- endfor -%}
  {%- endif -%}
{% endmacro %}
