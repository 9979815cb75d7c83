-- Calls by department and completed week.
select
    pbx,
    department,
    period_start as week,
    sum(calls) as calls,
    sum(missed) as missed,
    sum(talk_seconds) as talk_seconds
from {{ ref('work_analytics_8x8', 'work_analytics_8x8__extension_periods') }}
where period = 'week' and complete and department is not null
group by pbx, department, period_start
