"""One window of one PBX, which is the unit of reading, and what was read from it."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from source_8x8_work_analytics.windows.calendar import Window


class Outcome(Enum):
    """The outcome of reading a window."""

    READ = "read"
    FAILED = "failed"


@dataclass(eq=False)
class WindowSlice:
    """One window of one PBX in this sync.

    Attributes:
        outcome: how its reading ended, None until then; set by `PbxProgress`.
        complete: whether the window had ended before it was read; set by `PbxProgress`.
    """

    pbx: str
    window: Window
    outcome: Outcome | None = None
    complete: bool = False

    def as_mapping(self) -> dict[str, str]:
        """Return what the CDK logs about a slice at debug level."""
        return {"pbx_id": self.pbx, "report_date": self.window.report_date}


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
