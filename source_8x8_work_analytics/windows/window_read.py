"""One window of one PBX on its way through a sync."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.types import StreamSlice

from source_8x8_work_analytics.settings import WindowEnd
from source_8x8_work_analytics.windows.calendar import Window, request_bounds

_KEY = "window_read"


class Outcome(Enum):
    """How the reading of a window ended."""

    READ = "read"
    FAILED = "failed"


@dataclass
class WindowRead:
    """Which window of which PBX is read, and what was seen so far.

    Attributes:
        span: the first and last window of the stretch, at most 31 days, that one request may cover when it
            serves all windows of the stretch.
        complete: whether every request so far was sent after the window's end.
        outcome: how it ended, None until then.
    """

    pbx_id: str
    window: Window
    span: tuple[Window, Window]
    window_end: WindowEnd = "last_second"
    complete: bool = True
    outcome: Outcome | None = None
    rows: int = 0
    repeated: int = 0
    requests: int = 0

    def record_response(self, sent: datetime) -> None:
        """Note a good response, and when its request was sent."""
        self.complete = self.complete and self.window.has_ended(sent)

    def record_rows(self, rows: int, repeated: int) -> None:
        """Note rows on their way out, and how many of them repeat the key of another one."""
        self.rows += rows
        self.repeated += repeated

    def to_slice(self) -> StreamSlice:
        """Return the CDK's slice, with what the manifest fills a request from."""
        start_time, end_time = request_bounds(self.window.first_day, self.window.last_day, self.window_end)
        return StreamSlice(
            partition={"pbx_id": self.pbx_id},
            cursor_slice={
                "report_date": self.window.report_date,
                "start_time": start_time,
                "end_time": end_time,
            },
            extra_fields={_KEY: self},
        )

    def span_slice(self) -> StreamSlice:
        """Return a slice for a request over the whole span."""
        first, last = self.span
        start_time, end_time = request_bounds(first.first_day, last.last_day, self.window_end)
        return StreamSlice(
            partition={"pbx_id": self.pbx_id}, cursor_slice={"start_time": start_time, "end_time": end_time}
        )

    @classmethod
    def of(cls, source: Partition | Mapping[str, Any] | None) -> "WindowRead":
        """Return what a partition or its slice reads."""
        window_slice = source.to_slice() if isinstance(source, Partition) else source
        found = getattr(window_slice, "extra_fields", {}).get(_KEY)
        if not isinstance(found, cls):
            raise TypeError("a report stream's slices come from WindowRouter")
        return found
