"""Hand windows to the CDK's workers as the cursor releases them, and tell the cursor when one fails."""

from collections.abc import Iterable, Mapping
from typing import Any

from airbyte_cdk.sources.streams.concurrent.abstract_stream import AbstractStream
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.streams.concurrent.partitions.partition_generator import PartitionGenerator
from airbyte_cdk.sources.types import Record

from source_8x8_work_analytics.windows.cursor import WindowCursor


class WindowPartition(Partition):
    """A manifest partition whose failure stops its PBX, and is said once."""

    def __init__(self, partition: Partition, cursor: WindowCursor) -> None:
        self._partition = partition
        self._cursor = cursor

    def read(self) -> Iterable[Record]:
        """Yield the window's rows; an error that was said before ends it without a word."""
        try:
            yield from self._partition.read()
        except Exception as error:
            if self._cursor.give_up(self._partition, error):
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
    """Yields the partitions of a manifest stream when its cursor lets them start."""

    def __init__(self, stream: AbstractStream, cursor: WindowCursor) -> None:
        self._stream = stream
        self._cursor = cursor

    def generate(self) -> Iterable[Partition]:
        """Yield each window that this sync has to read; waits while none may start."""
        self._cursor.plan(self._stream.generate_partitions())
        while (partition := self._cursor.next_partition()) is not None:
            yield WindowPartition(partition, self._cursor)
