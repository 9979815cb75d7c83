"""The console entry point: `source-8x8-work-analytics spec|check|discover|read|doctor`.

Only the standard library is imported here, so that a signal is handled from the start: as the first process
of a container the program gets no default handling of signals, and importing the CDK takes seconds.
"""

import io
import os
import signal
import sys
import threading
import warnings
from contextlib import suppress
from types import FrameType
from typing import Protocol

TIME_TO_STOP = 1.8
"""Seconds from the signal to the end of the program, whatever still waits: kill follows after ten."""
TIME_TO_PRINT = 0.1
"""Seconds in which the last sentence is written, or not at all."""


class Stoppable(Protocol):
    """A read that can end early."""

    def stop(self) -> None:
        """Save what was read and end; called from another thread."""


class Stopper:
    """Ends the program when a signal requests it.

    Attributes:
        reading: the read to stop first, if one is going on.
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
        os._exit(128 + self._signum)  # the first process of a container gets no default outcome

    def _on_signal(self, signum: int, _: FrameType | None) -> None:
        self._signum = signum
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(
                each, signal.SIG_DFL
            )  # only this thread can; a second signal ends the program at once
        threading.Thread(target=self._stop, daemon=True).start()

    def _stop(self) -> None:
        if self.reading:
            threading.Timer(TIME_TO_STOP, self.exit).start()
            self.reading.stop()
        else:
            self.exit()


def print_error(sentence: str) -> None:
    """Write a sentence on standard error, if it can be written."""
    with suppress(OSError):
        sys.stderr.write(f"{sentence}\n")
        sys.stderr.flush()


def run() -> None:
    """Run the command on the command line, and end the program.

    The exit code is 1 after a failure that a message explains, or if the output cannot be written. A signal
    ends the program as it does by default: a shell shows 128 and the signal's number.
    """
    stopper = Stopper()
    stopper.install()
    if sys.stderr is None:  # closed before the program began
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - until the end
    if sys.stdout is None:
        print_error("The output cannot be written: standard output is closed.")
        os._exit(1)
    _reopen_output()
    warnings.simplefilter("ignore")  # of libraries at their import, also where PYTHONWARNINGS is "error"
    from source_8x8_work_analytics import commands

    code = commands.main(sys.argv[1:], stopper)
    os._exit(code)  # without waiting for threads, which may wait for 8x8 or for a reader


def _reopen_output() -> None:
    """Write UTF-8 regardless of the locale, and everything, regardless of PYTHONUNBUFFERED.

    Without a buffer, Python drops what the system did not accept in one piece: where a signal comes while a
    slow reader is waited for, or where a disk fills up. The CDK writes to `sys.__stdout__`.
    """
    output = open(1, "w", encoding="utf-8", errors="backslashreplace", newline="\n", closefd=False)  # noqa: SIM115
    sys.stdout = sys.__stdout__ = output  # type: ignore[misc]
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")
