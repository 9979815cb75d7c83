"""Summary reports: a response that is not a report is never rows, and never "no data"."""

from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from source_8x8_work_analytics.errors import RetryableError
from source_8x8_work_analytics.retrievers.payload import member_rows, repeated_keys, summary_rows
from testing.builders import row

KEY = ["PbxId", "Extension"]

NOT_REPORTS: list[tuple[bytes, str]] = [
    (b"", "not JSON"),
    (b"<html><body>maintenance</body></html>", "not JSON"),
    (b'[{"PbxId": "acmecorp", "Exten', "not JSON"),
    (b'[{"PbxId": "acmecorp\xff", "Extension": "1"}]', "not JSON"),
    (b"[NaN]", "not JSON"),
    (b"[" * 5000, "not JSON"),
    (b"null", "not a report"),
    (b"42", "not a report"),
    (b'"ok"', "not a report"),
    (b'{"error": "x"}', "not a report"),
    (b'{"data": []}', "not a report"),
    (b"[null]", "not an object"),
    (b'["Jane Doe"]', "not an object"),
    (b"[[1]]", "not an object"),
    (b"[{}]", "no PbxId"),
    (b'[{"PbxId": "acmecorp"}]', "no Extension"),
    (b'[{"PbxId": null, "Extension": "1"}]', "no PbxId"),
    (b'[{"PbxId": "acmecorp", "Extension": null}]', "no Extension"),
    (b'[{"PbxId": "acmecorp", "Extension": true}]', "no Extension"),
    (b'[{"PbxId": "acmecorp", "Extension": 1.5}]', "no Extension"),
    (b'[{"PbxId": "acmecorp", "Extension": {}}]', "no Extension"),
    (b'[{"PbxId": "other", "Extension": "1"}]', "another PBX"),
]


@pytest.mark.parametrize(("body", "trouble"), NOT_REPORTS, ids=lambda part: repr(part)[:30])
def test_what_is_not_a_report_is_never_rows(body: bytes, trouble: str) -> None:
    with pytest.raises(RetryableError, match=trouble):
        summary_rows(body, KEY, "acmecorp")


def test_one_bad_row_spoils_the_report() -> None:
    with pytest.raises(RetryableError):
        summary_rows(orjson.dumps([row("1"), row("2"), {"Extension": "3"}]), KEY, "acmecorp")


def test_rows_keep_their_values_and_unknown_fields() -> None:
    rows = [row("1", New_Field={"a": [1]}, FirstName=None), row("007"), row("", pbx="AcmeCorp")]
    assert summary_rows(orjson.dumps(rows), KEY, "acmecorp") == rows


@pytest.mark.parametrize("asked_for", ["acmecorp", "AcmeCorp", "ACMECORP"])
@pytest.mark.parametrize("answered", ["acmecorp", "AcmeCorp"])
def test_capitals_in_names_of_pbxs_do_not_matter(asked_for: str, answered: str) -> None:
    rows = [row(pbx=answered)]
    assert summary_rows(orjson.dumps(rows), KEY, asked_for) == rows


def test_a_key_may_be_a_whole_number() -> None:
    rows = [{**row(), "Extension": 1001}, {**row(pbx="7"), "PbxId": 7}]
    assert summary_rows(orjson.dumps(rows[:1]), KEY, "acmecorp") == rows[:1]
    assert summary_rows(orjson.dumps(rows[1:]), KEY, "7") == rows[1:]


@pytest.mark.parametrize(
    ("body", "name"),
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
    ids=repr,
)
def test_half_a_character_costs_that_character_and_no_report(body: bytes, name: Any) -> None:
    (found,) = summary_rows(b'[{"PbxId": "acmecorp", "Extension": "1", "x": ' + body + b"}]", KEY, "acmecorp")
    assert found == {"PbxId": "acmecorp", "Extension": "1", "x": name}


def test_a_byte_order_mark_is_no_part_of_a_report() -> None:
    assert summary_rows(b"\xef\xbb\xbf" + orjson.dumps([row()]), KEY, "acmecorp") == [row()]
    with pytest.raises(RetryableError, match="not JSON"):
        summary_rows(b"\xef\xbb\xbf[NaN]", KEY, "acmecorp")


def test_no_rows_is_a_report() -> None:
    assert summary_rows(b"[]", KEY, "acmecorp") == []
    assert summary_rows(b" [ ] \n", KEY, "acmecorp") == []


def test_all_pbxes_may_bring_any() -> None:
    rows = [row("1"), row("1", pbx="other")]
    assert summary_rows(orjson.dumps(rows), KEY, "allpbxes") == rows


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["PbxId", "Extension", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


def parsed(body: bytes) -> list[dict[str, Any]] | None:
    try:
        rows = summary_rows(body, KEY, "acmecorp")
    except RetryableError as refusal:
        assert "\n" not in refusal.problem
        return None
    for found in rows:
        assert found["PbxId"].casefold() == "acmecorp"
        assert isinstance(found["Extension"], str | int)
        assert not isinstance(found["Extension"], bool)
    return rows


@given(st.binary(max_size=300))
@example(b"\xef\xbb\xbf[]")
def test_any_bytes_are_a_report_or_refused(body: bytes) -> None:
    parsed(body)


@given(json_values)
def test_any_json_is_a_report_or_refused(value: object) -> None:
    body = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    rows = parsed(body)
    assert rows is None or rows == orjson.loads(body), "a row was made up or dropped"


def test_repeated_keys_are_counted() -> None:
    rows = [row("1"), row("2"), row("1"), row("1"), row("1", pbx="other")]
    assert repeated_keys(rows, KEY) == 2
    assert repeated_keys([], KEY) == 0


def test_members_of_another_group_are_refused() -> None:
    rows = [{"pbxId": "acmecorp", "ringGroupExtension": "900", "extension": "1"}]
    key = ["pbxId", "ringGroupExtension", "extension"]
    assert member_rows(orjson.dumps(rows), key, "acmecorp", "900") == rows
    with pytest.raises(RetryableError, match=r"^8x8 sent a report with a row of another ring group$"):
        member_rows(orjson.dumps(rows), key, "acmecorp", "901")
