{#
  Macros for what differs between databases. Tests run them on DuckDB and PostgreSQL, and on emulators of
  BigQuery and Snowflake.
#}

{# The type of a timestamp without time zone. All timestamps of the package are in UTC. #}
{% macro timestamp_type() %}
  {{ return(adapter.dispatch('timestamp_type', 'work_analytics_8x8')()) }}
{% endmacro %}

{% macro default__timestamp_type() %}
  {{ return(dbt.type_timestamp()) }}
{% endmacro %}

{% macro snowflake__timestamp_type() %}
  {{ return('timestamp_ntz') }}
{% endmacro %}


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


{# A text with or without an offset as UTC; without one it is UTC. #}
{% macro text_as_timestamp(value) %}
  {{ return(adapter.dispatch('text_as_timestamp', 'work_analytics_8x8')(value)) }}
{% endmacro %}

{% macro default__text_as_timestamp(value) %}
  {{ return(
    "(cast(case when " ~ work_analytics_8x8.has_offset(value) ~ " then " ~ value ~ " else " ~ value ~ " || 'Z' end"
    ~ " as timestamp with time zone) at time zone 'UTC')"
  ) }}
{% endmacro %}

{% macro snowflake__text_as_timestamp(value) %}
  {{ return(
    "cast(convert_timezone('UTC', to_timestamp_tz(case when " ~ work_analytics_8x8.has_offset(value) ~ " then "
    ~ value ~ " else " ~ value ~ " || 'Z' end)) as timestamp_ntz)"
  ) }}
{% endmacro %}

{% macro bigquery__text_as_timestamp(value) %}
  {{ return("cast(" ~ value ~ " as timestamp)") }}
{% endmacro %}

{# Whether a text ends with Z or an offset such as +00:00. Offsets come after the time, from the 17th character on. #}
{% macro has_offset(value) %}
  {{ return(
    "(upper(right(" ~ value ~ ", 1)) = 'Z' or substr(" ~ value ~ ", 17) like '%+%' or substr(" ~ value ~ ", 17) like '%-%')"
  ) }}
{% endmacro %}


{# Epoch milliseconds as UTC. #}
{% macro from_epoch_milliseconds(value) %}
  {{ return(adapter.dispatch('from_epoch_milliseconds', 'work_analytics_8x8')(value)) }}
{% endmacro %}

{% macro default__from_epoch_milliseconds(value) %}
  {{ return("(timestamp '1970-01-01 00:00:00' + " ~ value ~ " * interval '1 millisecond')") }}
{% endmacro %}

{% macro duckdb__from_epoch_milliseconds(value) %}
  {{ return("epoch_ms(" ~ value ~ ")") }}
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


{#
  A list of texts as one text, joined by commas; null if the list is empty or missing. Loaders store lists as
  JSON, as arrays, or as text, which is JSON or the items themselves.
#}
{% macro list_text(value, loaded_type) %}
  {{ return(
    "nullif(" ~ adapter.dispatch('list_text', 'work_analytics_8x8')(value, loaded_type) ~ ", '')"
  ) }}
{% endmacro %}

{% macro default__list_text(value, loaded_type) %}
  {{ return("cast(" ~ value ~ " as " ~ dbt.type_string() ~ ")") }}
{% endmacro %}

{% macro duckdb__list_text(value, loaded_type) %}
  {%- if '[]' in loaded_type -%}
    {{ return("array_to_string(" ~ value ~ ", ', ')") }}
  {%- endif -%}
  {%- set text = "cast(" ~ value ~ " as varchar)" -%}
  {{ return(
    "case when json_valid(" ~ text ~ ") and json_type(" ~ text ~ ") = 'ARRAY' then array_to_string(from_json("
    ~ "case when json_valid(" ~ text ~ ") then cast(" ~ text ~ " as json) end, '[\"VARCHAR\"]'), ', ')"
    ~ " when " ~ text ~ " <> 'null' then " ~ text ~ " end"
  ) }}
{% endmacro %}

{% macro postgres__list_text(value, loaded_type) %}
  {%- if loaded_type.endswith('[]') or loaded_type == 'array' -%}
    {{ return("array_to_string(" ~ value ~ ", ', ')") }}
  {%- endif -%}
  {%- set text = "cast(" ~ value ~ " as text)" -%}
  {#- PostgreSQL can check for valid JSON only since version 16, so a pattern recognizes a list of texts. -#}
  {%- set item = '("([^"\\\\]|\\\\.)*"|null)' -%}
  {%- set is_list = text ~ " ~ '^\\s*\\[\\s*(" ~ item ~ "\\s*(,\\s*" ~ item ~ "\\s*)*)?\\]\\s*$'" -%}
  {{ return(
    "case when " ~ is_list ~ " then (select string_agg(item, ', ' order by place) from jsonb_array_elements_text("
    ~ "case when " ~ is_list ~ " then cast(" ~ text ~ " as jsonb) end) with ordinality as items (item, place))"
    ~ " when " ~ text ~ " <> 'null' then " ~ text ~ " end"
  ) }}
{% endmacro %}

{% macro snowflake__list_text(value, loaded_type) %}
  {%- if loaded_type in ['variant', 'array', 'object'] -%}
    {{ return("array_to_string(to_array(" ~ value ~ "), ', ')") }}
  {%- endif -%}
  {{ return(
    "case when left(trim(" ~ value ~ "), 1) = '[' then array_to_string(to_array(try_parse_json(" ~ value ~ ")), ', ')"
    ~ " else " ~ value ~ " end"
  ) }}
{% endmacro %}

{% macro bigquery__list_text(value, loaded_type) %}
  {%- if loaded_type.startswith('array') -%}
    {{ return("array_to_string(" ~ value ~ ", ', ')") }}
  {%- endif -%}
  {{ return("array_to_string(json_value_array(" ~ value ~ "), ', ')") }}
{% endmacro %}


{# Milliseconds from one UTC timestamp to another. #}
{% macro milliseconds_between(first, second) %}
  {{ return(adapter.dispatch('milliseconds_between', 'work_analytics_8x8')(first, second)) }}
{% endmacro %}

{% macro default__milliseconds_between(first, second) %}
  {{ return("cast(round(extract(epoch from (" ~ second ~ " - " ~ first ~ ")) * 1000) as bigint)") }}
{% endmacro %}

{% macro duckdb__milliseconds_between(first, second) %}
  {{ return("date_diff('millisecond', " ~ first ~ ", " ~ second ~ ")") }}
{% endmacro %}

{% macro snowflake__milliseconds_between(first, second) %}
  {{ return("datediff('millisecond', " ~ first ~ ", " ~ second ~ ")") }}
{% endmacro %}

{% macro bigquery__milliseconds_between(first, second) %}
  {{ return("timestamp_diff(" ~ second ~ ", " ~ first ~ ", millisecond)") }}
{% endmacro %}


{# The digits of a text, without any other characters. #}
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
