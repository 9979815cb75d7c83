"""The files on the command line."""

import json
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from hypothesis import given
from hypothesis import strategies as st

from source_8x8_work_analytics.input_files import STATE_SHAPES, read_catalog, read_config, read_state
from testing.builders import catalog_file


def state(stream: str = "extension_summary", mark: str = "2026-11-22") -> dict[str, Any]:
    blob = {"states": [{"partition": {"pbx_id": "a"}, "cursor": {"report_date": mark}}]}
    return {"type": "STREAM", "stream": {"stream_descriptor": {"name": stream}, "stream_state": blob}}


def message(stream: str = "extension_summary", mark: str = "2026-11-22") -> dict[str, Any]:
    return {"type": "STATE", "state": state(stream, mark)}


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
    "a whole read with empty lines": "\n" + lines(LOG, message()) + "\n\n",
    "a byte order mark": "\ufeff" + json.dumps([state()]),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_state_is_taken_in_every_shape_that_people_have(tmp_path: Path, shape: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(SHAPES[shape], encoding="utf-8")
    assert marks(read_state(str(path))) == {"extension_summary": "2026-11-22"}


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
    *("", "x", "7", "null", '"text"', "[7]", "[[]]", '{"type": "STREAM"}', '{"states": []}', "{", "[1, 2"),
    json.dumps(GLOBAL),
    json.dumps([GLOBAL]),
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
    with pytest.raises(AirbyteTracedException) as refused:
        read_state(str(path))
    assert str(refused.value).endswith(f"{STATE_SHAPES}.")
    assert ("GLOBAL" in str(refused.value)) == ("GLOBAL" in text)


def test_a_state_nested_without_end_is_one_sentence(tmp_path: Path) -> None:
    deep = tmp_path / "state.json"
    for text in ("[" * 100_000, "[" * 100_000 + "\n{}"):
        deep.write_text(text)
        with pytest.raises(AirbyteTracedException, match="does not hold a state"):
            read_state(str(deep))


@given(st.binary(max_size=80))
def test_any_bytes_are_a_state_or_one_sentence(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any-state.json"
    path.write_bytes(body)
    try:
        read_state(str(path))
    except AirbyteTracedException as refused:
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
        with pytest.raises(AirbyteTracedException, match=f"The {what} file cannot be opened: No such file"):
            reader(str(tmp_path / "nowhere.json"))
