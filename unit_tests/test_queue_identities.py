from typing import Any

import pytest

from source_8x8_work_analytics.retrievers.queue_identities import (
    AGENT_IDENTITIES,
    CALL_IDENTITIES,
    QUEUE_IDENTITIES,
    TIME_TOLERANCE,
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


def test_rows_as_8x8_documents_them_break_nothing() -> None:
    assert QUEUE_IDENTITIES.broken(QUEUE) is None
    assert (
        QUEUE_IDENTITIES.broken(
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
    assert QUEUE_IDENTITIES.broken(dict.fromkeys(QUEUE, 0)) is None
    assert AGENT_IDENTITIES.broken(AGENT) is None
    assert AGENT_IDENTITIES.broken({**AGENT, "missedInteractions": 0}) is None
    assert CALL_IDENTITIES.broken(CALL) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"missedCalls": 4}, "enteredCalls = acceptedCalls + "),
        ({"forwardedToVoiceMail": 7}, "forwardedToVoiceMail <= divertedCalls"),
        ({"transferredToExternalNumber": 112}, "transferredToExternalNumber <= acceptedCalls"),
        ({"acceptedCallsPercentage": 86.0}, "acceptedCallsPercentage = 100 * acceptedCalls / enteredCalls"),
        ({"averageTalkTime": 61.0}, "averageTalkTime <= longestTalkTime"),
        ({"longestTalkTime": 2300.0}, "longestTalkTime <= totalTalkTime"),
    ],
)
def test_a_queue_that_does_not_add_up(change: dict[str, Any], said: str) -> None:
    assert str(QUEUE_IDENTITIES.broken({**QUEUE, **change})).startswith(said)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"enteredInteractions": 9}, "acceptedInteractions + missedInteractions + rejectedInteractions <= "),
        ({"acceptedInteractionsPercentage": 0.7}, "acceptedInteractionsPercentage = 100 * "),
    ],
)
def test_an_agent_that_does_not_add_up(change: dict[str, Any], said: str) -> None:
    assert str(AGENT_IDENTITIES.broken({**AGENT, **change})).startswith(said)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"talkingDuration": 25.97}, "handlingDuration = talkingDuration + onHoldDuration"),
        ({"totalDuration": 60.0}, "waitingDuration + handlingDuration <= totalDuration"),
    ],
)
def test_a_call_that_does_not_add_up(change: dict[str, Any], said: str) -> None:
    assert CALL_IDENTITIES.broken({**CALL, **change}) == said
    assert CALL_IDENTITIES.broken({**CALL, **change, "stopTime": 0}) is None, "a call under way"


@pytest.mark.parametrize("value", [None, ..., "n/a"])
def test_what_8x8_leaves_out_breaks_nothing(value: Any) -> None:
    for identities, whole in (
        (QUEUE_IDENTITIES, QUEUE),
        (AGENT_IDENTITIES, AGENT),
        (CALL_IDENTITIES, CALL),
    ):
        for left_out in whole:
            row = {name: value if name == left_out else field for name, field in whole.items()}
            assert identities.broken({name: field for name, field in row.items() if field is not ...}) is None


@pytest.mark.parametrize(
    ("left_out", "change", "said"),
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
def test_what_8x8_leaves_out_hides_nothing_else(left_out: str, change: dict[str, Any], said: str) -> None:
    row = {**QUEUE, **change}
    del row[left_out]
    assert str(QUEUE_IDENTITIES.broken(row)).startswith(said)


def test_a_call_without_its_end_of_talking_is_still_checked() -> None:
    row = {**CALL, "totalDuration": 60.0}
    del row["talkingDuration"]
    assert CALL_IDENTITIES.broken(row) == "waitingDuration + handlingDuration <= totalDuration"


@pytest.mark.parametrize(
    ("by", "fits"), [(0.0, True), (TIME_TOLERANCE / 2, True), (TIME_TOLERANCE * 2, False)]
)
def test_times_may_differ_by_their_rounding(by: float, fits: bool) -> None:
    parts = {"talkingDuration": 10.0, "onHoldDuration": 5.0, "waitingDuration": 2.0, "stopTime": 1}
    handled = {**parts, "handlingDuration": 15.0 + by, "totalDuration": 20.0}
    total = {**parts, "handlingDuration": 15.0, "totalDuration": 17.0 - by}
    assert (CALL_IDENTITIES.broken(handled) is None) is fits
    assert (CALL_IDENTITIES.broken(total) is None) is fits
    assert (QUEUE_IDENTITIES.broken({"averageTalkTime": 1.0 + by, "longestTalkTime": 1.0}) is None) is fits


@pytest.mark.parametrize(
    ("percentage", "fits"), [(12.5, True), (12.55, True), (12.56, False), (12.44, False)]
)
def test_a_percentage_may_differ_by_its_rounding(percentage: float, fits: bool) -> None:
    row = {"enteredInteractions": 8, "missedInteractions": 1, "missedInteractionsPercentage": percentage}
    assert (AGENT_IDENTITIES.broken(row) is None) is fits
