"""End the program on a signal, after saving what was read.

Only the standard library is imported here, since signals are handled before the CDK is imported.
"""

import os
import signal
import sys
import threading
from contextlib import suppress
from types import FrameType
from typing import Protocol

TIME_TO_STOP = 1.8
"""Seconds from the signal to the end of the program, no matter what is still waiting: a kill follows after
ten."""
TIME_TO_PRINT = 0.1
"""Time limit in seconds for writing the last sentence."""


class Stoppable(Protocol):
    """A read that can end early."""

    def stop(self) -> None:
        """Save what was read and end; called from another thread."""


class Stopper:
    """Ends the program on a signal.

    Attributes:
        reading: the read to stop first, if one is in progress.
    """

    def __init__(self) -> None:
        self.reading: Stoppable | None = None
        self._signum = 0

    def install(self) -> None:
        """Handle SIGTERM and Ctrl-C from now on."""
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, self._on_signal)

    def exit(self, progress: str = "") -> None:
        """End the program as the signal does by default: PyAirbyte counts any other exit as a failure."""
        threading.Timer(TIME_TO_PRINT, self._end).start()  # even if standard error cannot be written
        print_error(f"Stopped by {signal.Signals(self._signum).name}{progress}.")
        self._end()

    def _end(self) -> None:
        os.kill(os.getpid(), self._signum)
        os._exit(128 + self._signum)  # signals have no default effect on the first process of a container

    def _on_signal(self, signum: int, _: FrameType | None) -> None:
        self._signum = signum
        for each in (signal.SIGINT, signal.SIGTERM):  # only the main thread can do this
            signal.signal(each, signal.SIG_DFL)  # so a second signal ends the program at once
        threading.Thread(target=self._stop, daemon=True).start()

    def _stop(self) -> None:
        if self.reading:
            threading.Timer(TIME_TO_STOP, self.exit).start()
            self.reading.stop()
        else:
            self.exit()


def print_error(sentence: str) -> None:
    """Write a sentence to standard error, if possible."""
    with suppress(OSError):
        sys.stderr.write(f"{sentence}\n")
        sys.stderr.flush()
