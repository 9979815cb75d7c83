{{ config(enabled=work_analytics_8x8.is_loaded('call_queue_summary')) }}

with days as (

    select
        *,
        -- Older responses of 8x8 do not report calls abandoned while an agent handled them.
        abandoned_in_waiting_calls + coalesce(abandoned_in_handling_calls, 0) as abandoned,
        accepted_calls + coalesce(abandoned_in_handling_calls, 0) as handled,
        case
            when coalesce(transferred_to_call_queue, transferred_to_ring_group, transferred_to_external_number) is not null
                then
                    coalesce(transferred_to_call_queue, 0)
                    + coalesce(transferred_to_ring_group, 0)
                    + coalesce(transferred_to_external_number, 0)
        end as transferred
    from {{ ref('work_analytics_8x8', 'stg_work_analytics_8x8__call_queue_summary') }}

)

select
    pbx,
    id as queue,
    report_date,
    name as queue_name,
    extension as queue_extension,
    site,
    entered_calls as entered,
    accepted_calls as accepted,
    abandoned,
    abandoned_in_waiting_calls as abandoned_in_waiting,
    abandoned_in_handling_calls as abandoned_in_handling,
    missed_calls as missed,
    diverted_calls as diverted,
    handled,
    forwarded_to_voicemail as voicemail,
    transferred,
    transferred_to_call_queue as transferred_to_queue,
    transferred_to_ring_group,
    transferred_to_external_number as transferred_outside,
    total_handling_seconds as handling_seconds,
    total_waiting_seconds as waiting_seconds,
    total_talk_seconds as talk_seconds,
    total_on_hold_seconds as on_hold_seconds,
    longest_waiting_seconds as longest_wait_seconds,
    {{ work_analytics_8x8.ratio('accepted_calls', 'entered_calls') }} as accepted_rate,
    {{ work_analytics_8x8.ratio('abandoned', 'entered_calls') }} as abandoned_rate,
    {{ work_analytics_8x8.ratio('missed_calls', 'entered_calls') }} as missed_rate,
    {{ work_analytics_8x8.ratio('diverted_calls', 'entered_calls') }} as diverted_rate,
    {{ work_analytics_8x8.ratio('total_handling_seconds', 'handled') }} as average_handling_seconds,
    {{ work_analytics_8x8.ratio('total_waiting_seconds', 'entered_calls') }} as average_waiting_seconds,
    {{ work_analytics_8x8.ratio('total_talk_seconds', 'handled') }} as average_talk_seconds,
    window_complete
from days
