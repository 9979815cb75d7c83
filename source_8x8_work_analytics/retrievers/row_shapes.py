"""Keep rows to the types of their schema, and notice fields that the schema does not know.

Destinations drop what is not declared, and write null for a value of another type, both silently.
"""

import logging
from collections.abc import Mapping, Sequence
from types import NoneType
from typing import Any

LOGGER = logging.getLogger("airbyte")

JSON_TYPES: Mapping[type, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    list: "array",
    dict: "object",
    NoneType: "null",
}
"""JSON's name for the type of a parsed value. Where a schema says number, it may be an integer as well."""

Shape = tuple[Any, ...]
"""Names and types of a row's fields, in order."""
MAX_SHAPES = 1000
"""Shapes to remember. Each field whose values come in two types doubles how many there can be."""


class RowShapes:
    """What the rows of one stream look like in one sync.

    Rows come in few shapes, so each shape is compared with the schema once.

    Args:
        stream: the stream's name.
    """

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._whole_numbers: dict[Shape, list[str]] = {}
        self._numbers: Sequence[str] | None = None
        self._new_fields: set[str] = set()
        self._other_types: set[str] = set()

    def conform(self, rows: Sequence[dict[str, Any]], schema: Mapping[str, Any]) -> bool:
        """Give the rows a decimal point in every field that the schema calls a number.

        A loader that infers types would otherwise split a column of 0 and 66.67 in two.

        Returns:
            Whether any value is null.
        """
        if self._numbers is None:
            properties = schema.get("properties", {})
            self._numbers = [name for name, field in properties.items() if "number" in field["type"]]
        whole: list[str] = []  # numbers that came without a decimal point
        names: list[str] = []
        types: list[type] = []
        any_null = False
        for row in rows:
            types_here = list(map(type, row.values()))
            names_here = list(row)
            if types_here != types or names_here != names:  # most rows have the shape of the one before
                names, types = names_here, types_here
                whole = self._whole_numbers_of(row, (*names, *types), schema)
                any_null = any_null or NoneType in types
            for name in whole:
                row[name] = float(row[name])
        return any_null

    def _whole_numbers_of(self, row: Mapping[str, Any], shape: Shape, schema: Mapping[str, Any]) -> list[str]:
        whole = self._whole_numbers.get(shape)
        if whole is None:
            if len(self._whole_numbers) >= MAX_SHAPES:
                self._whole_numbers.clear()
            self._compare(row, schema)
            whole = [name for name in self._numbers or () if type(row.get(name)) is int]
            self._whole_numbers[shape] = whole
        return whole

    def report(self) -> None:
        """Log a warning that names the fields, if there is something to say."""
        parts = []
        if self._new_fields:
            parts.append(f"fields that this version does not know: {', '.join(sorted(self._new_fields))}")
        if self._other_types:
            parts.append(f"values of another type than documented in: {', '.join(sorted(self._other_types))}")
        if parts:
            LOGGER.warning(
                "%s: 8x8 sent %s. Most destinations drop such values; please report this.",
                self._stream,
                "; ".join(parts),
            )

    def _compare(self, row: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
        properties = schema.get("properties", {})
        for name, value in row.items():
            if name not in properties:
                self._new_fields.add(name)
                continue
            declared = properties[name]["type"]
            names = [declared] if isinstance(declared, str) else declared
            kind = JSON_TYPES[type(value)]
            if kind not in names and not (kind == "integer" and "number" in names):
                self._other_types.add(name)
