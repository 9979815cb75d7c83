{# The streams that the package has staging models for. #}
{% macro known_streams() %}
  {{ return([
    'agent_summary', 'call_legs', 'call_queue_agent_summary', 'call_queue_agents', 'call_queue_summary',
    'call_queues', 'call_records', 'company_summary', 'extension_summary', 'pbxes', 'queue_calls',
    'ring_group_member_summary', 'ring_group_summary', 'sites',
  ]) }}
{% endmacro %}


{# Whether a stream was loaded, by the variable `streams`; a name in it that no stream has is refused. #}
{% macro is_loaded(stream) %}
  {%- set unknown = var('streams') | reject('in', work_analytics_8x8.known_streams()) | list -%}
  {%- if unknown -%}
    {{ exceptions.raise_compiler_error(
      "The variable streams names " ~ unknown | join(', ') ~ ", which is none of "
      ~ work_analytics_8x8.known_streams() | join(', ') ~ "."
    ) }}
  {%- endif -%}
  {{ return(stream in var('streams')) }}
{% endmacro %}


{# The table of a stream, or one sentence that says what to do. #}
{% macro raw_table(stream) %}
  {%- set raw = adapter.get_relation(target.database, var('raw_schema'), stream) -%}
  {%- if raw is none -%}
    {%- do work_analytics_8x8.raise_missing([stream]) -%}
  {%- endif -%}
  {{ return(raw) }}
{% endmacro %}


{# Run once before a build: the streams that were not loaded, all in one sentence. #}
{% macro check_streams() %}
  {%- if execute -%}
    {%- set missing = [] -%}
    {%- for stream in var('streams') -%}
      {%- if adapter.get_relation(target.database, var('raw_schema'), stream) is none -%}
        {%- do missing.append(stream) -%}
      {%- endif -%}
    {%- endfor -%}
    {%- if missing -%}
      {%- do work_analytics_8x8.raise_missing(missing) -%}
    {%- endif -%}
  {%- endif -%}
{% endmacro %}


{% macro raise_missing(streams) %}
  {%- if not adapter.check_schema_exists(target.database, var('raw_schema')) -%}
    {{ exceptions.raise_compiler_error(
      "There is no schema " ~ var('raw_schema') ~ ": set the variable raw_schema to the schema that holds the"
      ~ " streams' tables."
    ) }}
  {%- endif -%}
  {{ exceptions.raise_compiler_error(
    "The schema " ~ var('raw_schema') ~ " has no table for " ~ streams | join(', ') ~ ": load what is missing, or"
    ~ " leave it out of the variable streams."
  ) }}
{% endmacro %}
