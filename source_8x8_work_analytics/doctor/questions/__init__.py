"""The questions of the report, in its order."""

from source_8x8_work_analytics.doctor.account import first_requests
from source_8x8_work_analytics.doctor.model import Question
from source_8x8_work_analytics.doctor.questions import (
    access,
    fields,
    history,
    late_changes,
    moments,
    queues,
    rows,
    service,
    windows,
)

QUESTIONS = (
    Question(
        "access",
        "Which of the reports and lists may this user read?",
        access.access_requests,
        access.access,
    ),
    Question(
        "pbx_names",
        "Are the configured PBX names those that the user can see?",
        access.names_requests,
        access.pbx_names,
    ),
    Question(
        "windows_add_up",
        "Do the days of a finished week add up to one report over the week?",
        windows.week_requests,
        windows.windows_add_up,
    ),
    Question(
        "end_time",
        "Does an endTime cover its whole last second?",
        moments.time_requests,
        moments.end_time,
    ),
    Question(
        "call_records_time",
        "Which moment of a call decides the window of its record?",
        first_requests,  # end_time needs the same
        moments.call_records_time,
    ),
    Question(
        "call_legs_time",
        "Which moment of a leg decides its window?",
        first_requests,  # end_time needs the same
        moments.call_legs_time,
    ),
    Question(
        "zero_rows",
        "Are extensions without calls listed?",
        rows.zero_rows_requests,
        rows.zero_rows,
    ),
    Question(
        "one_row_per_key",
        "Can one report hold a key twice?",
        first_requests,
        rows.one_row_per_key,
    ),
    Question(
        "fields",
        "Are there documented fields that are missing, new ones, or other types?",
        first_requests,
        fields.fields,
    ),
    Question(
        "clock_change_day",
        "Is the last day of 23 or 25 hours the sum of its hours?",
        windows.clock_change_requests,
        windows.clock_change_day,
    ),
    Question(
        "retention",
        "What does 8x8 return for a day older than two years?",
        history.retention_requests,
        history.retention,
    ),
    Question(
        "company_sides",
        "Are external… and internal… of the company summary filled?",
        rows.company_requests,
        rows.company_sides,
    ),
    Question(
        "all_pbxes",
        "Does allpbxes equal the sum of the PBXs that the user can see?",
        history.all_pbxes_requests,
        history.all_pbxes,
    ),
    Question(
        "late_changes",
        "Which finished days changed since the last run?",
        late_changes.late_requests,
        late_changes.late_changes,
    ),
    Question(
        "response_times",
        "How long does a report take, and how many at once are worth it?",
        first_requests,
        service.response_times,
    ),
    Question(
        "rate_limit",
        "Does any header or status speak of a limit?",
        first_requests,
        service.rate_limit,
    ),
    Question(
        "clock",
        "Does this machine's clock agree with 8x8's?",
        first_requests,
        service.clock,
    ),
    Question(
        "queue_window",
        "Do the queue reports read instants, or whole days?",
        queues.window_requests,
        queues.queue_window,
    ),
    Question(
        "queue_units",
        "Are the durations of the queue reports seconds?",
        queues.units_requests,
        queues.queue_units,
    ),
    Question(
        "queue_identity",
        "Do the counts of a queue add up to the calls that entered it?",
        queues.identity_requests,
        queues.queue_identity,
    ),
)

LAST = "late_changes"
"""Its many days are asked for after everything else, so that the limit on requests cuts these short."""
