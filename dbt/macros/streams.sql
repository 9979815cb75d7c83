{# The streams that the package has staging models for. #}
{% macro known_streams() %}
  {{ return([
    'agent_summary', 'call_legs', 'call_queue_agent_summary', 'call_queue_agents', 'call_queue_summary',
    'call_queues', 'call_records', 'company_summary', 'extension_summary', 'pbxes', 'queue_calls',
    'ring_group_agent_activity', 'ring_group_member_summary', 'ring_group_summary', 'sites',
  ]) }}
{% endmacro %}


{# Whether the variable `streams` lists a stream. #}
{% macro is_loaded(stream) %}
  {{ return(stream in var('streams')) }}
{% endmacro %}


{#
  Whether dbt is about to build models. Other commands (docs generate, compile) must work without our tables,
  so a missing table is an error only here, where it stops the models that need it.
#}
{% macro is_building() %}
  {{ return(execute and flags.WHICH in ['run', 'build', 'retry', 'show']) }}
{% endmacro %}


{# The tables of a stream: one for each schema of raw_schema that has it. None only if nothing is being built. #}
{% macro raw_tables(stream, declared) %}
  {%- set schemas = [declared.schema] -%}
  {%- if var('raw_schema') is not string -%}
    {%- do schemas.extend(var('raw_schema')[1:]) -%}
  {%- endif -%}
  {%- set tables = [] -%}
  {%- if execute -%}
    {%- for schema in schemas -%}
      {%- set table = adapter.get_relation(declared.database, schema, declared.identifier) -%}
      {%- if table is not none -%}
        {%- do tables.append(table) -%}
      {%- endif -%}
    {%- endfor -%}
  {%- endif -%}
  {%- if work_analytics_8x8.is_building() -%}
    {%- do work_analytics_8x8.check_stream_names() -%}
    {%- if not tables -%}
      {%- do work_analytics_8x8.raise_missing(stream, declared, schemas) -%}
    {%- endif -%}
  {%- endif -%}
  {{ return(tables) }}
{% endmacro %}


{% macro check_stream_names() %}
  {%- set unknown = var('streams') | reject('in', work_analytics_8x8.known_streams()) | list -%}
  {%- if unknown -%}
    {{ exceptions.raise_compiler_error(
      "The variable streams lists " ~ unknown | join(', ') ~ ", which is none of "
      ~ work_analytics_8x8.known_streams() | join(', ') ~ "."
    ) }}
  {%- endif -%}
{% endmacro %}


{% macro raise_missing(stream, declared, schemas) %}
  {%- set place = schemas | join(', ') ~ (" of the database " ~ declared.database if var('raw_database') else "") -%}
  {%- set present = [] -%}
  {%- for schema in schemas -%}
    {%- if adapter.check_schema_exists(declared.database, schema) -%}
      {%- do present.append(schema) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if not present -%}
    {{ exceptions.raise_compiler_error(
      "There is no schema " ~ place ~ ": set the variable raw_schema to the schema that contains the streams'"
      ~ " tables, and raw_database to its database."
    ) }}
  {%- endif -%}
  {{ exceptions.raise_compiler_error(
    "The schema " ~ place ~ " has no table " ~ declared.identifier ~ " for the stream " ~ stream ~ ": load it, or"
    ~ " remove it from the variable streams."
  ) }}
{% endmacro %}


{# The columns of a table by lowercase name, since loaders disagree about case. #}
{% macro columns_of(table) %}
  {%- set found = {} -%}
  {%- for column in adapter.get_columns_in_relation(table) -%}
    {%- do found.update({column.name | lower: column}) -%}
  {%- endfor -%}
  {{ return(found) }}
{% endmacro %}
