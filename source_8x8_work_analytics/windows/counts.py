"""What a stream has read so far, for the lines that a person follows in the log."""

import logging
from dataclasses import dataclass

from source_8x8_work_analytics.windows.window_read import WindowRead

LOGGER = logging.getLogger("airbyte")


def counted(number: int, what: str) -> str:
    """Return a number of things, as in "1 window" or "1,200 rows"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


@dataclass
class Count:
    """Windows, rows and requests of one stream in one sync."""

    total: int = 0
    windows: int = 0
    rows: int = 0
    requests: int = 0
    repeated: int = 0

    def add(self, stream: str, read: WindowRead) -> None:
        """Count a window that was read, and log a line for each tenth of all windows."""
        tenths = 10 * self.windows // max(1, self.total)
        self.windows += 1
        self.rows += read.rows
        self.requests += read.requests
        self.repeated += read.repeated
        if self.total >= 20 and 10 * self.windows // self.total > tenths:
            LOGGER.info(
                "%s: %s of %s read, %s.",
                stream,
                f"{self.windows:,}",
                counted(self.total, "window"),
                counted(self.rows, "row"),
            )

    def report(self, stream: str) -> None:
        """Log the totals at the stream's end."""
        LOGGER.info(
            "%s: read %s from %s in %s.",
            stream,
            counted(self.rows, "row"),
            counted(self.windows, "window"),
            counted(self.requests, "request"),
        )
        if self.repeated:
            LOGGER.warning(
                "%s: %s had the same key as another row of the same report; all were kept.",
                stream,
                counted(self.repeated, "row"),
            )
