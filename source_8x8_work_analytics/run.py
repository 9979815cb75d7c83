"""The console entry point: `source-8x8-work-analytics spec|check|discover|read|doctor`.

Only the standard library is imported here, so that a signal is handled from the start: as the first process
of a container the program gets no default handling of signals, and importing the CDK takes seconds.
"""

import io
import os
import signal
import sys
import threading
from contextlib import suppress
from types import FrameType
from typing import Protocol

TIME_TO_STOP = 1.8
"""Seconds from the signal to the end of the program, whatever still waits: kill follows after ten."""
TIME_TO_SAY = 0.1
"""Seconds in which the last sentence is written, or not at all."""

ENDED_BY_CLIENTS = (["spec"], ["discover"])
"""Commands that PyAirbyte ends by SIGTERM once it has their answer; it expects the default outcome then."""


class Stoppable(Protocol):
    """A read that can end early."""

    def stop(self) -> None:
        """Save what was read and end; called from another thread."""


class Stopper:
    """Ends the program when a signal asks for it.

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

    def leave_sigterm(self) -> None:
        """Leave SIGTERM to the system: the answer is on its way, and PyAirbyte ends a check that gave it."""
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def exit(self, progress: str = "") -> None:
        """End the program as the signal asked for."""
        code = 128 + self._signum
        threading.Timer(TIME_TO_SAY, os._exit, [code]).start()  # where nobody reads, nothing can be said
        say(f"Stopped by {signal.Signals(self._signum).name}{progress}.")
        os._exit(code)

    def _on_signal(self, signum: int, _: FrameType | None) -> None:
        if self._signum:  # the second one
            os._exit(128 + signum)
        self._signum = signum
        if signum == signal.SIGTERM and sys.argv[1:2] in ENDED_BY_CLIENTS:
            signal.signal(signum, signal.SIG_DFL)
            os.kill(os.getpid(), signum)
        threading.Thread(target=self._stop, daemon=True).start()

    def _stop(self) -> None:
        if self.reading:
            threading.Timer(TIME_TO_STOP, self.exit).start()
            self.reading.stop()
        else:
            self.exit()


def say(sentence: str) -> None:
    """Write a sentence on standard error, if it can be written."""
    with suppress(OSError):
        sys.stderr.write(f"{sentence}\n")
        sys.stderr.flush()


def run() -> None:
    """Run the command on the command line, and end the program.

    The exit code is 1 after a failure that a message explains, or if the output cannot be written; 128 and
    the signal's number if a signal ended it.
    """
    stopper = Stopper()
    stopper.install()
    if sys.stderr is None:  # closed before the program began
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - until the end
    if sys.stdout is None:
        say("The output cannot be written: standard output is closed.")
        os._exit(1)
    _reopen_output()
    from source_8x8_work_analytics import commands

    code = commands.main(sys.argv[1:], stopper)
    os._exit(code)  # without waiting for threads, which may wait for 8x8 or for a reader


def _reopen_output() -> None:
    """Write UTF-8 whatever the locale says, and everything, whatever PYTHONUNBUFFERED says.

    Without a buffer, Python drops what the system did not take in one piece: where a signal comes while a
    slow reader is waited for, or where a disk fills up. The CDK writes to `sys.__stdout__`.
    """
    output = open(1, "w", encoding="utf-8", errors="backslashreplace", newline="\n", closefd=False)  # noqa: SIM115
    sys.stdout = sys.__stdout__ = output  # type: ignore[misc]
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")
