"""Tell the cursor when a window fails, and hold rows back until there is room for them."""

from collections.abc import Iterable, Mapping
from logging import Logger
from typing import Any

from airbyte_cdk.models import AirbyteStream
from airbyte_cdk.sources.streams.concurrent.abstract_stream import AbstractStream
from airbyte_cdk.sources.streams.concurrent.default_stream import DefaultStream
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.streams.concurrent.partitions.partition_generator import PartitionGenerator
from airbyte_cdk.sources.types import Record

from source_8x8_work_analytics.windows.cursor import WindowCursor
from source_8x8_work_analytics.windows.row_batches import BatchRoom
from source_8x8_work_analytics.windows.window_read import WindowRead


class WindowPartition(Partition):
    """A manifest partition whose failure stops its PBX, and is reported once."""

    def __init__(self, partition: Partition, cursor: WindowCursor, room: BatchRoom) -> None:
        self._partition = partition
        self._cursor = cursor
        self._room = room

    def read(self) -> Iterable[Record]:
        """Yield the window's rows in batches; an error that was reported before ends it silently."""
        try:
            for batch in self._partition.read():
                self._room.take()
                yield batch
        except Exception as error:
            if self._cursor.on_window_failed(WindowRead.of(self._partition), error):
                raise

    def to_slice(self) -> Mapping[str, Any] | None:
        """Return the slice: PBX and window."""
        return self._partition.to_slice()

    def stream_name(self) -> str:
        """Return the stream's name."""
        return self._partition.stream_name()

    def __hash__(self) -> int:
        return hash(self._partition)


class WindowPartitions(PartitionGenerator):
    """Yields the partitions of a manifest stream, which come when the cursor lets their windows start."""

    def __init__(self, stream: AbstractStream, cursor: WindowCursor, room: BatchRoom) -> None:
        self._stream = stream
        self._cursor = cursor
        self._room = room

    def generate(self) -> Iterable[Partition]:
        """Yield each window that this sync has to read; may block until the next one may start."""
        for partition in self._stream.generate_partitions():
            yield WindowPartition(partition, self._cursor, self._room)


class ReportStream(DefaultStream):
    """A stream of report windows.

    Args:
        stream: the manifest's stream.
        cursor: which windows are read, and when.
        room: for the batches of rows that are on their way.
        logger: the source's.
    """

    def __init__(self, stream: AbstractStream, cursor: WindowCursor, room: BatchRoom, logger: Logger) -> None:
        key = stream.as_airbyte_stream().source_defined_primary_key or []
        super().__init__(
            partition_generator=WindowPartitions(stream, cursor, room),
            name=stream.name,
            json_schema=stream.get_json_schema,
            primary_key=[path[0] for path in key],
            cursor_field=cursor.cursor_field,
            logger=logger,
            cursor=cursor,
        )

    def as_airbyte_stream(self) -> AirbyteStream:
        """Describe the stream for the catalog, as one whose full refresh starts anew at each attempt.

        For a resumable stream Airbyte keeps state and rows between the attempts of a full refresh; but some
        windows are read again by nature, and their rows would then be there twice.
        """
        stream = super().as_airbyte_stream()
        stream.is_resumable = False
        return stream
