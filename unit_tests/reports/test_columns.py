"""Rows keep to the types of their schema; what the schema does not know is named once."""

import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_8x8_work_analytics.retrievers import row_shapes
from source_8x8_work_analytics.retrievers.row_shapes import RowShapes

SCHEMA = {
    "properties": {
        "Extension": {"type": ["string", "null"]},
        "Total": {"type": ["integer", "null"]},
        "Percent": {"type": ["number", "null"]},
        "Share": {"type": "number"},
        "Lists": {"type": ["array", "null"]},
        "Flag": {"type": ["boolean", "null"]},
    }
}


def conformed(*rows: dict[str, Any], shapes: RowShapes | None = None) -> list[dict[str, Any]]:
    conformed = [dict(row) for row in rows]
    (shapes or RowShapes("extension_summary")).conform(conformed, SCHEMA)
    return conformed


def warnings_of(caplog: pytest.LogCaptureFixture, *rows: dict[str, Any]) -> list[str]:
    shapes = RowShapes("extension_summary")
    conformed(*rows, shapes=shapes)
    shapes.report()
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def test_numbers_have_a_decimal_point_in_every_row() -> None:
    found = conformed({"Percent": 0, "Total": 0}, {"Percent": 66.67, "Share": 1}, {"Percent": None})
    assert found == [{"Percent": 0.0, "Total": 0}, {"Percent": 66.67, "Share": 1.0}, {"Percent": None}]
    assert [type(row["Percent"]) for row in found] == [float, float, type(None)]
    assert type(found[1]["Share"]) is float
    assert type(found[0]["Total"]) is int


def test_rows_of_equal_types_and_other_names_are_told_apart(caplog: pytest.LogCaptureFixture) -> None:
    (total, percent, back) = conformed({"Total": 1}, {"Percent": 1}, {"Total": 2})
    assert [type(value) for row in (total, percent, back) for value in row.values()] == [int, float, int]
    (warning,) = warnings_of(caplog, {"Extension": "1"}, {"Zeta": "1"}, {"Extension": "2"})
    assert "does not know: Zeta" in warning


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["Percent", "Total", "New"]), st.integers(-(2**53), 2**53) | st.none()
        )
    )
)
def test_nothing_else_changes(rows: list[dict[str, Any]]) -> None:
    assert conformed(*rows) == rows


@given(
    st.lists(st.dictionaries(st.sampled_from(["Percent", "Total"]), st.integers(0, 9) | st.none())),
    st.integers(0, 3),
)
def test_it_says_whether_any_value_is_null(rows: list[dict[str, Any]], earlier: int) -> None:
    shapes = RowShapes("extension_summary")
    for _ in range(earlier):  # shapes that are known already count too
        shapes.conform([dict(row) for row in rows], SCHEMA)
    assert shapes.conform(rows, SCHEMA) == any(None in row.values() for row in rows)


class CountingSchema(dict[str, Any]):
    """A schema that counts how often its properties are looked up."""

    looks = 0

    def get(self, *args: Any) -> Any:
        self.looks += 1
        return super().get(*args)


@pytest.mark.parametrize(
    ("shapes", "compared"), [("A", 1), ("AA", 1), ("ABAB", 2), ("ABCBC", 4), ("ABCAC", 4), ("ABCDABCD", 8)]
)
def test_a_shape_is_compared_once_while_there_are_few(
    monkeypatch: pytest.MonkeyPatch, shapes: str, compared: int
) -> None:
    monkeypatch.setattr(row_shapes, "MAX_SHAPES", 2)
    schema, known = CountingSchema(SCHEMA), RowShapes("extension_summary")
    for shape in shapes:
        rows: list[dict[str, Any]] = [{shape: None, "Percent": 1}]
        known.conform(rows, schema)
        assert type(rows[0]["Percent"]) is float
    assert schema.looks == 1 + compared  # once for the numbers


def test_rows_as_documented_need_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    rows: list[dict[str, Any]] = [
        {"Extension": "1", "Total": 1, "Percent": 1, "Share": 0.5, "Lists": [], "Flag": True},
        {"Extension": None, "Total": None, "Percent": 0.5, "Lists": None},
    ]
    assert warnings_of(caplog, *rows) == []


def test_new_fields_and_other_types_are_named_once(caplog: pytest.LogCaptureFixture) -> None:
    rows: list[dict[str, Any]] = [
        {"Extension": "1", "Zeta": "Jane Doe"},
        {"Extension": 1001, "Alpha": 1, "Total": "Jane Doe"},
        {"Extension": 1001, "Alpha": 2, "Total": True},
    ]
    assert warnings_of(caplog, *rows * 3) == [
        "extension_summary: 8x8 sent fields that this version does not know: Alpha, Zeta; values of another "
        "type than documented in: Extension, Total. Most destinations drop such values; please report this."
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [("Total", True), ("Total", 1.5), ("Flag", 1), ("Lists", {}), ("Percent", "66 %"), ("Share", None)],
)
def test_what_becomes_null_in_a_destination_is_noticed(
    caplog: pytest.LogCaptureFixture, field: str, value: Any
) -> None:
    (warning,) = warnings_of(caplog, {field: value})
    assert warning.startswith(
        f"extension_summary: 8x8 sent values of another type than documented in: {field}."
    )
