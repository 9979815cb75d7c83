{# Rows of weeks or months, and rows without the bounds of their window: the marts read each row as one local day. #}
{% test one_day_windows(model) %}
select report_date, window_start, window_end
from {{ model }}
where
    window_start is null
    or window_end is null
    or {{ work_analytics_8x8.hours_between('window_start', 'window_end') }} > 26
{% endtest %}
