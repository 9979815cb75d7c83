"""Rows travel in batches: all of them, in order, and only as many as there is room for."""

import json
import threading
from queue import Full
from typing import Any

import orjson
import pytest
import requests_mock as rm
from airbyte_cdk.models import AirbyteLogMessage, AirbyteMessage, Level, Type
from hypothesis import given
from hypothesis import strategies as st

from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.output import BATCH_ROWS, ROOM, Batch, Output, OutputQueue, batches, line_of
from source_8x8_work_analytics.source import Source8x8WorkAnalytics
from testing.builders import EXTSUM_URL, TOKEN_URL, catalog, config, row, token
from unit_tests.reading import Read

NOW_MILLISECONDS = 1_795_534_200_000
"""The frozen clock's time."""
WAIT = 20.0
"""Seconds that a thread gets to end, once nothing holds it."""


def rows(count: int) -> list[dict[str, int]]:
    return [{"n": n} for n in range(count)]


def log(text: str = "x") -> AirbyteMessage:
    return AirbyteMessage(type=Type.LOG, log=AirbyteLogMessage(level=Level.INFO, message=text))


@given(st.integers(0, 3 * BATCH_ROWS + 1), st.booleans())
def test_every_row_comes_out_once_and_in_order(count: int, any_null: bool) -> None:
    found = list(batches("calls", rows(count), any_null))
    assert [row for batch in found for row in batch.rows] == rows(count)
    assert all(len(batch.rows) == BATCH_ROWS for batch in found[:-1])
    assert all(batch.rows and batch.any_null is any_null and batch.stream == "calls" for batch in found)


def test_a_batch_becomes_records_or_lines() -> None:
    batch = Batch("calls", [{"n": 1, "name": "\u2028ß"}, {"n": None}], any_null=True)
    assert batch.type is Type.RECORD
    records = [message.record for message in batch.records()]
    assert [record.data for record in records if record] == list(batch.rows)
    assert {record.stream for record in records if record} == {"calls"}
    assert {record.emitted_at for record in records if record} == {NOW_MILLISECONDS}
    lines = [json.loads(line) for line in line_of(batch).split(b"\n")]
    assert [line["record"]["data"] for line in lines] == [{"n": 1, "name": "\u2028ß"}, {}]
    assert next(iter(lines[0].items())) == ("type", "RECORD")
    assert list(lines[0]["record"]) == ["stream", "data", "emitted_at"]
    assert lines[0]["record"]["emitted_at"] == NOW_MILLISECONDS


def test_nulls_stay_in_lines_only_where_nobody_looked_for_them() -> None:
    (line,) = line_of(Batch("calls", [{"n": None}], any_null=False)).split(b"\n")
    assert json.loads(line)["record"]["data"] == {"n": None}


def test_lists_in_lists_are_written_deeper_than_orjson_goes() -> None:
    deep: Any = "é"
    for _ in range(400):
        deep = [deep]
    with pytest.raises(orjson.JSONEncodeError):
        orjson.dumps(deep)
    (line,) = Batch("calls", [{"deep": deep, "n": 1}], any_null=False).lines().split(b"\n")
    assert json.loads(line)["record"]["data"] == {"deep": deep, "n": 1}
    assert b" " not in line


def test_no_line_is_not_json() -> None:
    deep: Any = float("nan")
    for _ in range(400):
        deep = [deep]
    with pytest.raises(ValueError, match="not JSON compliant"):
        Batch("calls", [{"deep": deep}], any_null=False).lines()


def test_other_messages_are_one_line() -> None:
    assert json.loads(line_of(log("ß"))) == {"type": "LOG", "log": {"level": "INFO", "message": "ß"}}


def in_thread(action: Any, ended: list[str]) -> threading.Thread:
    """Do something in a thread, and note how it ended."""

    def run() -> None:
        try:
            action()
            ended.append("done")
        except ConnectorError as error:
            ended.append(str(error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def full() -> OutputQueue:
    """A queue without room."""
    queue = OutputQueue()
    for _ in range(ROOM):
        queue.put(log())
    return queue


def test_a_worker_waits_until_there_is_room() -> None:
    queue, ended = full(), list[str]()
    thread = in_thread(lambda: queue.put(Batch("calls", rows(1), False)), ended)
    thread.join(0.05)
    assert ended == []
    queue.get()
    thread.join(WAIT)
    assert ended == ["done"]


def test_who_waits_with_a_timeout_waits_no_longer() -> None:
    with pytest.raises(Full):
        full().put(log(), timeout=0.01)


def test_no_worker_waits_once_nobody_reads() -> None:
    queue, ended = full(), list[str]()
    threads = [in_thread(lambda: queue.put(Batch("calls", rows(1), False)), ended) for _ in range(20)]
    queue.close()
    for thread in threads:
        thread.join(WAIT)
    stopped = "The sync was stopped; progress is saved, so run the sync again later to resume."
    assert ended == [stopped] * 20
    queue.put(log())  # no room is needed any more
    assert queue.closed


def test_messages_of_workers_keep_their_order() -> None:
    output, sent = Output(), [log(str(n)) for n in range(5)]

    def send() -> None:
        for message in sent:
            output.emit_message(message)

    in_thread(send, []).join(WAIT)
    assert [output.queue.get() for _ in sent] == sent
    assert list(output.consume_queue()) == []


def test_the_thread_that_reads_never_waits_for_itself() -> None:
    output, sent = Output(), [log(str(n)) for n in range(2 * ROOM)]
    for message in sent:
        output.emit_message(message)
    assert output.queue.empty()
    assert list(output.consume_queue()) == sent
    assert list(output.consume_queue()) == []


def test_what_the_cdk_logs_of_requests_goes_nowhere() -> None:
    output = Output()
    output.log_message(Level.INFO, lambda: pytest.fail("it holds whole responses"))
    assert list(output.consume_queue()) == []


@pytest.mark.parametrize("count", [1, BATCH_ROWS, BATCH_ROWS + 1, (ROOM + 5) * BATCH_ROWS])
def test_readers_get_rows_and_the_command_line_gets_batches(api: rm.Mocker, count: int) -> None:
    api.post(TOKEN_URL, json=token())
    api.get(EXTSUM_URL, json=[row(str(n)) for n in range(count)])
    settings = config(start_date="2026-11-23")
    single = Read(start_date="2026-11-23").rows
    found = list(Source8x8WorkAnalytics().read_batches(settings, catalog()))
    whole = [message for message in found if isinstance(message, Batch)]
    assert len(single) == 2 * count
    assert len(whole) == 2 * -(-count // BATCH_ROWS)
    assert not [message for message in found if message.record]

    def key(one: dict[str, Any]) -> tuple[str, str]:
        return one["report_date"], one["Extension"]

    assert sorted(single, key=key) == sorted((each for batch in whole for each in batch.rows), key=key)


def test_the_log_counts_rows_and_not_batches(api: rm.Mocker, caplog: pytest.LogCaptureFixture) -> None:
    api.post(TOKEN_URL, json=token())
    api.get(EXTSUM_URL, json=[row(str(n)) for n in range(250)])
    read = Read(start_date="2026-11-24")
    assert len(read.rows) == 250
    lines = [message for message in caplog.messages if "read" in message.lower() and "rows" in message]
    assert lines == [
        "extension_summary: 1 of 1 window read, 250 rows.",
        "extension_summary: read 250 rows from 1 window in 1 request.",
    ]
    assert not [message for message in caplog.messages if "records" in message]
