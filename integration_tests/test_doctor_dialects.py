"""The doctor tells every answer that 8x8 may give from the others, whatever calls, zone and day."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pendulum
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sandbox import Sandbox
from sandbox.variants import described
from source_8x8_work_analytics.doctor.examine import NOT_UNDERSTOOD
from source_8x8_work_analytics.doctor.memory import Memory
from source_8x8_work_analytics.doctor.model import Answers, Finding
from source_8x8_work_analytics.doctor.questions.late_changes import renewed
from source_8x8_work_analytics.doctor.report import as_json, as_table, plain
from testing.doctor_account import examined, outcomes
from testing.private import private_in, private_values

NOW = pendulum.datetime(2026, 11, 24, 15, 30, tz="UTC")
ZONES = ["America/New_York", "Europe/London", "Australia/Lord_Howe", "America/St_Johns", "Asia/Singapore"]
WIDTH = 4_000
"""Of a table without line breaks, which could hide a name."""
NUMBERS = {"COUNT": "1", "DAYS": "5", "SECONDS": "-90"}
OTHERWISE = ("late_changes", "response_times")
"""Questions that take more than one run, or real time; they have tests of their own."""
NOT_YET_ASKED = ("sessions", "row_cap", "access=ring_group_agent_activity")
"""Variants that the doctor has no question for yet: remove each when it has."""
DIALECTS = [
    "=".join(NUMBERS.get(part, part) for part in name.split("="))
    for name, _ in described("doctor")
    if name.split("=")[0] not in OTHERWISE and not name.startswith(NOT_YET_ASKED)
]


def question_of(dialect: str) -> str:
    return dialect.split("=")[0]


def tells(finding: Finding, dialect: str) -> bool:
    """Whether a finding gives a dialect's answer."""
    question, answer = dialect.split("=")
    if question == "company_sides":  # the connector assumes neither
        return (finding.seen, finding.verdict) == (answer, "holds")
    expected: dict[str, Callable[[], bool]] = {
        "access": lambda: f"{answer} (HTTP 40" in finding.seen,
        "pbx_names": lambda: finding.seen == f"{answer} of 3 missing",
        "windows_add_up": lambda: "Total_Talk_Time by" in finding.seen,
        "fields": lambda: finding.seen.startswith(f"{answer}: "),
        "rate_limit": lambda: finding.seen == "x-ratelimit-limit, x-ratelimit-remaining",
        "clock": lambda: finding.seen in ("90 seconds apart", "89 seconds apart"),
    }
    told = expected.get(question, lambda: finding.seen == answer)
    return finding.verdict == "contradicted" and told()


def check(findings: dict[str, Finding], dialects: Sequence[str]) -> None:
    """Fail unless the findings give the dialects' answers, and contradict nothing else."""
    spoken = {question_of(dialect): dialect for dialect in dialects}
    for name, finding in findings.items():
        assert NOT_UNDERSTOOD not in finding.evidence
        if name in spoken:
            answer = spoken[name].partition("=")[2]
            left_open = finding.verdict == "unknown" or f'it may be "{answer}"' in finding.evidence
            hidden = "access" in spoken and left_open
            still = name == "clock_change_day" and finding.verdict == "unknown"
            assert tells(finding, spoken[name]) or hidden or still, finding
        elif name == "windows_add_up" and "end_time" in spoken:
            continue  # a call in the last second of a day is lost, so days and weeks may truly differ
        else:
            assert finding.verdict != "contradicted", finding


def check_privacy(sandbox: Sandbox, answers: Answers, found: list[Finding]) -> None:
    """Fail if anything that is printed or written holds something that only the sandbox may know."""
    rows = [row for answer in answers.by_request.values() for row in answer.rows]
    private = private_values(sandbox, rows)
    texts = [as_json(found, answers.asked_at, 1), plain(found, WIDTH), as_table(found, WIDTH)]
    for text in texts:
        assert private_in(text, private) == []
    assert private_in(str(renewed(replace(answers, memory=Memory.empty()))), private) == []


@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_dialect_is_told_and_gives_nobody_away(dialect: str) -> None:
    sandbox = Sandbox(clock=lambda: NOW, variants=[dialect])
    answers = examined(sandbox)
    found = outcomes(answers)

    assert tells(found[question_of(dialect)], dialect)
    check(found, [dialect])
    check_privacy(sandbox, answers, list(found.values()))


def test_the_plain_dialect_contradicts_nothing() -> None:
    sandbox = Sandbox(clock=lambda: NOW)
    answers = examined(sandbox)
    found = outcomes(answers)

    check_privacy(sandbox, answers, list(found.values()))
    unknown = {name for name, finding in found.items() if finding.verdict == "unknown"}
    assert unknown == {"late_changes"}
    check(found, [])


@st.composite
def accounts(draw: Any) -> tuple[Sandbox, dict[str, Any]]:
    """A sandbox with up to two dialects at some moment, and the settings to ask with."""
    moment = draw(st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)))
    now = pendulum.instance(moment.replace(tzinfo=timezone.utc))
    dialects = draw(st.lists(st.sampled_from(DIALECTS), max_size=2, unique_by=question_of))
    sandbox = Sandbox(seed=draw(st.integers(0, 10**6)), clock=lambda: now, variants=dialects)
    return sandbox, {"time_zone": draw(st.sampled_from(ZONES))}


def ask(account: tuple[Sandbox, dict[str, Any]]) -> None:
    sandbox, config = account
    answers = examined(sandbox, **config)
    found = outcomes(answers)
    check_privacy(sandbox, answers, list(found.values()))
    check(found, sandbox.variants)
    assert len(answers.exchanges) <= 120


HIDES_THE_OTHER = Sandbox(clock=lambda: NOW, variants=["access=extension_summary", "one_row_per_key=yes"])


@given(account=accounts())
@example(account=(HIDES_THE_OTHER, {}))
@settings(deadline=None, max_examples=6)
def test_pairs_are_told_apart_over_seeds_zones_and_days(account: tuple[Sandbox, dict[str, Any]]) -> None:
    ask(account)


@pytest.mark.soak
@pytest.mark.timeout(1_800)
@given(account=accounts())
@settings(deadline=None, max_examples=200)
def test_pairs_are_told_apart_over_many_seeds_zones_and_days(
    account: tuple[Sandbox, dict[str, Any]],
) -> None:
    ask(account)


@pytest.mark.parametrize("days", [0, 2, 5])
def test_late_changes_are_told_by_how_far_back_they_go(days: int) -> None:
    """A day that is corrected until it is `days` old differs between two runs a day apart."""
    dialects = [f"late_changes={days}"] if days else []
    first = examined(Sandbox(clock=lambda: NOW, variants=dialects), Memory.empty(), 10)
    later = NOW.add(days=1)
    memory = renewed(first)

    found = outcomes(examined(Sandbox(clock=lambda: later, variants=dialects), memory, 10))["late_changes"]

    if not days:
        assert (found.seen, found.verdict) == ("none", "holds")
        return
    back = int(found.seen.split()[0])
    assert days <= back <= days + 1  # the calls of a UTC day lie in two local days
    assert found.verdict == ("holds" if back <= 2 else "contradicted")
