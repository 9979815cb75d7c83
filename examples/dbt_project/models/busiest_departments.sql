-- Calls and answered share of each department in each complete week.
select
    pbx,
    department,
    period_start as week,
    sum(calls) as calls,
    sum(answered) as answered,
    sum(inbound) as inbound
from {{ ref('work_analytics_8x8', 'work_analytics_8x8__extension_periods') }}
where period = 'week' and complete
group by pbx, department, period_start
