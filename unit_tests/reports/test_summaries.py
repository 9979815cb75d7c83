"""A summary: one request for each window, whose rows are stored or whose window fails."""

import logging
from typing import Any

import orjson
import pytest
import requests_mock as rm
from airbyte_cdk.models import ConfiguredAirbyteCatalogSerializer, Type

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.reports.columns import DEEPEST
from source_8x8_work_analytics.source import Source8x8WorkAnalytics
from testing.builders import BASE_URL, EXTSUM_URL, TOKEN_URL, catalog_file, config, row, token
from unit_tests.reading import Read, days
from unit_tests.reports.sentences import sentence

ONE_DAY: dict[str, Any] = {"start_date": "2026-11-23", "end_date": "2026-11-23"}
SUBJECT = "extension_summary, PBX acmecorp, 2026-11-23"
SUMMARIES = {
    "extension_summary": ("v2/extsum", {"PbxId": "acmecorp", "Extension": "1001"}),
    "company_summary": ("v1/compsum", {"pbxId": "acmecorp"}),
    "ring_group_summary": ("v2/rgsum-groups", {"pbxId": "acmecorp", "extension": "900"}),
}
WINDOW_FIELDS = {
    *("report_date", "window_start", "window_end", "time_zone", "window_complete", "window_read_at")
}


@pytest.fixture(autouse=True)
def login(api: rm.Mocker) -> None:
    api.post(TOKEN_URL, json=token())


@pytest.mark.parametrize("stream", SUMMARIES)
@pytest.mark.parametrize(
    ("window_end", "end"),
    [("last_second", "2026-11-23 23:59:59"), ("next_midnight", "2026-11-24 00:00:00")],
)
def test_a_window_is_one_request_with_local_times(
    api: rm.Mocker, stream: str, window_end: str, end: str
) -> None:
    endpoint, key = SUMMARIES[stream]
    report = api.get(f"{BASE_URL}/{endpoint}", json=[key])
    read = Read(stream=stream, window_end=window_end, **ONE_DAY)
    assert read.error is None
    assert [request.qs for request in report.request_history] == [
        {
            "pbxid": ["acmecorp"],
            "starttime": ["2026-11-23 00:00:00"],
            "endtime": [end],
            "timezone": ["america/new_york"],
        }
    ]
    assert read.rows == [
        {
            **key,
            "report_date": "2026-11-23",
            "window_start": "2026-11-23T05:00:00+00:00",
            "window_end": "2026-11-24T04:59:59+00:00",
            "time_zone": "America/New_York",
            "window_complete": True,
            "window_read_at": "2026-11-24T15:30:00.000000+00:00",
        }
    ]


@pytest.mark.parametrize("stream", SUMMARIES)
def test_a_summary_in_pages_is_not_retried_and_stops_its_pbx(
    api: rm.Mocker, waits: list[float], stream: str
) -> None:
    endpoint, key = SUMMARIES[stream]
    report = api.get(f"{BASE_URL}/{endpoint}", json={"meta": {"page": 0}, "data": [key]})
    read = Read(stream=stream, start_date="2026-10-01")
    subject = f"{stream}, PBX acmecorp, 2026-10-01"
    assert [error.message for error in read.errors] == [sentence(messages.PAGED_SUMMARY, subject)]
    assert (read.rows, waits, report.call_count) == ([], [], 1)


def test_a_summary_with_a_link_to_its_next_page_is_not_retried(api: rm.Mocker) -> None:
    report = api.get(EXTSUM_URL, json=[row()], headers={"Link": '<https://x/?page=1>; rel="next"'})
    read = Read(**ONE_DAY)
    assert [error.message for error in read.errors] == [sentence(messages.PAGED_SUMMARY, SUBJECT)]
    assert (read.rows, report.call_count) == ([], 1)


def test_a_row_that_is_nested_too_deeply_fails_its_window_only(api: rm.Mocker) -> None:
    deep = b"[" * 990 + b"]" * 990
    bad = orjson.dumps([row("1"), row("2")])[:-2] + b', "New": ' + deep + b"}]"

    def respond(request: Any, context: Any) -> bytes:
        day, pbx = request.qs["starttime"][0][:10], request.qs["pbxid"][0]
        return bad if (day, pbx) == ("2026-11-23", "acmecorp") else orjson.dumps([row(pbx=pbx)])

    api.get(EXTSUM_URL, content=respond)
    read = Read(pbx_ids=["acmecorp", "beta"])
    assert [error.message for error in read.errors] == [sentence(messages.ROW_TOO_DEEP, SUBJECT)]
    assert read.marks == {"acmecorp": "2026-11-22", "beta": "2026-11-23"}
    assert not [
        each for each in read.rows if (each["PbxId"], each["report_date"]) == ("acmecorp", "2026-11-23")
    ]


@pytest.mark.parametrize("levels", [200, 250, 255, DEEPEST])
def test_a_nested_row_that_fits_is_kept(api: rm.Mocker, levels: int) -> None:
    value: Any = ["x"]
    for _ in range(levels - 1):
        value = [value]
    api.get(EXTSUM_URL, json=[row(New=value)])
    read = Read(**ONE_DAY)
    assert (read.error, [each["New"] for each in read.rows]) == (None, [value])


def test_nul_and_numbers_that_are_too_large(api: rm.Mocker, caplog: pytest.LogCaptureFixture) -> None:
    body = '[{"PbxId": "acmecorp", "Extension": "1", "FirstName": "A\\u0000B", "Total_Answered": 1e999}]'
    api.get(EXTSUM_URL, text=body)
    (found,) = Read(**ONE_DAY).rows
    assert (found["FirstName"], found["Total_Answered"]) == ("A\ufffdB", None)
    fields = "numbers that are too large for JSON in: Total_Answered"
    assert messages.UNKNOWN_VALUES.text(stream="extension_summary", fields=fields) in caplog.messages


def test_rows_that_share_their_key_are_kept_with_one_warning(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    api.get(EXTSUM_URL, json=[row(Department="Sales"), row(Department="Support"), row("1002")])
    assert len(Read(start_date="2026-11-22", end_date="2026-11-23").rows) == 6
    warning = messages.REPEATED_KEYS.text(stream="extension_summary", count="2 rows")
    assert caplog.messages.count(warning) == 1


def test_a_denied_pbx_costs_one_request(api: rm.Mocker) -> None:
    report = api.get(EXTSUM_URL, status_code=403, json={})
    read = Read(start_date="2026-11-01")
    assert [error.message for error in read.errors] == [
        sentence(messages.PBX_DENIED, "extension_summary, PBX acmecorp, 2026-11-01")
    ]
    assert days(report) == ["2026-11-01"]


def rows_with_columns(*names: str) -> list[dict[str, Any]]:
    """Read one day with a catalog that names these columns."""
    content = catalog_file("extension_summary")
    content["streams"][0]["stream"]["json_schema"] = {"properties": {name: {} for name in names}}
    configured = ConfiguredAirbyteCatalogSerializer.load(content)
    found = Source8x8WorkAnalytics().read(logging.getLogger("airbyte.test"), config(**ONE_DAY), configured)
    return [m.record.data for m in found if m.type is Type.RECORD and m.record]


def test_selected_columns_come_with_the_key_and_the_fields_of_the_window(api: rm.Mocker) -> None:
    api.get(EXTSUM_URL, json=[row(FirstName="Jane", New_Field=1)])
    (some,) = rows_with_columns("Total_Answered", "report_date")
    assert set(some) == {"PbxId", "Extension", "Total_Answered", *WINDOW_FIELDS}
    (everything,) = rows_with_columns()
    assert set(everything) == {*some, "FirstName", "New_Field"}


def test_every_column_of_discovery_selects_new_fields_too(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    api.get(EXTSUM_URL, json=[row(FirstName="Jane", New_Field=1)])
    source = Source8x8WorkAnalytics()
    streams = source.discover(logging.getLogger("airbyte.test"), config()).streams
    (schema,) = [each.json_schema for each in streams if each.name == "extension_summary"]
    (found,) = rows_with_columns(*schema["properties"])
    assert found["New_Field"] == 1
    fields = "fields that this version does not know: New_Field"
    assert messages.UNKNOWN_VALUES.text(stream="extension_summary", fields=fields) in caplog.messages
