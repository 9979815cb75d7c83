"""The source, as the CDK and its clients use it."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
import requests_mock as rm
from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.models import AirbyteMessage
from airbyte_cdk.test.entrypoint_wrapper import discover, read

import source_8x8_work_analytics
from source_8x8_work_analytics import messages
from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.source import Source8x8WorkAnalytics, saved_states
from source_8x8_work_analytics.streams import STREAM_TYPES
from source_8x8_work_analytics.windows.state import HOW_TO_RELOAD
from testing.builders import BASE_URL, EXTSUM_URL, TOKEN_URL, catalog, catalog_file, config, row, token
from unit_tests.reading import LOGGER, Read, saved

NAMES = [stream.name for stream in STREAM_TYPES]


def test_the_package_names_the_source_without_importing_it_first() -> None:
    assert "Source8x8WorkAnalytics" in dir(source_8x8_work_analytics)
    assert source_8x8_work_analytics.Source8x8WorkAnalytics is Source8x8WorkAnalytics
    with pytest.raises(AttributeError, match="nonsense"):
        _ = source_8x8_work_analytics.nonsense


def test_the_catalog_describes_every_stream() -> None:
    streams = Source8x8WorkAnalytics().discover(logging.getLogger("x"), config()).streams
    assert [stream.name for stream in streams] == NAMES
    for stream, kind in zip(streams, STREAM_TYPES, strict=True):
        assert stream.is_resumable is False, "a full refresh starts anew at each attempt"
        assert stream.source_defined_primary_key == [[name] for name in kind.primary_key]
        assert stream.json_schema == kind.schema
        modes = [mode.value for mode in stream.supported_sync_modes]
        assert modes == (["full_refresh", "incremental"] if kind.report else ["full_refresh"])
        assert stream.default_cursor_field == (["report_date"] if kind.report else None)
        assert bool(stream.source_defined_cursor) == bool(kind.report)


def test_the_cdks_own_runner_discovers_and_reads(api: rm.Mocker) -> None:
    api.post(TOKEN_URL, json=token())
    api.get(EXTSUM_URL, json=[row()])
    assert len(discover(Source8x8WorkAnalytics(), config()).catalog.catalog.streams) == len(NAMES)  # type: ignore[union-attr]
    output = read(Source8x8WorkAnalytics(), config(), catalog())
    assert len(output.records) == 3
    assert output.errors == []
    assert [m.state.sourceStats.recordCount for m in output.state_messages] == [3.0]  # type: ignore[union-attr]


def test_the_configuration_is_written_nowhere(tmp_path: Path) -> None:
    assert Source8x8WorkAnalytics().configure(config(), str(tmp_path)) == config()
    assert list(tmp_path.iterdir()) == []


def test_a_read_names_streams_that_begin_run_and_end(api: rm.Mocker) -> None:
    api.post(TOKEN_URL, json=token())
    api.get(EXTSUM_URL, json=[row()])
    assert statuses(Read().messages) == ["STARTED", "RUNNING", "COMPLETE"]
    api.get(EXTSUM_URL, json=[])
    assert statuses(Read().messages) == ["STARTED", "COMPLETE"]


def statuses(found: list[AirbyteMessage]) -> list[str]:
    said = [m.trace.stream_status for m in found if m.trace and m.trace.stream_status]
    assert {status.stream_descriptor.name for status in said} == {"extension_summary"}
    return [status.status.value for status in said]


def test_a_catalog_that_selects_nothing_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    empty = catalog()
    empty.streams.clear()
    assert list(Source8x8WorkAnalytics().read(LOGGER, config(), empty, [])) == []
    assert messages.NOTHING_SELECTED.text() in caplog.messages


def test_selected_columns_come_with_the_key_and_the_window(api: rm.Mocker) -> None:
    api.post(TOKEN_URL, json=token())
    api.get(EXTSUM_URL, json=[row(Total_Missed=1, Branch="Boston", New_Field=1)])
    chosen = catalog()
    chosen.streams[0].stream.json_schema = {"properties": {"Total_Missed": {}, "Nonsense": {}}}
    source = Source8x8WorkAnalytics()
    rows = [m.record.data for m in source.read(LOGGER, config(), chosen, []) if m.record]
    window = ["report_date", "window_start", "window_end", "time_zone", "window_complete", "window_read_at"]
    assert [list(found) for found in rows] == [["PbxId", "Extension", "Total_Missed", *window]] * 3


@pytest.mark.parametrize("namespace", [None, "", "phone"])
def test_a_state_belongs_to_the_stream_that_it_names(api: rm.Mocker, namespace: str | None) -> None:
    api.post(TOKEN_URL, json=token())
    report = api.get(EXTSUM_URL, json=[row()])
    state = saved("2026-11-22")
    assert state[0].stream
    state[0].stream.stream_descriptor.namespace = namespace
    assert list(saved_states(state)) == ["extension_summary"]
    read = Read(state, start_date=...)
    assert read.error is None
    assert report.call_count == 4  # two days of lookback, and two since


def test_an_error_of_several_streams_is_reported_once(api: rm.Mocker) -> None:
    api.post(TOKEN_URL, status_code=400, json={"error": "invalid_grant"})
    source = Source8x8WorkAnalytics()
    both = catalog_file("extension_summary", "company_summary")
    found = run(source, both)
    errors = [m.trace.error.message for m in found if m.trace and m.trace.error]
    assert errors == [messages.LOGIN_REJECTED.text(details="HTTP 400, invalid_grant")]


def test_different_errors_of_several_streams_are_all_reported(api: rm.Mocker) -> None:
    api.post(TOKEN_URL, json=token())
    api.get(EXTSUM_URL, status_code=403)
    api.get(f"{BASE_URL}/v1/compsum", status_code=404)
    found = run(Source8x8WorkAnalytics(), catalog_file("extension_summary", "company_summary"))
    errors = {m.trace.error.message.partition(",")[0] for m in found if m.trace and m.trace.error}
    assert errors == {"extension_summary", "company_summary"}


def test_a_state_that_is_not_one_names_its_stream(api: rm.Mocker) -> None:
    state = saved("2026-11-22")
    assert state[0].stream
    assert state[0].stream.stream_state
    vars(state[0].stream.stream_state)["states"] = "x"
    read = Read(state)
    assert read.error
    assert str(read.error) == messages.STATE_INVALID.text(stream="extension_summary", reload=HOW_TO_RELOAD)


def test_a_state_is_read_from_a_file_if_there_is_one(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    state = {"stream": {"stream_descriptor": {"name": "calls"}, "stream_state": {"states": []}}}
    path.write_text(json.dumps([{"type": "STREAM", **state}]))
    (found,) = Source8x8WorkAnalytics.read_state(str(path))
    assert found.stream
    assert found.stream.stream_descriptor.name == "calls"
    assert Source8x8WorkAnalytics.read_state("") == []


@pytest.mark.parametrize(
    ("module", "text", "kept"),
    [
        ("concurrent_read_processor", "Read 7 records from calls stream", False),
        ("concurrent_read_processor", "Finished syncing calls", True),
        ("our_own", "Read 7 records from calls stream", True),
    ],
)
def test_the_engines_count_of_records_is_not_logged(
    caplog: pytest.LogCaptureFixture, module: str, text: str, kept: bool
) -> None:
    logger = Source8x8WorkAnalytics().logger
    assert logger.name == "airbyte.source-8x8-work-analytics"
    logger.handle(logging.LogRecord(logger.name, logging.INFO, f"{module}.py", 1, text, (), None))
    assert (text in caplog.messages) is kept


def test_a_known_error_is_logged_without_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    logger = Source8x8WorkAnalytics().logger
    for error in (ConnectorError(messages.PBX_DENIED), KeyError("bug")):
        try:
            raise error
        except Exception:
            logger.exception("Exception while syncing %s", "calls")
    known, bug = caplog.records
    assert (known.getMessage(), known.exc_info) == (messages.PBX_DENIED.text(), None)
    assert bug.getMessage() == "Exception while syncing calls"
    assert bug.exc_info


def run(source: Source8x8WorkAnalytics, streams: dict[str, Any]) -> list[AirbyteMessage]:
    from airbyte_cdk.models import ConfiguredAirbyteCatalogSerializer

    found: list[AirbyteMessage] = []
    try:
        found.extend(source.read(LOGGER, config(), ConfiguredAirbyteCatalogSerializer.load(streams), []))
    except Exception as error:
        assert "streams" in str(error).lower()
    return found


def test_no_secret_is_in_a_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    whole = config()
    Source8x8WorkAnalytics().discover(LOGGER, whole)
    logger = logging.getLogger("airbyte.source-8x8-work-analytics")
    logger.warning("a token such as %s, of %s", whole["password"], whole["username"])
    assert caplog.messages == [f"a token such as ****, of {whole['username']}"]


def test_lists_are_read_whole(api: rm.Mocker) -> None:
    api.post(TOKEN_URL, json=token())
    page = {"_embedded": {"pbxList": [{"id": 7, "name": "a"}]}, "page": {"totalElements": 1}}
    api.get(f"{BASE_URL}/v2/pbxes", json=page)
    read = Read(stream="pbxes", mode="full_refresh")
    assert read.rows == [{"id": "7", "name": "a"}]
    assert json.dumps(read.states[-1]) == '{"__ab_no_cursor_state_message": true}'


def test_the_entrypoint_of_the_cdk_accepts_the_source() -> None:
    assert AirbyteEntrypoint(Source8x8WorkAnalytics()).source.name == Source8x8WorkAnalytics.name
