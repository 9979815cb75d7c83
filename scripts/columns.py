"""The columns of each stream, from their schemas."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from scripts.markdown import table
from source_8x8_work_analytics.streams import STREAM_TYPES, StreamType

UNITS = ("Count", "Milliseconds", "Seconds", "Epoch milliseconds", "Percent, 0 to 100", "Code")
"""Units that a description can end with; test_schemas.py checks that every number has one."""
PERSONAL = " Personal data."

_UNIT = re.compile(rf" ({'|'.join(UNITS)})\.$")


def columns_section() -> str:
    """Return a heading and a table for each stream."""
    header = ["column", "type", "unit", "meaning", "personal data"]
    parts = [f"### {stream.name}\n\n{table(header, _rows(stream))}" for stream in STREAM_TYPES]
    return "\n\n".join(parts)


def personal_columns(stream: StreamType) -> list[str]:
    """Return the names of a stream's columns with personal data."""
    fields = stream.schema["properties"]
    return [name for name, field in fields.items() if PERSONAL in field["description"]]


def _rows(stream: StreamType) -> Iterator[list[str]]:
    personal = personal_columns(stream)
    for name, field in stream.schema["properties"].items():
        meaning = field["description"].replace(PERSONAL, "")
        unit = _UNIT.search(meaning)
        yield [
            f"`{name}`{' (key)' if name in stream.primary_key else ''}",
            _type(field),
            unit.group(1).lower() if unit else "",
            _UNIT.sub("", meaning),
            "yes" if name in personal else "",
        ]


def _type(field: Mapping[str, Any]) -> str:
    """Return a column's type in the words of the docs page's data type map."""
    if field.get("airbyte_type") == "timestamp_with_timezone":
        return "timestamp with time zone"
    types = [field["type"]] if isinstance(field["type"], str) else field["type"]
    return str(field.get("format") or next(name for name in types if name != "null"))
