"""Rows fit the columns of their stream; what the schema does not know is named once."""

from collections.abc import Iterable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.output import Batch
from source_8x8_work_analytics.personal_data import PersonalDataRule
from source_8x8_work_analytics.reports import columns
from source_8x8_work_analytics.reports.columns import DEEPEST, Columns
from source_8x8_work_analytics.reports.rows import TOO_LARGE, parse_json
from source_8x8_work_analytics.streams import STREAM_TYPES, StreamType, stream_type

STREAM = "extension_summary"
TYPES: dict[str, Any] = {
    "Extension": "string",
    "Total": ["integer", "null"],
    "Percent": ["number", "null"],
    "Share": "number",
    "Lists": ["array", "null"],
    "Flag": ["boolean", "null"],
}
SCHEMA = {"properties": {name: {"type": kinds, "description": "Text."} for name, kinds in TYPES.items()}}
PERSON: dict[str, Any] = {"type": ["string", "null"], "description": "Name of a person. Personal data."}
PRIVATE = {"properties": {**SCHEMA["properties"], "Name": PERSON}}
STARS = PersonalDataRule(lambda text: "*" * len(text), {})
REMOVE = PersonalDataRule(None, {})


def conformed(*rows: dict[str, Any], of: Columns | None = None) -> list[dict[str, Any]]:
    copies = [dict(row) for row in rows]
    (of or Columns(STREAM, SCHEMA)).conform(copies)
    return copies


def warnings_after(*rows: dict[str, Any], of: Columns | None = None) -> list[str]:
    of = of or Columns(STREAM, SCHEMA)
    conformed(*rows, of=of)
    return of.warnings()


def unknown(fields: str) -> str:
    return messages.UNKNOWN_VALUES.text(stream=STREAM, fields=fields)


def nested(levels: int, innermost: Any = ()) -> Any:
    value: Any = list(innermost)
    for _ in range(levels - 1):
        value = [value]
    return value


def test_numbers_have_a_decimal_point_in_every_row() -> None:
    found = conformed({"Percent": 0, "Total": 0}, {"Percent": 66.67, "Share": 1}, {"Percent": None})
    assert found == [{"Percent": 0.0, "Total": 0}, {"Percent": 66.67, "Share": 1.0}, {"Percent": None}]
    assert [type(row["Percent"]) for row in found] == [float, float, type(None)]
    assert type(found[1]["Share"]) is float
    assert type(found[0]["Total"]) is int


def test_rows_of_equal_types_and_other_names_are_told_apart() -> None:
    total, percent, back = conformed({"Total": 1}, {"Percent": 1}, {"Total": 2})
    assert [type(value) for row in (total, percent, back) for value in row.values()] == [int, float, int]
    (warning,) = warnings_after({"Extension": "1"}, {"Zeta": "1"}, {"Extension": "2"})
    assert warning == unknown("fields that this version does not know: Zeta")


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
def test_it_returns_whether_any_value_is_null(rows: list[dict[str, Any]], earlier: int) -> None:
    of = Columns(STREAM, SCHEMA)
    for _ in range(earlier):  # shapes that are known already count too
        of.conform([dict(row) for row in rows])
    assert of.conform(rows) == any(None in row.values() for row in rows)


class CountingTypes(dict[type, str]):
    """JSON's names of types, counting how often one is looked up."""

    looks = 0

    def __getitem__(self, kind: type) -> str:
        self.looks += 1
        return super().__getitem__(kind)


@pytest.mark.parametrize(
    ("shapes", "compared"),
    [("A", 1), ("AA", 1), ("ABAB", 2), ("ABCBC", 4), ("ABCAC", 4), ("ABCDABCD", 8)],
)
def test_a_shape_is_compared_once_while_there_are_few(
    monkeypatch: pytest.MonkeyPatch, shapes: str, compared: int
) -> None:
    monkeypatch.setattr(columns, "MAX_SHAPES", 2)
    counting = CountingTypes(columns.JSON_TYPES)
    monkeypatch.setattr(columns, "JSON_TYPES", counting)
    of = Columns(STREAM, SCHEMA)
    for shape in shapes:
        (row,) = conformed({shape: None, "Percent": 1}, of=of)
        assert type(row["Percent"]) is float
    assert counting.looks == compared  # once for Percent in each shape


def test_rows_as_documented_need_no_warning() -> None:
    rows: list[dict[str, Any]] = [
        {"Extension": "1", "Total": 1, "Percent": 1, "Share": 0.5, "Lists": [], "Flag": True},
        {"Extension": "2", "Total": None, "Percent": 0.5, "Lists": None},
    ]
    assert warnings_after(*rows) == []


def test_new_fields_and_other_types_are_named_once() -> None:
    rows: list[dict[str, Any]] = [
        {"Extension": "1", "Zeta": "Jane Doe"},
        {"Extension": 1001, "Alpha": 1, "Total": "Jane Doe"},
        {"Extension": 1001, "Alpha": 2, "Total": True},
    ]
    assert warnings_after(*rows * 3) == [
        unknown(
            "fields that this version does not know: Alpha, Zeta; "
            "values of an undocumented type in: Extension, Total"
        )
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [("Total", True), ("Total", 1.5), ("Flag", 1), ("Lists", {}), ("Percent", "66 %"), ("Share", None)],
)
def test_what_becomes_null_in_a_destination_is_noticed(field: str, value: Any) -> None:
    assert warnings_after({field: value}) == [unknown(f"values of an undocumented type in: {field}")]


def test_numbers_that_are_too_large_become_null_and_are_named() -> None:
    of = Columns(STREAM, SCHEMA)
    rows = [parse_json(b'{"Total": 1e999, "Percent": -1e999, "Zeta": 1e999, "Extension": "1"}')]
    assert of.conform(rows) is True
    assert rows == [{"Total": None, "Percent": None, "Zeta": None, "Extension": "1"}]
    assert of.warnings() == [
        unknown(
            "fields that this version does not know: Zeta; "
            "numbers that are too large for JSON in: Percent, Total, Zeta"
        )
    ]


def test_numbers_that_are_too_large_within_lists_become_null_and_are_named() -> None:
    of = Columns(STREAM, SCHEMA)
    (row,) = conformed(parse_json(b'{"Lists": [1, {"a": 1e999, "b": [[1e999]]}, "x"]}'), of=of)
    assert row == {"Lists": [1, {"a": None, "b": [[None]]}, "x"]}
    assert of.warnings() == [unknown("numbers that are too large for JSON in: Lists")]


@pytest.mark.parametrize("innermost", [(), ("x" * 1000,), ({"a": {}},)], ids=["empty", "long", "objects"])
def test_a_value_nested_too_deeply_is_an_error(innermost: Iterable[Any]) -> None:
    levels = 3 if isinstance(next(iter(innermost), None), dict) else 1
    fits = nested(DEEPEST - levels + 1, innermost)
    assert conformed({"Lists": fits}) == [{"Lists": fits}]
    for value in ([fits], nested(990, innermost)):
        with pytest.raises(ConnectorError) as error:
            conformed({"Lists": value})
        assert error.value.problem is messages.ROW_TOO_DEEP


def test_the_deepest_value_can_be_written_with_its_message() -> None:
    (row,) = conformed({"Lists": nested(DEEPEST, [None, 1])})
    assert orjson.loads(Batch(STREAM, [row], any_null=True).lines())["record"]["data"] == row


def test_a_deep_value_with_a_number_that_is_too_large_is_an_error() -> None:
    assert conformed({"Zeta": nested(DEEPEST, [TOO_LARGE])}) == [{"Zeta": nested(DEEPEST, [None])}]
    with pytest.raises(ConnectorError) as error:
        conformed({"Zeta": nested(DEEPEST + 1, [TOO_LARGE])})
    assert error.value.problem is messages.ROW_TOO_DEEP


def test_a_deep_value_without_such_a_number_needs_no_warning() -> None:
    assert warnings_after({"Lists": nested(DEEPEST)}) == []


def test_a_long_list_that_is_not_deep_is_kept() -> None:
    assert conformed({"Lists": [[1]] * 1000}) == [{"Lists": [[1]] * 1000}]


def test_selected_columns_are_all_that_a_row_keeps() -> None:
    of = Columns(STREAM, SCHEMA, frozenset({"Extension", "Percent"}))
    rows = {"Extension": "1", "Total": 2, "Percent": 3, "Lists": nested(990)}, {"Total": None}
    assert conformed(*rows, of=of) == [{"Extension": "1", "Percent": 3.0}, {}]
    assert of.warnings() == []


def test_a_new_field_is_named_even_if_columns_are_selected() -> None:
    of = Columns(STREAM, SCHEMA, frozenset({"Extension"}))
    assert conformed({"Extension": "1", "Zeta": "Jane Doe"}, of=of) == [{"Extension": "1"}]
    assert of.warnings() == [unknown("fields that this version does not know: Zeta")]


@pytest.mark.parametrize("selected", [frozenset(TYPES), frozenset({*TYPES, "report_date"})])
def test_new_fields_pass_where_every_column_is_selected(selected: frozenset[str]) -> None:
    """A catalog from discovery names every column that the schema knows."""
    of = Columns(STREAM, SCHEMA, selected)
    assert conformed({"Extension": "1", "Zeta": 1}, of=of) == [{"Extension": "1", "Zeta": 1}]
    assert of.warnings() == [unknown("fields that this version does not know: Zeta")]


def test_personal_data_follows_its_rule_and_nothing_else_does() -> None:
    of = Columns(STREAM, PRIVATE, personal_data=STARS)
    rows = {"Extension": "1001", "Name": "Jane Doe", "Total": 1}, {"Name": None, "Extension": "1002"}
    assert conformed(*rows, of=of) == [
        {"Extension": "1001", "Name": "********", "Total": 1},
        {"Name": None, "Extension": "1002"},
    ]
    assert of.warnings() == []
    assert conformed(*rows, of=Columns(STREAM, PRIVATE)) == list(rows)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        *(("Jane", "****"), (5550101234, "*" * 10), (-7, "**")),
        *((None, None), (True, None), (1.5, None), ([], None), (["Jane"], None), ({"first": "Jane"}, None)),
    ],
    ids=str,
)
def test_only_text_and_whole_numbers_are_hashed(value: Any, found: str | None) -> None:
    rows = [{"Extension": "1", "Name": value}]
    assert Columns(STREAM, PRIVATE, personal_data=STARS).conform(rows) is (found is None)
    assert rows == [{"Extension": "1", "Name": found}]


@pytest.mark.parametrize("value", ["Jane", "", 5550101234, None, [], ["Jane"]], ids=str)
def test_personal_data_of_every_type_is_removed(value: Any) -> None:
    rows = [{"Extension": "1", "Name": value}]
    assert Columns(STREAM, PRIVATE, personal_data=REMOVE).conform(rows) is True
    assert rows == [{"Extension": "1", "Name": None}]


@pytest.mark.parametrize("rule", [STARS, REMOVE])
def test_a_personal_value_that_is_nested_too_deeply_becomes_null(rule: PersonalDataRule) -> None:
    of = Columns(STREAM, PRIVATE, personal_data=rule)
    assert conformed({"Name": nested(990)}, of=of) == [{"Name": None}]


def test_a_personal_number_that_is_too_large_becomes_null() -> None:
    rows = [parse_json(b'{"Name": 1e999}')]
    of = Columns(STREAM, PRIVATE, personal_data=STARS)
    assert of.conform(rows) is True
    assert (rows, of.warnings()) == (
        [{"Name": None}],
        [unknown("numbers that are too large for JSON in: Name")],
    )


def test_personal_data_of_another_type_is_named() -> None:
    of = Columns(STREAM, PRIVATE, personal_data=STARS)
    conformed({"Name": 7}, of=of)
    assert of.warnings() == [unknown("values of an undocumented type in: Name")]


@pytest.mark.parametrize("selected", [None, frozenset({"Extension", "Zeta"})])
def test_unknown_fields_are_removed_where_personal_data_is_not_kept(selected: frozenset[str] | None) -> None:
    of = Columns(STREAM, PRIVATE, selected, STARS)
    rows = [{"Extension": "1", "Zeta": "Jane Doe"}, {"Extension": "2", "Alpha": nested(990)}]
    assert conformed(*rows, of=of) == [{"Extension": "1"}, {"Extension": "2"}]
    assert of.warnings() == [messages.FIELDS_REMOVED.text(stream=STREAM, names="Alpha, Zeta")]


@pytest.mark.parametrize("kind", STREAM_TYPES, ids=lambda kind: kind.name)
def test_keys_are_never_personal_data(kind: StreamType) -> None:
    properties = kind.schema["properties"]
    assert not [name for name in kind.row_key if "Personal data." in properties[name]["description"]]
    row = dict.fromkeys(kind.row_key, "Jane Doe")
    assert conformed(row, of=Columns(kind.name, kind.schema, personal_data=STARS)) == [row]


PERSONAL = [
    (kind.name, name)
    for kind in STREAM_TYPES
    for name, about in kind.schema["properties"].items()
    if "Personal data." in about["description"]
]


@pytest.mark.parametrize(("stream", "field"), PERSONAL, ids=".".join)
def test_every_marked_field_follows_the_rule(stream: str, field: str) -> None:
    schema = stream_type(stream).schema
    hashing, removing = (Columns(stream, schema, personal_data=rule) for rule in (STARS, REMOVE))
    assert conformed({field: "Jane Doe"}, of=hashing) == [{field: "********"}]
    assert conformed({field: "Jane Doe"}, of=removing) == [{field: None}]
