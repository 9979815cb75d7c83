"""Rows of extension summaries as numbers that can be added up and compared."""

from collections.abc import Iterable
from functools import lru_cache
from math import isfinite
from typing import Any

from source_8x8_work_analytics.doctor.model import Answer, Row
from source_8x8_work_analytics.doctor.streams import additive_fields

Totals = dict[tuple[str, str], dict[str, float]]
"""By PBX (capitals aside) and extension: the sum of each field that adds up. Rows of zeros are left out."""

FIELDS_SHOWN = 6
_NUMERIC = (int, float, str)


def number(value: Any) -> float | None:
    """Return a number, also where it came as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, _NUMERIC):
        return None
    try:
        found = float(value)
    except (OverflowError, ValueError):
        return None
    return found if isfinite(found) else None


def calls_in(row: Row) -> float:
    """Return how many calls an extension's row counts."""
    return (number(row.get("Inbound_Total")) or 0) + (number(row.get("Outbound_Total")) or 0)


def is_zero(row: Row) -> bool:
    """Return whether an extension's row counts nothing at all."""
    return not any(number(row.get(name)) for name in additive_fields())


@lru_cache(maxsize=256)
def call_count(answer: Answer) -> int:
    """Return how many calls a report of extensions counts; a call between colleagues counts for both."""
    return int(sum(calls_in(row) for row in answer.rows))


@lru_cache(maxsize=256)
def totals_of(answer: Answer) -> Totals:
    """Return the totals of one report."""
    return totals(answer.rows)


def totals(rows: Iterable[Row]) -> Totals:
    """Return the totals by extension. Several rows of one extension, or of several days, are added up."""
    found: Totals = {}
    for row in rows:
        numbers = {name: number(row.get(name)) for name in additive_fields()}
        if not any(numbers.values()):
            continue
        key = (str(row.get("PbxId")).casefold(), str(row.get("Extension")))
        sums = found.setdefault(key, {})
        for name, value in numbers.items():
            if value is not None:
                sums[name] = sums.get(name, 0) + value
    return found


def differences(left: Totals, right: Totals) -> dict[str, tuple[int, float]]:
    """Return for each field that differs in how many rows it does, and by how much `left` exceeds `right`."""
    found: dict[str, tuple[int, float]] = {}
    for key in left.keys() | right.keys():
        ours, theirs = left.get(key, {}), right.get(key, {})
        for name in ours.keys() | theirs.keys():
            by = ours.get(name, 0) - theirs.get(name, 0)
            if by:
                rows, amount = found.get(name, (0, 0.0))
                found[name] = (rows + 1, amount + by)
    return {name: found[name] for name in additive_fields() if name in found}


def describe(found: dict[str, tuple[int, float]]) -> str:
    """Return differences as text."""
    parts = [
        f"{name} by {amount:+,.0f} in {rows:,} {'row' if rows == 1 else 'rows'}"
        for name, (rows, amount) in list(found.items())[:FIELDS_SHOWN]
    ]
    if len(found) > FIELDS_SHOWN:
        parts.append(f"and {len(found) - FIELDS_SHOWN} more fields")
    return ", ".join(parts)
