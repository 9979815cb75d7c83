{#
  The form in which phone numbers are compared, so that the same number matches however it is written.

  With a country code, it is the international form, without + and without zeros before the national number:
  +41 44 668 18 00, 0041446681800 and 044 668 18 00 become 41446681800. Without a country code, it is the last
  eight digits. A hash made by the connector (# and 32 hex digits) is compared as is. Null if a text is not an
  outside number.
#}
{% macro comparable_number(value, digits, country_code) %}
  {%- set plain = "right(ltrim(" ~ digits ~ ", '0'), 8)" -%}
  {%- set codes = work_analytics_8x8.country_codes() -%}
  {%- set known -%}
    case
        when left({{ value }}, 1) = '+' then {{ work_analytics_8x8.without_trunk_zeros(digits, country_code) }}
        {%- if '1' in codes %}
        when {{ country_code }} = '1' and left({{ digits }}, 3) = '011' then substr({{ digits }}, 4)
        {%- endif %}
        {%- if '61' in codes %}
        when {{ country_code }} = '61' and left({{ digits }}, 4) = '0011' then substr({{ digits }}, 5)
        {%- endif %}
        when left({{ digits }}, 2) = '00' then {{ work_analytics_8x8.without_trunk_zeros("substr(" ~ digits ~ ", 3)", country_code) }}
        -- Loaders that treat a column of digits as integers drop the +.
        when
            left({{ digits }}, length({{ country_code }})) = {{ country_code }}
            and length({{ digits }}) >= length({{ country_code }}) + {{ work_analytics_8x8.shortest_national_number(country_code) }}
            then {{ work_analytics_8x8.without_trunk_zeros(digits, country_code) }}
        else {{ country_code }} || ltrim({{ digits }}, '0')
    end
  {%- endset -%}
  {{ return(
    "nullif(case when " ~ work_analytics_8x8.is_hash(value) ~ " then " ~ value
    ~ (" when " ~ country_code ~ " is not null then " ~ known if codes else "")
    ~ " else " ~ plain ~ " end, '')"
  ) }}
{% endmacro %}


{# An international number whose national part begins without zeros, such as +44 (0)20 or Italy's 06. #}
{% macro without_trunk_zeros(digits, country_code) %}
  {{ return(
    "case when left(" ~ digits ~ ", length(" ~ country_code ~ ")) = " ~ country_code ~ " then " ~ country_code
    ~ " || ltrim(substr(" ~ digits ~ ", length(" ~ country_code ~ ") + 1), '0') else " ~ digits ~ " end"
  ) }}
{% endmacro %}


{#
  The length from which a number without + or 0 that begins with the country's code is international: 8 if all
  national numbers have eight digits, otherwise 9. Italian and Indian mobile numbers of ten digits can begin
  with the digits of the country's code.
#}
{% macro shortest_national_number(country_code) %}
  {%- set eight_digits = [
    '45', '47', '65', '216', '356', '370', '371', '372', '373', '502', '503', '504', '505', '506', '507',
    '852', '853', '965', '968', '973', '974',
  ] -%}
  {{ return("case when " ~ country_code ~ " in ('" ~ eight_digits | join("', '") ~ "') then 8 else 9 end") }}
{% endmacro %}


{# Whether a text is a hash that the connector made (personal_data: hash). #}
{% macro is_hash(value) %}
  {{ return("(left(" ~ value ~ ", 1) = '#' and length(" ~ value ~ ") = 33)") }}
{% endmacro %}


{# The country code of a PBX by the variable country_code: one for all PBXs, or a mapping by PBX. #}
{% macro country_code_of(pbx) %}
  {%- set code = var('country_code') -%}
  {%- if code is mapping -%}
    {%- set cases = [] -%}
    {%- for name, each in code.items() -%}
      {%- do cases.append(
        "when " ~ pbx ~ " = '" ~ name | replace("'", "''") ~ "' then '" ~ work_analytics_8x8.code_digits(each) ~ "'"
      ) -%}
    {%- endfor -%}
    {%- if cases -%}
      {{ return("case " ~ cases | join(' ') ~ " end") }}
    {%- endif -%}
  {%- elif code -%}
    {{ return("'" ~ work_analytics_8x8.code_digits(code) ~ "'") }}
  {%- endif -%}
  {{ return("cast(null as " ~ dbt.type_string() ~ ")") }}
{% endmacro %}


{% macro country_codes() %}
  {%- set code = var('country_code') -%}
  {%- set found = [] -%}
  {%- for each in (code.values() if code is mapping else [code]) -%}
    {%- if each -%}
      {%- do found.append(work_analytics_8x8.code_digits(each)) -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(found) }}
{% endmacro %}


{% macro code_digits(code) %}
  {%- set digits = modules.re.sub('^(\\+|00)', '', code | string | trim) -%}
  {%- if not modules.re.match('^[1-9][0-9]{0,3}$', digits) and work_analytics_8x8.is_building() -%}
    {{ exceptions.raise_compiler_error(
      "The variable country_code contains " ~ code ~ ": use the digits of a country's code, such as '41', or a"
      ~ " mapping by PBX, such as {acme-europe: '41'}."
    ) }}
  {%- endif -%}
  {{ return(digits | replace("'", "")) }}
{% endmacro %}
