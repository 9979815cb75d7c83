"""What the numbers of queues, agents and calls have to add up to."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from source_8x8_work_analytics.reports.queue_identities import (
    AGENT_IDENTITIES,
    CALL_IDENTITIES,
    INTERACTIONS,
    PERCENT_TOLERANCE,
    QUEUE_IDENTITIES,
    TIME_TOLERANCE,
    Identity,
    broken_identity,
    ended,
)

QUEUE = {
    "enteredCalls": 128,
    "acceptedCalls": 111,
    "abandonedInWaitingCalls": 7,
    "divertedCalls": 6,
    "missedCalls": 3,
    "abandonedInHandlingCalls": 1,
    "activeCalls": 0,
    "forwardedToVoiceMail": 6,
    "transferredToCallQueue": 2,
    "acceptedCallsPercentage": 86.7,
    "transferredToCallQueuePercentage": 1.6,
    "averageTalkTime": 20.5,
    "longestTalkTime": 60.0,
    "totalTalkTime": 2275.5,
}
AGENT = {
    "enteredInteractions": 10,
    "acceptedInteractions": 7,
    "missedInteractions": 2,
    "rejectedInteractions": 1,
    "acceptedInteractionsPercentage": 70.0,
}
CALL = {
    "stopTime": 1717756620000,
    "handlingDuration": 45.79,
    "waitingDuration": 19.75,
    "talkingDuration": 24.97,
    "onHoldDuration": 20.82,
    "totalDuration": 68.31,
}


def broken(identities: Sequence[Identity], *rows: Mapping[str, Any]) -> str | None:
    return broken_identity(rows, identities)


def test_rows_as_documented_break_no_formula() -> None:
    assert broken(QUEUE_IDENTITIES, QUEUE) is None
    assert (
        broken(
            QUEUE_IDENTITIES,
            {
                **QUEUE,
                "enteredCalls": 130,
                "activeCalls": 2,
                "acceptedCallsPercentage": 85.4,
                "transferredToCallQueuePercentage": 1.5,
            },
        )
        is None
    )
    assert broken(QUEUE_IDENTITIES, dict.fromkeys(QUEUE, 0)) is None
    assert broken(AGENT_IDENTITIES, AGENT) is None
    assert broken(AGENT_IDENTITIES, {**AGENT, "missedInteractions": 0}) is None
    assert broken(CALL_IDENTITIES, CALL) is None


@pytest.mark.parametrize(
    ("change", "formula"),
    [
        ({"missedCalls": 4}, "enteredCalls = acceptedCalls + "),
        ({"missedCalls": 2}, "enteredCalls = acceptedCalls + "),
        ({"forwardedToVoiceMail": 7}, "forwardedToVoiceMail <= divertedCalls"),
        ({"transferredToExternalNumber": 112}, "transferredToExternalNumber <= acceptedCalls"),
        ({"acceptedCallsPercentage": 86.0}, "acceptedCallsPercentage = 100 * acceptedCalls / enteredCalls"),
        ({"averageTalkTime": 61.0}, "averageTalkTime <= longestTalkTime"),
        ({"longestTalkTime": 2300.0}, "longestTalkTime <= totalTalkTime"),
    ],
)
def test_a_queue_that_does_not_add_up(change: dict[str, Any], formula: str) -> None:
    assert str(broken(QUEUE_IDENTITIES, {**QUEUE, **change})).startswith(formula)


@pytest.mark.parametrize(
    ("change", "formula"),
    [
        ({"enteredInteractions": 9}, "acceptedInteractions + missedInteractions + rejectedInteractions <= "),
        ({"acceptedInteractionsPercentage": 0.7}, "acceptedInteractionsPercentage = 100 * "),
    ],
)
def test_an_agent_that_does_not_add_up(change: dict[str, Any], formula: str) -> None:
    assert str(broken(AGENT_IDENTITIES, {**AGENT, **change})).startswith(formula)


@pytest.mark.parametrize(
    ("change", "formula"),
    [
        ({"talkingDuration": 25.97}, "handlingDuration = talkingDuration + onHoldDuration"),
        ({"totalDuration": 60.0}, "waitingDuration + handlingDuration <= totalDuration"),
    ],
)
def test_a_call_that_does_not_add_up(change: dict[str, Any], formula: str) -> None:
    assert broken(CALL_IDENTITIES, {**CALL, **change}) == formula


@pytest.mark.parametrize("value", [None, ..., "n/a"])
def test_a_missing_number_breaks_no_formula(value: Any) -> None:
    for identities, whole in (
        (QUEUE_IDENTITIES, QUEUE),
        (AGENT_IDENTITIES, AGENT),
        (CALL_IDENTITIES, CALL),
    ):
        for left_out in whole:
            row = {name: value if name == left_out else field for name, field in whole.items()}
            assert (
                broken_identity(
                    [{name: field for name, field in row.items() if field is not ...}], identities
                )
                is None
            )


@pytest.mark.parametrize("other", [str, bool, lambda number: [number]], ids=["text", "flag", "list"])
def test_values_that_are_not_numbers_break_no_formula_and_hide_no_other_row(
    other: Callable[[Any], Any],
) -> None:
    for identities, whole, change in (
        (QUEUE_IDENTITIES, QUEUE, {"forwardedToVoiceMail": 7}),
        (AGENT_IDENTITIES, AGENT, {"enteredInteractions": 9}),
        (CALL_IDENTITIES, CALL, {"totalDuration": 60.0}),
    ):
        wrong = {**whole, **change}
        odd = {name: other(number) for name, number in wrong.items()}
        assert broken(identities, odd) is None
        assert broken(identities, odd, whole) is None
        assert broken(identities, odd, wrong) == broken(identities, wrong) is not None


@pytest.mark.parametrize(
    ("left_out", "change", "formula"),
    [
        ("missedCalls", {"forwardedToVoiceMail": 7}, "forwardedToVoiceMail <= divertedCalls"),
        ("forwardedToVoiceMail", {"averageTalkTime": 61.0}, "averageTalkTime <= longestTalkTime"),
        (
            "acceptedCallsPercentage",
            {"transferredToCallQueuePercentage": 9.0},
            "transferredToCallQueuePercentage =",
        ),
    ],
)
def test_a_missing_number_hides_no_other_formula(left_out: str, change: dict[str, Any], formula: str) -> None:
    row = {**QUEUE, **change}
    del row[left_out]
    assert str(broken(QUEUE_IDENTITIES, row)).startswith(formula)


def test_a_call_without_its_end_of_talking_is_still_checked() -> None:
    row = {**CALL, "totalDuration": 60.0}
    del row["talkingDuration"]
    assert broken(CALL_IDENTITIES, row) == "waitingDuration + handlingDuration <= totalDuration"


@pytest.mark.parametrize(
    ("by", "fits"), [(0.0, True), (TIME_TOLERANCE / 2, True), (TIME_TOLERANCE * 2, False)]
)
def test_times_may_differ_by_their_rounding(by: float, fits: bool) -> None:
    parts = {"talkingDuration": 10.0, "onHoldDuration": 5.0, "waitingDuration": 2.0, "stopTime": 1}
    handled = {**parts, "handlingDuration": 15.0 + by, "totalDuration": 20.0}
    total = {**parts, "handlingDuration": 15.0, "totalDuration": 17.0 - by}
    assert (broken(CALL_IDENTITIES, handled) is None) is fits
    assert (broken(CALL_IDENTITIES, total) is None) is fits
    assert (broken(QUEUE_IDENTITIES, {"averageTalkTime": 1.0 + by, "longestTalkTime": 1.0}) is None) is fits


@pytest.mark.parametrize(
    ("percentage", "fits"), [(12.5, True), (12.55, True), (12.56, False), (12.44, False)]
)
def test_a_percentage_may_differ_by_its_rounding(percentage: float, fits: bool) -> None:
    row = {"enteredInteractions": 8, "missedInteractions": 1, "missedInteractionsPercentage": percentage}
    assert (broken(AGENT_IDENTITIES, row) is None) is fits


def test_a_time_may_differ_by_all_of_its_tolerance() -> None:
    assert broken(QUEUE_IDENTITIES, {"averageTalkTime": 30.05, "longestTalkTime": 30.0}) is None
    call = {"handlingDuration": 30.05, "talkingDuration": 20.0, "onHoldDuration": 10.0}
    assert broken(CALL_IDENTITIES, call) is None
    zeros = dict.fromkeys(("talkingDuration", "onHoldDuration", "waitingDuration"), 0)
    assert broken(CALL_IDENTITIES, {**zeros, "handlingDuration": TIME_TOLERANCE}) is None
    assert broken(CALL_IDENTITIES, {**zeros, "handlingDuration": 0, "totalDuration": -TIME_TOLERANCE}) is None
    none = {"enteredInteractions": 0, "missedInteractions": 0}
    assert broken(AGENT_IDENTITIES, {**none, "missedInteractionsPercentage": PERCENT_TOLERANCE}) is None


def test_one_row_of_many_that_does_not_add_up() -> None:
    assert broken(AGENT_IDENTITIES) is None
    assert broken(AGENT_IDENTITIES, AGENT, AGENT, {**AGENT, "missedInteractions": 0}) is None
    assert broken(AGENT_IDENTITIES, AGENT, {**AGENT, "enteredInteractions": 9}, AGENT)
    assert broken(QUEUE_IDENTITIES, QUEUE, {**QUEUE, "missedCalls": 4}, QUEUE)


def test_a_row_with_missing_numbers_does_not_hide_another_row() -> None:
    partial = {"enteredInteractions": None, "missedInteractionsPercentage": "n/a"}
    assert broken(AGENT_IDENTITIES, partial, AGENT) is None
    assert broken(AGENT_IDENTITIES, partial, {**AGENT, "enteredInteractions": 9})
    no_calls = {name: number for name, number in QUEUE.items() if name != "activeCalls"}
    assert broken(QUEUE_IDENTITIES, no_calls, QUEUE) is None
    assert broken(QUEUE_IDENTITIES, no_calls, {**QUEUE, "missedCalls": 4})


def test_an_active_call_has_no_outcome_yet() -> None:
    active = {**QUEUE, "missedCalls": 1, "missedCallsPercentage": 0.8, "activeCalls": 2}
    assert broken(QUEUE_IDENTITIES, active) is None
    assert broken(QUEUE_IDENTITIES, {**active, "activeCalls": 1})
    assert broken(QUEUE_IDENTITIES, {**active, "activeCalls": None}) is None, "8x8 did not say"


def test_a_percentage_without_its_count_breaks_no_formula() -> None:
    alone = {"enteredInteractions": 0, "missedInteractions": None, "missedInteractionsPercentage": 5.0}
    assert broken(AGENT_IDENTITIES, alone) is None
    assert broken(AGENT_IDENTITIES, alone, {}) is None
    assert broken(AGENT_IDENTITIES, {**alone, "missedInteractions": 0}, {})
    none = {"enteredInteractions": 0, "missedInteractions": 3, "missedInteractionsPercentage": 0}
    assert broken(AGENT_IDENTITIES, none) is None, "of no calls, any share is 0 percent"


def test_huge_numbers_break_no_formula_and_hide_no_other_row() -> None:
    huge = {**dict.fromkeys(INTERACTIONS, 1.5), "enteredInteractions": 10**400}
    assert broken(AGENT_IDENTITIES, huge, AGENT) is None
    assert broken(AGENT_IDENTITIES, huge, {**AGENT, "enteredInteractions": 9})
    share = {"transferredToCallQueue": 10**400, "enteredCalls": 3, "transferredToCallQueuePercentage": 1.5}
    assert broken(QUEUE_IDENTITIES, share, QUEUE) is None
    assert broken(QUEUE_IDENTITIES, share, {**QUEUE, "transferredToCallQueuePercentage": 9.0})


def test_a_call_in_progress_is_not_judged() -> None:
    wrong = {**CALL, "totalDuration": 60.0}
    assert broken(CALL_IDENTITIES, *ended([wrong]))
    for stop in (0, None):
        assert ended([{**wrong, "stopTime": stop}, CALL]) == [CALL]
    del wrong["stopTime"]
    assert ended([wrong]) == []
