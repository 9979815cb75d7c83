"""The table of streams, their schemas and the form: complete, with every field and entry described."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from scripts.columns import UNITS
from scripts.spec import connection_specification
from scripts.tables import generated
from source_8x8_work_analytics.settings import Settings
from source_8x8_work_analytics.streams import STREAM_TYPES, StreamType, stream_type
from testing.builders import config
from testing.documented import FIELDS
from unit_tests.conftest import NOW

ROOT = Path(__file__).parent.parent
SPEC = connection_specification()
WINDOW_FIELDS = {"report_date", "window_start", "window_end", "time_zone"}
WINDOW_FIELDS |= {"window_complete", "window_read_at"}
LISTS = {"pbxes", "sites", "call_queues", "call_queue_agents"}
OTHER_TYPES = {"callLegCount": "integer"}
"""Where the schema differs from the documents: the count arrives as text and is converted."""

each_stream = pytest.mark.parametrize("stream", STREAM_TYPES, ids=lambda stream: str(stream.name))


def properties(stream: StreamType) -> dict[str, Any]:
    found: dict[str, Any] = stream.schema["properties"]
    return found


def test_the_form_has_the_keys_of_the_settings_in_order() -> None:
    assert SPEC["required"] == ["api_key", "username", "password", "time_zone"]
    assert set(SPEC["properties"]) == set(Settings.__dataclass_fields__)
    orders = [field["order"] for field in SPEC["properties"].values()]
    assert orders == sorted(orders) == list(range(len(orders)))
    secret = {name for name, field in SPEC["properties"].items() if field.get("airbyte_secret")}
    assert secret == {"api_key", "password", "personal_data_key"}
    hidden = {name for name, field in SPEC["properties"].items() if field.get("airbyte_hidden")}
    assert hidden == {"base_url", "window_end"}
    assert SPEC["additionalProperties"] is True


@pytest.mark.parametrize("name", list(SPEC["properties"]))
def test_each_entry_of_the_form_is_described(name: str) -> None:
    field = SPEC["properties"][name]
    assert field["title"]
    assert field["description"].endswith(".")
    if "pattern" in field:
        assert field["pattern_descriptor"]


def test_defaults_of_the_form_are_those_of_the_code() -> None:
    settings = Settings.from_config(config(pbx_ids=..., start_date=...), NOW)
    for name, field in SPEC["properties"].items():
        if "default" in field:
            value = getattr(settings, name)
            assert (list(value) if isinstance(value, tuple) else value) == field["default"], name


def test_streams_schemas_and_documents_have_the_same_names() -> None:
    names = [stream.name for stream in STREAM_TYPES]
    assert len(set(names)) == len(names)
    assert sorted(names) == sorted(FIELDS)
    schemas = files("source_8x8_work_analytics").joinpath("schemas").iterdir()
    assert sorted(f"{name}.json" for name in names) == sorted(
        path.name for path in schemas if path.name.endswith(".json")
    )


@each_stream
def test_a_stream_is_a_report_with_windows_or_a_list(stream: StreamType) -> None:
    is_report = stream.name not in LISTS
    assert (stream.report is not None) == is_report
    assert (set(properties(stream)) >= WINDOW_FIELDS) == is_report
    assert bool(stream.list_of.lists) != is_report
    assert stream_type(stream.name) is stream
    assert ("{pbx}" in stream.list_of.path) == (stream.name in LISTS - {"pbxes"})


@each_stream
def test_keys_are_declared_without_null(stream: StreamType) -> None:
    for name in stream.primary_key:
        assert properties(stream)[name]["type"] == "string", name
    assert stream.row_key == tuple(name for name in stream.primary_key if name != "report_date")
    assert stream.totals == (stream.primary_key[-1] == "report_date")


@each_stream
def test_schemas_have_the_documented_fields_and_describe_them(stream: StreamType) -> None:
    fields = {name: f for name, f in properties(stream).items() if name not in WINDOW_FIELDS}
    documented = FIELDS[stream.name]
    assert stream.schema["additionalProperties"] is True
    assert sorted(fields) == sorted(documented)
    for name, field in fields.items():
        assert ("null" in field["type"]) == (name not in stream.primary_key), name
        assert field["description"].endswith("."), name
        kind = OTHER_TYPES.get(name, documented[name].removesuffix("<string>"))
        if name.lower().startswith("percent"):
            kind = "number"
        assert kind in field["type"], name
        if kind in ("integer", "number"):
            assert any(unit in field["description"] for unit in UNITS), name
        if name in ("startTime", "connectTime", "disconnectedTime") and stream.name != "queue_calls":
            assert field["format"] == "date-time"
            assert field["airbyte_type"] == "timestamp_with_timezone"


def test_window_fields_are_described_once_for_all_streams() -> None:
    (shared,) = (files("source_8x8_work_analytics") / "schemas" / "shared").iterdir()
    window = json.loads(shared.read_text(encoding="utf-8"))
    assert set(window) == WINDOW_FIELDS
    for stream in STREAM_TYPES:
        if stream.report:
            assert {name: properties(stream)[name] for name in WINDOW_FIELDS} == window


def test_personal_data_is_marked() -> None:
    marked = {
        (stream.name, name)
        for stream in STREAM_TYPES
        for name, field in properties(stream).items()
        if "Personal data" in field["description"]
    }
    people = {"FirstName", "LastName", "Email", "UserName"}
    assert {name for stream, name in marked if stream == "extension_summary"} == people
    parties = {"caller", "callerName", "callee", "calleeName", "callerId", "dnis", "lra"}
    for stream in ("call_records", "call_legs"):
        assert {name for where, name in marked if where == stream} == parties
    for stream in ("ring_group_member_summary", "call_queue_agents"):
        assert {name for where, name in marked if where == stream} == {"firstName", "lastName"}
    for stream in ("call_queue_agent_summary", "agent_summary"):
        assert {name for where, name in marked if where == stream} == {"agentName"}
    callers = {"caller_id", "caller_address", "caller_name", "did"}
    callers |= {"latestCallee_address", "latestCallee_name"}
    assert {name for where, name in marked if where == "queue_calls"} == callers
    assert len(marked) == 4 + 7 + 7 + 2 + 2 + 1 + 1 + 6


@each_stream
def test_no_two_fields_differ_in_case_only(stream: StreamType) -> None:
    names = [name.lower() for name in properties(stream)]
    assert len(set(names)) == len(names)


def test_what_repeats_streams_form_and_messages_is_up_to_date() -> None:
    for path, text in generated().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run `make tables`"


def test_locks_name_no_address() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text
        assert "--hash=sha256:" in text
