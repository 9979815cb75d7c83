from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from source_8x8_work_analytics.errors import TryAgain
from source_8x8_work_analytics.payload import repeated_keys, summary_rows
from unit_tests.builders import row

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
    with pytest.raises(TryAgain, match=trouble):
        summary_rows(body, KEY, "acmecorp")


def test_one_bad_row_spoils_the_report() -> None:
    with pytest.raises(TryAgain):
        summary_rows(orjson.dumps([row("1"), row("2"), {"Extension": "3"}]), KEY, "acmecorp")


def test_rows_keep_their_values_and_unknown_fields() -> None:
    rows = [row("1", New_Field={"a": [1]}, FirstName=None), row("007"), row("", pbx="AcmeCorp")]
    assert summary_rows(orjson.dumps(rows), KEY, "acmecorp") == rows


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


def judge(body: bytes) -> list[dict[str, Any]] | None:
    try:
        rows = summary_rows(body, KEY, "acmecorp")
    except TryAgain as refusal:
        assert "\n" not in refusal.trouble
        return None
    for found in rows:
        assert found["PbxId"].casefold() == "acmecorp"
        assert isinstance(found["Extension"], str | int)
        assert not isinstance(found["Extension"], bool)
    return rows


@given(st.binary(max_size=300))
@example(b"\xef\xbb\xbf[]")
def test_any_bytes_are_a_report_or_refused(body: bytes) -> None:
    judge(body)


@given(json_values)
def test_any_json_is_a_report_or_refused(value: object) -> None:
    body = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    rows = judge(body)
    assert rows is None or rows == orjson.loads(body), "a row was made up or dropped"


def test_repeated_keys_are_counted() -> None:
    rows = [row("1"), row("2"), row("1"), row("1"), row("1", pbx="other")]
    assert repeated_keys(rows, KEY) == 2
    assert repeated_keys([], KEY) == 0
