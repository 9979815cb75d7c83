{# A total divided by a count; null if the count is 0 or null. #}
{% macro ratio(total, count) %}
  {%- set type = 'float64' if target.type == 'bigquery' else 'double precision' -%}
  {{ return("(cast(" ~ total ~ " as " ~ type ~ ") / nullif(" ~ count ~ ", 0))") }}
{% endmacro %}


{# The sum of a count, and the number of rows that meet a condition, as whole numbers on every database. #}
{% macro total(count) %}
  {{ return("cast(sum(" ~ count ~ ") as " ~ dbt.type_bigint() ~ ")") }}
{% endmacro %}

{% macro count_where(condition) %}
  {{ return(work_analytics_8x8.total("case when " ~ condition ~ " then 1 else 0 end")) }}
{% endmacro %}


{# First and last name as one text; null if both are missing. #}
{% macro full_name(first, last) %}
  {{ return(
    "nullif(trim(" ~ dbt.concat(["coalesce(" ~ first ~ ", '')", "' '", "coalesce(" ~ last ~ ", '')"]) ~ "), '')"
  ) }}
{% endmacro %}
