import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_8x8_work_analytics.doctor.late_changes import Memory, NotAMemory, PbxMemory

texts = st.text(max_size=30)


def test_a_saved_memory_is_read_back(tmp_path: Path) -> None:
    memory = Memory.empty()
    days = {"2026-11-20": memory.fingerprint(["a"])}
    memory.pbxes["pbx-1"] = PbxMemory(memory.fingerprint(["key"]), "2026-11-24T15:30:00+00:00", days)
    memory.save(tmp_path / "memory.json")

    assert Memory.load(tmp_path / "memory.json") == memory


def test_a_memory_file_in_full(tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    Memory("bcdf", {"pbx-1": PbxMemory("g", "2026-11-24", {"2026-11-20": "h"})}).save(path)

    assert (
        path.read_text(encoding="utf-8")
        == """\
{
 "version": 1,
 "salt": "bcdf",
 "pbxes": {
  "pbx-1": {
   "account": "g",
   "asked_at": "2026-11-24",
   "days": {
    "2026-11-20": "h"
   }
  }
 }
}
"""
    )


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'{"version": 1}',
        b'{"version": 2, "salt": "bcd", "pbxes": {}}',
        b'{"version": 1, "salt": "bcd", "pbxes": {}, "more": 1}',
        b'{"api_key": "x", "username": "y", "password": "z"}',
        b'{"version": 1, "salt": 5, "pbxes": {}}',
        b'{"version": 1, "salt": "", "pbxes": {}}',
        b'{"version": 1, "salt": "bcd", "pbxes": []}',
        b'{"version": 1, "salt": "bcd", "pbxes": {"pbx-1": {"other": 1}}}',
        b'{"version": 1, "salt": "b", "pbxes": {"pbx-1": {"account": "", "asked_at": "", "days": {"d": 1}}}}',
        b'{"version": 1, "salt": "b", "pbxes": {"pbx-1": {"account": "", "asked_at": "", "days": 5}}}',
        b'{"version": 1, "salt": "b", "pbxes": {"pbx-1": {"account": 5, "asked_at": "", "days": {}}}}',
        b'{"version": 1, "salt": "b", "pbxes": {"pbx-1": {"account": "", "asked_at": 5, "days": {}}}}',
        b'{"version": 1, "salt": 5, "pbxes": {"pbx-1": {"account": "", "asked_at": "", "days": {}}}}',
    ],
)
def test_a_file_that_is_not_a_memory_is_rejected(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "memory.json"
    path.write_bytes(content)

    with pytest.raises(NotAMemory):
        Memory.load(path)


@given(content=st.binary(min_size=1, max_size=200))
def test_no_content_of_the_file_is_a_crash(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("memory") / "memory.json"
    path.write_bytes(content)

    with pytest.raises(NotAMemory):
        Memory.load(path)


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.touch()])
def test_a_file_that_does_not_exist_or_is_empty_is_a_first_run(tmp_path: Path, make: object) -> None:
    make(tmp_path / "memory.json")  # type: ignore[operator]

    memory = Memory.load(tmp_path / "memory.json")

    assert memory.salt
    assert not memory.pbxes


@given(parts=st.lists(texts, max_size=5), other=st.lists(texts, max_size=5))
def test_fingerprints_are_equal_for_equal_rows_in_any_order_only(parts: list[str], other: list[str]) -> None:
    memory = Memory("bcdf")

    assert memory.fingerprint(parts) == memory.fingerprint(parts[::-1])
    assert (memory.fingerprint(parts) == memory.fingerprint(other)) is (sorted(parts) == sorted(other))


def test_a_fingerprint_is_the_same_in_every_run() -> None:
    fingerprint = Memory("bcdf").fingerprint(["Zürich", "\ud800"])

    assert fingerprint == "knrbsbsqmhnpbmknkjkqttfsqgtfsnqmgbchnnmpnrhqcqdksnhsptkjclcqchnf"


@given(parts=st.lists(texts, min_size=1, max_size=3))
def test_fingerprints_differ_by_salt_and_hold_no_digit_and_no_vowel(parts: list[str]) -> None:
    one, two = Memory.empty(), Memory.empty()

    assert one.fingerprint(parts) != two.fingerprint(parts)
    assert re.fullmatch("[b-df-hj-np-t]{64}", one.fingerprint(parts))
    assert re.fullmatch("[b-df-hj-np-t]{32}", one.salt)
