"""What the numbers of one queue, agent or call row have to add up to, by 8x8's own definitions.

Some of the definitions are inferred, so a row that breaks one is kept and warned about.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]

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


@dataclass(frozen=True)
class Identities:
    """What holds for the rows of one report. A number that 8x8 left out breaks nothing.

    Attributes:
        formulas: by its text, whether a row fulfills it; a number that is missing raises there.
        counts_at_most: pairs of counts, the first of which is at most the second.
        times_at_most: pairs of times, likewise.
        percentages: counts and their percentages.
        whole: the count that these percentages are of.
    """

    formulas: Mapping[str, Callable[[Row], bool]]
    counts_at_most: Sequence[tuple[str, str]] = ()
    times_at_most: Sequence[tuple[str, str]] = ()
    percentages: Sequence[tuple[str, str]] = ()
    whole: str = ""

    def broken(self, row: Row) -> str | None:
        """Return a formula that a row breaks, or None."""
        for formula, holds in self.formulas.items():
            try:
                if not holds(row):
                    return formula
            except (KeyError, TypeError):
                continue
        for pairs, tolerance in ((self.counts_at_most, 0), (self.times_at_most, TIME_TOLERANCE)):
            for part, whole in pairs:
                try:
                    if row[part] > row[whole] + tolerance:
                        return f"{part} <= {whole}"
                except (KeyError, TypeError):
                    continue
        whole = self.whole
        for part, percentage in self.percentages:
            try:
                expected = 100 * row[part] / row[whole] if row[whole] != 0 else 0
                if abs(row[percentage] - expected) > PERCENT_TOLERANCE:
                    return f"{percentage} = 100 * {part} / {whole}"
            except (KeyError, TypeError):
                continue
        return None


def _outcomes_are_all_calls(row: Row) -> bool:
    active = row["enteredCalls"] - sum([row[name] for name in OUTCOMES])
    return bool(active == 0 or active == row["activeCalls"])


def _interactions_are_at_most_all(row: Row) -> bool:
    return bool(sum([row[name] for name in INTERACTIONS]) <= row["enteredInteractions"])


def _handling_is_its_parts(row: Row) -> bool:
    parts = row["talkingDuration"] + row["onHoldDuration"]
    return not row["stopTime"] or abs(row["handlingDuration"] - parts) <= TIME_TOLERANCE


def _total_covers_its_parts(row: Row) -> bool:
    parts = row["waitingDuration"] + row["handlingDuration"]
    return not row["stopTime"] or parts <= row["totalDuration"] + TIME_TOLERANCE


def _with_percentage(*counts: str) -> list[tuple[str, str]]:
    return [(count, f"{count}Percentage") for count in counts]


QUEUE_IDENTITIES = Identities(
    formulas={f"enteredCalls = {' + '.join(OUTCOMES)}": _outcomes_are_all_calls},
    counts_at_most=[
        ("forwardedToVoiceMail", "divertedCalls"),
        ("transferredToCallQueue", "acceptedCalls"),
        ("transferredToRingGroup", "acceptedCalls"),
        ("transferredToExternalNumber", "acceptedCalls"),
    ],
    times_at_most=[
        pair
        for time in TIMES
        for pair in ((f"average{time}", f"longest{time}"), (f"longest{time}", f"total{time}"))
    ],
    percentages=_with_percentage(*OUTCOMES, "transferredToCallQueue", "transferredToRingGroup"),
    whole="enteredCalls",
)
AGENT_IDENTITIES = Identities(
    formulas={f"{' + '.join(INTERACTIONS)} <= enteredInteractions": _interactions_are_at_most_all},
    percentages=_with_percentage(*INTERACTIONS),
    whole="enteredInteractions",
)
CALL_IDENTITIES = Identities(
    formulas={
        "handlingDuration = talkingDuration + onHoldDuration": _handling_is_its_parts,
        "waitingDuration + handlingDuration <= totalDuration": _total_covers_its_parts,
    }
)
"""Of calls that are over: the times of a call under way still run."""
