"""Read a summary report: one request for each window."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from airbyte_cdk.sources.streams.core import StreamData
from airbyte_cdk.sources.types import StreamSlice

from source_8x8_work_analytics.retrievers.base import WindowRetriever
from source_8x8_work_analytics.retrievers.payload import repeated_keys, summary_rows
from source_8x8_work_analytics.windows.window_read import WindowRead


@dataclass
class SummaryRetriever(WindowRetriever):
    """Fetches a summary report of one window, checks that it is one, and adds the window to each row."""

    def read_records(
        self, records_schema: Mapping[str, Any], stream_slice: StreamSlice | None = None
    ) -> Iterable[StreamData]:
        """Yield the rows of one window.

        Raises:
            AirbyteTracedException: with one sentence that names stream, PBX and day.
        """
        read = WindowRead.of(stream_slice)
        rows, _ = self.fetch_window(read, lambda body: summary_rows(body, self.row_key, read.pbx_id))
        yield from self.emit_rows(read, rows, records_schema, repeated_keys(rows, self.row_key))
