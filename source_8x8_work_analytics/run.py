"""The console entry point: `source-8x8-work-analytics spec|check|discover|read|doctor`.

Only the standard library is imported before signals are handled: as the first process of a container, the
program has no default signal handling, and importing the CDK takes seconds.
"""

import io
import os
import sys
import warnings

from source_8x8_work_analytics.stopping import Stopper, print_error


def run() -> None:
    """Run the command given on the command line, and exit.

    The exit code is 1 after a failure that a message explains, or if the output cannot be written. A signal
    ends the program as it does by default: a shell shows 128 plus the signal's number.
    """
    stopper = Stopper()
    stopper.install()
    if sys.stderr is None:  # closed before the program began
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - until the end
    if sys.stdout is None:
        print_error("The output cannot be written: standard output is closed.")
        os._exit(1)
    _reopen_output()
    warnings.simplefilter("ignore")  # of libraries on import, even if PYTHONWARNINGS is "error"
    from source_8x8_work_analytics import commands

    code = commands.main(sys.argv[1:], stopper)
    os._exit(code)  # without waiting for threads, which may wait for 8x8 or for a reader


def _reopen_output() -> None:
    """Write UTF-8 regardless of the locale, and write everything regardless of PYTHONUNBUFFERED.

    Without a buffer, Python drops what the system does not accept in one piece, for example if a signal
    arrives while it waits for a slow reader, or if a disk fills up. The CDK writes to `sys.__stdout__`.
    """
    output = open(1, "w", encoding="utf-8", errors="backslashreplace", newline="\n", closefd=False)  # noqa: SIM115
    sys.stdout = sys.__stdout__ = output  # type: ignore[misc]
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")
