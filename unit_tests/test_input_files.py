"""The files on the command line."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.models import AirbyteStateType
from hypothesis import given
from hypothesis import strategies as st

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.input_files import read_catalog, read_config, read_state
from testing.builders import catalog_file


def state(stream: str = "extension_summary", mark: str = "2026-11-22") -> dict[str, Any]:
    blob = {"states": [{"partition": {"pbx_id": "a"}, "cursor": {"report_date": mark}}]}
    return {"type": "STREAM", "stream": {"stream_descriptor": {"name": stream}, "stream_state": blob}}


def message(stream: str = "extension_summary", mark: str = "2026-11-22") -> dict[str, Any]:
    return {"type": "STATE", "state": state(stream, mark)}


def camel_case(one: dict[str, Any]) -> dict[str, Any]:
    stream = one["stream"]
    return {"streamDescriptor": stream["stream_descriptor"], "streamState": stream["stream_state"]}


def with_namespace(one: dict[str, Any], namespace: str) -> dict[str, Any]:
    one["stream"]["stream_descriptor"]["namespace"] = namespace
    return one


LOG = {"type": "LOG", "log": {"level": "INFO", "message": "x"}}
RECORD = {"type": "RECORD", "record": {"stream": "s", "data": {"type": "STATE"}, "emitted_at": 1}}


def marks(found: list[Any]) -> dict[str, str]:
    return {
        one.stream.stream_descriptor.name: vars(one.stream.stream_state)["states"][0]["cursor"]["report_date"]
        for one in found
    }


def lines(*messages: Any) -> str:
    return "".join(json.dumps(one) + "\n" for one in messages)


SHAPES: dict[str, str] = {
    "the array of states": json.dumps([state()]),
    "an array of messages": json.dumps([message()]),
    "one state": json.dumps(state()),
    "one state without its type": json.dumps({"stream": state()["stream"]}),
    "one message": json.dumps(message()),
    "one message, indented": json.dumps(message(), indent=2),
    "one message with a line end": lines(message()),
    "the states of a read": lines(message(mark="2026-11-20"), message()),
    "a whole read": lines(LOG, RECORD, message(mark="2026-11-20"), RECORD, message(), LOG),
    "the output of a read that was killed": lines(LOG, message()) + '{"type": "RECORD", "rec',
    "a whole read that was killed in its second line": lines(message()) + '{"type": "RECORD", "rec',
    "a whole read without the last line end": lines(LOG) + json.dumps(message()),
    "a read with a bare state": lines(LOG, state()),
    "a whole read with empty lines": "\n" + lines(LOG, message()) + "\n\n",
    "a byte order mark": "\ufeff" + json.dumps([state()]),
    "of Airbyte's API": json.dumps({"stateType": "stream", "streamState": [camel_case(state())]}),
    "an array of Airbyte's API": json.dumps([camel_case(state())]),
    "of its API, in a state": json.dumps([{"type": "STREAM", "stream": camel_case(state())}]),
    "of Airbyte's API, in the protocol's spelling": json.dumps([state()["stream"]]),
    "of another namespace": json.dumps([with_namespace(state(), "phone")]),
    "of an empty namespace": json.dumps([with_namespace(state(), "")]),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_state_is_taken_in_every_shape_that_people_have(tmp_path: Path, shape: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(SHAPES[shape], encoding="utf-8")
    found = read_state(str(path))
    assert marks(found) == {"extension_summary": "2026-11-22"}
    assert found[0].type in (AirbyteStateType.STREAM, None)


@pytest.mark.parametrize("shape", ["the array of states", "of Airbyte's API"])
def test_a_state_says_that_it_is_one_of_a_stream(tmp_path: Path, shape: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(SHAPES[shape], encoding="utf-8")
    assert [found.type for found in read_state(str(path))] == [AirbyteStateType.STREAM]


def test_the_last_state_of_each_stream_counts(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text(lines(message("a", "2026-11-01"), message("b"), LOG, message("a", "2026-11-02")))
    assert marks(read_state(str(path))) == {"a": "2026-11-02", "b": "2026-11-22"}


@pytest.mark.parametrize("text", ["[]", "{}", "[{}]", lines(LOG, RECORD), lines(LOG)])
def test_no_state_is_no_state(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    assert read_state(str(path)) == []


GLOBAL = {"type": "GLOBAL", "global": {"shared_state": {"x": 1}, "stream_states": []}}
REFUSED = [
    *("x", "7", "null", '"text"', "[7]", "[[]]", '{"type": "STREAM"}', '{"states": []}', "{", "[1, 2"),
    json.dumps(GLOBAL),
    json.dumps([GLOBAL]),
    json.dumps({"type": "GLOBAL"}),
    json.dumps({"global": GLOBAL["global"]}),
    json.dumps({"globalState": GLOBAL["global"]}),
    json.dumps({"type": "STATE", "state": GLOBAL}),
    json.dumps(message()) + "\nnot JSON\n",
    json.dumps({"type": "STATE"}),
    json.dumps([LOG["log"]]),
    json.dumps(catalog_file()),
]


@pytest.mark.parametrize("text", REFUSED)
def test_any_other_state_is_refused_with_the_shapes(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    with pytest.raises(ConnectorError) as refused:
        read_state(str(path))
    assert str(refused.value).endswith(f"{messages.STATE_SHAPES}.")
    expected = messages.STATE_GLOBAL if "global" in text.lower() else messages.STATE_FILE_INVALID
    assert refused.value.problem is expected


def test_an_empty_output_is_no_state(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    for text in ("", " \n"):
        path.write_text(text)
        with pytest.raises(ConnectorError) as refused:
            read_state(str(path))
        assert refused.value.problem is messages.STATE_FILE_EMPTY


def test_an_output_that_ended_before_its_first_state_is_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "state.json"
    path.write_text(json.dumps(LOG) + "\n" + json.dumps({"type": "RECORD", "record": {}}) + "\n")
    assert read_state(str(path)) == []
    assert caplog.messages == [messages.STATE_FILE_WITHOUT_STATE.text()]
    caplog.clear()
    path.write_text(json.dumps(LOG) + "\n" + json.dumps(message()) + "\n")
    assert read_state(str(path))
    assert not caplog.messages


def test_a_state_nested_without_end_is_one_sentence(tmp_path: Path) -> None:
    deep = tmp_path / "state.json"
    for text in ("[" * 100_000, "[" * 100_000 + "\n{}"):
        deep.write_text(text)
        with pytest.raises(ConnectorError) as refused:
            read_state(str(deep))
        assert refused.value.problem is messages.STATE_FILE_INVALID


@given(st.binary(max_size=80))
def test_any_bytes_are_a_state_or_one_sentence(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any-state.json"
    path.write_bytes(body)
    try:
        read_state(str(path))
    except ConnectorError as refused:
        assert str(refused).startswith("The state file ")


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_files_are_utf_8_with_or_without_a_byte_order_mark(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(mark + json.dumps({"password": "päß密"}, ensure_ascii=False), encoding="utf-8")
    assert read_config(str(path)) == {"password": "päß密"}
    path.write_text(mark + json.dumps(catalog_file()), encoding="utf-8")
    assert [stream.stream.name for stream in read_catalog(str(path)).streams] == ["extension_summary"]


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    for reader, what in ((read_config, "configuration"), (read_catalog, "catalog"), (read_state, "state")):
        with pytest.raises(ConnectorError, match=f"The {what} file cannot be opened: No such file"):
            reader(str(tmp_path / "nowhere.json"))


def test_a_file_that_may_not_be_read_names_the_user_of_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    monkeypatch.setenv("LOGNAME", "jane")
    with pytest.raises(ConnectorError) as refused:
        read_config(str(tmp_path / "config.json"))
    assert refused.value.problem is messages.FILE_CANNOT_BE_READ
    assert "The configuration file cannot be opened (Permission denied)" in str(refused.value)
    assert f"give jane (uid {os.getuid()}), the user" in str(refused.value)


def test_a_file_without_json_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text("{")
    for reader, what in ((read_config, "configuration"), (read_catalog, "catalog")):
        with pytest.raises(ConnectorError, match=f"^The {what} file does not contain JSON") as refused:
            reader(str(path))
        assert refused.value.problem is messages.FILE_NOT_JSON


def test_a_configuration_is_an_object(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("[]")
    with pytest.raises(ConnectorError) as refused:
        read_config(str(path))
    assert refused.value.problem is messages.CONFIG_NOT_AN_OBJECT


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_file_of_somebody_else_names_the_user_of_the_program(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text("{}")
    path.chmod(0o600)
    tmp_path.chmod(0o755)
    os.seteuid(65534)
    try:
        with pytest.raises(ConnectorError) as refused:
            read_config(str(path))
    finally:
        os.seteuid(0)
    assert refused.value.problem in (messages.FILE_CANNOT_BE_READ, messages.FILE_CANNOT_BE_OPENED)
    assert "Permission denied" in str(refused.value)


CATALOGS: dict[str, Any] = {
    "streams must be a list": {"streams": 1},
    "streams[0] must be an object": {"streams": [1]},
    "streams[0].stream must be an object": {"streams": [{"stream": "x"}]},
    "streams[0].stream.name must be text": {"streams": [{"stream": {"name": 7}}]},
    "streams[1].sync_mode must be full_refresh or incremental": {
        "streams": [*catalog_file()["streams"], {**catalog_file()["streams"][0], "sync_mode": "fast"}]
    },
    "streams[0] has no destination_sync_mode": {
        "streams": [{name: v for name, v in catalog_file()["streams"][0].items() if "dest" not in name}]
    },
}


@pytest.mark.parametrize("place", CATALOGS)
def test_a_mistake_in_a_catalog_names_the_field(tmp_path: Path, place: str) -> None:
    path = tmp_path / "catalog.json"
    path.write_text(json.dumps(CATALOGS[place]))
    with pytest.raises(ConnectorError) as refused:
        read_catalog(str(path))
    assert f"catalog ({place}): " in str(refused.value)


def test_a_mistake_without_a_place_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "catalog.json"
    path.write_text(json.dumps({"streams": [{**catalog_file()["streams"][0], "primary_key": 7}]}))
    with pytest.raises(ConnectorError, match="a configured Airbyte catalog: "):
        read_catalog(str(path))
    path.write_text("[]")
    with pytest.raises(ConnectorError, match=r"catalog \(streams must be a list\): "):
        read_catalog(str(path))
