"""Windows and lists on their way through the CDK's engine: rows, failures and progress."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, cast

import orjson
import pendulum
import pytest

from source_8x8_work_analytics import messages
from source_8x8_work_analytics import streams as module
from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.output import Batch, Output
from source_8x8_work_analytics.personal_data import PersonalDataRule
from source_8x8_work_analytics.reports.lists import ListReport
from source_8x8_work_analytics.reports.pbx_directory import Pbx, PbxDirectory
from source_8x8_work_analytics.reports.queues import QueueReport
from source_8x8_work_analytics.reports.report import Page, SummaryReport
from source_8x8_work_analytics.streams import (
    STREAM_TYPES,
    ListPartition,
    ListPartitions,
    SyncStream,
    WindowPartition,
    WindowPartitions,
    selected_columns,
    stream_type,
)
from source_8x8_work_analytics.windows.calendar import window_at
from source_8x8_work_analytics.windows.cursor import WindowCursor
from source_8x8_work_analytics.windows.progress import WindowSlice
from source_8x8_work_analytics.windows.reading import Reading
from source_8x8_work_analytics.windows.state import SavedState
from testing.builders import catalog, client, row

DAY = window_at(pendulum.date(2026, 11, 22), "day", "UTC")
AFTER = datetime(2026, 11, 23, 0, 0, 5, tzinfo=timezone.utc)
DURING = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)


class PagesReport(SummaryReport):
    """Some pages, then perhaps an error."""

    def __init__(self, *pages: Page, error: Exception | None = None, skips: bool = False) -> None:
        shared, key = client(), ("PbxId", "Extension")
        super().__init__("extension_summary", "v2/extsum", key, shared, PbxDirectory(shared))
        self._pages = pages
        self._error = error
        self._skips = skips
        self.asked: list[tuple[WindowSlice, Exception]] = []

    def skip(self, window_slice: WindowSlice, error: Exception) -> bool:
        self.asked.append((window_slice, error))
        return self._skips

    def read(self, wanted: WindowSlice) -> Iterator[Page]:
        yield from self._pages
        if self._error:
            raise self._error


class Cursor:
    """Notes what it is told; reports a failure, or not."""

    def __init__(self, report: bool = True) -> None:
        self.told: list[tuple[Any, ...]] = []
        self._report = report

    def record(self, read: WindowSlice, reading: Reading) -> None:
        self.told.append(("read", read, reading))

    def fail(self, read: WindowSlice, reading: Reading, problem: str) -> bool:
        self.told.append(("failed", read, reading, problem))
        return self._report


def partition(report: PagesReport, cursor: Any) -> tuple[WindowPartition, Output]:
    output = Output()
    stream = SyncStream(
        stream_type("extension_summary"), report.client, report.directory, output, None, SavedState()
    )
    return WindowPartition(stream, report, cursor, WindowSlice("acmecorp", DAY)), output


def emitted(output: Output) -> list[Batch]:
    found = list(output.consume_queue())  # this thread made it, so nothing is in the queue
    assert all(isinstance(message, Batch) for message in found)
    return [message for message in found if isinstance(message, Batch)]


def test_a_window_hands_on_its_rows_and_then_counts_as_read() -> None:
    cursor = Cursor()
    first, last = Page([row("1"), row("2")], AFTER, repeated=1), Page([row("3")], AFTER, requests=3)
    reading, output = partition(PagesReport(first, Page([], AFTER), last), cursor)
    assert list(reading.read()) == []
    found = [each for batch in emitted(output) for each in batch.rows]
    assert [each["Extension"] for each in found] == ["1", "2", "3"]
    assert {each["window_read_at"] for each in found} == {"2026-11-23T00:00:05.000000+00:00"}
    assert {each["window_complete"] for each in found} == {True}
    ((kind, wanted, brought),) = cursor.told
    assert (kind, wanted.pbx, wanted.window) == ("read", "acmecorp", DAY)
    assert (brought.rows, brought.requests, brought.repeated, brought.complete) == (3, 5, 1, True)
    sizes = [len(orjson.dumps(rows[0])) * len(rows) for rows in (first.rows, last.rows)]
    assert brought.size == sum(sizes)


def test_one_moment_stands_for_all_requests_of_a_reading() -> None:
    """A page that is requested after the window's end does not make the window complete."""
    reading, output = partition(PagesReport(Page([row("1")], DURING), Page([row("2")], AFTER)), Cursor())
    reading.read()
    found = [each for batch in emitted(output) for each in batch.rows]
    assert {each["window_read_at"] for each in found} == {"2026-11-22T12:00:00.000000+00:00"}
    assert [each["window_complete"] for each in found] == [False, False]


@pytest.mark.parametrize("report", [True, False])
def test_a_failure_is_told_to_the_cursor_and_raised_if_it_is_new(report: bool) -> None:
    cursor, error = Cursor(report), ConnectorError(messages.PBX_DENIED)
    reading, output = partition(PagesReport(Page([row("1")], AFTER), error=error), cursor)
    if report:
        with pytest.raises(ConnectorError) as raised:
            reading.read()
        assert raised.value.problem is error.problem
        assert raised.value.subject == "extension_summary, PBX acmecorp, 2026-11-22"
    else:
        assert list(reading.read()) == []
    assert [len(batch.rows) for batch in emitted(output)] == [1]
    ((kind, _, brought, problem),) = cursor.told
    assert (kind, brought.rows) == ("failed", 1)
    assert problem == f"extension_summary, PBX acmecorp, 2026-11-22: {error}"


def test_a_failure_of_a_deleted_pbx_is_told_to_the_cursor_and_not_raised() -> None:
    cursor, error = Cursor(), ConnectorError(messages.PBX_DENIED)
    report = PagesReport(error=error, skips=True)
    reading, _ = partition(report, cursor)
    assert list(reading.read()) == []
    assert [told[0] for told in cursor.told] == ["failed"]
    ((window_slice, asked),) = report.asked
    assert (window_slice.pbx, window_slice.window) == ("acmecorp", DAY)
    assert isinstance(asked, ConnectorError)
    assert asked.problem is messages.PBX_DENIED


def test_a_bug_is_raised_as_it_is() -> None:
    cursor, bug = Cursor(), KeyError("x")
    reading, _ = partition(PagesReport(error=bug), cursor)
    with pytest.raises(KeyError) as raised:
        reading.read()
    assert raised.value is bug
    assert cursor.told[0][3] == str(bug)


def test_a_row_that_cannot_be_written_fails_its_window() -> None:
    deep: Any = 1
    for _ in range(990):
        deep = [deep]
    cursor = Cursor()
    reading, output = partition(PagesReport(Page([row("1", Deep=deep)], AFTER)), cursor)
    with pytest.raises(ConnectorError) as raised:
        reading.read()
    assert raised.value.problem is messages.ROW_TOO_DEEP
    assert str(raised.value).startswith("extension_summary, PBX acmecorp, 2026-11-22: ")
    assert emitted(output) == []
    assert cursor.told[0][0] == "failed"


def test_a_partition_says_what_it_reads() -> None:
    reading, _ = partition(PagesReport(), Cursor())
    other, _ = partition(PagesReport(), Cursor())
    assert reading.stream_name() == "extension_summary"
    assert reading.to_slice() == {"pbx_id": "acmecorp", "report_date": "2026-11-22"}
    assert hash(reading) == hash(reading)
    assert hash(reading) != hash(other)


@pytest.mark.parametrize("name", ["extension_summary", "call_queue_summary", "queue_calls", "sites"])
def test_a_stream_is_the_same_for_the_engine_and_for_the_catalog(name: str) -> None:
    shared = client()
    kind = stream_type(name)
    stream = SyncStream(kind, shared, PbxDirectory(shared), Output(), None, SavedState())
    found = stream.for_engine(logging.getLogger("x"))
    described = replace(found.as_airbyte_stream(), is_resumable=False)
    assert described == kind.airbyte_stream()
    assert (found.name, found.cursor_field) == (name, "report_date" if kind.report else None)
    assert described.source_defined_primary_key == [[field] for field in kind.primary_key]
    assert described.json_schema == kind.schema
    assert (stream.cursor is not None) == (kind.report is not None)
    assert found.cursor is (stream.cursor or found.cursor)


def test_a_full_refresh_is_not_resumable() -> None:
    assert {kind.airbyte_stream().is_resumable for kind in STREAM_TYPES} == {False}


def test_a_catalog_without_properties_selects_everything() -> None:
    kind = stream_type("extension_summary")
    (configured,) = catalog().streams
    assert selected_columns(configured, kind) is None
    configured.stream.json_schema = {"properties": {}}
    assert selected_columns(configured, kind) is None
    configured.stream.json_schema = {"properties": {"Branch": {}}}
    assert selected_columns(configured, kind) == frozenset({"Branch", "PbxId", "Extension"})


@pytest.mark.parametrize("names", [["acmecorp"], ["allpbxes"]])
@pytest.mark.parametrize("stream", ["extension_summary", "call_queue_summary"])
def test_the_cursor_is_told_which_pbxes_there_are(
    monkeypatch: pytest.MonkeyPatch, stream: str, names: list[str]
) -> None:
    """For reports by id, these are the listed ones."""
    told: list[Any] = []
    shared = client(pbx_ids=names)
    directory = PbxDirectory(shared)
    monkeypatch.setattr(directory, "ids", lambda: {"listed": "x1"})
    kind = stream_type(stream)

    class Slices(Cursor):
        def slices(self, pbxes: Any, listed: bool) -> list[WindowSlice]:
            told.append((pbxes, listed))
            return [WindowSlice("acmecorp", DAY)]

    whole = SyncStream(kind, shared, directory, Output(), None, SavedState())
    report = kind.report_for(shared, directory)
    (found,) = WindowPartitions(whole, report, cast(WindowCursor, Slices())).generate()
    assert found.to_slice() == {"pbx_id": "acmecorp", "report_date": "2026-11-22"}
    if kind is stream_type("extension_summary"):
        assert told == [(dict.fromkeys(names), False)]
    else:
        assert told == [({"listed": "x1"}, names == ["allpbxes"])]


def test_a_report_gets_what_its_stream_has() -> None:
    shared = client()
    directory = PbxDirectory(shared)
    kind = stream_type("call_queue_summary")
    report = kind.report_for(shared, directory)
    assert isinstance(report, QueueReport)
    assert (report.stream, report.endpoint) == ("call_queue_summary", "call-queue-metrics")
    assert (report.key, report.client, report.directory) == (("pbx_id", "id"), shared, directory)


@pytest.mark.parametrize(
    ("stream", "unit", "totals"),
    [("extension_summary", "week", True), ("call_legs", "day", False), ("agent_summary", "day", True)],
)
def test_the_plan_of_a_stream(monkeypatch: pytest.MonkeyPatch, stream: str, unit: str, totals: bool) -> None:
    planned: list[tuple[Any, ...]] = []
    monkeypatch.setattr(module, "Plan", lambda *args: planned.append(args))
    monkeypatch.setattr(module, "WindowCursor", lambda _stream, plan, *_: plan("now"))
    shared, saved = client(summary_window="week"), SavedState()
    rule = PersonalDataRule(None, {"personal_data": "remove"})
    SyncStream(stream_type(stream), shared, PbxDirectory(shared), Output(), rule, saved)
    SyncStream(stream_type(stream), shared, PbxDirectory(shared), Output(), None, saved)
    start = (stream, unit, totals, saved, shared.settings)
    assert planned == [(*start, {"personal_data": "remove"}, "now"), (*start, {}, "now")]


def test_rows_lose_columns_and_names_before_they_are_passed_on() -> None:
    shared, output = client(), Output()
    kind = stream_type("extension_summary")
    rule = PersonalDataRule(None, {"personal_data": "remove"})
    chosen = frozenset({"PbxId", "Extension", "FirstName", "Branch"})
    stream = SyncStream(kind, shared, PbxDirectory(shared), output, rule, SavedState(), chosen)
    stream.emit([row(FirstName="Jane", Branch="Boston", Department="Sales")])
    stream.emit([{"PbxId": "a", "Extension": "1", "Branch": "Boston"}])
    first, second = emitted(output)
    assert first.rows == [{"PbxId": "acmecorp", "Extension": "1001", "FirstName": None, "Branch": "Boston"}]
    assert second.rows == [{"PbxId": "a", "Extension": "1", "Branch": "Boston"}]
    assert [batch.any_null for batch in (first, second)] == [True, False]


class Pages:
    """A list in two pages."""

    def read(self, _: Any) -> list[list[dict[str, Any]]]:
        return [[{"id": "1"}, {"id": "2"}], [{"id": "3"}]]

    def parts(self) -> list[Any]:
        return [None, "acme-uk"]


@pytest.mark.parametrize(
    ("part", "whose"),
    [(None, ""), ("acme-uk", " of PBX acme-uk"), (Pbx("acmecorp", "x1"), " of PBX acmecorp")],
)
def test_a_list_passes_its_pages_on_and_the_log_counts_their_rows(
    caplog: pytest.LogCaptureFixture, part: Any, whose: str
) -> None:
    shared, output = client(), Output()
    stream = SyncStream(stream_type("sites"), shared, PbxDirectory(shared), output, None, SavedState())
    found = ListPartition(stream, cast(ListReport, Pages()), part)
    assert list(found.read()) == []
    assert [[each["id"] for each in batch.rows] for batch in emitted(output)] == [["1", "2"], ["3"]]
    assert caplog.messages == [f"sites: read 3 rows{whose}."]
    assert (found.stream_name(), found.to_slice(), hash(found)) == ("sites", {}, hash(part))


def test_each_part_of_a_list_is_a_partition() -> None:
    shared = client()
    stream = SyncStream(stream_type("sites"), shared, PbxDirectory(shared), Output(), None, SavedState())
    found = list(ListPartitions(stream, cast(ListReport, Pages())).generate())
    assert list(map(hash, found)) == [hash(None), hash("acme-uk")]
