"""Windows on their way through the CDK: rows wait for room, and a failure is the cursor's business."""

import logging
from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Any

import pendulum
import pytest
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition

from source_8x8_work_analytics.source import Source8x8WorkAnalytics
from source_8x8_work_analytics.windows.calendar import window_at
from source_8x8_work_analytics.windows.partitions import ReportStream, WindowPartition, WindowPartitions
from source_8x8_work_analytics.windows.row_batches import BatchRoom
from source_8x8_work_analytics.windows.window_read import WindowRead
from testing.builders import config

WINDOW = window_at(pendulum.date(2026, 11, 22), "day", "UTC")
READ = WindowRead("acmecorp", WINDOW, (WINDOW, WINDOW))


class OfManifest(Partition):
    """A partition as the manifest's stream has it: some batches, then perhaps an error."""

    def __init__(self, batches: int = 1, error: Exception | None = None) -> None:
        self._batches = batches
        self._error = error

    def read(self) -> Iterable[Any]:
        yield from range(self._batches)
        if self._error:
            raise self._error

    def to_slice(self) -> Mapping[str, Any]:
        return READ.to_slice()

    def stream_name(self) -> str:
        return "extension_summary"

    def __hash__(self) -> int:
        return 7


class Cursor:
    """Notes the windows that failed; says that an error is still to be reported, or not."""

    cursor_field = None

    def __init__(self, report: bool = True) -> None:
        self.failed: list[tuple[WindowRead, Exception]] = []
        self._report = report

    def on_window_failed(self, read: WindowRead, error: Exception) -> bool:
        self.failed.append((read, error))
        return self._report


def partition(of: Partition, cursor: Any, room: BatchRoom | None = None) -> WindowPartition:
    return WindowPartition(of, cursor, room or BatchRoom())


def test_a_partition_passes_on_batches_slice_and_name() -> None:
    cursor = Cursor()
    wrapped = partition(OfManifest(3), cursor)
    assert list(wrapped.read()) == [0, 1, 2]
    assert wrapped.to_slice() == READ.to_slice()
    assert WindowRead.of(wrapped) is READ
    assert wrapped.stream_name() == "extension_summary"
    assert hash(wrapped) == 7
    assert cursor.failed == []


@pytest.mark.parametrize("report", [True, False])
def test_a_failure_is_told_to_the_cursor_and_raised_if_it_is_new(report: bool) -> None:
    cursor, error = Cursor(report), ValueError("nothing came")
    batches = iter(partition(OfManifest(2, error), cursor).read())
    assert [next(batches), next(batches)] == [0, 1]
    with pytest.raises(ValueError if report else StopIteration) as raised:
        next(batches)
    assert (raised.value is error) is report
    assert cursor.failed == [(READ, error)]


def test_rows_wait_for_room() -> None:
    """There is room for a batch before it is passed on, and not for the next one before it is asked for."""
    log = list[Any]()
    room: Any = SimpleNamespace(take=lambda: log.append("room"))
    for batch in partition(OfManifest(3), Cursor(), room).read():
        log.append(batch)
    assert log == ["room", 0, "room", 1, "room", 2]


def test_partitions_come_one_at_a_time() -> None:
    begun = []

    def generate() -> Iterable[Partition]:
        for number in range(2):
            begun.append(number)
            yield OfManifest(number)

    cursor: Any = Cursor()
    stream: Any = SimpleNamespace(generate_partitions=generate)
    found = iter(WindowPartitions(stream, cursor, BatchRoom()).generate())
    assert begun == []
    assert list(next(found).read()) == []
    assert begun == [0]
    (last,) = found
    assert isinstance(last, WindowPartition)
    assert list(last.read()) == [0]
    assert begun == [0, 1]


def test_a_report_stream_describes_itself_as_the_manifest_does_but_not_as_resumable() -> None:
    source = Source8x8WorkAnalytics(config=config())
    of_manifest = {stream.name: stream for stream in source.manifest_streams()}["call_queue_summary"]
    stream = next(stream for stream in source.streams(config()) if stream.name == "call_queue_summary")
    assert isinstance(stream, ReportStream)
    described, expected = stream.as_airbyte_stream(), of_manifest.as_airbyte_stream()
    assert described.is_resumable is False
    assert described.name == "call_queue_summary"
    assert described.source_defined_primary_key == [["pbx_id"], ["id"], ["report_date"]]
    assert described.json_schema == expected.json_schema
    assert described.source_defined_cursor
    assert described.default_cursor_field == ["report_date"]
    assert [mode.value for mode in described.supported_sync_modes] == ["full_refresh", "incremental"]


def test_a_report_stream_hands_partitions_cursor_and_log_to_the_cdk(caplog: pytest.LogCaptureFixture) -> None:
    of_manifest = Source8x8WorkAnalytics(config=config()).manifest_streams()[0]
    error = ValueError("nothing came")
    fake: Any = SimpleNamespace(
        name="fake_summary",
        as_airbyte_stream=of_manifest.as_airbyte_stream,
        get_json_schema=of_manifest.get_json_schema,
        generate_partitions=lambda: iter([OfManifest(1, error)]),
    )
    cursor: Any = Cursor(report=False)
    log = list[Any]()
    room: Any = SimpleNamespace(take=lambda: log.append("room"))
    caplog.set_level(logging.DEBUG, logger="airbyte")
    stream = ReportStream(fake, cursor, room, logging.getLogger("airbyte"))
    (wrapped,) = stream.generate_partitions()
    assert list(wrapped.read()) == [0]
    assert log == ["room"]
    assert cursor.failed == [(READ, error)]
    assert (stream.cursor, stream.name) == (cursor, "fake_summary")
    stream.log_stream_sync_configuration()
    assert [line.getMessage() for line in caplog.records] == ["Syncing stream instance: fake_summary"]
