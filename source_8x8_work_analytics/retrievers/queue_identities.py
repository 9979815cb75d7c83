"""What the numbers of one queue, agent or call row have to add up to, by 8x8's own definitions.

Some of the definitions are inferred, so a row that breaks one is kept and warned about.
"""

from collections.abc import Callable, Mapping
from typing import Any

Row = Mapping[str, Any]
Identities = Mapping[str, Callable[[Row], bool]]
"""By formula: whether a row fulfills it. A number that 8x8 left out raises KeyError or TypeError."""

PERCENT_TOLERANCE = 0.051
"""Percentages have one decimal."""
TIME_TOLERANCE = 0.05
"""Seconds: each of the times is rounded on its own."""

OUTCOMES = (
    *("acceptedCalls", "abandonedInWaitingCalls", "divertedCalls", "missedCalls"),
    "abandonedInHandlingCalls",
)
INTERACTIONS = ("acceptedInteractions", "missedInteractions", "rejectedInteractions")
TIMES = ("HandlingTime", "WaitingTime", "TalkTime", "OnHoldTime")


def broken_identity(identities: Identities, row: Row) -> str | None:
    """Return the first formula that a row breaks, or None."""
    try:
        return next((formula for formula, holds in identities.items() if not holds(row)), None)
    except (KeyError, TypeError):  # a number is missing: check those that have theirs
        return next((formula for formula, holds in identities.items() if not _holds(holds, row)), None)


def _holds(identity: Callable[[Row], bool], row: Row) -> bool:
    try:
        return identity(row)
    except (KeyError, TypeError):
        return True


def _sum(row: Row, names: tuple[str, ...]) -> Any:
    return sum([row[name] for name in names])


def _at_most(part: str, whole: str, tolerance: float = 0) -> Identities:
    return {f"{part} <= {whole}": lambda row: row[part] <= row[whole] + tolerance}


def _percentage(part: str, whole: str) -> Identities:
    percentage = f"{part}Percentage"

    def holds(row: Row) -> bool:
        expected = 100 * row[part] / row[whole] if row[whole] != 0 else 0
        return bool(abs(row[percentage] - expected) <= PERCENT_TOLERANCE)

    return {f"{percentage} = 100 * {part} / {whole}": holds}


def _outcomes_are_all_calls(row: Row) -> bool:
    active = row["enteredCalls"] - _sum(row, OUTCOMES)
    return bool(active == 0 or active == row["activeCalls"])


def _handling_is_its_parts(row: Row) -> bool:
    parts = row["talkingDuration"] + row["onHoldDuration"]
    return not row["stopTime"] or abs(row["handlingDuration"] - parts) <= TIME_TOLERANCE


def _total_covers_its_parts(row: Row) -> bool:
    parts = row["waitingDuration"] + row["handlingDuration"]
    return not row["stopTime"] or parts <= row["totalDuration"] + TIME_TOLERANCE


QUEUE_IDENTITIES: Identities = {
    f"enteredCalls = {' + '.join(OUTCOMES)}": _outcomes_are_all_calls,
    **_at_most("forwardedToVoiceMail", "divertedCalls"),
    **_at_most("transferredToCallQueue", "acceptedCalls"),
    **_at_most("transferredToRingGroup", "acceptedCalls"),
    **_at_most("transferredToExternalNumber", "acceptedCalls"),
    **{
        formula: holds
        for part in (*OUTCOMES, "transferredToCallQueue", "transferredToRingGroup")
        for formula, holds in _percentage(part, "enteredCalls").items()
    },
    **{
        formula: holds
        for time in TIMES
        for formula, holds in {
            **_at_most(f"average{time}", f"longest{time}", TIME_TOLERANCE),
            **_at_most(f"longest{time}", f"total{time}", TIME_TOLERANCE),
        }.items()
    },
}
AGENT_IDENTITIES: Identities = {
    f"{' + '.join(INTERACTIONS)} <= enteredInteractions": (
        lambda row: _sum(row, INTERACTIONS) <= row["enteredInteractions"]
    ),
    **{
        formula: holds
        for part in INTERACTIONS
        for formula, holds in _percentage(part, "enteredInteractions").items()
    },
}
CALL_IDENTITIES: Identities = {
    "handlingDuration = talkingDuration + onHoldDuration": _handling_is_its_parts,
    "waitingDuration + handlingDuration <= totalDuration": _total_covers_its_parts,
}
"""Of calls that are over: the times of a call under way still run."""
