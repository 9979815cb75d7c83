"""Send rows through the CDK's queue in batches.

The CDK puts each row on its queue separately. Threads that compete for the queue's lock at every row switch
back and forth, which uses more CPU than parsing and writing the row. So a record on that queue holds many
rows, and the source unpacks it before anybody sees it.
"""

import logging
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from airbyte_cdk.models import AirbyteMessage, AirbyteRecordMessage, Type
from airbyte_cdk.sources.types import Record

from source_8x8_work_analytics.errors import resumable_error

BATCH_ROWS = 100
MAX_BATCHES = 40
"""Batches between workers and whoever reads the output: what a slow reader makes the program hold."""

_ROWS = "rows"


class RowBatches:
    """The batches of one sync that are on their way."""

    def __init__(self) -> None:
        self._room = threading.Semaphore(MAX_BATCHES)
        self._closed = False

    def pack(self, stream: str, records: Iterable[Record]) -> Iterator[Record]:
        """Yield the rows of records in batches, each once there is room for it.

        Raises:
            Exception: what reading the records raised, after the rows that came before it.
            AirbyteTracedException: nobody takes rows any more.
        """
        rows: list[Mapping[str, Any]] = []
        failure: Exception | None = None
        try:
            for record in records:
                rows.append(record.data)
                if len(rows) == BATCH_ROWS:
                    yield from self._when_there_is_room(stream, rows)
                    rows = []
        except Exception as error:
            failure = error
        if rows:
            yield from self._when_there_is_room(stream, rows)
        if failure:
            raise failure

    def unpack(self, batch: AirbyteRecordMessage) -> Iterator[AirbyteMessage]:
        """Yield a message for each row of a batch, and make room for the next batch."""
        for row in batch.data[_ROWS]:
            record = AirbyteRecordMessage(stream=batch.stream, data=row, emitted_at=batch.emitted_at)
            yield AirbyteMessage(type=Type.RECORD, record=record)
        self._room.release()

    def close(self) -> None:
        """Let no worker wait any longer, since nobody takes rows from now on."""
        self._closed = True
        self._room.release()

    def _when_there_is_room(self, stream: str, rows: list[Mapping[str, Any]]) -> Iterator[Record]:
        self._room.acquire()
        if self._closed:
            self._room.release()  # for the next one who waits
            raise resumable_error("The sync was stopped")
        yield Record({_ROWS: rows}, stream)


def without_count_of_batches(line: logging.LogRecord) -> bool:
    """Keep a line out of the log if it is the CDK's count of records, which are batches here."""
    return line.module != "concurrent_read_processor" or not str(line.msg).startswith("Read ")
