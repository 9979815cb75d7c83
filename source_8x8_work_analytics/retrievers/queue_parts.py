"""Put a day together from its parts: 8x8 may refuse a day of 25 hours as a whole."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from source_8x8_work_analytics.retrievers.payload import NUMBERS
from source_8x8_work_analytics.retrievers.queue_payload import Row

ADDABLE = frozenset(
    {
        *("enteredInteractions", "acceptedInteractions", "missedInteractions", "rejectedInteractions"),
        *("agentTotalTalkTime", "totalInteractionTime"),
    }
)
"""The agent metrics that add up over two parts of a day."""


def add_parts(parts: Iterable[Sequence[Row]], key: Sequence[str]) -> list[Row]:
    """Return the rows of a day from the rows of its parts.

    Counts and totals are added. Averages and percentages of parts do not combine, so they are null, as is a
    sum of which 8x8 left out a part. Everything else is what the last part says.
    """
    days: dict[tuple[Any, ...], Row] = {}
    for rows in parts:
        for row in rows:
            identity = tuple(row[name] for name in key)
            before = days.get(identity, {})
            day = {
                name: None if type(value) in NUMBERS and name not in ADDABLE else value
                for name, value in row.items()
            }
            for name in ADDABLE if before else ():
                day[name] = _sum(before, row, name)
            days[identity] = {**before, **day}
    return list(days.values())


def _sum(first: Mapping[str, Any], second: Mapping[str, Any], name: str) -> Any:
    one, other = first.get(name), second.get(name)
    if type(one) in NUMBERS and type(other) in NUMBERS:
        return round(first[name] + second[name], 6)
    return None
