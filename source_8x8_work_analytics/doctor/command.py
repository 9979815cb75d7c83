"""`source-8x8-work-analytics doctor`: the command line, and the files that it reads and writes."""

import argparse
import logging
import sys
from pathlib import Path
from shutil import get_terminal_size
from threading import Event

from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics import clock, input_files
from source_8x8_work_analytics.doctor.account import main_pbx
from source_8x8_work_analytics.doctor.asking import MAX_REQUESTS, Account
from source_8x8_work_analytics.doctor.examine import INTERRUPTED, ask_all, findings
from source_8x8_work_analytics.doctor.memory import Memory
from source_8x8_work_analytics.doctor.model import Answers, Finding
from source_8x8_work_analytics.doctor.questions.late_changes import renewed
from source_8x8_work_analytics.doctor.report import as_json, as_table, summary
from source_8x8_work_analytics.doctor.streams import LISTS
from source_8x8_work_analytics.errors import config_error
from source_8x8_work_analytics.settings import Settings

NOTHING_CONTRADICTS, CONTRADICTED, NOT_ASKED = 0, 1, 2
MOST_DAYS = 90
WIDTH, LEAST_WIDTH, MOST_WIDTH = 110, 80, 160
DESCRIPTION = (
    "Ask 8x8 what its documentation leaves open, with at most "
    f"{MAX_REQUESTS} requests, and report whether the connector's assumptions hold for this account. Nothing "
    "that is printed or written holds a secret, a name, a number, an extension or a PBX name."
)


class Doctor:
    """One run of the command.

    Args:
        args: the command line after `doctor`.
    """

    def __init__(self, args: list[str]) -> None:
        self._options = _parser().parse_args(args)
        self._interrupted = Event()

    def stop(self) -> None:
        """Ask nothing more; what was found is still printed."""
        self._interrupted.set()

    def run(self) -> int:
        """Ask and report.

        Returns:
            0 if nothing contradicts the connector, 1 if something does, 2 if 8x8 could not be asked.
        """
        logging.basicConfig(stream=sys.stderr, format="%(message)s", level=logging.INFO, force=True)
        options = self._options
        try:
            settings = Settings.from_config(input_files.read_config(options.config), clock.now())
            for path in (options.report, options.memory):
                _check_writable(path)
        except AirbyteTracedException as error:
            return _say(error.message)
        memory = Memory.load(options.memory) if options.memory else None
        answers = Answers(settings, clock.now(), options.days, memory)
        account = Account(settings, answers.exchanges)
        try:
            ask_all(answers, account.fetch, _progress, self._interrupted)
            problem = _problem(answers)
        except AirbyteTracedException as error:
            problem = str(error.message)
        return self._report(answers, account.http.sent, problem)

    def _report(self, answers: Answers, requests: int, problem: str) -> int:
        """Write and print what was found.

        Args:
            answers: what is known.
            requests: how many were sent.
            problem: why not everything could be asked; empty if it could.
        """
        answered = any(not answer.problem for answer in answers.by_request.values())
        found = findings(answers) if answered else []
        for output in (self._print, self._write) if answered else ():
            try:
                output(answers, found, requests)
            except OSError as error:
                problem = problem or f"The report cannot be written: {error.strerror}."
        if problem:
            return _say(problem)
        contradicted = any(finding.verdict == "contradicted" for finding in found)
        return CONTRADICTED if contradicted else NOTHING_CONTRADICTS

    def _print(self, _: Answers, found: list[Finding], requests: int) -> None:
        width = min(max(get_terminal_size((WIDTH, 0)).columns, LEAST_WIDTH), MOST_WIDTH)
        sys.stdout.write(f"{as_table(found, width)}{summary(found, requests)}\n")
        sys.stdout.flush()

    def _write(self, answers: Answers, found: list[Finding], requests: int) -> None:
        options = self._options
        if options.report:
            options.report.write_text(as_json(found, answers.asked_at, requests), encoding="utf-8")
        if options.memory and (memory := renewed(answers)):
            memory.save(options.memory)


def _problem(answers: Answers) -> str:
    """Return why 8x8 could not be asked; empty if it could."""
    if answers.stopped == INTERRUPTED:
        return "The doctor was interrupted."
    reports = [answer for request, answer in answers.by_request.items() if request.stream not in LISTS]
    if any(not answer.problem for answer in reports):
        return ""
    problem = next((answer.problem for answer in reports), "no response")
    if main_pbx(answers) is None:
        return (
            f"8x8 refuses every PBX that was tried ({problem}): correct the PBX names (pbx_ids), or give the "
            "user (username) access to them."
        )
    return f"8x8 refuses every report ({problem}): give the user (username) Supervisor access."


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("source-8x8-work-analytics doctor", description=DESCRIPTION)
    parser.add_argument("--config", required=True, metavar="FILE", help="the connector's configuration")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the report to this file, as JSON")
    parser.add_argument(
        "--memory", type=Path, metavar="FILE", help="compare with the last run, and remember this one"
    )
    parser.add_argument(
        "--days", type=_days, default=30, metavar="N", help="finished days to compare (30; needs --memory)"
    )
    return parser


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"give a whole number from 1 to {MOST_DAYS}")
    return int(text)


def _check_writable(path: Path | None) -> None:
    """Open a file that will be written, before anything is sent.

    Raises:
        AirbyteTracedException: it cannot be opened.
    """
    if path is None:
        return
    existed = path.exists()
    try:
        with path.open("ab"):
            pass
        if not existed:
            path.unlink()
    except OSError as error:
        raise config_error(f"{path} cannot be written: {error.strerror}.") from None


def _progress(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _say(sentence: str | None) -> int:
    sys.stderr.write(f"{sentence}\n")
    return NOT_ASKED
