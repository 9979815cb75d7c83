{# The expression that turns a field, as the loader left it, into a column of a staging model. #}
{% macro field(column, found, stream) %}
  {%- set meta = column.config.meta if column.config.meta else column.meta -%}
  {%- set loaded = found.get(meta.field | lower) -%}
  {%- set type = work_analytics_8x8.column_type(column.data_type) -%}
  {%- if meta.unit == 'presence' -%}
    {{ return('true' if loaded else 'false') }}
  {%- endif -%}
  {%- if not loaded -%}
    {%- if meta.required and work_analytics_8x8.is_building() -%}
      {{ exceptions.raise_compiler_error(
        "The table of the stream " ~ stream ~ " has no column " ~ meta.field ~ ": select the field"
        ~ " in the connection and refresh the stream."
      ) }}
    {%- endif -%}
    {{ return("cast(null as " ~ type ~ ")") }}
  {%- endif -%}
  {%- set value = adapter.quote(loaded.name) -%}
  {%- set loaded_type = loaded.dtype | lower -%}
  {%- set kind = work_analytics_8x8.kind_of(column.data_type) -%}
  {%- if meta.unit == 'milliseconds' -%}
    {{ return("cast(" ~ work_analytics_8x8.as_number(value, loaded_type, dbt.type_bigint()) ~ " / 1000.0 as " ~ type ~ ")") }}
  {%- elif meta.unit == 'epoch_milliseconds' -%}
    {#- 0 means that the moment never came. -#}
    {{ return(work_analytics_8x8.from_epoch_milliseconds(
      "nullif(" ~ work_analytics_8x8.as_number(value, loaded_type, dbt.type_bigint()) ~ ", 0)"
    )) }}
  {%- elif meta.unit == 'list' -%}
    {{ return(work_analytics_8x8.list_text(value, loaded_type)) }}
  {%- elif kind == 'timestamp' -%}
    {{ return(work_analytics_8x8.as_timestamp(value, loaded_type)) }}
  {%- elif kind == 'date' -%}
    {{ return(work_analytics_8x8.as_date(value, loaded_type)) }}
  {%- elif kind == 'boolean' -%}
    {{ return(work_analytics_8x8.as_boolean(value, loaded_type)) }}
  {%- elif kind in ['bigint', 'numeric'] -%}
    {{ return(work_analytics_8x8.as_number(value, loaded_type, type)) }}
  {%- endif -%}
  {{ return("cast(" ~ value ~ " as " ~ type ~ ")") }}
{% endmacro %}


{#
  The kind of a column of a staging model. dbt replaces the type names in YAML that it knows with those of the
  database: text is STRING on BigQuery.
#}
{% macro kind_of(data_type) %}
  {%- set name = data_type | lower -%}
  {%- if name in ['bigint', 'int64', 'integer'] -%}{{ return('bigint') }}
  {%- elif name.startswith('timestamp') or name == 'datetime' -%}{{ return('timestamp') }}
  {%- elif name.startswith('numeric') or name.startswith('number') or name.startswith('decimal') -%}{{ return('numeric') }}
  {%- elif name.startswith('bool') -%}{{ return('boolean') }}
  {%- elif name == 'date' -%}{{ return('date') }}
  {%- endif -%}
  {{ return('text') }}
{% endmacro %}


{# The type of a column of a staging model. Sums of seconds stay exact to the millisecond. #}
{% macro column_type(data_type) %}
  {%- set types = {
    'text': dbt.type_string(),
    'bigint': dbt.type_bigint(),
    'numeric': 'numeric(18, 3)',
    'boolean': dbt.type_boolean(),
    'date': 'date',
    'timestamp': work_analytics_8x8.timestamp_type(),
  } -%}
  {{ return(types[work_analytics_8x8.kind_of(data_type)]) }}
{% endmacro %}


{% macro is_text(loaded_type) %}
  {{ return('char' in loaded_type or 'text' in loaded_type or 'string' in loaded_type) }}
{% endmacro %}


{# A text without surrounding blanks; null if nothing is left. #}
{% macro not_blank(value) %}
  {{ return("nullif(trim(" ~ value ~ "), '')") }}
{% endmacro %}


{% macro as_number(value, loaded_type, type) %}
  {%- if work_analytics_8x8.is_text(loaded_type) -%}
    {%- set value = "cast(" ~ work_analytics_8x8.not_blank(value) ~ " as numeric(28, 9))" -%}
  {%- endif -%}
  {{ return("cast(" ~ value ~ " as " ~ type ~ ")") }}
{% endmacro %}


{% macro as_boolean(value, loaded_type) %}
  {%- if work_analytics_8x8.is_text(loaded_type) -%}
    {{ return(
      "case when lower(trim(" ~ value ~ ")) in ('true', 't', '1') then true"
      ~ " when lower(trim(" ~ value ~ ")) in ('false', 'f', '0') then false end"
    ) }}
  {%- elif 'bool' in loaded_type -%}
    {{ return(value) }}
  {%- endif -%}
  {{ return("(" ~ value ~ " <> 0)") }}
{% endmacro %}


{% macro as_date(value, loaded_type) %}
  {%- if work_analytics_8x8.is_text(loaded_type) -%}
    {{ return("cast(left(" ~ work_analytics_8x8.not_blank(value) ~ ", 10) as date)") }}
  {%- elif loaded_type == 'date' -%}
    {{ return(value) }}
  {%- endif -%}
  {{ return("cast(" ~ work_analytics_8x8.utc_timestamp(value, loaded_type) ~ " as date)") }}
{% endmacro %}


{% macro as_timestamp(value, loaded_type) %}
  {%- if work_analytics_8x8.is_text(loaded_type) -%}
    {{ return(work_analytics_8x8.text_as_timestamp(work_analytics_8x8.not_blank(value))) }}
  {%- endif -%}
  {{ return(work_analytics_8x8.utc_timestamp(value, loaded_type)) }}
{% endmacro %}
