"""The dbt package as a document: every model and column is described, and every field exists."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from integration_tests.dbt_package import MARTS, PACKAGE, PREFIX, STAGING, staged
from source_8x8_work_analytics.streams import STREAM_TYPES

DOCS = (Path(__file__).parent.parent / "docs" / "what-the-numbers-mean.md").read_text(encoding="utf-8")
STREAMS = {stream.name: stream for stream in STREAM_TYPES}
CONTRACT = {
    "extension_days": "pbx extension report_date person department branch calls inbound outbound answered"
    " missed abandoned talk_seconds ring_seconds average_talk_seconds answered_rate window_complete",
    "extension_periods": "pbx extension period period_start person department branch calls inbound outbound"
    " answered missed abandoned talk_seconds ring_seconds average_talk_seconds answered_rate days complete",
    "ring_group_days": "pbx ring_group report_date name calls answered missed voicemail talk_seconds"
    " answered_rate",
    "calls": "pbx call_id started_at local_date local_hour weekday direction outcome wait_seconds"
    " talk_seconds ring_seconds department branch",
    "call_intervals": "pbx interval_start direction arrivals answered missed abandoned"
    " average_handle_seconds",
    "service_levels": "pbx queue report_date offered answered_within abandoned abandoned_within service_level"
    " average_speed_of_answer_seconds longest_wait_seconds",
    "service_level_intervals": "pbx queue interval_start offered answered_within abandoned abandoned_within"
    " service_level average_speed_of_answer_seconds longest_wait_seconds",
    "repeat_callers": "pbx caller local_date calls answered called_again",
    "ring_group_member_days": "pbx ring_group member report_date offered answered talk_seconds answered_rate",
    "ring_group_agent_days": "pbx ring_group agent report_date logged_in_seconds logged_out_seconds answered"
    " offered talk_seconds talk_share",
    "agent_days": "pbx agent report_date entered accepted missed talk_seconds accepted_rate",
    "company_days": "pbx report_date calls inbound outbound answered missed answered_rate",
    "unreturned_calls": "pbx call_id caller missed_at returned_at hours_to_return returned",
    "queue_days": "pbx queue report_date entered accepted abandoned missed diverted",
    "queue_agent_days": "pbx queue agent report_date entered accepted abandoned missed diverted",
}


def mart(name: str) -> dict[str, Any]:
    path = PACKAGE / "models" / "marts" / f"{PREFIX}{name}.yml"
    (model,) = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    found: dict[str, Any] = model
    return found


def selected(name: str) -> list[str]:
    """Return the columns of a mart's last select, as its SQL names them."""
    sql = (PACKAGE / "models" / "marts" / f"{PREFIX}{name}.sql").read_text(encoding="utf-8")
    last = re.split(r"^select$", sql, flags=re.MULTILINE)[-1]
    body = re.split(r"^from ", last, flags=re.MULTILINE)[0]
    items = [part.strip() for part in re.split(r",\n", body)]
    return [re.split(r"[\s.]", item)[-1] for item in items]


@pytest.mark.parametrize("name", MARTS)
def test_every_column_of_a_mart_is_described(name: str) -> None:
    model = mart(name)
    assert model["name"] == PREFIX + name
    assert len(model["description"]) > 30
    assert [column["name"] for column in model["columns"]] == selected(name)
    assert all(len(column["description"]) > 5 for column in model["columns"])


@pytest.mark.parametrize("name", MARTS)
def test_every_mart_has_the_columns_that_others_build_on(name: str) -> None:
    assert {column["name"] for column in mart(name)["columns"]} >= set(CONTRACT[name].split())
    assert f"`{name}`" in DOCS


@pytest.mark.parametrize("stream", [stream for stream in STAGING if stream in STREAMS])
def test_a_staging_model_reads_fields_of_its_stream_by_its_key(stream: str) -> None:
    properties = STREAMS[stream].schema["properties"]
    model = staged(stream)
    fields = {
        column["config"]["meta"]["field"]: column["name"]
        for column in model["columns"]
        if column["config"]["meta"]["field"] != "_airbyte_extracted_at"
    }
    # Streams of connectors before 0.3.0 do not have it; the package reads their tables too.
    assert set(fields) - {"window_read_at"} <= set(properties)
    assert all(len(column["description"]) > 5 for column in model["columns"])
    key = sorted(fields[name] for name in STREAMS[stream].primary_key)
    sql = (PACKAGE / "models" / "staging" / f"stg_{PREFIX}{stream}.sql").read_text(encoding="utf-8")
    assert sorted(re.findall(r"'(\w+)'", sql.partition("key=")[2].partition("]")[0])) == key
    (test,) = [test for test in model["data_tests"] if "work_analytics_8x8.unique_and_not_null" in test]
    assert sorted(test["work_analytics_8x8.unique_and_not_null"]["arguments"]["columns"]) == key


def test_every_stream_has_a_staging_model_a_source_and_a_place_in_the_variable() -> None:
    project = yaml.safe_load((PACKAGE / "dbt_project.yml").read_text(encoding="utf-8"))
    listed = project["vars"]["work_analytics_8x8"]["streams"]
    staging = PACKAGE / "models" / "staging"
    sources = yaml.safe_load((staging / f"{PREFIX}sources.yml").read_text(encoding="utf-8"))
    macro = (PACKAGE / "macros" / "streams.sql").read_text(encoding="utf-8").partition("endmacro")[0]
    assert set(STREAMS) <= set(STAGING)
    assert set(STAGING) == set(listed)
    assert set(STAGING) == {table["name"] for table in sources["sources"][0]["tables"]}
    assert set(STAGING) == set(re.findall(r"'(\w+)'", macro))
