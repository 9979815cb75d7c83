{{ config(
    severity='warn',
    enabled=work_analytics_8x8.is_loaded('extension_summary') and work_analytics_8x8.is_loaded('call_records'),
) }}

-- Compares the calls of a day, counted individually, with the day's extension summary.
-- A warning, because 8x8 does not document that its two reports assign a call to the same day.
with extensions as (

    select
        pbx,
        report_date,
        sum(external_inbound_total + external_outbound_total + internal_inbound_total) as calls
    from {{ ref('work_analytics_8x8', 'stg_work_analytics_8x8__extension_summary') }}
    where window_complete
    group by pbx, report_date

),

records as (

    select
        pbx,
        report_date,
        count(*) as calls
    from {{ ref('work_analytics_8x8', 'work_analytics_8x8__calls') }}
    where window_complete
    group by pbx, report_date

)

select
    extensions.pbx,
    extensions.report_date,
    extensions.calls as calls_of_extensions,
    records.calls as calls_of_records
from extensions
inner join records
    on extensions.pbx = records.pbx
    and extensions.report_date = records.report_date
where extensions.calls <> records.calls
