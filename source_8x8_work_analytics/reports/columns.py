"""Make rows fit the columns of their stream: types, selected columns, personal data, unknown fields.

Destinations silently drop undeclared fields, and silently write null for a value of another type.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import NoneType
from typing import Any

import orjson

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.personal_data import PersonalDataRule
from source_8x8_work_analytics.reports.rows import Row, TooLarge

JSON_TYPES: Mapping[type, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    list: "array",
    dict: "object",
    NoneType: "null",
}
"""JSON's name for the type of a parsed value. A schema's number can also be an integer."""

DEEPEST = 500
"""Maximum levels of lists and objects in a value: `json` writes twice as many, `orjson` half as many."""
MAX_SHAPES = 1000
"""Number of shapes to remember. Each field whose values have two types doubles the possible shapes."""

Shape = tuple[Any, ...]
"""The names and types of a row's fields, in order."""


@dataclass
class _Changes:
    """How to convert the fields of all rows of one shape."""

    floats: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    nulls: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    hashed: list[str] = field(default_factory=list)
    nested: list[str] = field(default_factory=list)

    @property
    def any(self) -> bool:
        """Whether there is anything to convert."""
        return bool(self.floats or self.dropped or self.nulls or self.hashed or self.nested)


class Columns:
    """The columns of one stream in one sync.

    Rows have few different shapes, so each shape is compared with the schema only once.

    Args:
        stream: the stream's name.
        schema: its JSON schema.
        selected: the columns that the configured catalog selects, keys and window fields among them; None
            for all.
        personal_data: how personal data is treated.
    """

    def __init__(
        self,
        stream: str,
        schema: Mapping[str, Any],
        selected: frozenset[str] | None = None,
        personal_data: PersonalDataRule | None = None,
    ) -> None:
        self._stream = stream
        self._types = {name: _types_of(about) for name, about in schema["properties"].items()}
        self._personal = frozenset(
            name for name, about in schema["properties"].items() if "Personal data." in about["description"]
        )
        everything = selected is None or selected >= self._types.keys()
        self._selected = None if everything else selected
        self._rule = personal_data
        self._changes: dict[Shape, _Changes] = {}
        self._new_fields: set[str] = set()
        self._removed: set[str] = set()
        self._other_types: set[str] = set()
        self._too_large: set[str] = set()

    def conform(self, rows: Sequence[Row]) -> bool:
        """Change the rows in place so that they fit the columns.

        Every value in a number column gets a decimal point; otherwise, a loader that infers types would split
        a column of 0 and 66.67 in two.

        Returns:
            Whether any value may be null.

        Raises:
            ConnectorError: a row cannot be written.
        """
        names: list[str] = []
        types: list[type] = []
        changes = _Changes()
        any_null = any_change = False
        for row in rows:
            types_here = list(map(type, row.values()))
            names_here = list(row)
            if types_here != types or names_here != names:  # most rows have the previous row's shape
                names, types = names_here, types_here
                changes = self._changes_of(names, types)
                any_change = changes.any
                any_null = any_null or NoneType in types or bool(changes.nulls)
            if any_change:
                self._change(row, changes)
        return any_null

    def warnings(self) -> list[str]:
        """Return the warnings about the fields of this sync."""
        parts, found = [], []
        if self._new_fields:
            parts.append(f"fields that this version does not know: {', '.join(sorted(self._new_fields))}")
        if self._other_types:
            parts.append(f"values of an undocumented type in: {', '.join(sorted(self._other_types))}")
        if self._too_large:
            parts.append(f"numbers that are too large for JSON in: {', '.join(sorted(self._too_large))}")
        if parts:
            found.append(messages.UNKNOWN_VALUES.text(stream=self._stream, fields="; ".join(parts)))
        if self._removed:
            names = ", ".join(sorted(self._removed))
            found.append(messages.FIELDS_REMOVED.text(stream=self._stream, names=names))
        return found

    def _change(self, row: Row, changes: _Changes) -> None:
        for name in changes.floats:
            row[name] = float(row[name])
        for name in changes.nested:
            self._mend_nested(name, row[name])
        for name in changes.dropped:
            del row[name]
        for name in changes.nulls:
            row[name] = None
        for name in changes.texts:
            row[name] = str(row[name])
        if self._rule and self._rule.hashed:
            for name in changes.hashed:
                row[name] = self._rule.hashed(row[name])

    def _mend_nested(self, name: str, value: Any) -> None:
        """Make a list or an object fit for JSON.

        Raises:
            ConnectorError: it has too many levels.
        """
        try:
            orjson.dumps(value)
        except orjson.JSONEncodeError:  # nested too deeply, or with a number that is too large
            if _depth(value) > DEEPEST:
                raise ConnectorError(messages.ROW_TOO_DEEP) from None
            if _remove_too_large(value):
                self._too_large.add(name)

    def _changes_of(self, names: list[str], types: list[type]) -> _Changes:
        shape = (*names, *types)
        changes = self._changes.get(shape)
        if changes is None:
            if len(self._changes) >= MAX_SHAPES:
                self._changes.clear()
            changes = self._changes[shape] = _Changes()
            for name, kind in zip(names, types, strict=True):
                self._sort(name, kind, changes)
        return changes

    def _sort(self, name: str, kind: type, changes: _Changes) -> None:
        """Decide how to convert a field whose values have this type."""
        declared = self._types.get(name)
        if declared is None and self._rule:
            self._removed.add(name)
            changes.dropped.append(name)
            return
        if declared is None:
            self._new_fields.add(name)
        if self._selected is not None and name not in self._selected:
            changes.dropped.append(name)
            return
        if kind is TooLarge:
            self._too_large.add(name)
            changes.nulls.append(name)
            return
        if self._rule and name in self._personal:
            self._sort_personal(name, kind, self._rule, changes)
        elif kind in (list, dict):
            changes.nested.append(name)
        if declared is None:
            return
        found = JSON_TYPES[kind]
        if found == "integer" and "number" in declared:
            changes.floats.append(name)
        elif found not in declared:
            self._other_types.add(name)

    def _sort_personal(self, name: str, kind: type, rule: PersonalDataRule, changes: _Changes) -> None:
        """Decide how to convert a field with personal data. Only text and whole numbers are hashed."""
        if rule.hashed is None or kind not in (str, int):
            changes.nulls.append(name)
            return
        changes.hashed.append(name)
        if kind is int:
            changes.texts.append(name)


def _types_of(about: Mapping[str, Any]) -> frozenset[str]:
    declared = about["type"]
    return frozenset([declared] if isinstance(declared, str) else declared)


def _depth(value: Any) -> int:
    """Return how many levels of lists and objects a value has."""
    deepest, level = 0, [value]
    while level:
        deepest += 1
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, list | dict)
        ]
    return deepest


def _remove_too_large(value: Any) -> bool:
    """Replace numbers that JSON cannot represent with null; return whether there were any."""
    removed, left = False, [value]
    while left:
        outer = left.pop()
        for place, inner in list(outer.items() if isinstance(outer, dict) else enumerate(outer)):
            if isinstance(inner, TooLarge):
                outer[place] = None
                removed = True
            elif isinstance(inner, list | dict):
                left.append(inner)
    return removed
