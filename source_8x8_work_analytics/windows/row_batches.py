"""Send rows through the CDK in batches.

The CDK puts each record on its queue separately, and hands it on from function to function. Threads that
compete for the queue's lock at every row switch back and forth, which uses more CPU than parsing and writing
the row. So a record of a report stream holds many rows, until the source or the command line takes it apart.
"""

import logging
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from airbyte_cdk.models import AirbyteMessage, AirbyteRecordMessage, Type

from source_8x8_work_analytics.errors import resumable_error

BATCH_ROWS = 100
MAX_BATCHES = 40
"""Batches between workers and whoever reads the output: what a slow reader makes the program hold."""

_ROWS = "_rows"
_ANY_NULL = "_any_null"

Row = dict[str, Any]


def in_batches(rows: Sequence[Row], any_null: bool) -> Iterator[dict[str, Any]]:
    """Yield rows in batches, each as the data of one record.

    Args:
        rows: the rows.
        any_null: whether any of them has a value that is null.
    """
    for first in range(0, len(rows), BATCH_ROWS):
        yield {_ROWS: rows[first : first + BATCH_ROWS], _ANY_NULL: any_null}


def rows_in(record: AirbyteRecordMessage) -> Sequence[Row]:
    """Return the rows of a record: those of a batch, or the one that it is."""
    rows: Sequence[Row] = record.data.get(_ROWS) or [record.data]
    return rows


def may_have_nulls(record: AirbyteRecordMessage) -> bool:
    """Return whether a value in the rows of a record may be null."""
    return bool(record.data.get(_ANY_NULL, True))


def single_rows(batch: AirbyteRecordMessage) -> Iterator[AirbyteMessage]:
    """Yield a message for each row of a batch."""
    for row in rows_in(batch):
        record = AirbyteRecordMessage(stream=batch.stream, data=row, emitted_at=batch.emitted_at)
        yield AirbyteMessage(type=Type.RECORD, record=record)


class BatchRoom:
    """Room for the batches of one sync that are on their way."""

    def __init__(self) -> None:
        self._free = threading.Semaphore(MAX_BATCHES)
        self._closed = False

    def take(self) -> None:
        """Wait until there is room for one more batch.

        Raises:
            AirbyteTracedException: nobody takes rows any more.
        """
        self._free.acquire()
        if self._closed:
            self._free.release()  # for the next one who waits
            raise resumable_error("The sync was stopped")

    def give_back(self) -> None:
        """Note that a batch was taken apart."""
        self._free.release()

    def close(self) -> None:
        """Let no worker wait any longer, since nobody takes rows from now on."""
        self._closed = True
        self._free.release()


def without_count_of_batches(line: logging.LogRecord) -> bool:
    """Keep a line out of the log if it is the CDK's count of records, which are batches here."""
    return line.module != "concurrent_read_processor" or not str(line.msg).startswith("Read ")
