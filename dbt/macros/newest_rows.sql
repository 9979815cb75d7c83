{#
  The body of a staging model: the newest reading of each key, with the columns that the model's YAML lists.

  There, each column specifies its field of the stream (meta.field), the unit in which the loader stored it
  (meta.unit), and whether the package needs it (meta.required). A field that is not required and was not
  loaded is null. If `window` names the columns of a report window, rows that are missing from the newest
  reading of their window are left out.
#}
{% macro newest_rows(stream, key, window=none, needs_time_zone=false) %}
{%- set declared = source('work_analytics_8x8', stream) -%}
{%- set tables = work_analytics_8x8.raw_tables(stream, declared) -%}
{%- if not execute -%}
select 1 as nothing from {{ declared }}
{%- elif not tables -%}
-- {{ declared }} does not exist.
select
{%- for column in model.columns.values() %}
    cast(null as {{ work_analytics_8x8.column_type(column.data_type) }}) as {{ column.name }}{{ ',' if not loop.last }}
{%- endfor %}
from (select 1 as nothing) as nothing
where 1 = 0
{%- else -%}
{%- if needs_time_zone -%}
  {%- do work_analytics_8x8.check_time_zones(stream, tables) -%}
{%- endif -%}
{%- set with_read_at = 'window_read_at' in model.columns -%}
with readings as (
{% for table in tables %}
{%- set found = work_analytics_8x8.columns_of(table) %}
    select
    {%- for column in model.columns.values() %}
        {{ work_analytics_8x8.field(column, found, stream) }} as {{ column.name }},
    {%- endfor %}
        {{ work_analytics_8x8.raw_id(found) }} as raw_id
    from {{ table }}
    {{- '\n\n    union all\n' if not loop.last }}
{%- endfor %}

),

numbered as (

    select
        *,
        {%- if window %}
        max(window_read_at) over (partition by {{ window | join(', ') }}) as newest_read_at,
        {%- endif %}
        row_number() over (
            partition by {{ key | join(', ') }}
            order by
                {%- if with_read_at %}
                window_read_at desc nulls last,
                {%- endif %}
                extracted_at desc,
                {%- if with_read_at %}
                case when window_complete then 0 else 1 end,
                {%- endif %}
                raw_id desc
        ) as reading
    from readings

)

select
{%- for name in model.columns %}
    {{ name }}{{ ',' if not loop.last }}
{%- endfor %}
from numbered
where
    reading = 1
    {%- if window %}
    -- Rows from versions without window_read_at are older than rows that have it.
    and (newest_read_at is null or window_read_at = newest_read_at)
    {%- endif %}
{%- endif -%}
{% endmacro %}


{% macro raw_id(found) %}
  {%- if '_airbyte_raw_id' in found -%}
    {{ return("cast(" ~ adapter.quote(found['_airbyte_raw_id'].name) ~ " as " ~ dbt.type_string() ~ ")") }}
  {%- endif -%}
  {{ return("cast(null as " ~ dbt.type_string() ~ ")") }}
{% endmacro %}
