"""Fields that differ from the documented ones: missing, new, or of another type. Names only, never values."""

import re
from collections import defaultdict

from source_8x8_work_analytics.doctor.model import Answers, Outcome, Row, compared, unknown
from source_8x8_work_analytics.doctor.questions.reasons import nothing_to_ask
from source_8x8_work_analytics.doctor.streams import streams
from source_8x8_work_analytics.retrievers.row_shapes import JSON_TYPES

DOCUMENTED = "as documented"
OPTIONAL = {
    "call_records": {"lra"},
    "ring_group_summary": {"totalAbandoned"},
}
"""Documented in one place and absent from the examples of another."""
CONVERTED = {"callLegCount": "string"}
"""Fields that arrive as another type than the schema's, which the connector converts."""
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z_]{0,60}")


def fields(answers: Answers) -> Outcome:
    """Return the fields that differ, over all rows that were read."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for request, answer in answers.by_request.items():
        if request.stream in streams():
            rows[request.stream] += answer.rows
    rows = {stream: rows[stream] for stream in streams() if rows[stream]}
    if not rows:
        return unknown(DOCUMENTED, nothing_to_ask(answers) or "no rows were read")
    missing, new, other = [], [], []
    for stream, found in rows.items():
        names = set().union(*found)
        types, renamed = streams()[stream].types, streams()[stream].renamed
        known = {renamed.get(name, name) for name in names}
        absent = set(types) - known - OPTIONAL.get(stream, set())
        missing += [f"{stream}.{name}" for name in types if name in absent]
        new += [f"{stream}.{_shown(name)}" for name in sorted(names) if renamed.get(name, name) not in types]
        seen_types = _types_by_field(found)
        for name, kinds in types.items():
            kinds_seen = seen_types.get(name, set())
            wrong = sorted(kinds_seen - set(_accepted(name, kinds)))
            other += [f"{stream}.{name} ({', '.join(wrong)})"] if wrong else []
    parts = {"missing": missing, "new": new, "other type": other}
    seen = "; ".join(f"{what}: {', '.join(names)}" for what, names in parts.items() if names)
    total = sum(len(found) for found in rows.values())
    evidence = f"{total:,} rows of {len(rows)} streams"
    advice = "Report this: values of missing fields and of other types are null, new fields are not loaded."
    return compared(DOCUMENTED, seen or DOCUMENTED, evidence, advice)


def _types_by_field(rows: list[Row]) -> dict[str, set[str]]:
    """Return the JSON types that each field comes with. Rows come in few shapes, each looked at once."""
    found: dict[str, set[str]] = defaultdict(set)
    for names, types in {(tuple(row), tuple(map(type, row.values()))) for row in rows}:
        for name, type_ in zip(names, types, strict=True):
            found[name].add(JSON_TYPES[type_])
    return found


def _accepted(name: str, kinds: tuple[str, ...]) -> tuple[str, ...]:
    more = ["null"]
    if "number" in kinds:
        more.append("integer")
    if name in CONVERTED:
        more.append(CONVERTED[name])
    return (*kinds, *more)


def _shown(name: str) -> str:
    """Return a field's name if it can be nothing else: it comes from outside."""
    return name if _FIELD_NAME.fullmatch(name) else "(a name that is not shown)"
