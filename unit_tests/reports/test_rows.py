"""Summary reports: a response that is not a report is never rows, and never "no data"."""

from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.errors import ConnectorError, RetryableError
from source_8x8_work_analytics.messages import Message
from source_8x8_work_analytics.reports.rows import (
    TooLarge,
    parse_json,
    repeated_keys,
    summary_rows,
    whole_number,
)
from testing.builders import plain_id, response, row

KEY = ["PbxId", "Extension"]


def rows_in(body: bytes | str, pbx: str = "acmecorp", link: str = "") -> list[dict[str, Any]]:
    return summary_rows(response(body, Link=link), KEY, pbx)


def rows_of(*rows: Any, pbx: str = "acmecorp") -> list[dict[str, Any]]:
    return rows_in(orjson.dumps(list(rows)), pbx)


NOT_REPORTS: list[tuple[bytes, Message, str]] = [
    (b"", messages.NOT_JSON, ""),
    (b"<html><body>maintenance</body></html>", messages.NOT_JSON, ""),
    (b'[{"PbxId": "acmecorp", "Exten', messages.NOT_JSON, ""),
    (b'[{"PbxId": "acmecorp\xff", "Extension": "1"}]', messages.NOT_JSON, ""),
    (b'["\\ud83d", "\xff"]', messages.NOT_JSON, ""),
    (b"[NaN]", messages.NOT_JSON, ""),
    (b"[Infinity]", messages.NOT_JSON, ""),
    (b"[1e999, -Infinity]", messages.NOT_JSON, ""),
    (b"[" * 5000, messages.NOT_JSON, ""),
    (b"null", messages.NOT_A_REPORT, ""),
    (b"42", messages.NOT_A_REPORT, ""),
    (b'"ok"', messages.NOT_A_REPORT, ""),
    (b'{"error": "x"}', messages.NOT_A_REPORT, ""),
    (b'{"data": []}', messages.NOT_A_REPORT, ""),
    (b'{"meta": {}}', messages.NOT_A_REPORT, ""),
    (b'{"meta": {}, "data": null}', messages.NOT_A_REPORT, ""),
    (b"[null]", messages.ROW_NOT_AN_OBJECT, ""),
    (b'["Jane Doe"]', messages.ROW_NOT_AN_OBJECT, ""),
    (b"[[1]]", messages.ROW_NOT_AN_OBJECT, ""),
    (b"[{}]", messages.ROW_WITHOUT_KEY, "PbxId"),
    (b'[{"PbxId": "acmecorp"}]', messages.ROW_WITHOUT_KEY, "Extension"),
    (b'[{"PbxId": null, "Extension": "1"}]', messages.ROW_WITHOUT_KEY, "PbxId"),
    (b'[{"PbxId": "acmecorp", "Extension": null}]', messages.ROW_WITHOUT_KEY, "Extension"),
    (b'[{"PbxId": "acmecorp", "Extension": true}]', messages.ROW_WITHOUT_KEY, "Extension"),
    (b'[{"PbxId": "acmecorp", "Extension": 1.5}]', messages.ROW_WITHOUT_KEY, "Extension"),
    (b'[{"PbxId": "acmecorp", "Extension": 1e999}]', messages.ROW_WITHOUT_KEY, "Extension"),
    (b'[{"PbxId": "acmecorp", "Extension": {}}]', messages.ROW_WITHOUT_KEY, "Extension"),
    (b'[{"PbxId": "other", "Extension": "1"}]', messages.ROW_OF_ANOTHER_PBX, ""),
]


@pytest.mark.parametrize(("body", "problem", "name"), NOT_REPORTS, ids=plain_id)
def test_what_is_not_a_report_is_never_rows(body: bytes, problem: Message, name: str) -> None:
    with pytest.raises(RetryableError) as error:
        rows_in(body)
    assert error.value.problem is problem
    assert error.value.values == ({"name": name} if name else {})


def test_one_bad_row_spoils_the_report() -> None:
    with pytest.raises(RetryableError):
        rows_of(row("1"), row("2"), {"Extension": "3"})


def test_rows_keep_their_values_and_unknown_fields() -> None:
    rows = [row("1", New_Field={"a": [1]}, FirstName=None), row("007"), row("", pbx="AcmeCorp")]
    assert rows_of(*rows) == rows


@pytest.mark.parametrize("requested", ["acmecorp", "AcmeCorp", "ACMECORP", " acmecorp "])
@pytest.mark.parametrize("returned", ["acmecorp", "AcmeCorp", "acmecorp "])
def test_pbx_names_are_compared_in_one_normal_form(requested: str, returned: str) -> None:
    rows = [row(pbx=returned)]
    assert rows_of(*rows, pbx=requested) == rows


def test_accents_of_pbx_names_are_compared_in_one_encoding() -> None:
    rows = [row(pbx="Zu\u0308rich")]
    assert rows_of(*rows, pbx="z\u00fcrich") == rows


def test_key_values_that_are_whole_numbers_become_text() -> None:
    assert rows_of({**row(), "Extension": 1001}) == [row("1001")]
    assert rows_of({**row(), "PbxId": 7}, pbx="7") == [row(pbx="7")]


@pytest.mark.parametrize(
    ("value", "parsed"),
    [
        (b'"Ann\\ud83d"', "Ann\ufffd"),
        (b'["\\ud83d", 123456789012345678, -1, 1e2]', ["\ufffd", 123456789012345678, -1, 100.0]),
        (b'["\\ud83d", 18446744073709551615]', ["\ufffd", 2**64 - 1]),
        (b'["\\ud83d", 18446744073709551616]', ["\ufffd", 2.0**64]),
        (b'["\\ud83d", -9223372036854775808]', ["\ufffd", -(2**63)]),
        (b'["\\ud83d", -9223372036854775809]', ["\ufffd", -(2.0**63)]),
        (b'["\\ud83d", 111111111111111111111]', ["\ufffd", 111111111111111111111.0]),
        (b'"\\ude00Ann"', "\ufffdAnn"),
        (b'"\\ud83d \\ud83d\\ude00 \xc3\xa9"', "\ufffd \U0001f600 \xe9"),
        (b'["Ann\\ud83d", 1, null]', ["Ann\ufffd", 1, None]),
        (b'{"a\\ud83d": {"b": "\\ud83d"}}', {"a\ufffd": {"b": "\ufffd"}}),
        (b'"\xed\xa0\xbdAnn"', "\ufffdAnn"),
    ],
    ids=plain_id,
)
def test_half_a_surrogate_pair_becomes_the_replacement_character(value: bytes, parsed: Any) -> None:
    (found,) = rows_in(b'[{"PbxId": "acmecorp", "Extension": "1", "x": ' + value + b"}]")
    assert repr(found) == repr({"PbxId": "acmecorp", "Extension": "1", "x": parsed}), "of the same types"


@pytest.mark.parametrize(
    ("value", "parsed"),
    [
        (b'"A\\u0000B"', "A\ufffdB"),
        (b'"\\u0000\\u0000"', "\ufffd\ufffd"),
        (b'{"\\u0000": ["\\u0000"]}', {"\ufffd": ["\ufffd"]}),
        (b'"\\ud83d\\u0000"', "\ufffd\ufffd"),
        (b'"C:\\\\u0000"', "C:\\u0000"),
        (b'"C:\\\\\\u0000"', "C:\\\ufffd"),
        (b'"\\u00001"', "\ufffd1"),
        (b'"\\u0001"', "\u0001"),
    ],
    ids=plain_id,
)
def test_nul_becomes_the_replacement_character(value: bytes, parsed: Any) -> None:
    assert parse_json(value) == parsed


def test_nul_in_deeply_nested_json() -> None:
    value = parse_json(b"[" * 1000 + b'"\\u0000"' + b"]" * 1000)
    for _ in range(1000):
        (value,) = value
    assert value == "\ufffd"


@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 400, "-" + "9" * 400, "9" * 6000])
def test_a_number_that_json_cannot_write_is_marked(number: str) -> None:
    content = parse_json(f'{{"a": {number}, "b": [{number}, 1]}}'.encode())
    assert [type(value) for value in (content["a"], *content["b"])] == [TooLarge, TooLarge, int]


@pytest.mark.parametrize("number", ["1e308", "9" * 300, "18446744073709551616"])
def test_a_large_number_is_a_number(number: str) -> None:
    assert parse_json(number.encode()) == float(number)
    assert parse_json(f'["\\ud83d", {number}]'.encode()) == ["\ufffd", float(number)]


def test_a_byte_order_mark_is_accepted() -> None:
    assert rows_in(b"\xef\xbb\xbf" + orjson.dumps([row()])) == [row()]
    with pytest.raises(RetryableError) as error:
        rows_in(b"\xef\xbb\xbf[NaN]")
    assert error.value.problem is messages.NOT_JSON


def test_a_response_without_links_is_a_report() -> None:
    assert summary_rows(response(b"[]"), KEY, "acmecorp") == []


def test_no_rows_is_a_report() -> None:
    assert rows_in(b"[]") == []
    assert rows_in(b" [ ] \n") == []


def test_all_pbxes_may_bring_any() -> None:
    rows = [row("1"), row("1", pbx="other")]
    assert rows_of(*rows, pbx="allpbxes") == rows


@pytest.mark.parametrize(
    "body", ['{"meta": {}, "data": []}', '{"meta": null, "data": [{"PbxId": "acmecorp"}], "x": 1}']
)
def test_a_wrapped_summary_is_rejected_for_good(body: str) -> None:
    with pytest.raises(ConnectorError) as error:
        rows_in(body)
    assert error.value.problem is messages.PAGED_SUMMARY


@pytest.mark.parametrize(
    "link",
    [
        '<https://x/?page=2>; rel="next"',
        "<https://x/?page=2>; rel=next",
        "<https://x/?page=2>; REL='Next'",
        '<https://x/?page=2>; rel = "next"',
        '<https://x/>; rel="first", <https://x/?page=2>; title="more"; rel="last next"',
    ],
)
def test_a_summary_with_a_next_page_is_rejected_for_good(link: str) -> None:
    with pytest.raises(ConnectorError) as error:
        rows_in(orjson.dumps([row()]), link=link)
    assert error.value.problem is messages.PAGED_SUMMARY


@pytest.mark.parametrize(
    "link",
    ["", '<https://x/next>; rel="self"', '<https://x/>; rel="prev"; title="next"', "<https://rel/next>"],
)
def test_other_links_are_no_next_page(link: str) -> None:
    assert rows_in(orjson.dumps([row()]), link=link) == [row()]


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | texts,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["PbxId", "Extension", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


def parsed_or_none(body: bytes) -> list[dict[str, Any]] | None:
    try:
        rows = rows_in(body)
    except RetryableError as error:
        assert "\n" not in str(error)
        return None
    for found in rows:
        assert found["PbxId"].casefold() == "acmecorp"
        assert isinstance(found["Extension"], str)
    return rows


@given(st.binary(max_size=300))
@example(b"\xef\xbb\xbf[]")
def test_any_bytes_are_a_report_or_rejected(body: bytes) -> None:
    parsed_or_none(body)


@given(json_values)
def test_any_json_is_a_report_or_rejected(value: object) -> None:
    body = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    rows = parsed_or_none(body)
    keyed = [{**row, "Extension": str(row["Extension"])} for row in orjson.loads(body)] if rows else rows
    assert rows is None or rows == keyed, "a row was made up or dropped"


@pytest.mark.parametrize(
    ("value", "number"),
    [
        *((0, 0), (81, 81), ("81", 81), (81.0, 81), ("007", 7), (-1, -1), (-1.0, -1)),
        *((2.0**52, 2**52), ("9" * 18, 10**18 - 1), (10**30, 10**30)),
        *((2.0**53, None), (-(2.0**53), None), ("9" * 19, None), ("-1", None), ("1.0", None)),
        *(("", None), (" 1", None), ("\u00b3", None), ("\u0663", None), (1.5, None), (True, None)),
        *((None, None), ([], None), (TooLarge(), None), (float("inf"), None)),
    ],
)
def test_counts_in_all_forms(value: Any, number: int | None) -> None:
    assert whole_number(value) == number
    assert type(whole_number(value)) is type(number)


def test_repeated_keys_are_counted() -> None:
    rows = [row("1"), row("2"), row("1"), row("1"), row("1", pbx="other")]
    assert repeated_keys(rows, KEY) == 2
    assert repeated_keys([], KEY) == 0
