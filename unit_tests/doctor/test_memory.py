import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_8x8_work_analytics.doctor.memory import Memory, PbxMemory

texts = st.text(max_size=30)


def test_a_saved_memory_is_read_back(tmp_path: Path) -> None:
    memory = Memory.empty()
    days = {"2026-11-20": memory.fingerprint(["a"])}
    memory.pbxes["pbx-1"] = PbxMemory(memory.fingerprint(["key"]), "2026-11-24T15:30:00+00:00", days)
    memory.save(tmp_path / "memory.json")

    assert Memory.load(tmp_path / "memory.json") == memory


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'{"version": 1}',
        b'{"version": 1, "salt": 5, "pbxes": {}}',
        b'{"version": 1, "salt": "", "pbxes": {}}',
        b'{"version": 1, "salt": "bcd", "pbxes": []}',
        b'{"version": 1, "salt": "bcd", "pbxes": {"pbx-1": {"other": 1}}}',
        b'{"version": 1, "salt": "b", "pbxes": {"pbx-1": {"account": "", "asked_at": "", "days": {"d": 1}}}}',
        b'{"version": 1, "salt": "b", "pbxes": {"pbx-1": {"account": "", "asked_at": "", "days": 5}}}',
    ],
)
def test_a_damaged_memory_is_said_and_started_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "memory.json"
    path.write_bytes(content)

    memory = Memory.load(path)

    assert memory.note == "the memory file was damaged, so a new one is started"
    assert not memory.pbxes
    assert memory.salt


@given(content=st.binary(max_size=200))
def test_no_content_of_the_file_is_a_crash(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("memory") / "memory.json"
    path.write_bytes(content)

    assert Memory.load(path).salt


def test_a_memory_of_another_version_is_started_anew(tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    path.write_text(json.dumps({"version": 2, "salt": "bcd", "pbxes": {}}), encoding="utf-8")

    assert "another version" in Memory.load(path).note


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.touch()])
def test_a_file_that_is_not_there_or_empty_is_a_first_run(tmp_path: Path, make: object) -> None:
    make(tmp_path / "memory.json")  # type: ignore[operator]

    assert Memory.load(tmp_path / "memory.json").note == ""


@given(parts=st.lists(texts, max_size=5), other=st.lists(texts, max_size=5))
def test_fingerprints_are_equal_for_equal_rows_in_any_order_only(parts: list[str], other: list[str]) -> None:
    memory = Memory("bcdf")

    assert memory.fingerprint(parts) == memory.fingerprint(parts[::-1])
    assert (memory.fingerprint(parts) == memory.fingerprint(other)) is (sorted(parts) == sorted(other))


@given(parts=st.lists(texts, min_size=1, max_size=3))
def test_fingerprints_differ_by_salt_and_hold_no_digit_and_no_vowel(parts: list[str]) -> None:
    one, two = Memory.empty(), Memory.empty()

    assert one.fingerprint(parts) != two.fingerprint(parts)
    assert re.fullmatch("[b-df-hj-np-t]{64}", one.fingerprint(parts))
    assert re.fullmatch("[b-df-hj-np-t]{32}", one.salt)
