"""What the numbers in queue, agent and call rows must add up to, by 8x8's own definitions.

Some of the definitions are inferred, so rows that violate one are kept, with a warning.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from operator import add, gt, itemgetter, sub
from typing import Any

from source_8x8_work_analytics.reports.rows import NUMBERS

Row = Mapping[str, Any]
Column = Sequence[Any]

PERCENT_TOLERANCE = 0.051
"""Percentages have one decimal."""
TIME_TOLERANCE = 0.051
"""Seconds: each of the times is rounded separately."""

OUTCOMES = (
    *("acceptedCalls", "abandonedInWaitingCalls", "divertedCalls", "missedCalls"),
    "abandonedInHandlingCalls",
)
INTERACTIONS = ("acceptedInteractions", "missedInteractions", "rejectedInteractions")
TIMES = ("HandlingTime", "WaitingTime", "TalkTime", "OnHoldTime")


@dataclass(frozen=True)
class Identity:
    """A formula that the numbers of every row should satisfy.

    Attributes:
        text: the formula, as a person reads it.
        names: the fields in it.
        is_broken: accepts one column of numbers per field, and returns whether any row violates the formula.
            A value that is not a number may make it raise `TypeError` or return a false alarm.
    """

    text: str
    names: Sequence[str]
    is_broken: Callable[..., bool]


def broken_identity(rows: Sequence[Row], identities: Sequence[Identity]) -> str | None:
    """Return a formula that one of the rows violates, or None. A number that 8x8 left out does not count."""
    if not rows:
        return None
    names = list(dict.fromkeys(name for identity in identities for name in identity.names))
    columns = _columns(rows, names)
    for identity in identities:
        numbers = [columns[name] for name in identity.names]
        try:
            suspect = identity.is_broken(*numbers)
        except (TypeError, ArithmeticError):
            suspect = True
        if suspect and any(_is_broken_by(row, identity) for row in rows):
            return identity.text
    return None


def _columns(rows: Sequence[Row], names: Sequence[str]) -> dict[str, Column]:
    try:
        return dict(zip(names, zip(*map(itemgetter(*names), rows), strict=True), strict=True))
    except KeyError:  # a field that 8x8 left out of a row
        return {name: [row.get(name) for row in rows] for name in names}


def _is_broken_by(row: Row, identity: Identity) -> bool:
    numbers = [row.get(name) for name in identity.names]
    try:
        return NUMBERS.issuperset(map(type, numbers)) and identity.is_broken(*zip(numbers))
    except ArithmeticError:  # numbers too large for any call center
        return False


def _outcomes_differ(entered: Column, active: Column, *outcomes: Column) -> bool:
    """Return whether a row has calls without an outcome, other than the active ones."""
    rests = list(map(sub, entered, _sums(outcomes)))
    return any(rests) and any(rest not in (0, calls) for rest, calls in zip(rests, active, strict=True))


def _counts_exceed(whole: Column, *parts: Column) -> bool:
    return any(map(gt, _sums(parts), whole))


def _times_exceed(whole: Column, *parts: Column) -> bool:
    return _counts_exceed(whole, *parts) and _any_exceeds(map(sub, _sums(parts), whole), TIME_TOLERANCE)


def _times_differ(whole: Column, *parts: Column) -> bool:
    return _any_exceeds(map(abs, map(sub, whole, _sums(parts))), TIME_TOLERANCE)


def _percentages_differ(percentages: Column, parts: Column, wholes: Column) -> bool:
    rows = zip(percentages, parts, wholes, strict=True)
    gaps = [abs(found - (100 * part / whole if whole else 0)) for found, part, whole in rows]
    return _any_exceeds(gaps, PERCENT_TOLERANCE)


def _sums(columns: Sequence[Column]) -> Iterable[float]:
    return reduce(partial(map, add), columns)


def _any_exceeds(numbers: Iterable[float], tolerance: float) -> bool:
    return max(numbers) > tolerance


QUEUE_IDENTITIES = (
    Identity(
        f"enteredCalls = {' + '.join(OUTCOMES)}",
        ("enteredCalls", "activeCalls", *OUTCOMES),
        _outcomes_differ,
    ),
    *(
        Identity(f"{part} <= {whole}", (whole, part), _counts_exceed)
        for part, whole in (
            ("forwardedToVoiceMail", "divertedCalls"),
            ("transferredToCallQueue", "acceptedCalls"),
            ("transferredToRingGroup", "acceptedCalls"),
            ("transferredToExternalNumber", "acceptedCalls"),
        )
    ),
    *(
        Identity(f"{part}{time} <= {whole}{time}", (f"{whole}{time}", f"{part}{time}"), _times_exceed)
        for time in TIMES
        for part, whole in (("average", "longest"), ("longest", "total"))
    ),
    *(
        Identity(
            f"{count}Percentage = 100 * {count} / enteredCalls",
            (f"{count}Percentage", count, "enteredCalls"),
            _percentages_differ,
        )
        for count in (*OUTCOMES, "transferredToCallQueue", "transferredToRingGroup")
    ),
)
AGENT_IDENTITIES = (
    Identity(
        f"{' + '.join(INTERACTIONS)} <= enteredInteractions",
        ("enteredInteractions", *INTERACTIONS),
        _counts_exceed,
    ),
    *(
        Identity(
            f"{count}Percentage = 100 * {count} / enteredInteractions",
            (f"{count}Percentage", count, "enteredInteractions"),
            _percentages_differ,
        )
        for count in INTERACTIONS
    ),
)
CALL_IDENTITIES = (
    Identity(
        "handlingDuration = talkingDuration + onHoldDuration",
        ("handlingDuration", "talkingDuration", "onHoldDuration"),
        _times_differ,
    ),
    Identity(
        "waitingDuration + handlingDuration <= totalDuration",
        ("totalDuration", "waitingDuration", "handlingDuration"),
        _times_exceed,
    ),
)
"""For calls that have ended, since the times of a call in progress still change."""


def ended(calls: Iterable[Row]) -> list[Row]:
    """Return the calls that have ended."""
    return [call for call in calls if call.get("stopTime")]
