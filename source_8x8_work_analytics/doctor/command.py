"""`source-8x8-work-analytics doctor`: the command line, and the files that it reads and writes."""

import argparse
import logging
import sys
import traceback
from itertools import combinations
from pathlib import Path
from shutil import get_terminal_size
from threading import Event

from source_8x8_work_analytics import clock, input_files, messages
from source_8x8_work_analytics.doctor import questions
from source_8x8_work_analytics.doctor.fetching import (
    INTERRUPTED,
    MAX_REQUESTS,
    CountingHttp,
    Fetcher,
    fetch_all,
)
from source_8x8_work_analytics.doctor.findings import Finding, as_json, as_table, closing, findings, ordered
from source_8x8_work_analytics.doctor.late_changes import DEFAULT_DAYS, LateChanges, Memory, NotAMemory
from source_8x8_work_analytics.doctor.observations import Observations, Reply
from source_8x8_work_analytics.doctor.service_questions import estimate
from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.settings import Settings
from source_8x8_work_analytics.stopping import print_error
from source_8x8_work_analytics.streams import STREAM_TYPES

NOTHING_CONTRADICTS, CONTRADICTED, NOT_POSSIBLE = 0, 1, 2
MOST_DAYS = 90
WIDTH, LEAST_WIDTH, MOST_WIDTH = 110, 80, 160
LATER = "; run the doctor again later"
DESCRIPTION = (
    "Check how 8x8 behaves for your account where its documentation is unclear, and whether the "
    f"connector's assumptions hold. Sends at most {MAX_REQUESTS} requests. The output contains no secrets, "
    "names, phone numbers, extensions or PBX names."
)


class CannotRun(Exception):
    """A file on the command line prevents the run."""


class Doctor:
    """One run of the command.

    Args:
        args: the command line after `doctor`.
    """

    def __init__(self, args: list[str]) -> None:
        self._options = _parser().parse_args(args)
        self._interrupted = Event()

    def stop(self) -> None:
        """Send nothing more; what was found is still printed."""
        self._interrupted.set()

    def run(self) -> int:
        """Send the requests and print what was found.

        Returns:
            0 if nothing contradicts the connector, 1 if something does, 2 if 8x8 could not be read.
        """
        try:
            return self._run()
        except Exception as error:  # a bug of ours, whose text could contain personal data
            print_error("".join(traceback.format_tb(error.__traceback__)) + type(error).__name__)
            print_error(messages.BUG.text())
            return NOT_POSSIBLE

    def _run(self) -> int:
        logging.basicConfig(stream=sys.stderr, format="%(message)s", level=logging.INFO, force=True)
        options = self._options
        try:
            settings = Settings.from_config(input_files.read_config(options.config), clock.now())
            streams = _selected(options.catalog)
            memory = _check_files(options.config, options.report, options.memory)
        except (ConnectorError, CannotRun) as error:
            print_error(str(error))
            return NOT_POSSIBLE
        seen = Observations(settings, clock.now())
        http = CountingHttp(seen.exchanges)
        late_changes = LateChanges(memory, options.days)
        every = questions(late_changes)
        try:
            fetch_all(every, seen, Fetcher(settings, http).fetch, print_error, self._interrupted)
            problem = _problem(seen)
        except ConnectorError as error:
            problem = error.sentence(retry=LATER)
        found = findings(every, seen) if any(not reply.problem for reply in seen.replies.values()) else []
        if found:
            last = estimate(seen, streams)
            problem = self._hand_over(found, seen, late_changes, http.sent, last) or problem
        if problem:
            print_error(problem)
            return NOT_POSSIBLE
        contradicted = any(finding.verdict == "contradicted" for finding in found)
        return CONTRADICTED if contradicted else NOTHING_CONTRADICTS

    def _hand_over(
        self, found: list[Finding], seen: Observations, late_changes: LateChanges, sent: int, last: str
    ) -> str:
        """Print and write what was found. Return why that failed, if it did."""
        options, width = self._options, _width()
        try:
            rows = ordered(found)
            sys.stdout.write(as_table(rows, width) + closing(rows, sent, last, width))
            sys.stdout.flush()
            if options.report:
                options.report.write_text(as_json(found, seen.started_at, sent), encoding="utf-8")
            if options.memory and (memory := late_changes.renewed(seen)):
                memory.save(options.memory)
        except OSError as error:
            return f"The findings cannot be written: {error.strerror}."
        return ""


def _problem(seen: Observations) -> str:
    """Return why 8x8 could not be read; empty if it could."""
    if seen.stopped == INTERRUPTED:
        return "The doctor was interrupted."
    by_window = {kind.name for kind in STREAM_TYPES if kind.report}
    reports = [reply for request, reply in seen.replies.items() if request.stream in by_window]
    if any(not reply.problem for reply in reports):
        return ""
    first = next(iter(reports), Reply(0, problem="no response"))
    problem = first.problem
    if not first.status:
        return f"8x8 returned no report ({problem}){LATER}."
    if seen.main_pbx is None:
        return (
            f"8x8 denies access to every PBX that was tried ({problem}): correct the PBX names (pbx_ids), or "
            "give the user (username) access to them."
        )
    return f"8x8 denies every report ({problem}): give the user (username) Supervisor access."


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("source-8x8-work-analytics doctor", description=DESCRIPTION)
    parser.add_argument("--config", required=True, metavar="FILE", help="the connector's configuration")
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="write the findings to this file, as JSON"
    )
    parser.add_argument(
        "--memory", type=Path, metavar="FILE", help="compare with the last run, and save this one"
    )
    parser.add_argument(
        "--days",
        type=_days,
        default=DEFAULT_DAYS,
        metavar="N",
        help=f"completed days to compare ({DEFAULT_DAYS}; requires --memory)",
    )
    parser.add_argument(
        "--catalog",
        metavar="FILE",
        help="estimate the first load for the streams in this catalog only",
    )
    return parser


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"enter a whole number from 1 to {MOST_DAYS}")
    return int(text)


def _selected(catalog: str | None) -> frozenset[str]:
    """Return the streams of a catalog; none without one."""
    streams = input_files.read_catalog(catalog).streams if catalog else ()
    return frozenset(configured.stream.name for configured in streams)


def _is_same_file(one: Path, other: Path) -> bool:
    """Return whether two paths refer to the same file, even through a link."""
    return one.resolve() == other.resolve() or (one.exists() and other.exists() and one.samefile(other))


def _check_files(config: str, report: Path | None, memory: Path | None) -> Memory | None:
    """Try the files that will be written before anything is sent, and return the memory.

    Raises:
        CannotRun: two of the files are the same one, or one cannot be written or is of another kind.
    """
    given = [path for path in (Path(config), report, memory) if path]
    if any(_is_same_file(one, other) for one, other in combinations(given, 2)):
        raise CannotRun(
            "Two of --config, --report and --memory are the same file: use a different file for each."
        )
    for path in given[1:]:
        _check_writable(path)
    try:
        return Memory.load(memory) if memory else None
    except NotAMemory:
        raise CannotRun(
            f"{memory} exists and is not a doctor memory file, so it was not changed: pass another file to "
            "--memory, or remove this one."
        ) from None
    except OSError as error:
        raise CannotRun(f"{memory} cannot be read: {error.strerror}.") from None


def _check_writable(path: Path) -> None:
    existed = path.exists()
    try:
        with path.open("ab"):
            pass
        if not existed:
            path.unlink()
    except OSError as error:
        raise CannotRun(f"{path} cannot be written: {error.strerror}.") from None


def _width() -> int:
    return min(max(get_terminal_size((WIDTH, 0)).columns, LEAST_WIDTH), MOST_WIDTH)
