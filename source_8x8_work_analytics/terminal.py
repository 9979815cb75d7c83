"""Show progress to a waiting person on standard error, while the output goes to a file."""

import logging
import shutil
import sys
from contextlib import suppress

CLEAR = "\r\x1b[2K"
"""Returns to the beginning of the line and erases it."""


class Terminal(logging.Handler):
    """Shows the latest log line on a single line that is overwritten, and a final sentence that stays."""

    @staticmethod
    def is_watched() -> bool:
        """Return whether standard error is a terminal and standard output is not."""
        return sys.stderr.isatty() and not sys.stdout.isatty()

    def emit(self, record: logging.LogRecord) -> None:
        """Show a line of the log."""
        if record.levelno >= logging.INFO:
            width = shutil.get_terminal_size().columns - 1
            self._write(CLEAR + record.getMessage().split("\n")[0][:width])

    def end(self, sentence: str) -> None:
        """Show a final sentence instead of the log lines."""
        self._write(f"{CLEAR}{sentence}\n")

    def _write(self, text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()
