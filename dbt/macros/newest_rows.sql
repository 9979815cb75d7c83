{#
  The body of a staging model: the newest reading of each key, with the columns that the model's YAML lists.

  A column says there which field of the stream it is (meta.field), in which unit the loader left it
  (meta.unit), and whether the package can do without it (meta.required). Loaders disagree about capitals,
  so a field is found by its name in lower case. A field that is not required and was not loaded is null.
#}
{% macro newest_rows(stream, key) %}
{%- set declared = source('work_analytics_8x8', stream) -%}
{%- if execute -%}
  {%- set raw = work_analytics_8x8.raw_table(stream) -%}
  {%- set found = {} -%}
  {%- for column in adapter.get_columns_in_relation(raw) -%}
    {%- do found.update({column.name | lower: column}) -%}
  {%- endfor -%}
with readings as (

    select
    {%- for column in model.columns.values() %}
        {{ work_analytics_8x8.field(column, found, stream) }} as {{ column.name }},
    {%- endfor %}
        {{ work_analytics_8x8.raw_column('_airbyte_raw_id', found) }} as raw_id
    from {{ raw }}

),

numbered as (

    select
        *,
        row_number() over (
            partition by {{ key | join(', ') }}
            {#- A reading of a finished window beats one of the same moment that was taken before. #}
            order by extracted_at desc{% if 'window_complete' in model.columns %}, case when window_complete then 0 else 1 end{% endif %}, raw_id desc
        ) as reading
    from readings

)

select
{%- for name in model.columns %}
    {{ name }}{{ ',' if not loop.last }}
{%- endfor %}
from numbered
where reading = 1
{%- else -%}
select 1 from {{ declared }}
{%- endif -%}
{% endmacro %}


{# The expression that turns a field, as the loader left it, into a column of a staging model. #}
{% macro field(column, found, stream) %}
  {%- set meta = column.config.meta if column.config.meta else column.meta -%}
  {%- set source_column = found.get(meta.field | lower) -%}
  {%- if source_column is none -%}
    {%- if meta.required -%}
      {{ exceptions.raise_compiler_error(
        "The table of the stream " ~ stream ~ " has no column " ~ meta.field ~ ": select the field in the"
        ~ " connection and refresh the stream."
      ) }}
    {%- endif -%}
    {{ return("cast(null as " ~ work_analytics_8x8.column_type(column.data_type) ~ ")") }}
  {%- endif -%}
  {%- set value = adapter.quote(source_column.name) -%}
  {%- set type = work_analytics_8x8.column_type(column.data_type) -%}
  {%- if meta.unit == 'milliseconds' -%}
    {{ return("cast(" ~ value ~ " / 1000.0 as " ~ type ~ ")") }}
  {%- elif meta.unit == 'epoch_milliseconds' -%}
    {#- 0 stands for a moment that never came. -#}
    {{ return(work_analytics_8x8.from_epoch_milliseconds("nullif(" ~ value ~ ", 0)")) }}
  {%- elif meta.unit == 'list' -%}
    {{ return(work_analytics_8x8.list_text(value)) }}
  {%- elif column.data_type == 'timestamp' -%}
    {{ return(work_analytics_8x8.utc_timestamp(value, source_column.dtype)) }}
  {%- endif -%}
  {{ return("cast(" ~ value ~ " as " ~ type ~ ")") }}
{% endmacro %}


{% macro raw_column(name, found) %}
  {%- if name in found -%}
    {{ return(adapter.quote(found[name].name)) }}
  {%- endif -%}
  {{ return("cast(null as " ~ dbt.type_string() ~ ")") }}
{% endmacro %}


{# The type of a column of a staging model. Seconds keep the milliseconds, exactly, whatever is added up. #}
{% macro column_type(name) %}
  {%- set types = {
    'text': dbt.type_string(),
    'bigint': dbt.type_bigint(),
    'numeric': 'numeric(18, 3)',
    'boolean': dbt.type_boolean(),
    'date': 'date',
    'timestamp': dbt.type_timestamp(),
  } -%}
  {#- dbt turns the names of types in YAML into the database's own where it knows them: text is STRING on BigQuery. -#}
  {{ return(types.get(name | lower, name)) }}
{% endmacro %}
