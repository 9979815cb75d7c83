"""The columns of each stream, from the schemas in the manifest."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from scripts.markdown import table

UNITS = ("Count", "Milliseconds", "Seconds", "Epoch milliseconds", "Percent, 0 to 100", "Code")
"""What a description may end with to name the unit; test_manifest.py sees that every number has one."""
PERSONAL = " Personal data."

_UNIT = re.compile(rf" ({'|'.join(UNITS)})\.$")


def columns_section(manifest: Mapping[str, Any]) -> str:
    """Return a heading and a table for each stream."""
    header = ["column", "type", "unit", "meaning", "personal data"]
    parts = [f"### {stream['name']}\n\n{table(header, _rows(stream))}" for stream in manifest["streams"]]
    return "\n\n".join(parts)


def personal_columns(stream: Mapping[str, Any]) -> list[str]:
    """Return the names of a stream's columns that hold personal data."""
    fields = stream["schema_loader"]["schema"]["properties"]
    return [name for name, field in fields.items() if PERSONAL in field["description"]]


def _rows(stream: Mapping[str, Any]) -> Iterator[list[str]]:
    personal = personal_columns(stream)
    for name, field in stream["schema_loader"]["schema"]["properties"].items():
        meaning = field["description"].replace(PERSONAL, "")
        unit = _UNIT.search(meaning)
        yield [
            f"`{name}`{' (key)' if name in stream['primary_key'] else ''}",
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
