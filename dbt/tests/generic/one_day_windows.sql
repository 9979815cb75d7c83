{# Rows of weeks or months: the marts read each row as one local day. #}
{% test one_day_windows(model) %}
select report_date, window_start, window_end
from {{ model }}
where {{ work_analytics_8x8.hours_between('window_start', 'window_end') }} > 26
{% endtest %}
