"""What the numbers of one queue, agent or call row have to add up to, by 8x8's own definitions.

Some of the definitions are inferred, so a row that breaks one is kept and warned about.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from source_8x8_work_analytics.retrievers.queue_payload import is_number

Row = Mapping[str, Any]
BrokenIdentity = Callable[[Row], str | None]
"""Returns the first identity that a row breaks, as a formula, or None."""

OUTCOMES = (
    *("acceptedCalls", "abandonedInWaitingCalls", "divertedCalls", "missedCalls"),
    "abandonedInHandlingCalls",
)
PARTS_OF = {
    "forwardedToVoiceMail": "divertedCalls",
    "transferredToCallQueue": "acceptedCalls",
    "transferredToRingGroup": "acceptedCalls",
    "transferredToExternalNumber": "acceptedCalls",
}
TIMES = ("HandlingTime", "WaitingTime", "TalkTime", "OnHoldTime")
PERCENT_TOLERANCE = 0.051
"""Percentages have one decimal."""
TIME_TOLERANCE = 0.05
"""Seconds: each of the times is rounded on its own."""


def broken_queue_identity(row: Row) -> str | None:
    """Check a row of `call_queue_summary`."""
    return next(_broken_in_queue(row), None)


def broken_agent_identity(row: Row) -> str | None:
    """Check a row of `call_queue_agent_summary` or `agent_summary`."""
    return next(_broken_in_agent(row), None)


def broken_call_identity(row: Row) -> str | None:
    """Check a row of `queue_calls`; a call that is still under way has nothing to check."""
    return next(_broken_in_call(row), None) if row.get("stopTime") else None


def _broken_in_queue(row: Row) -> Iterator[str]:
    entered, outcomes = _number(row, "enteredCalls"), _sum(row, OUTCOMES)
    if entered is not None and outcomes is not None:
        active = _number(row, "activeCalls") or 0
        if entered not in (outcomes, outcomes + active):
            yield f"enteredCalls = {' + '.join(OUTCOMES)}"
    for part, whole in PARTS_OF.items():
        if _exceeds(row, part, whole):
            yield f"{part} <= {whole}"
    yield from _broken_percentages(row, "Calls", entered)
    for time in TIMES:
        if _exceeds(row, f"average{time}", f"longest{time}", TIME_TOLERANCE):
            yield f"average{time} <= longest{time}"
        if _exceeds(row, f"longest{time}", f"total{time}", TIME_TOLERANCE):
            yield f"longest{time} <= total{time}"


def _broken_in_agent(row: Row) -> Iterator[str]:
    outcomes = ("acceptedInteractions", "missedInteractions", "rejectedInteractions")
    entered, sum_of_outcomes = _number(row, "enteredInteractions"), _sum(row, outcomes)
    if entered is not None and sum_of_outcomes is not None and sum_of_outcomes > entered:
        yield f"{' + '.join(outcomes)} <= enteredInteractions"
    yield from _broken_percentages(row, "Interactions", entered)


def _broken_percentages(row: Row, of: str, entered: float | None) -> Iterator[str]:
    for name in row:
        if name.endswith("Percentage") and entered is not None:
            percentage, part = _number(row, name), _number(row, name.removesuffix("Percentage"))
            if percentage is None or part is None:
                continue
            if abs(percentage - (100 * part / entered if entered else 0)) > PERCENT_TOLERANCE:
                yield f"{name} = 100 * {name.removesuffix('Percentage')} / entered{of}"


def _broken_in_call(row: Row) -> Iterator[str]:
    parts = _sum(row, ("talkingDuration", "onHoldDuration"))
    handling, total = _number(row, "handlingDuration"), _number(row, "totalDuration")
    if parts is not None and handling is not None and abs(handling - parts) > TIME_TOLERANCE:
        yield "handlingDuration = talkingDuration + onHoldDuration"
    waiting_and_handling = _sum(row, ("waitingDuration", "handlingDuration"))
    if (
        waiting_and_handling is not None
        and total is not None
        and waiting_and_handling > total + TIME_TOLERANCE
    ):
        yield "waitingDuration + handlingDuration <= totalDuration"


def _exceeds(row: Row, part: str, whole: str, tolerance: float = 0.0) -> bool:
    smaller, larger = _number(row, part), _number(row, whole)
    return smaller is not None and larger is not None and smaller > larger + tolerance


def _sum(row: Row, names: tuple[str, ...]) -> float | None:
    values = [_number(row, name) for name in names]
    return None if None in values else sum(value for value in values if value is not None)


def _number(row: Row, name: str) -> float | None:
    value = row.get(name)
    return value if is_number(value) else None
