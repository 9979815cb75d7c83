"""Pass rows and messages from the threads that read them to the consumer of the output.

The CDK passes each record on separately: threads that compete for its queue's lock for every row use more CPU
than parsing and writing the row. So rows are passed on in batches, which become records, or lines, at the
end.
"""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from queue import Queue
from typing import Any

import orjson
from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteMessageSerializer,
    AirbyteRecordMessage,
    Level,
    Type,
)
from airbyte_cdk.sources.message import MessageRepository
from airbyte_cdk.sources.streams.concurrent.partitions.types import QueueItem

from source_8x8_work_analytics import clock, messages
from source_8x8_work_analytics.errors import ConnectorError

BATCH_ROWS = 100
ROOM = 60
"""Maximum number of batches and other items that wait for the consumer of the output, so that a slow one does
not use up memory."""

Row = dict[str, Any]


class Batch(AirbyteMessage):
    """Rows of one stream. It is a message so that the CDK's engine passes it on unchanged.

    Args:
        stream: the stream's name.
        rows: the rows.
        any_null: whether any of their values may be null.
    """

    def __init__(self, stream: str, rows: Sequence[Row], any_null: bool) -> None:
        super().__init__(type=Type.RECORD)
        self.stream = stream
        self.rows = rows
        self.any_null = any_null

    def records(self) -> Iterator[AirbyteMessage]:
        """Yield a message for each row."""
        emitted_at = clock.milliseconds()
        for row in self.rows:
            record = AirbyteRecordMessage(stream=self.stream, data=row, emitted_at=emitted_at)
            yield AirbyteMessage(type=Type.RECORD, record=record)

    def lines(self) -> bytes:
        """Return the lines of all rows, without fields that are null."""
        content = {"stream": self.stream, "data": {}, "emitted_at": clock.milliseconds()}
        message = {"type": "RECORD", "record": content}
        lines = []
        for row in self.rows:
            content["data"] = row
            if self.any_null and None in row.values():
                content["data"] = {name: value for name, value in row.items() if value is not None}
            lines.append(json_of(message))
        return b"\n".join(lines)


def json_of(content: Any) -> bytes:
    """Return the JSON of a row, or of a message with one."""
    try:
        return orjson.dumps(content)
    except orjson.JSONEncodeError:  # lists in lists, nested more deeply than it supports
        return json.dumps(content, separators=(",", ":"), allow_nan=False).encode()


def line_of(message: AirbyteMessage) -> bytes:
    """Return a message, or the rows of a batch, as lines of the protocol."""
    if isinstance(message, Batch):
        return message.lines()
    return orjson.dumps(AirbyteMessageSerializer.dump(message))


def batches(stream: str, rows: Sequence[Row], any_null: bool) -> Iterator[Batch]:
    """Yield rows in batches."""
    for first in range(0, len(rows), BATCH_ROWS):
        yield Batch(stream, rows[first : first + BATCH_ROWS], any_null)


class OutputQueue(Queue[QueueItem]):
    """The queue of the CDK's engine, with a size limit until it is closed."""

    def __init__(self) -> None:
        super().__init__(maxsize=ROOM)
        self.closed = False

    def put(self, item: QueueItem, block: bool = True, timeout: float | None = None) -> None:
        """Add an item, after waiting for room.

        Raises:
            ConnectorError: nobody reads the queue anymore.
        """
        if not self.closed:
            super().put(item, block, timeout)
        if self.closed and isinstance(item, Batch):
            raise ConnectorError(messages.SYNC_STOPPED)

    def close(self) -> None:
        """Stop making threads wait for room."""
        with self.mutex:
            self.closed = True
            self.queue.clear()
            self.not_full.notify_all()


class Output(MessageRepository):
    """Collects batches, states and other messages from threads, in order.

    Messages of the thread that reads the queue bypass it, since no other thread could make room.

    Attributes:
        queue: what the CDK's engine reads.
    """

    def __init__(self) -> None:
        self.queue = OutputQueue()
        self._reader = threading.get_ident()
        self._of_reader: deque[AirbyteMessage] = deque()

    def emit_message(self, message: AirbyteMessage) -> None:
        """Pass on a message after everything that this thread has already passed on."""
        if threading.get_ident() == self._reader:
            self._of_reader.append(message)
        else:
            self.queue.put(message)

    def log_message(self, level: Level, message_provider: Callable[[], Any]) -> None:
        """Do nothing: the CDK logs whole requests and responses this way."""

    def consume_queue(self) -> Iterable[AirbyteMessage]:
        """Yield the messages of the reading thread."""
        while self._of_reader:
            yield self._of_reader.popleft()
