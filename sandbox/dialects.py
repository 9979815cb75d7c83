"""What 8x8 may answer where its documents leave it open: each answer is a dialect, and can be switched on.

A dialect is written `question=answer`, in the words of the doctor's report: `end_time=exclusive`. Without one
the sandbox gives the plain answers, those that the connector assumes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any

STREAMS = {
    "extension_summary": "/v2/extsum",
    "company_summary": "/v1/compsum",
    "ring_group_summary": "/v2/rgsum-groups",
    "ring_group_member_summary": "/v2/rgsum-members",
    "call_records": "/v2/call-records",
    "call_legs": "/v2/call-legs",
    "pbxes": "/v2/pbxes",
    "sites": "/sites",
    "call_queues": "/queues",
    "call_queue_agents": "/agents",
    "call_queue_summary": "/call-queue-metrics",
    "call_queue_agent_summary": "/queue-agent-activity",
    "agent_summary": "/agent-activity",
    "queue_calls": "/calls",
}
"""The streams that `access` can refuse, and the ends of their paths."""


def _choice(**meanings: str) -> Any:
    """Return a question with a few answers; the first is the plain one."""
    answers = {word.replace("_", " "): meaning for word, meaning in meanings.items()}
    return field(default=next(iter(answers)), metadata={"answers": answers})


def _number(placeholder: str, meaning: str) -> Any:
    """Return a question that is answered by a number; 0 is the plain one."""
    return field(default=0, metadata={"answers": {placeholder: meaning}})


def _several(**meanings: str) -> Any:
    """Return a question with several answers at once; the plain one is none of them."""
    answers = {word.replace("_", " "): meaning for word, meaning in meanings.items()}
    return field(default=frozenset(), metadata={"answers": answers})


@dataclass(frozen=True)
class Dialect:
    """An answer to each question. The fields are the ids of the doctor's questions."""

    access: frozenset[str] = field(
        default=frozenset(), metadata={"answers": dict.fromkeys(STREAMS, "the user may not read this stream")}
    )
    pbx_names: int = _number("COUNT", "the user cannot see the last COUNT PBXs")
    windows_add_up: str = _choice(
        equal="the days of a week add up to the week",
        different="summaries cut their times to whole seconds, so days do not add up",
    )
    end_time: str = _choice(
        inclusive="endTime covers its whole last second",
        exclusive="a window ends just before endTime",
        to_the_millisecond="endTime covers the first millisecond of its last second",
    )
    call_records_time: str = _choice(
        disconnect="a call record belongs to the window in which the call ends",
        start="a call record belongs to the window in which the call starts",
        connect="as start, but connect; unanswered calls belong to no window",
    )
    call_legs_time: str = _choice(
        disconnect="a call leg belongs to the window in which the leg ends",
        start="a call leg belongs to the window in which the leg starts",
        connect="as start, but connect; unanswered legs belong to no window",
    )
    zero_rows: str = _choice(
        no="the extension summary leaves out extensions without calls",
        yes="the extension summary lists extensions without calls",
    )
    one_row_per_key: str = _choice(
        no="no report holds a key twice",
        yes="the busiest extension has two rows, as if its department had changed",
    )
    fields: frozenset[str] = _several(
        missing="a documented field of each report is left out",
        new="each report has a field that is not documented",
        other_type="a number in each report comes as text",
    )
    clock_change_day: str = _choice(
        equal="a day has its 23, 24 or 25 hours",
        different="every day has 24 hours: a window keeps the UTC offset of its start",
    )
    retention: str = _choice(
        empty="days older than two years have no rows",
        rows="days older than two years have their rows",
        error="days older than two years are refused",
    )
    company_sides: str = _choice(
        no="external and internal counts of the company summary are 0",
        yes="external and internal counts of the company summary are filled",
    )
    all_pbxes: str = _choice(
        equal="allpbxes means every PBX that the user can see",
        different="allpbxes leaves out the last PBX",
    )
    late_changes: int = _number("DAYS", "the calls of a UTC day are corrected once a day for DAYS days")
    response_times: str = _choice(
        parallel="reports are computed in parallel",
        serial="reports are computed one after another; takes effect with a latency",
    )
    rate_limit: str = _choice(
        none="no header speaks of a limit",
        headers="each answer has x-ratelimit headers",
    )
    queue_window: str = _choice(
        instants="startDate and endDate of the queue endpoints are instants",
        whole_days="only the dates of startDate and endDate count, as whole days of UTC",
    )
    queue_units: str = _choice(
        seconds="times of queues and agents are seconds",
        milliseconds="times of queues and agents are milliseconds",
    )
    queue_identity: str = _choice(
        equal="the outcomes of a queue add up to the calls that entered it",
        different="one call more enters each queue than its outcomes account for",
    )
    clock: int = _number("SECONDS", "the Date header is ahead by SECONDS, or behind if negative")


PLAIN = Dialect()


@lru_cache(maxsize=64)
def read_dialects(names: tuple[str, ...]) -> Dialect:
    """Return the dialect that is the plain one but for these answers."""
    answers: dict[str, Any] = {}
    for name in names:
        question, _, answer = name.partition("=")
        plain = getattr(PLAIN, question, None)
        if plain is None:
            raise _unknown(name)
        known = _answers(question)
        if isinstance(plain, int):
            try:
                answers[question] = int(answer)
            except ValueError:
                raise _unknown(name) from None
        elif answer not in known:
            raise _unknown(name)
        elif isinstance(plain, frozenset):
            answers[question] = answers.get(question, frozenset()) | {answer}
        elif answers.setdefault(question, answer) != answer:
            raise ValueError(f"{question} has two answers: choose one.")
    return Dialect(**answers)


def described() -> Iterator[tuple[str, str]]:
    """Yield each dialect that differs from the plain one, and its meaning."""
    for question in fields(Dialect):
        for answer, meaning in _answers(question.name).items():
            if answer != question.default:
                yield f"{question.name}={answer}", meaning


def _answers(question: str) -> dict[str, str]:
    known = next(one.metadata["answers"] for one in fields(Dialect) if one.name == question)
    return dict(known)


def _unknown(name: str) -> ValueError:
    return ValueError(f"{name} is not a dialect; python -m sandbox --help lists them.")
