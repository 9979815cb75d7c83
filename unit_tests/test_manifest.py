"""The structure of the manifest: every stream on the shared ladder, every field and form entry described."""

from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest

from scripts.columns import UNITS
from scripts.tables import made
from source_8x8_work_analytics.manifest import load_manifest
from source_8x8_work_analytics.settings import Settings
from source_8x8_work_analytics.source import WINDOW_ROUTER
from testing.builders import config
from testing.documented import FIELDS
from testing.manifest import resolved_streams
from unit_tests.conftest import NOW

ROOT = Path(__file__).parent.parent
MANIFEST = load_manifest()
SPEC = MANIFEST["spec"]["connection_specification"]
WINDOW_FIELDS = {"report_date", "window_start", "window_end", "time_zone", "window_complete"}
LISTS = {"pbxes", "sites", "call_queues", "call_queue_agents"}
OTHER_TYPES = {"callLegCount": "integer"}
"""Where the schema differs from the documents: the count arrives as text and is converted."""
STREAMS = resolved_streams()


def test_spec_comes_first() -> None:
    assert list(MANIFEST)[:3] == ["version", "type", "spec"]
    assert list(MANIFEST)[-2:] == ["streams", "schemas"]


def test_the_form_has_the_keys_of_the_design_in_order() -> None:
    assert SPEC["required"] == ["api_key", "username", "password", "time_zone"]
    assert set(SPEC["properties"]) == set(Settings.__dataclass_fields__)
    orders = [field["order"] for field in SPEC["properties"].values()]
    assert orders == sorted(orders) == list(range(len(orders)))
    secret = {name for name, field in SPEC["properties"].items() if field.get("airbyte_secret")}
    assert secret == {"api_key", "password"}
    hidden = {name for name, field in SPEC["properties"].items() if field.get("airbyte_hidden")}
    assert hidden == {"base_url", "window_end"}
    assert SPEC["additionalProperties"] is True


@pytest.mark.parametrize("name", list(SPEC["properties"]))
def test_each_entry_of_the_form_says_what_it_is(name: str) -> None:
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


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: str(stream["name"]))
def test_every_stream_stands_on_the_ladder(stream: dict[str, Any]) -> None:
    requesters = [value for name, value in stream["retriever"].items() if name.endswith("requester")]
    for requester in requesters:
        assert requester["error_handler"]["class_name"].endswith(".ReportErrorHandler")
        assert requester["authenticator"]["class_name"].endswith(".WorkAnalyticsAuthenticator")
        assert requester["class_name"].endswith(".WorkAnalyticsRequester")
    properties = stream["schema_loader"]["schema"]["properties"]
    assert set(stream["primary_key"]) <= set(properties)
    is_report = stream["name"] not in LISTS
    assert (set(properties) >= WINDOW_FIELDS) == is_report
    router = stream["retriever"].get("partition_router", {})
    assert (router.get("class_name") == WINDOW_ROUTER) == is_report


@pytest.mark.parametrize("block", MANIFEST["streams"], ids=lambda block: str(block["name"]))
def test_a_stream_is_one_short_block(block: dict[str, Any]) -> None:
    assert set(block) <= {"$ref", "name", "primary_key", "schema_loader", "$parameters"}
    assert block["schema_loader"]["schema"] == {"$ref": f"#/schemas/{block['name']}"}


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: str(stream["name"]))
def test_schemas_hold_the_documented_fields_and_describe_them(stream: dict[str, Any]) -> None:
    schema = stream["schema_loader"]["schema"]
    fields = {name: f for name, f in schema["properties"].items() if name not in WINDOW_FIELDS}
    documented = FIELDS[stream["name"]]
    assert schema["additionalProperties"] is True
    assert sorted(fields) == sorted(documented)
    for name, field in fields.items():
        assert "null" in field["type"], name
        assert field["description"].endswith("."), name
        kind = OTHER_TYPES.get(name, documented[name].removesuffix("<string>"))
        if name.lower().startswith("percent"):
            kind = "number"
        assert kind in field["type"], name
        if kind in ("integer", "number"):
            assert any(unit in field["description"] for unit in UNITS), name
        if name in ("startTime", "connectTime", "disconnectedTime") and stream["name"] != "queue_calls":
            assert field["format"] == "date-time"
            assert field["airbyte_type"] == "timestamp_with_timezone"


def test_personal_data_is_marked() -> None:
    marked = {
        (stream["name"], name)
        for stream in STREAMS
        for name, field in stream["schema_loader"]["schema"]["properties"].items()
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
    callers = {
        "caller_id",
        "caller_address",
        "caller_name",
        "latestCallee_address",
        "latestCallee_name",
        "did",
    }
    assert {name for where, name in marked if where == "queue_calls"} == callers
    assert len(marked) == 4 + 7 + 7 + 2 + 2 + 1 + 1 + 6


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: str(stream["name"]))
def test_each_refusal_is_a_sentence(stream: dict[str, Any]) -> None:
    filters = stream["retriever"]["requester"]["error_handler"]["response_filters"]
    said = [one["error_message"] for one in filters if "error_message" in one]
    assert len(said) == 2
    for message in said:
        assert message.endswith(".")
        assert "Admin Console" in message


def test_no_two_fields_differ_in_capitals_only() -> None:
    for stream in STREAMS:
        names = [name.lower() for name in stream["schema_loader"]["schema"]["properties"]]
        assert len(set(names)) == len(names)


def test_the_manifest_asks_for_no_newer_cdk_than_the_package() -> None:
    (cdk,) = [d for d in requires("airbyte-source-8x8-work-analytics") or [] if d.startswith("airbyte-cdk")]
    lowest = cdk.split(">=")[1].split(",")[0].split(".")
    assert [int(part) for part in MANIFEST["version"].split(".")[:2]] <= [int(part) for part in lowest]


def test_what_repeats_the_manifest_is_up_to_date() -> None:
    for path, text in made().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run `make tables`"


def test_locks_name_no_address() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text
        assert "--hash=sha256:" in text
