"""The command around its requests: its options, its files, what it prints, and its exit code."""

import json
import locale
import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from source_8x8_work_analytics.doctor import command, questions
from source_8x8_work_analytics.doctor.command import CannotRun, Doctor
from source_8x8_work_analytics.doctor.fetching import CountingHttp
from source_8x8_work_analytics.doctor.findings import Question, as_json, as_table, closing, findings, ordered
from source_8x8_work_analytics.doctor.late_changes import LateChanges, Memory
from source_8x8_work_analytics.doctor.observations import (
    EXTENSIONS,
    GROUPS,
    Exchange,
    Observations,
    Reply,
    list_request,
)
from source_8x8_work_analytics.doctor.service_questions import estimate
from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.messages import SERVICE_DOWN
from source_8x8_work_analytics.stopping import print_error
from testing.builders import catalog_file, config, settings
from unit_tests.conftest import NOW
from unit_tests.doctor.observed import account, documented

SAME_FILE = "Two of --config, --report and --memory are the same file: use a different file for each."
INTERRUPTED = "The doctor was interrupted."
DENIED = Reply(403, problem="HTTP 403")
ACCESS_TO_PBXES = (
    "8x8 denies access to every PBX that was tried ({}): correct the PBX names (pbx_ids), or give the user "
    "(username) access to them."
)
ACCESS_TO_REPORTS = "8x8 denies every report ({}): give the user (username) Supervisor access."

Fill = Callable[[Observations], None]


def known(seen: Observations) -> None:
    """Add what is known after the first requests of an account that contradicts nothing."""
    pbxes, week = account().replies
    seen.replies[pbxes] = Reply(200, [documented("pbxes", name="acmecorp", id="the-id", deleted=False)])
    seen.replies[week] = Reply(200, [documented(EXTENSIONS)])
    seen.exchanges += [Exchange(EXTENSIONS, 200, 0.3, alone) for alone in (True, False) * 3]


def contradicting(seen: Observations) -> None:
    known(seen)
    seen.exchanges += [Exchange(EXTENSIONS, 429, 0.3, alone=True)]


def interrupted(seen: Observations) -> None:
    known(seen)
    seen.stopped = "interrupted"


def denied(seen: Observations) -> None:
    seen.replies |= {list_request("pbxes"): Reply(200), seen.week_request(EXTENSIONS, "acmecorp"): DENIED}


def nothing(seen: Observations) -> None:
    seen.replies |= {list_request("pbxes"): Reply(0, problem="HTTP 503")}
    raise ConnectorError(SERVICE_DOWN, count=3)


def broken(seen: Observations) -> None:
    raise KeyError(seen.settings.username)


class Run:
    """One run of the command, whose requests are made up."""

    def __init__(self, fill: Fill, *options: str) -> None:
        self._fill = fill
        self._doctor = Doctor(["--config", "config.json", *options])

    def fetch_all(
        self,
        every: Sequence[Question],
        seen: Observations,
        fetch: Any,
        progress: Callable[[str], None],
        interrupted: Event,
    ) -> None:
        self.every, self.seen, self.fetch = every, seen, fetch
        self.progress, self.interrupted = progress, interrupted
        http = fetch.__self__._http
        assert isinstance(http, CountingHttp)
        http.sent = 57
        assert http._exchanges is seen.exchanges
        logging.getLogger("doctor").info("a line of the log")
        logging.getLogger("doctor").debug("not this one")
        self._fill(seen)

    @property
    def late_changes(self) -> LateChanges:
        return next(question for question in self.every if isinstance(question, LateChanges))

    def stop(self) -> None:
        self._doctor.stop()

    def code(self) -> int:
        return self._doctor.run()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Run]:
    """Return a run in a folder with a configuration, on a terminal of 90 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "90")
    Path("config.json").write_text(json.dumps(config()), encoding="utf-8")
    logging.getLogger().setLevel(logging.WARNING)

    def doctor(fill: Fill, *options: str) -> Run:
        new = Run(fill, *options)
        monkeypatch.setattr(command, "fetch_all", new.fetch_all)
        return new

    return doctor


def printed(seen: Observations, width: int = 90, streams: Sequence[str] = ()) -> str:
    found = ordered(findings(questions(LateChanges()), seen))
    return as_table(found, width) + closing(found, 57, estimate(seen, streams), width)


@pytest.mark.parametrize(
    ("fill", "code", "err"),
    [
        (known, 0, ""),
        (contradicting, 1, ""),
        (interrupted, 2, INTERRUPTED),
        (denied, 2, ACCESS_TO_PBXES.format("HTTP 403")),
    ],
)
def test_what_was_found_is_printed(
    run: Callable[..., Run], capsys: pytest.CaptureFixture[str], fill: Fill, code: int, err: str
) -> None:
    doctor = run(fill)

    assert doctor.code() == code
    assert doctor.seen.settings == settings()
    assert doctor.seen.started_at == NOW
    assert doctor.progress is print_error
    output = capsys.readouterr()
    assert output.out == printed(doctor.seen)
    assert output.err.splitlines() == ["a line of the log", *filter(None, [err])]


def test_nothing_is_printed_of_a_service_that_does_not_respond(
    run: Callable[..., Run], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(nothing).code() == 2
    output = capsys.readouterr()
    sentence = ConnectorError(SERVICE_DOWN, count=3).sentence(retry="; run the doctor again later")
    assert (output.out, output.err) == ("", f"a line of the log\n{sentence}\n")
    assert "; run the doctor again later" in sentence


def test_a_bug_is_reported_without_its_text(
    run: Callable[..., Run], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(broken).code() == 2
    output = capsys.readouterr()
    first, *places, _, _ = output.err.splitlines()
    assert (output.out, first) == ("", "a line of the log")
    assert places[0].startswith('  File "')
    assert all(place.startswith("  ") for place in places)
    assert output.err.endswith(
        "\nKeyError\nThis is a bug in the connector: please report it, with the log up to this point.\n"
    )
    assert settings().username not in output.err


def test_a_run_can_be_stopped(run: Callable[..., Run]) -> None:
    doctor = run(known)
    doctor.code()
    assert not doctor.interrupted.is_set()
    doctor.stop()
    assert doctor.interrupted.is_set()


@pytest.mark.parametrize(("options", "days"), [([], 30), (["--days", "1"], 1), (["--days", "90"], 90)])
def test_days_to_compare(run: Callable[..., Run], options: list[str], days: int) -> None:
    doctor = run(known, *options)
    doctor.code()
    assert [question.id for question in doctor.every] == [q.id for q in questions(LateChanges())]
    assert (doctor.late_changes.memory, doctor.late_changes._days) == (None, days)


@pytest.mark.parametrize("days", ["0", "91", "-1", "1.0"])
def test_other_days_are_rejected(capsys: pytest.CaptureFixture[str], days: str) -> None:
    with pytest.raises(SystemExit):
        Doctor(["--config", "config.json", f"--days={days}"])
    error = "source-8x8-work-analytics doctor: error: argument --days: enter a whole number from 1 to 90"
    assert capsys.readouterr().err.splitlines()[-1] == error


HELP = """\
Check how 8x8 behaves for your account where its documentation is unclear, and whether the connector's
assumptions hold. Sends at most 120 requests. The output contains no secrets, names, phone numbers,
extensions or PBX names.

options:
  -h, --help      show this help message and exit
  --config FILE   the connector's configuration
  --report FILE   write the findings to this file, as JSON
  --memory FILE   compare with the last run, and save this one
  --days N        completed days to compare (30; requires --memory)
  --catalog FILE  estimate the first load for the streams in this catalog only
"""


def test_the_command_line_has_help(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "110")
    with pytest.raises(SystemExit) as ended:
        Doctor(["--help"])
    assert ended.value.code == 0
    usage, _, text = capsys.readouterr().out.partition("\n\n")
    assert usage.startswith("usage: source-8x8-work-analytics doctor [-h] --config FILE [--report FILE] ")
    assert text == HELP


def test_the_configuration_is_required(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        Doctor([])
    assert "the following arguments are required: --config\n" in capsys.readouterr().err


def test_the_findings_are_written_in_utf_8(run: Callable[..., Run], tmp_path: Path) -> None:
    doctor = run(contradicting, "--report", "report.json")
    before = locale.setlocale(locale.LC_CTYPE)
    locale.setlocale(locale.LC_CTYPE, "C")
    try:
        assert doctor.code() == 1
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    found = findings(questions(LateChanges()), doctor.seen)
    assert (tmp_path / "report.json").read_text(encoding="utf-8") == as_json(found, NOW, 57)
    assert "external…" in as_json(found, NOW, 57)


def test_the_memory_is_written_if_there_is_something_to_remember(run: Callable[..., Run]) -> None:
    path = Path("memory.json")
    assert run(known, "--memory", "memory.json").code() == 0
    assert not path.exists()

    def with_day(seen: Observations) -> None:
        known(seen)
        day = seen.day_request(seen.today.subtract(days=1))
        seen.replies[day] = Reply(200, [{"PbxId": "acmecorp", "Extension": "1", "Inbound_Total": 3}])

    doctor = run(with_day, "--memory", "memory.json")
    assert doctor.code() == 0
    written = Memory.load(path)
    assert written == doctor.late_changes.renewed(doctor.seen)
    assert list(written.pbxes) == ["pbx-1"]
    again = run(with_day, "--memory", "memory.json")
    again.code()
    assert again.late_changes.memory == written


def test_the_estimate_is_for_the_streams_of_the_catalog(
    run: Callable[..., Run], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("catalog.json").write_text(json.dumps(catalog_file("sites", "call_legs")), encoding="utf-8")
    doctor = run(known, "--catalog", "catalog.json")
    doctor.code()
    output = capsys.readouterr().out
    assert output == printed(doctor.seen, streams=["sites", "call_legs"])
    assert "A first load of 2 streams from " in output


def test_findings_that_cannot_be_written_are_printed_all_the_same(
    run: Callable[..., Run], capsys: pytest.CaptureFixture[str]
) -> None:
    doctor = run(interrupted, "--report", "/dev/full")
    assert doctor.code() == 2
    output = capsys.readouterr()
    assert output.out == printed(doctor.seen)
    assert output.err.endswith("\nThe findings cannot be written: No space left on device.\n")
    assert INTERRUPTED not in output.err


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--report", "config.json"], SAME_FILE),
        (["--memory", "./config.json"], SAME_FILE),
        (["--report", "new.json", "--memory", "folder/../new.json"], SAME_FILE),
        (["--report", "old.json", "--memory", "hard_link.json"], SAME_FILE),
        (["--report", "new.json", "--memory", "link_to_new.json"], SAME_FILE),
        (["--report", "folder"], "folder cannot be written: Is a directory."),
        (["--memory", "folder"], "folder cannot be written: Is a directory."),
        (["--report", "none/new.json"], "none/new.json cannot be written: No such file or directory."),
        (
            ["--report", "new.json", "--memory", "old.json"],
            "old.json exists and is not a doctor memory file, so it was not changed: pass another file to "
            "--memory, or remove this one.",
        ),
        (["--config", "none.json"], None),
        (["--catalog", "none.json"], None),
        (["--config", "old.json"], None),
    ],
)
def test_files_that_cannot_be_used_end_the_run_before_the_first_request(
    run: Callable[..., Run], capsys: pytest.CaptureFixture[str], options: list[str], error: str | None
) -> None:
    Path("folder").mkdir()
    Path("old.json").write_text("{}", encoding="utf-8")
    Path("hard_link.json").hardlink_to("old.json")
    Path("link_to_new.json").symlink_to("new.json")
    doctor = run(broken, *options)
    assert doctor.code() == 2
    output = capsys.readouterr()
    assert output.out == ""
    (line,) = output.err.splitlines()
    assert error in (line, None)
    assert "None" not in output.err
    assert not hasattr(doctor, "seen")
    assert not Path("new.json").exists()
    assert Path("old.json").read_text(encoding="utf-8") == "{}"


def test_a_memory_that_cannot_be_read_ends_the_run(
    run: Callable[..., Run], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path) -> Memory:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(Memory, "load", fail)
    assert run(broken, "--memory", "memory.json").code() == 2
    assert capsys.readouterr().err == "memory.json cannot be read: Permission denied.\n"


def test_different_files_are_accepted_and_left_as_they_are(run: Callable[..., Run], tmp_path: Path) -> None:
    run(known)
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text("kept", encoding="utf-8")
    memory = command._check_files("config.json", old, new)
    assert memory
    assert (memory.pbxes, old.read_text(encoding="utf-8"), new.exists()) == ({}, "kept", False)
    assert command._check_files("config.json", old, None) is None
    with pytest.raises(CannotRun):
        command._check_files(str(old), old, None)


@pytest.mark.parametrize(
    ("replies", "stopped", "problem"),
    [
        ({EXTENSIONS: Reply(200)}, "", ""),
        ({EXTENSIONS: Reply(200)}, "interrupted", INTERRUPTED),
        ({EXTENSIONS: DENIED, GROUPS: Reply(200)}, "", ""),
        ({}, "", "8x8 returned no report (no response); run the doctor again later."),
        (
            {EXTENSIONS: Reply(0, problem="8x8 returned HTTP 500 for the report, 3 times in a row")},
            "",
            "8x8 returned no report (8x8 returned HTTP 500 for the report, 3 times in a row); "
            "run the doctor again later.",
        ),
        ({EXTENSIONS: DENIED}, "8x8 stopped responding", ACCESS_TO_PBXES.format("HTTP 403")),
        (
            {EXTENSIONS: Reply(400, problem="HTTP 400"), GROUPS: DENIED},
            "",
            ACCESS_TO_REPORTS.format("HTTP 400"),
        ),
    ],
)
def test_why_8x8_could_not_be_read(replies: dict[str, Reply], stopped: str, problem: str) -> None:
    seen = Observations(settings(), NOW, stopped=stopped)
    seen.replies |= {list_request("pbxes"): Reply(200)}
    seen.replies |= {seen.week_request(stream, "acmecorp"): reply for stream, reply in replies.items()}
    assert command._problem(seen) == problem


@pytest.fixture
def _no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError

    monkeypatch.setattr(os, "get_terminal_size", fail)


@pytest.mark.usefixtures("_no_terminal")
@pytest.mark.parametrize(
    ("columns", "width"),
    [("", 110), ("1", 80), ("80", 80), ("81", 81), ("160", 160), ("161", 160)],
)
def test_the_width_of_the_output(monkeypatch: pytest.MonkeyPatch, columns: str, width: int) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert command._width() == width
