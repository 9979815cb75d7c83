"""Rows cross the CDK's queue in batches: all of them, in order, and only as many as there is room for."""

import logging
import threading
from collections.abc import Iterator

import pytest
import requests_mock as rm
from airbyte_cdk.models import AirbyteRecordMessage, Type
from airbyte_cdk.sources.types import Record
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from hypothesis import given
from hypothesis import strategies as st

from source_8x8_work_analytics.windows.row_batches import (
    BATCH_ROWS,
    MAX_BATCHES,
    RowBatches,
    without_count_of_batches,
)
from testing.builders import EXTSUM_URL, TOKEN_URL, row, token
from unit_tests.reading import Read


def records(count: int) -> Iterator[Record]:
    yield from (Record({"n": n}, "calls") for n in range(count))


def unpacked(batches: RowBatches, batch: Record) -> list[int]:
    """The numbers of the rows in a batch, as the CDK hands it to the source."""
    message = AirbyteRecordMessage(stream=batch.stream_name, data=dict(batch.data), emitted_at=7)
    found = []
    for each in batches.unpack(message):
        assert each.type is Type.RECORD
        assert each.record
        assert (each.record.stream, each.record.emitted_at) == ("calls", 7)
        found.append(each.record.data["n"])
    return found


@given(st.integers(0, 3 * BATCH_ROWS + 1))
def test_every_row_comes_out_once_and_in_order(count: int) -> None:
    batches = RowBatches()
    found = [unpacked(batches, batch) for batch in batches.pack("calls", records(count))]
    assert [n for each in found for n in each] == list(range(count))
    assert all(len(each) == BATCH_ROWS for each in found[:-1])
    assert all(found)


def test_rows_before_a_failure_come_out_and_then_the_failure() -> None:
    def failing() -> Iterator[Record]:
        yield from records(BATCH_ROWS + 3)
        raise ValueError("the next page failed")

    batches = RowBatches()
    found: list[int] = []
    with pytest.raises(ValueError, match="the next page failed"):
        found.extend(n for batch in batches.pack("calls", failing()) for n in unpacked(batches, batch))
    assert found == list(range(BATCH_ROWS + 3))


def worker(batches: RowBatches, packed: list[Record], ended: list[Exception]) -> threading.Thread:
    """Pack one batch more than there is room for, in a thread."""

    def pack() -> None:
        try:
            packed.extend(batches.pack("calls", records((MAX_BATCHES + 1) * BATCH_ROWS)))
        except AirbyteTracedException as error:
            ended.append(error)

    thread = threading.Thread(target=pack, daemon=True)
    thread.start()
    return thread


def fill(batches: RowBatches) -> list[Record]:
    """Take all the room there is."""
    return list(batches.pack("calls", records(MAX_BATCHES * BATCH_ROWS)))


def test_a_worker_waits_until_a_batch_was_taken_apart() -> None:
    batches, packed = RowBatches(), list[Record]()
    first, *_ = fill(batches)
    thread = threading.Thread(target=lambda: packed.extend(batches.pack("calls", records(1))), daemon=True)
    thread.start()
    thread.join(0.05)
    assert packed == []
    rows = batches.unpack(AirbyteRecordMessage(stream="calls", data=dict(first.data), emitted_at=7))
    next(rows)  # taken, but not yet whole
    assert thread.is_alive()
    list(rows)
    thread.join(20)
    assert len(packed) == 1


def test_no_worker_waits_once_nobody_takes_rows() -> None:
    batches, packed, ended = RowBatches(), list[Record](), list[Exception]()
    fill(batches)
    threads = [worker(batches, packed, ended) for _ in range(20)]
    batches.close()
    for thread in threads:
        thread.join(20)
    assert (packed, len(ended)) == ([], 20)
    assert {str(error) for error in ended} == {
        "The sync was stopped; progress is saved, so run the sync again later to resume."
    }


def test_the_log_counts_rows_and_not_batches(api: rm.Mocker, caplog: pytest.LogCaptureFixture) -> None:
    api.post(TOKEN_URL, json=token())
    api.get(EXTSUM_URL, json=[row(str(n)) for n in range(250)])
    read = Read(start_date="2026-11-24")
    assert len(read.rows) == 250
    said = [message for message in caplog.messages if "read" in message.lower() and "rows" in message]
    assert said == ["extension_summary: read 250 rows from 1 window in 1 request."]
    assert not [message for message in caplog.messages if "records" in message]


@pytest.mark.parametrize(
    ("module", "message", "stays"),
    [
        ("concurrent_read_processor", "Read 3 records from calls stream", False),
        ("concurrent_read_processor", "Finished syncing calls", True),
        ("counts", "Read 3 records from calls stream", True),
    ],
)
def test_only_the_count_of_batches_stays_out_of_the_log(module: str, message: str, stays: bool) -> None:
    line = logging.makeLogRecord({"module": module, "msg": message})
    assert without_count_of_batches(line) is stays
