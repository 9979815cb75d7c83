"""Combine the parts of a day, since 8x8 may reject a 25-hour day as a whole."""

from collections.abc import Iterable, Sequence
from typing import Any

from source_8x8_work_analytics.reports.queue_identities import INTERACTIONS, OUTCOMES, TIMES
from source_8x8_work_analytics.reports.queue_payload import LONGEST
from source_8x8_work_analytics.reports.rows import NUMBERS, Row

ADDED = frozenset(
    {
        *("enteredInteractions", *INTERACTIONS, "agentTotalTalkTime", "totalInteractionTime"),
        *("enteredCalls", "completedCalls", *OUTCOMES, "forwardedToVoiceMail"),
        *("transferredToCallQueue", "transferredToRingGroup", "transferredToExternalNumber"),
        *(f"total{time}" for time in TIMES),
    }
)
"""The metrics of agents and queues that add up over two parts of a day."""
COMBINED = ADDED.union(LONGEST)
AT_THE_END = "activeCalls"
"""Calls that are active when a window ends, so the day's number is that of its last part."""


def add_parts(parts: Iterable[Sequence[Row]], key: Sequence[str]) -> list[Row]:
    """Return the rows of a day from the rows of its parts.

    Counts and totals are added, and a longest time is the longer of the two. Averages and percentages of
    parts do not combine, so they are null, as is a number that 8x8 left out of a part. Everything else,
    `activeCalls` too, comes from the last part.
    """
    days: dict[tuple[Any, ...], Row] = {}
    for rows in parts:
        for day in days.values():
            day.pop(AT_THE_END, None)
        for row in rows:
            identity = tuple(row[name] for name in key)
            before = days.get(identity, {})
            day = {name: _of_a_part(name, value) for name, value in row.items()}
            names = COMBINED & (before.keys() | row.keys()) if before else ()
            combined = {name: _of_both(name, before.get(name), row.get(name)) for name in names}
            days[identity] = {**before, **day, **combined}
    return list(days.values())


def _of_a_part(name: str, value: Any) -> Any:
    return value if type(value) not in NUMBERS or name in COMBINED or name == AT_THE_END else None


def _of_both(name: str, one: Any, other: Any) -> Any:
    if not NUMBERS.issuperset((type(one), type(other))):
        return None
    return max(one, other) if name in LONGEST else round(one + other, 6)
