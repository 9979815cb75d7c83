"""What was read: from one window, and from a stream so far, for the log and Airbyte's progress bar."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airbyte_cdk.models import (
    AirbyteEstimateTraceMessage,
    AirbyteMessage,
    AirbyteTraceMessage,
    EstimateType,
    TraceType,
    Type,
)

from source_8x8_work_analytics import clock, messages
from source_8x8_work_analytics.messages import counted, duration
from source_8x8_work_analytics.windows.calendar import Window

EARLY = 3
"""Number of windows after which a long load first reports how long it will take."""
LONG = 50
"""Minimum number of windows in a long load."""


@dataclass
class Reading:
    """What one reading of a window has returned so far.

    Attributes:
        read_at: when its first request was sent.
        complete: whether every request was sent after the window's end.
        repeated: rows with the same key as another row.
        size: bytes of the rows' JSON, estimated from one row of each page.
    """

    read_at: datetime | None = None
    complete: bool = True
    rows: int = 0
    repeated: int = 0
    requests: int = 0
    size: int = 0

    def add_request(self, window: Window, sent: datetime, requests: int = 1) -> None:
        """Record a successful response, and when its request was sent."""
        self.read_at = self.read_at or sent
        self.complete = self.complete and window.has_ended(sent)
        self.requests += requests

    def fields(self, window: Window) -> dict[str, Any]:
        """Return the six fields that are added to each row."""
        assert self.read_at is not None  # noqa: S101 - rows come after their request
        return {
            **window.fields(),
            "window_complete": self.complete,
            "window_read_at": self.read_at.isoformat(timespec="microseconds"),
        }


@dataclass
class Tally:
    """Windows, rows and requests of one stream in one sync.

    Attributes:
        stream: the stream's name.
        began: when reading began, by `clock.elapsed`.
        total: how many windows this sync will have read, without those given up because their PBX failed.
    """

    stream: str
    began: float = 0.0
    total: int = 0
    windows: int = 0
    rows: int = 0
    requests: int = 0
    repeated: int = 0
    size: int = 0

    def add(self, reading: Reading) -> None:
        """Count a window that was read."""
        self.windows += 1
        self.rows += reading.rows
        self.requests += reading.requests
        self.repeated += reading.repeated
        self.size += reading.size

    @property
    def is_milestone(self) -> bool:
        """Whether another tenth of the windows has just been read, or the first few of a long load."""
        tenths, before = (10 * windows // max(1, self.total) for windows in (self.windows, self.windows - 1))
        return tenths > before or (self.windows == EARLY and self.total >= LONG)

    def line(self) -> str:
        """Return the stream's progress, and how long the rest will take."""
        left = self.total - self.windows
        seconds = (clock.elapsed() - self.began) / max(1, self.windows) * left
        rest = f", about {duration(seconds)} left" if left else ""
        windows = counted(self.total, "window")
        return f"{self.stream}: {self.windows:,} of {windows} read, {counted(self.rows, 'row')}{rest}."

    def estimate(self) -> AirbyteMessage:
        """Return the estimated rows and bytes of the whole stream in this sync."""
        share = self.total / max(1, self.windows)
        estimate = AirbyteEstimateTraceMessage(
            name=self.stream,
            type=EstimateType.STREAM,
            row_estimate=round(self.rows * share),
            byte_estimate=round(self.size * share),
        )
        trace = AirbyteTraceMessage(
            type=TraceType.ESTIMATE, emitted_at=clock.now().timestamp() * 1000, estimate=estimate
        )
        return AirbyteMessage(type=Type.TRACE, trace=trace)

    def summary(self) -> str:
        """Return what was read, at the stream's end."""
        return (
            f"{self.stream}: read {counted(self.rows, 'row')} from {counted(self.windows, 'window')} in "
            f"{counted(self.requests, 'request')}."
        )

    def warning(self) -> str | None:
        """Return what to warn about at the stream's end, if anything."""
        if not self.repeated:
            return None
        return messages.REPEATED_KEYS.text(stream=self.stream, count=counted(self.repeated, "row"))
