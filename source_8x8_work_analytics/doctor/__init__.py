"""Check a real account: questions that 8x8's documentation leaves open, and the findings."""

from source_8x8_work_analytics.doctor import (
    moment_questions,
    queue_questions,
    row_questions,
    service_questions,
    window_questions,
)
from source_8x8_work_analytics.doctor.findings import Question
from source_8x8_work_analytics.doctor.late_changes import LateChanges


def questions(late_changes: LateChanges) -> tuple[Question, ...]:
    """Return every question, in the order of the findings; the one that depends on a run is given."""
    return (
        service_questions.Access(),
        service_questions.PbxNames(),
        window_questions.WindowsAddUp(),
        moment_questions.EndTime(),
        moment_questions.CallRecordsTime(),
        moment_questions.CallLegsTime(),
        row_questions.ZeroRows(),
        row_questions.OneRowPerKey(),
        row_questions.Fields(),
        window_questions.ClockChangeDay(),
        window_questions.Retention(),
        row_questions.CompanySides(),
        window_questions.AllPbxes(),
        late_changes,
        service_questions.ResponseTimes(),
        service_questions.RateLimit(),
        service_questions.Clock(),
        queue_questions.QueueWindow(),
        queue_questions.QueueUnits(),
        queue_questions.QueueIdentity(),
        service_questions.Sessions(),
        row_questions.RowCap(),
    )
