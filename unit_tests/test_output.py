"""Rows cross the CDK's queue in batches: all of them, in order, and only as many as there is room for."""

import logging
import operator
import threading
from typing import Any

import pytest
import requests_mock as rm
from airbyte_cdk.models import AirbyteMessage, AirbyteRecordMessage
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from hypothesis import given
from hypothesis import strategies as st

from source_8x8_work_analytics.source import Source8x8WorkAnalytics
from source_8x8_work_analytics.windows.row_batches import (
    BATCH_ROWS,
    MAX_BATCHES,
    BatchRoom,
    in_batches,
    may_have_nulls,
    rows_in,
    without_count_of_batches,
)
from testing.builders import EXTSUM_URL, TOKEN_URL, catalog, config, row, token
from unit_tests.reading import Read


def rows(count: int) -> list[dict[str, int]]:
    return [{"n": n} for n in range(count)]


def record(data: dict[str, Any]) -> AirbyteRecordMessage:
    return AirbyteRecordMessage(stream="calls", data=data, emitted_at=7)


@given(st.integers(0, 3 * BATCH_ROWS + 1))
def test_every_row_comes_out_once_and_in_order(count: int) -> None:
    found = [list(rows_in(record(batch))) for batch in in_batches(rows(count), any_null=False)]
    assert [row for batch in found for row in batch] == rows(count)
    assert all(len(batch) == BATCH_ROWS for batch in found[:-1])
    assert all(found)


def test_a_record_that_is_no_batch_is_one_row() -> None:
    assert rows_in(record({"n": 1})) == [{"n": 1}]


@pytest.mark.parametrize("any_null", [False, True])
def test_a_batch_tells_of_nulls_and_a_single_row_may_have_some(any_null: bool) -> None:
    found = [may_have_nulls(record(batch)) for batch in in_batches(rows(BATCH_ROWS + 1), any_null)]
    assert found == [any_null] * 2
    assert may_have_nulls(record({"n": 1}))


def worker(room: BatchRoom, ended: list[str]) -> threading.Thread:
    """Take room for one batch, in a thread."""

    def take() -> None:
        try:
            room.take()
            ended.append("taken")
        except AirbyteTracedException as error:
            ended.append(str(error))

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    return thread


def full() -> BatchRoom:
    """Room that is all taken."""
    room = BatchRoom()
    for _ in range(MAX_BATCHES):
        room.take()
    return room


def test_a_worker_waits_until_a_batch_was_taken_apart() -> None:
    room, ended = full(), list[str]()
    thread = worker(room, ended)
    thread.join(0.05)
    assert ended == []
    room.give_back()
    thread.join(20)
    assert ended == ["taken"]


def test_no_worker_waits_once_nobody_takes_rows() -> None:
    room, ended = full(), list[str]()
    threads = [worker(room, ended) for _ in range(20)]
    room.close()
    for thread in threads:
        thread.join(20)
    stopped = "The sync was stopped; progress is saved, so run the sync again later to resume."
    assert ended == [stopped] * 20


def source_that_reads(count: int, batches: bool) -> list[AirbyteMessage]:
    """The records of a read of that many rows in each of two windows."""
    settings = config(start_date="2026-11-23")
    source = Source8x8WorkAnalytics(catalog(), settings, batches=batches)
    read = source.read(logging.getLogger("x"), settings, catalog(), [])
    return [message for message in read if message.record]


@pytest.mark.parametrize("count", [1, BATCH_ROWS, BATCH_ROWS + 1])
def test_whoever_reads_the_source_gets_rows_unless_batches_were_asked_for(api: rm.Mocker, count: int) -> None:
    api.post(TOKEN_URL, json=token())
    api.get(EXTSUM_URL, json=[row(str(n)) for n in range(count)])
    each = source_that_reads(count, batches=False)
    single = [message.record.data for message in each if message.record]
    batches = [
        rows_in(message.record) for message in source_that_reads(count, batches=True) if message.record
    ]
    assert len(single) == 2 * count
    assert {message.record.stream for message in each if message.record} == {"extension_summary"}
    assert all(message.record.emitted_at > 0 for message in each if message.record)
    assert len(batches) == 2 * -(-count // BATCH_ROWS)
    key = operator.itemgetter("report_date", "Extension")
    assert sorted(single, key=key) == sorted((row for batch in batches for row in batch), key=key)


@pytest.mark.parametrize("batches", [False, True])
def test_a_batch_makes_room_once_it_was_taken(api: rm.Mocker, batches: bool) -> None:
    api.post(TOKEN_URL, json=token())
    count = (MAX_BATCHES + 5) * BATCH_ROWS  # more than there is room for
    api.get(EXTSUM_URL, json=[row(str(n)) for n in range(count)])
    read = source_that_reads(count, batches)
    assert sum(len(rows_in(message.record)) for message in read if message.record) == 2 * count


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
