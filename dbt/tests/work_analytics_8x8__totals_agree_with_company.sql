{{ config(
    severity='warn',
    enabled=work_analytics_8x8.is_loaded('extension_summary') and work_analytics_8x8.is_loaded('company_summary'),
) }}

-- An external call is one call of one extension; a call between extensions is received by one of them.
-- A warning, because 8x8 does not document that its two reports count in the same way.
with extensions as (

    select
        pbx,
        report_date,
        sum(external_inbound_total) as inbound,
        sum(external_outbound_total) as outbound,
        sum(internal_inbound_total) as between_extensions
    from {{ ref('work_analytics_8x8', 'stg_work_analytics_8x8__extension_summary') }}
    where window_complete
    group by pbx, report_date

)

select
    company.pbx,
    company.report_date,
    extensions.inbound as inbound_of_extensions,
    company.inbound_total as inbound_of_company,
    extensions.outbound as outbound_of_extensions,
    company.outbound_total as outbound_of_company,
    extensions.between_extensions as between_extensions_of_extensions,
    company.total_extension_to_extension as between_extensions_of_company
from {{ ref('work_analytics_8x8', 'stg_work_analytics_8x8__company_summary') }} as company
left join extensions
    on company.pbx = extensions.pbx
    and company.report_date = extensions.report_date
where
    company.window_complete
    and not (
        coalesce(extensions.inbound, 0) = company.inbound_total
        and coalesce(extensions.outbound, 0) = company.outbound_total
        and coalesce(extensions.between_extensions, 0) = company.total_extension_to_extension
    )
