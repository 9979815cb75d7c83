"""`source-8x8-work-analytics doctor`: the command line, and the files that it reads and writes."""

import argparse
import json
import logging
import sys
from pathlib import Path
from typing import Any

from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics import clock
from source_8x8_work_analytics.doctor.account import main_pbx
from source_8x8_work_analytics.doctor.asking import MAX_REQUESTS, Account
from source_8x8_work_analytics.doctor.examine import ask_all, findings
from source_8x8_work_analytics.doctor.memory import Memory
from source_8x8_work_analytics.doctor.model import Answers, Finding
from source_8x8_work_analytics.doctor.questions.late_changes import renewed
from source_8x8_work_analytics.doctor.report import as_json, as_table, summary
from source_8x8_work_analytics.errors import config_error
from source_8x8_work_analytics.settings import Settings

HOLDS, CONTRADICTED, NOT_ASKED = 0, 1, 2
MOST_DAYS = 90
DESCRIPTION = (
    "Ask 8x8 what its documentation leaves open, with at most "
    f"{MAX_REQUESTS} requests, and report whether the connector's assumptions hold for this account. Nothing "
    "that is printed or written holds a secret, a name, a number, an extension or a PBX name."
)


def run_doctor(args: list[str]) -> int:
    """Run the command.

    Args:
        args: the command line after `doctor`.

    Returns:
        0 if nothing contradicts the connector, 1 if something does, 2 if 8x8 could not be asked.
    """
    options = _parser().parse_args(args)
    logging.basicConfig(stream=sys.stderr, format="%(message)s", level=logging.INFO, force=True)
    try:
        settings = Settings.from_config(_read_config(options.config), clock.now())
        for path in (options.report, options.memory):
            _check_writable(path)
    except AirbyteTracedException as error:
        return _say(error.message)
    answers = Answers(settings, clock.now(), options.days)
    answers.memory = Memory.load(options.memory) if options.memory else None
    account = Account(settings, answers.exchanges)
    try:
        ask_all(answers, account.fetch, _progress)
    except KeyboardInterrupt:
        return _finish(answers, account, options, "The doctor was interrupted.")
    except AirbyteTracedException as error:
        return _finish(answers, account, options, str(error.message))
    return _finish(answers, account, options, _no_access(answers))


def _finish(answers: Answers, account: Account, options: argparse.Namespace, trouble: str) -> int:
    """Print and write what was found, and return the exit code.

    Args:
        answers: what is known.
        account: for the number of requests.
        options: the command line.
        trouble: why the questions could not all be asked; empty if they could.
    """
    if any(not answer.problem for answer in answers.by_request.values()):
        found = findings(answers)
        print(as_table(found), end="")  # noqa: T201 - standard output is for people here
        print(summary(found, account.http.sent))  # noqa: T201
        _write(answers, found, account, options)
    else:
        found = []
    if trouble:
        return _say(trouble)
    return CONTRADICTED if any(finding.verdict == "contradicted" for finding in found) else HOLDS


def _write(answers: Answers, found: list[Finding], account: Account, options: argparse.Namespace) -> None:
    if options.report:
        text = as_json(found, answers.asked_at, account.http.sent)
        options.report.write_text(text, encoding="utf-8")
    if options.memory and (memory := renewed(answers)):
        memory.save(options.memory)


def _no_access(answers: Answers) -> str:
    """Return a sentence if nothing at all may be read."""
    if any(not answer.problem for answer in answers.by_request.values()):
        return ""
    problem = next((answer.problem for answer in answers.by_request.values()), "no response")
    if main_pbx(answers) is None:
        return (
            f"8x8 refuses every PBX of the configuration ({problem}): correct the PBX names (pbx_ids), or give "
            "the user (username) access to them."
        )
    return f"8x8 refuses every report ({problem}): give the user (username) Supervisor access."


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("source-8x8-work-analytics doctor", description=DESCRIPTION)
    file = {"type": Path, "metavar": "FILE"}
    parser.add_argument("--config", required=True, help="the connector's configuration", **file)
    parser.add_argument("--report", help="write the report to this file, as JSON", **file)
    parser.add_argument("--memory", help="compare with the last run, and remember this one", **file)
    parser.add_argument(
        "--days", type=_days, default=30, metavar="N", help="finished days to remember (30; needs --memory)"
    )
    return parser


def _days(text: str) -> int:
    days = int(text)
    if not 1 <= days <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"a number from 1 to {MOST_DAYS}")
    return days


def _read_config(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise config_error(f"The configuration file cannot be opened: {error.strerror}.") from None
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise config_error("The configuration file does not hold a JSON object.")
    return content


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
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def _say(sentence: str | None) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201
    return NOT_ASKED
