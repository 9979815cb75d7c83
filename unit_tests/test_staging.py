"""Drafts of dbt staging models fit the schemas of their streams."""

import re

import pytest
import yaml

from scripts.staging import column_name, model_sql, model_yaml, source_yaml
from source_8x8_work_analytics.streams import STREAM_TYPES, StreamType, stream_type

each_stream = pytest.mark.parametrize("stream", STREAM_TYPES, ids=lambda stream: str(stream.name))


@each_stream
def test_a_draft_has_every_field_once(stream: StreamType) -> None:
    (model,) = yaml.safe_load(model_yaml(stream))["models"]
    columns = model["columns"]
    fields = [column["config"]["meta"]["field"] for column in columns]
    assert fields == [*stream.schema["properties"], "_airbyte_extracted_at"]
    names = [column["name"] for column in columns]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)
    assert all(column["description"].endswith(".") for column in columns)
    required = {
        column["config"]["meta"]["field"] for column in columns if column["config"]["meta"].get("required")
    }
    bounds = {"window_start", "window_end"} if stream.totals else set()
    assert required - {"window_complete"} == {*stream.primary_key, *bounds, "_airbyte_extracted_at"}


@each_stream
def test_query_test_and_source_have_the_key(stream: StreamType) -> None:
    key = [column_name(name) for name in stream.primary_key]
    assert re.findall(r"'(\w+)'", model_sql(stream).partition("key=[")[2].partition("]")[0]) == key
    (model,) = yaml.safe_load(model_yaml(stream))["models"]
    assert model["data_tests"][0]["work_analytics_8x8.unique_and_not_null"]["arguments"]["columns"] == key
    assert ("work_analytics_8x8.one_day_windows" in model["data_tests"]) == stream.totals
    (table,) = yaml.safe_load(source_yaml(stream))
    assert table["name"] == stream.name


@pytest.mark.parametrize(
    ("stream", "field", "name", "kind", "unit"),
    [
        ("company_summary", "pbxId", "pbx", "text", None),
        ("company_summary", "totalTalkTime", "total_talk_seconds", "numeric", "milliseconds"),
        ("company_summary", "totalCall", "total_call", "bigint", None),
        (
            "company_summary",
            "percentExternalInboundAnswered",
            "percent_external_inbound_answered",
            "numeric",
            None,
        ),
        ("call_records", "callId", "call_id", "text", None),
        ("call_records", "startTimeUTC", "start_time_utc", "timestamp", "epoch_milliseconds"),
        ("call_records", "departments", "departments", "text", "list"),
        ("call_records", "report_date", "report_date", "date", None),
        ("call_records", "window_start", "window_start", "timestamp", None),
        ("call_records", "window_complete", "window_complete", "boolean", None),
    ],
)
def test_columns_have_names_types_and_units(
    stream: str, field: str, name: str, kind: str, unit: str | None
) -> None:
    (model,) = yaml.safe_load(model_yaml(stream_type(stream)))["models"]
    (column,) = [each for each in model["columns"] if each["config"]["meta"]["field"] == field]
    assert (column["name"], column["data_type"], column["config"]["meta"].get("unit")) == (name, kind, unit)
    assert column["description"].endswith(" Seconds.") == (unit == "milliseconds")
