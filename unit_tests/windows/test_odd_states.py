"""Odd states, files and settings: one sentence, the right failure type, never a traceback, never a hang."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests_mock as rm
from airbyte_cdk.models import FailureType

from source_8x8_work_analytics import input_files, messages
from source_8x8_work_analytics.commands import execute
from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.messages import Message
from source_8x8_work_analytics.windows.state import SavedState
from testing.builders import EXTSUM_URL, TOKEN_URL, catalog_file, config, row, settings, token
from unit_tests.reading import Read, days, saved


@pytest.fixture
def report(api: rm.Mocker) -> Any:
    api.post(TOKEN_URL, json=token())
    return api.get(EXTSUM_URL, json=[row()])


MARKS = ("9999-12-31", "0001-01-01", "2024-02-29", "2026-11-25", "2026-11-20")
ODD: list[tuple[str, str, str | None]] = [
    *(("day", mark, since) for mark in MARKS for since in (None, "9999-12-31")),
    *((unit, mark, "2026-11-24") for unit in ("day", "week", "month") for mark in MARKS[::4]),
    ("day", "2026-11-20", "0001-01-01"),
    ("month", "0001-01-01", None),
]


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("unit", "mark", "since"), ODD)
def test_no_date_in_a_state_stops_the_sync(report: Any, unit: str, mark: str, since: str | None) -> None:
    read = Read(saved(mark, since=since, summary_window=unit), summary_window=unit, start_date="2026-10-01")
    assert read.error is None
    assert read.errors == []
    assert days(report), "the present window is read each time"
    newest = {"day": "2026-11-23", "week": "2026-11-16", "month": "2026-10-01"}[unit]
    assert read.marks["acmecorp"] == newest


@pytest.mark.timeout(60)
def test_a_stretch_that_begins_in_the_future_is_read_anew(report: Any) -> None:
    """As a clock that was ahead by years leaves it."""
    read = Read(saved("2030-01-01", since="2028-01-02"))
    assert days(report) == ["2026-11-22", "2026-11-23", "2026-11-24"]
    assert read.marks == {"acmecorp": "2026-11-23"}
    assert read.since == {"acmecorp": "2026-11-22"}


STATE = {
    "type": "STREAM",
    "stream": {
        "stream_descriptor": {"name": "extension_summary"},
        "stream_state": {
            "states": [{"partition": {"pbx_id": "acmecorp"}, "cursor": {"report_date": "2026-11-20"}}]
        },
    },
}
MESSAGE = {"type": "STATE", "state": STATE}
LOG = {"type": "LOG", "log": {"level": "INFO", "message": "read"}}
OUTPUT = "\n".join(json.dumps(line) for line in (LOG, MESSAGE, LOG))
SHAPES = {
    "array": json.dumps([STATE]),
    "one state": json.dumps(STATE),
    "one message": json.dumps(MESSAGE),
    "array of messages": json.dumps([MESSAGE]),
    "output of a read": OUTPUT,
    "output with blank lines": f"\n{OUTPUT}\n\n",
    "only state lines": json.dumps(MESSAGE) + "\n" + json.dumps(MESSAGE) + "\n",
    "behind a byte order mark": "\ufeff" + json.dumps([STATE]),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_states_come_in_many_shapes(tmp_path: Path, shape: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(SHAPES[shape], encoding="utf-8")
    (state,) = input_files.read_state(str(path))
    assert state.stream
    assert state.stream.stream_descriptor.name == "extension_summary"
    assert state.stream.stream_state.states[0]["cursor"]["report_date"] == "2026-11-20"  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["[]", "{}", json.dumps(LOG)])
def test_no_state_is_an_empty_one(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    assert input_files.read_state(str(path)) == []


GLOBAL = {"type": "GLOBAL", "global": {"shared_state": {"a": 1}, "stream_states": []}}
OTHERS: dict[str, Any] = {
    "global": GLOBAL,
    "array with a global": [STATE, GLOBAL],
    "global message": {"type": "STATE", "state": GLOBAL},
    "legacy": {"extension_summary": {"report_date": "2026-11-20"}},
    "legacy message": {"type": "STATE", "state": {"type": "LEGACY", "data": {"x": 1}}},
    "only the stream state": STATE["stream"]["stream_state"],  # type: ignore[index]
    "number": 5,
    "null": None,
    "array of numbers": [5],
    "nested arrays": [[STATE]],
    "message without state": {"type": "STATE"},
    "stream without name": {"type": "STREAM", "stream": {"stream_state": {}}},
}


@pytest.mark.parametrize("shape", OTHERS)
def test_other_shapes_are_rejected_with_those_that_are_accepted(tmp_path: Path, shape: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(json.dumps(OTHERS[shape]))
    with pytest.raises(ConnectorError) as caught:
        input_files.read_state(str(path))
    shared = "global" in shape
    assert caught.value.problem is (messages.STATE_GLOBAL if shared else messages.STATE_FILE_INVALID)
    assert caught.value.failure_type is FailureType.config_error
    assert messages.STATE_SHAPES in str(caught.value)


OPTIONAL = (
    "pbx_ids", "start_date", "end_date", "summary_window", "only_finished_windows", "lookback_days",
    "num_workers", "reread_from", "reread_to", "personal_data", "personal_data_key", "window_end", "base_url",
)  # fmt: skip


def test_null_is_the_same_as_absent_for_each_optional_key() -> None:
    absent = settings(**dict.fromkeys(OPTIONAL, ...))
    assert settings(**dict.fromkeys(OPTIONAL)) == absent
    for key in OPTIONAL:
        assert settings(**{key: None}) == settings(**{key: ...})


VALUES: list[tuple[str, Message, list[Any]]] = [
    ("num_workers", messages.NUMBER_INVALID, [0, -1, 1, 21, "4", 2.5, True, [4]]),
    ("lookback_days", messages.NUMBER_INVALID, [-1, 61, "2", False, {}]),
    ("pbx_ids", messages.PBXES_NOT_A_LIST, ["acmecorp", {"acmecorp": 1}, 5]),
    ("api_key", messages.REQUIRED_TEXT, [None, 5]),
    ("username", messages.REQUIRED_TEXT, [None, 5]),
    ("password", messages.REQUIRED_TEXT, [None, 5]),
    ("time_zone", messages.TIME_ZONE_INVALID, [None, 5]),
    ("only_finished_windows", messages.FLAG_INVALID, ["true", 1]),
    ("start_date", messages.DATE_INVALID, [20260101, "2026-1-5"]),
    ("reread_from", messages.DATE_INVALID, [20260101, "2026-1-5", ["2026-01-05"]]),
]


@pytest.mark.parametrize(("key", "problem", "values"), VALUES, ids=[key for key, _, _ in VALUES])
def test_a_value_of_another_type_gets_the_sentence(key: str, problem: Message, values: list[Any]) -> None:
    for value in values:
        with pytest.raises(ConnectorError) as caught:
            settings(**{key: value})
        assert caught.value.problem is problem
        assert caught.value.failure_type is FailureType.config_error
        assert f"({key})" in str(caught.value)


def test_without_a_command_it_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute([], print) == 2
    said = capsys.readouterr().err
    assert all(command in said for command in ("spec", "check", "discover", "read", "doctor"))


def test_unknown_keys_are_one_warning(tmp_path: Path, report: Any, caplog: pytest.LogCaptureFixture) -> None:
    files = {"config": config(pbx_names=["beta"], __injected=1), "catalog": catalog_file()}
    args = ["read"]
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content))
        args += [f"--{name}", str(tmp_path / name)]
    assert execute(args, lambda _: None) == 0
    assert caplog.messages.count(messages.UNKNOWN_KEYS.text(keys="pbx_names")) == 1


@pytest.mark.parametrize("names", [("acmecorp", "AcmeCorp"), ("AcmeCorp", "acmecorp")])
@pytest.mark.parametrize("marks", [("2026-11-01", "2026-11-20"), ("2026-11-20", "2026-11-01")])
def test_of_two_spellings_of_a_pbx_the_earlier_mark_counts(
    names: tuple[str, str], marks: tuple[str, str]
) -> None:
    states = [
        {"partition": {"pbx_id": name}, "cursor": {"report_date": mark}}
        for name, mark in zip(names, marks, strict=True)
    ]
    loaded = SavedState.load("extension_summary", {"states": states})
    for again in (loaded, SavedState.load("extension_summary", loaded.dump())):
        found = again.get("ACMECORP")
        assert found
        assert str(found.mark) == "2026-11-01"
        assert len(again.dump()["states"]) == 1
