"""No name, number or address of a person leaves the connector where the configuration says so."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from integration_tests.harness import TODAY, Run, within
from sandbox import Sandbox
from source_8x8_work_analytics.streams import STREAM_TYPES
from testing.builders import catalog_file

KEY = "a key of these tests, 16+"
ALL = catalog_file(*(stream.name for stream in STREAM_TYPES))
NUMBER = re.compile(r"\+?\d{7,}")
HASH = re.compile(r"#[0-9a-f]{32}")
MARK = "Personal data."
PERSONAL = {
    stream.name: [
        name
        for name, about in stream.schema["properties"].items()
        if "Personal data." in about["description"]
    ]
    for stream in STREAM_TYPES
}


@pytest.fixture
def read(configure: Callable[..., dict[str, Any]], waits: list[float]) -> Callable[..., Run]:
    def run(**more: Any) -> Run:
        done = within("read", configure(start_date=str(TODAY), **more), streams=ALL, debug=True)
        assert done.code == 0, done.errors
        return done

    return run


def people(sandbox: Sandbox, kept: Run) -> set[str]:
    """Return every name, address and outside number that the sandbox knows."""
    found = set()
    for pbx in sandbox.pbxes().values():
        for one in pbx.extensions:
            if one.is_user:
                found |= {one.first_name, one.last_name, one.email, one.user_name}
    for line in kept.of("RECORD"):
        record = line["record"]
        for name in PERSONAL[record["stream"]]:
            found |= set(NUMBER.findall(str(record["data"].get(name, ""))))
    return {value for value in found if len(value) > 2}


def in_clear(text: str, values: set[str]) -> list[str]:
    words = sorted(values, key=len, reverse=True)
    return re.findall(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)", text)


def counts(run: Run) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in run.of("RECORD"):
        found[line["record"]["stream"]] = found.get(line["record"]["stream"], 0) + 1
    return found


@pytest.mark.parametrize("mode", ["remove", "hash"])
def test_no_row_state_or_log_has_a_name_a_number_or_an_address(
    read: Callable[..., Run], sandbox: Sandbox, mode: str
) -> None:
    kept = read()
    private = people(sandbox, kept)
    assert len(private) > 100
    assert len(set(in_clear(kept.text, private))) > 100, "the search finds what is there"
    run = read(personal_data=mode, personal_data_key=KEY)
    assert in_clear(run.text, private) == []
    assert KEY not in run.text
    assert counts(run) == counts(kept)
    hashes = HASH.findall(run.text)
    assert (len(set(hashes)) > 50) == (mode == "hash")


def test_keys_stay_and_hashes_tell_people_apart(read: Callable[..., Run]) -> None:
    kept, hashed = read(), read(personal_data="hash", personal_data_key=KEY)
    for stream in STREAM_TYPES:
        before, after = (by_key(run, stream.name, stream.primary_key) for run in (kept, hashed))
        assert before.keys() == after.keys()
        for name in PERSONAL[stream.name]:
            pairs = {(before[key].get(name), after[key].get(name)) for key in before}
            assert len({old for old, _ in pairs}) == len(pairs), "one value, one hash"
            assert all(new == old or HASH.fullmatch(str(new)) for old, new in pairs), (stream.name, name)
    again = read(personal_data="hash", personal_data_key="another key of these tests")
    assert set(HASH.findall(again.text)).isdisjoint(HASH.findall(hashed.text))


def by_key(run: Run, stream: str, key: tuple[str, ...]) -> dict[tuple[Any, ...], dict[str, Any]]:
    rows = [line["record"]["data"] for line in run.of("RECORD") if line["record"]["stream"] == stream]
    return {tuple(row[name] for name in key): row for row in rows}


def test_states_note_the_mode_and_a_change_is_said_once(
    configure: Callable[..., dict[str, Any]], waits: list[float]
) -> None:
    first = within("read", configure(start_date=str(TODAY)))
    changed = {"personal_data": "hash", "personal_data_key": KEY}
    second = within("read", configure(start_date=str(TODAY), **changed), state=first.state)
    third = within("read", configure(start_date=str(TODAY), **changed), state=second.state)
    said = [run.text.count("personal_data was keep and is now hash") for run in (first, second, third)]
    assert said == [0, 1, 0]
    (state,) = third.state
    assert state["stream"]["stream_state"]["settings"]["personal_data"] == "hash"
    assert KEY not in json.dumps(third.states)
