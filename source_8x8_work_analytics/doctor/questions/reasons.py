"""Why a question could not be asked."""

from source_8x8_work_analytics.doctor.account import (
    EXTENSIONS,
    NO_CALLS,
    NO_PBX,
    has_calls,
    main_pbx,
    week_report,
)
from source_8x8_work_analytics.doctor.model import Answers


def nothing_to_ask(answers: Answers) -> str:
    """Return why there is no PBX with calls to ask about; empty if there is one."""
    if has_calls(answers):
        return ""
    if answers.stopped:
        return f"not asked: {answers.stopped}"
    pbx = main_pbx(answers)
    if pbx is None:
        return NO_PBX
    return answers.get(week_report(answers, EXTENSIONS, pbx)).problem or NO_CALLS
