{# What databases say differently. Run on DuckDB and PostgreSQL by the tests, on BigQuery by an emulator. #}

{# A column with or without a time zone as UTC. Timestamps of this package never carry an offset. #}
{% macro utc_timestamp(value, type) %}
  {{ return(adapter.dispatch('utc_timestamp', 'work_analytics_8x8')(value, type | lower)) }}
{% endmacro %}

{% macro default__utc_timestamp(value, type) %}
  {%- if 'tz' in type.replace('_ntz', '') or 'with time zone' in type -%}
    {{ return("(" ~ value ~ " at time zone 'UTC')") }}
  {%- endif -%}
  {{ return("cast(" ~ value ~ " as timestamp)") }}
{% endmacro %}

{% macro snowflake__utc_timestamp(value, type) %}
  {%- if 'tz' in type.replace('_ntz', '') -%}
    {{ return("cast(convert_timezone('UTC', " ~ value ~ ") as timestamp_ntz)") }}
  {%- endif -%}
  {{ return("cast(" ~ value ~ " as timestamp_ntz)") }}
{% endmacro %}

{% macro bigquery__utc_timestamp(value, type) %}
  {{ return("cast(" ~ value ~ " as timestamp)") }}
{% endmacro %}


{# Epoch milliseconds as UTC. #}
{% macro from_epoch_milliseconds(value) %}
  {{ return(adapter.dispatch('from_epoch_milliseconds', 'work_analytics_8x8')(value)) }}
{% endmacro %}

{% macro default__from_epoch_milliseconds(value) %}
  {{ return("(timestamp '1970-01-01 00:00:00' + " ~ value ~ " * interval '1 millisecond')") }}
{% endmacro %}

{% macro duckdb__from_epoch_milliseconds(value) %}
  {{ return("epoch_ms(cast(" ~ value ~ " as bigint))") }}
{% endmacro %}

{% macro snowflake__from_epoch_milliseconds(value) %}
  {{ return("to_timestamp_ntz(" ~ value ~ ", 3)") }}
{% endmacro %}

{% macro bigquery__from_epoch_milliseconds(value) %}
  {{ return("timestamp_millis(" ~ value ~ ")") }}
{% endmacro %}


{# A UTC timestamp as wall-clock time in an IANA time zone. #}
{% macro local_time(value, time_zone) %}
  {{ return(adapter.dispatch('local_time', 'work_analytics_8x8')(value, time_zone)) }}
{% endmacro %}

{% macro default__local_time(value, time_zone) %}
  {{ return("((" ~ value ~ " at time zone 'UTC') at time zone " ~ time_zone ~ ")") }}
{% endmacro %}

{% macro snowflake__local_time(value, time_zone) %}
  {{ return("convert_timezone('UTC', " ~ time_zone ~ ", " ~ value ~ ")") }}
{% endmacro %}

{% macro bigquery__local_time(value, time_zone) %}
  {{ return("datetime(date(" ~ value ~ ", " ~ time_zone ~ "), time(" ~ value ~ ", " ~ time_zone ~ "))") }}
{% endmacro %}


{# The day of the week, from 1 for Monday to 7 for Sunday. #}
{% macro weekday(value) %}
  {{ return(adapter.dispatch('weekday', 'work_analytics_8x8')(value)) }}
{% endmacro %}

{% macro default__weekday(value) %}
  {{ return("cast(extract(isodow from " ~ value ~ ") as integer)") }}
{% endmacro %}

{% macro snowflake__weekday(value) %}
  {{ return("dayofweekiso(" ~ value ~ ")") }}
{% endmacro %}

{% macro bigquery__weekday(value) %}
  {{ return("(mod(extract(dayofweek from " ~ value ~ ") + 5, 7) + 1)") }}
{% endmacro %}


{# A JSON list of texts as one text, joined by commas; null where the list is empty or missing. #}
{% macro list_text(value) %}
  {{ return("nullif(" ~ adapter.dispatch('list_text', 'work_analytics_8x8')(value) ~ ", '')") }}
{% endmacro %}

{% macro duckdb__list_text(value) %}
  {{ return("array_to_string(from_json(cast(" ~ value ~ " as json), '[\"VARCHAR\"]'), ', ')") }}
{% endmacro %}

{% macro postgres__list_text(value) %}
  {{ return(
    "(select string_agg(item, ', ' order by place) from jsonb_array_elements_text(case when jsonb_typeof("
    ~ "cast(" ~ value ~ " as jsonb)) = 'array' then cast(" ~ value ~ " as jsonb) end)"
    ~ " with ordinality as items (item, place))"
  ) }}
{% endmacro %}

{% macro snowflake__list_text(value) %}
  {{ return("array_to_string(to_array(" ~ value ~ "), ', ')") }}
{% endmacro %}

{% macro bigquery__list_text(value) %}
  {{ return("array_to_string(json_value_array(" ~ value ~ "), ', ')") }}
{% endmacro %}


{# The digits of a text, everything else left out. #}
{% macro digits(value) %}
  {{ return(adapter.dispatch('digits', 'work_analytics_8x8')(value)) }}
{% endmacro %}

{% macro default__digits(value) %}
  {{ return("regexp_replace(" ~ value ~ ", '[^0-9]', '', 'g')") }}
{% endmacro %}

{% macro snowflake__digits(value) %}
  {{ return("regexp_replace(" ~ value ~ ", '[^0-9]', '')") }}
{% endmacro %}

{% macro bigquery__digits(value) %}
  {{ return("regexp_replace(" ~ value ~ ", r'[^0-9]', '')") }}
{% endmacro %}
