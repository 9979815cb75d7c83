"""What a stream has read so far, for the log and for Airbyte's progress bar."""

from dataclasses import dataclass

from airbyte_cdk.models import (
    AirbyteEstimateTraceMessage,
    AirbyteMessage,
    AirbyteTraceMessage,
    EstimateType,
    TraceType,
    Type,
)

from source_8x8_work_analytics import clock, messages
from source_8x8_work_analytics.windows.plan import counted
from source_8x8_work_analytics.windows.slices import Reading

EARLY = 3
"""Number of windows after which a long load first reports how long it will take."""
LONG = 50
"""Minimum number of windows in a long load."""


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


def duration(seconds: float) -> str:
    """Return a duration as people write it."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
