"""The doctor tells every behavior that 8x8 may have from the others, in every account, zone and day."""

from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from itertools import combinations
from typing import Any

import pendulum
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sandbox import Sandbox
from sandbox.variants import described
from source_8x8_work_analytics.doctor.findings import NOT_UNDERSTOOD, Finding, as_json, as_table, as_text
from source_8x8_work_analytics.doctor.late_changes import LateChanges, Memory
from testing.doctor_account import Examined, examine
from testing.private import private_in, private_values

NOW = pendulum.datetime(2026, 11, 24, 15, 30, tz="UTC")
ZONES = ["America/New_York", "Europe/London", "Australia/Lord_Howe", "America/St_Johns", "Asia/Singapore"]
WIDTH = 4_000
"""Of a table without line breaks, which could hide a name."""
NUMBERS = {"COUNT": "1", "DAYS": "5", "SECONDS": "-90", "ROWS": "10"}
NOT_IN_ONE_RUN = ("late_changes", "response_times")
"""Questions that take more than one run, or real time; they have tests of their own."""
ACCOUNTS = ["call_moments=whole seconds", "legs_per_call=several"]
VARIANTS = [
    "=".join(NUMBERS.get(part, part) for part in name.split("="))
    for name, _ in described("doctor", "account")
    if name.split("=")[0] not in NOT_IN_ONE_RUN
]


def question_of(variant: str) -> str:
    return variant.split("=")[0]


def is_found(finding: Finding, variant: str) -> bool:
    """Whether a finding is what a variant makes true."""
    question, value = variant.split("=")
    if question == "company_sides":  # the connector assumes neither
        return (finding.seen, finding.verdict) == (value, "holds")
    expected: dict[str, Callable[[], bool]] = {
        "access": lambda: f"{value} (HTTP 40" in finding.seen,
        "pbx_names": lambda: finding.seen == f"{value} of 3 missing",
        "windows_add_up": lambda: "Total_Talk_Time by" in finding.seen,
        "fields": lambda: finding.seen.startswith(f"{value}: "),
        "rate_limit": lambda: finding.seen == "x-ratelimit-limit, x-ratelimit-remaining",
        "clock": lambda: finding.seen in ("90 seconds apart", "89 seconds apart"),
        "row_cap": lambda: f"extension_summary {value}" in finding.seen,
    }
    return finding.verdict == "contradicted" and expected.get(question, lambda: finding.seen == value)()


def check(examined: Examined, variants: Sequence[str]) -> None:
    """Fail unless the findings are those of the variants, and contradict nothing else.

    A variant may leave a question open where another one hides its reports; it is never taken for its
    opposite.
    """
    present = {question_of(variant): variant for variant in variants}
    for name, finding in examined.findings().items():
        assert NOT_UNDERSTOOD not in finding.evidence
        if name in present:
            assert is_found(finding, present[name]) or is_hidden(finding, present), finding
        elif name == "windows_add_up" and "end_time" in present:
            continue  # a call in the last second of a day is lost, so days and weeks may truly differ
        else:
            assert finding.verdict != "contradicted", finding


def is_hidden(finding: Finding, present: dict[str, str]) -> bool:
    """Whether other variants keep one from being found."""
    value = present[finding.id].partition("=")[2]
    left_open = finding.verdict == "unknown" or f'it may be "{value}"' in finding.evidence
    if finding.id == "end_time" and "call_moments" in present:
        # Where every call ends at a whole second, its first millisecond is all there is of it.
        return value == "to the millisecond" and finding.seen == "inclusive"
    if finding.id == "windows_add_up" and "call_moments" in present:
        return finding.seen == "equal"  # there is nothing to cut where all times are whole seconds
    return left_open and bool({"access", "row_cap"} & set(present) or finding.id == "clock_change_day")


def check_privacy(sandbox: Sandbox, examined: Examined) -> None:
    """Fail if anything that is printed or written contains something that only the sandbox knows."""
    seen, found = examined.seen, list(examined.findings().values())
    private = private_values(sandbox, [row for reply in seen.replies.values() for row in reply.rows])
    memory = LateChanges(Memory.empty()).renewed(seen)
    texts = (as_json(found, seen.started_at, 1), as_text(found, WIDTH), as_table(found, WIDTH), str(memory))
    written = " ".join("\n".join(texts).split())  # tables are mostly blanks
    assert private_in(written, private) == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_each_variant_is_found_and_nothing_is_given_away(variant: str) -> None:
    sandbox = Sandbox(clock=lambda: NOW, variants=[variant])
    examined = examine(sandbox)

    if variant not in ACCOUNTS:
        assert is_found(examined.findings()[question_of(variant)], variant)
    check(examined, [variant])
    check_privacy(sandbox, examined)


@pytest.mark.parametrize("accounts", [[], *([account] for account in ACCOUNTS), ACCOUNTS])
def test_an_account_as_assumed_leaves_nothing_open(accounts: list[str]) -> None:
    sandbox = Sandbox(clock=lambda: NOW, variants=accounts)
    examined = examine(sandbox)

    check_privacy(sandbox, examined)
    check(examined, [])
    unknown = {name for name, finding in examined.findings().items() if finding.verdict == "unknown"}
    assert unknown == {"late_changes"}


MOMENTS = ["end_time=exclusive", "end_time=to the millisecond"] + [
    f"{question}={moment}"
    for question in ("call_records_time", "call_legs_time")
    for moment in ("start", "connect")
]


@pytest.mark.parametrize("variant", MOMENTS)
@pytest.mark.parametrize("accounts", [*([account] for account in ACCOUNTS), ACCOUNTS])
def test_moments_are_found_at_whole_seconds_and_with_several_legs(accounts: list[str], variant: str) -> None:
    variants = [*accounts, variant]
    examined = examine(Sandbox(clock=lambda: NOW, variants=variants))

    check(examined, variants)
    finding = examined.findings()[question_of(variant)]
    if "call_moments=whole seconds" in accounts and variant == "end_time=to the millisecond":
        assert finding.seen == "inclusive"
    else:
        assert is_found(finding, variant)


def pairs() -> list[tuple[str, str]]:
    return [pair for pair in combinations(VARIANTS, 2) if question_of(pair[0]) != question_of(pair[1])]


@pytest.mark.soak
@pytest.mark.timeout(7_200)
def test_all_pairs_are_found() -> None:
    for pair in pairs():
        check(examine(Sandbox(clock=lambda: NOW, variants=pair)), pair)


@st.composite
def accounts(draw: Any) -> tuple[Sandbox, dict[str, Any]]:
    """A sandbox with up to two variants at some moment, and the settings to examine it with."""
    moment = draw(st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)))
    now = pendulum.instance(moment.replace(tzinfo=timezone.utc))
    variants = draw(st.lists(st.sampled_from(VARIANTS), max_size=2, unique_by=question_of))
    sandbox = Sandbox(seed=draw(st.integers(0, 10**6)), clock=lambda: now, variants=variants)
    return sandbox, {"time_zone": draw(st.sampled_from(ZONES))}


def check_account(account: tuple[Sandbox, dict[str, Any]]) -> None:
    sandbox, config = account
    examined = examine(sandbox, **config)
    check_privacy(sandbox, examined)
    check(examined, sandbox.variants)
    assert len(examined.seen.exchanges) <= 117  # of 120, with the sign-ins


HIDES_THE_OTHER = Sandbox(clock=lambda: NOW, variants=["access=extension_summary", "one_row_per_key=yes"])


@given(account=accounts())
@example(account=(HIDES_THE_OTHER, {}))
@settings(deadline=None, max_examples=6)
def test_pairs_are_found_with_other_calls_zones_and_days(account: tuple[Sandbox, dict[str, Any]]) -> None:
    check_account(account)


@pytest.mark.soak
@pytest.mark.timeout(1_800)
@given(account=accounts())
@settings(deadline=None, max_examples=200)
def test_pairs_are_found_with_many_other_calls_zones_and_days(
    account: tuple[Sandbox, dict[str, Any]],
) -> None:
    check_account(account)


@pytest.mark.parametrize("days", [0, 2, 5])
def test_late_changes_are_found_by_how_far_back_they_go(days: int) -> None:
    """A day that is corrected until it is `days` old differs between two runs a day apart."""
    variants = [f"late_changes={days}"] if days else []
    first = examine(Sandbox(clock=lambda: NOW, variants=variants), Memory.empty(), 10)
    later = NOW.add(days=1)
    memory = first.late_changes.renewed(first.seen)

    found = examine(Sandbox(clock=lambda: later, variants=variants), memory, 10).findings()["late_changes"]

    if not days:
        assert (found.seen, found.verdict) == ("none", "holds")
        return
    back = int(found.seen.split()[0])
    assert days <= back <= days + 1  # the calls of a UTC day lie in two local days
    assert found.verdict == ("holds" if back <= 2 else "contradicted")
