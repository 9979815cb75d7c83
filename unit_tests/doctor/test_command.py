"""The command, from its command line to its files and exit code."""

import json
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.faults import FOREVER, Fault
from source_8x8_work_analytics import __version__
from source_8x8_work_analytics.doctor.command import Doctor
from source_8x8_work_analytics.streams import STREAM_TYPES
from testing.builders import catalog_file
from testing.private import private_in, private_values
from unit_tests.doctor.outcome import Outcome

SAME_FILE = "Two of --config, --report and --memory are the same file"
FINDING = ("id", "question", "assumed", "seen", "verdict", "evidence", "advice")


def test_the_report_has_the_contracts_shape_and_nothing_is_contradicted(
    run: Callable[..., Outcome],
) -> None:
    done = run()

    assert done.code == 0
    assert set(done.report) == {"connector", "asked_at", "requests", "findings"}
    assert done.report["connector"] == __version__
    assert done.report["asked_at"] == "2026-11-24T15:30:00+00:00"
    assert done.report["requests"] == done.sent <= 120
    assert all(tuple(finding) == FINDING for finding in done.report["findings"])
    assert {finding["verdict"] for finding in done.report["findings"]} == {"holds", "unknown"}
    assert "0 contradicted" in done.out


def test_a_run_over_all_questions_stays_below_the_limit(
    run: Callable[..., Outcome], sandbox: Sandbox, tmp_path: Path
) -> None:
    """The most that questions can ask: many PBXs, a memory, and an end that has to be searched for."""
    sandbox.extra_pbxes = 17
    sandbox.variants = ["end_time=exclusive"]

    done = run("--memory", str(tmp_path / "memory.json"), pbx_ids=["allpbxes"])

    assert done.sent < 120
    assert done.seen("end_time") == "exclusive"
    assert done.verdict("all_pbxes") == "holds"


def test_a_contradiction_is_exit_code_1(run: Callable[..., Outcome], sandbox: Sandbox) -> None:
    sandbox.hidden_pbxes = {"acme-apac"}

    done = run()

    assert (done.code, done.seen("pbx_names")) == (1, "1 of 3 missing")


def test_a_wrong_sign_in_is_said_once_and_sent_once(run: Callable[..., Outcome], sandbox: Sandbox) -> None:
    done = run(password="wrong")

    assert (done.code, done.report, done.out) == (2, {}, "")
    assert done.err.count("8x8 rejected the user name or the password") == 1
    assert len(sandbox.requests) == 1


def test_pbxes_that_are_all_denied_are_exit_code_2(run: Callable[..., Outcome]) -> None:
    done = run(pbx_ids=["nonesuch", "other"])

    assert done.code == 2
    assert "8x8 denies access to every PBX that was tried (HTTP 403)" in done.err
    assert done.seen("pbx_names") == "2 of 2 missing"


def test_a_user_who_can_read_nothing_is_exit_code_2(run: Callable[..., Outcome], sandbox: Sandbox) -> None:
    for kind in STREAM_TYPES:
        if kind.report and not kind.report.by_id:
            sandbox.faults.append(Fault("no access to category", path=f"/{kind.endpoint}", times=FOREVER))

    done = run()

    assert done.code == 2
    assert "8x8 denies every report (HTTP 400, 105-400-038)" in done.err


def test_a_dead_service_is_exit_code_2_soon(
    run: Callable[..., Outcome], sandbox: Sandbox, waits: list[float]
) -> None:
    sandbox.faults.append(Fault("503", path="", times=FOREVER))

    done = run()

    assert (done.code, done.out) == (2, "")
    assert "run the doctor again later." in done.err
    assert len(sandbox.requests) <= 6
    assert sum(waits) < 20


def test_a_service_that_dies_on_the_way_leaves_what_was_found(
    run: Callable[..., Outcome], sandbox: Sandbox
) -> None:
    sandbox.faults.append(Fault("503", path="", after=30, times=FOREVER))

    done = run()

    assert done.code == 2
    assert done.verdict("pbx_names") == "holds"
    assert "contradicted" not in {finding["verdict"] for finding in done.report["findings"]}


def test_a_transient_failure_changes_no_finding(run: Callable[..., Outcome], sandbox: Sandbox) -> None:
    before = {f["id"]: f["verdict"] for f in run().report["findings"]}
    sandbox.faults += [Fault("503", path=path) for path in ("/extsum", "/call-legs", "/pbxes")]

    done = run()

    assert {f["id"]: f["verdict"] for f in done.report["findings"]} == before


@pytest.mark.parametrize("option", ["--report", "--memory"])
@pytest.mark.parametrize("where", ["no/such/folder/file.json", "."])
def test_a_file_that_cannot_be_written_is_said_before_the_first_request(
    run: Callable[..., Outcome], sandbox: Sandbox, tmp_path: Path, option: str, where: str
) -> None:
    done = run(option, str(tmp_path / where))

    assert (done.code, sandbox.requests) == (2, [])
    assert done.err.count("cannot be written") == 1


def test_a_full_disk_costs_the_file_and_not_the_table(run: Callable[..., Outcome]) -> None:
    done = run("--report", "/dev/full")

    assert done.code == 2
    assert "0 contradicted" in done.out
    assert done.err.endswith("The findings cannot be written: No space left on device.\n")


@pytest.mark.parametrize("change", [{"time_zone": "New York"}, {"pbx_ids": []}])
def test_a_wrong_configuration_is_one_sentence(
    run: Callable[..., Outcome], sandbox: Sandbox, change: dict[str, Any]
) -> None:
    done = run(**change)

    assert (done.code, sandbox.requests) == (2, [])
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("days", ["0", "91", "-1", "x", "²"])
def test_days_out_of_range_are_rejected(days: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        Doctor(["--config", "config.json", "--days", days])

    assert end.value.code == 2
    assert "whole number from 1 to 90" in capsys.readouterr().err


def test_an_interruption_prints_what_was_found(
    run: Callable[..., Outcome], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(doctor: Doctor) -> None:
        while len(sandbox.requests) < 15:
            time.sleep(0.01)
        doctor.stop()

    begin = Doctor.run

    def interrupted_run(doctor: Doctor) -> int:
        threading.Thread(target=interrupt, args=(doctor,)).start()
        return begin(doctor)

    monkeypatch.setattr(Doctor, "run", interrupted_run)
    sandbox.latency = 0.02

    done = run()

    assert done.code == 2
    assert done.err.endswith("The doctor was interrupted.\n")
    assert done.verdict("pbx_names") == "holds"
    assert done.verdict("end_time") == "unknown"
    assert len(sandbox.requests) < 60


@pytest.mark.parametrize("kind", ["400", "403", "500", "no access to category", "html", "error object"])
def test_nothing_that_is_printed_or_written_gives_anybody_away(
    run: Callable[..., Outcome], sandbox: Sandbox, tmp_path: Path, kind: str
) -> None:
    for path, after in (("/extsum", 12), ("/call-legs", 0), ("/sites", 0)):
        sandbox.faults.append(Fault(kind, path=path, after=after, times=FOREVER))
    memory = tmp_path / "memory.json"

    done = run("--memory", str(memory), "--days", "8")

    names = {"jane.doe", "Jane Doe", "+15550123456", *private_values(sandbox), done.token}
    texts = [
        done.out,
        done.err,
        json.dumps(done.report, ensure_ascii=False),
        memory.read_text(encoding="utf-8"),
    ]
    assert [private_in(text, names) for text in texts] == [[], [], [], []]


def test_two_requests_are_in_flight_at_most(run: Callable[..., Outcome], sandbox: Sandbox) -> None:
    names = {thread.name for thread in threading.enumerate()}

    run()

    assert len({thread.name for thread in threading.enumerate()} - names) <= 2


def test_without_rich_the_table_is_plain_text(
    run: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "110")
    drawn = run()
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    plain = run()

    assert "╭" in drawn.out
    assert "╭" not in plain.out
    for finding in plain.report["findings"]:
        assert finding["id"] in plain.out
        assert finding["id"] in drawn.out
    assert all(len(line) <= 110 for line in plain.out.splitlines())
    assert plain.out.splitlines()[-1] == drawn.out.splitlines()[-1]


def test_a_narrow_terminal_gets_a_narrow_table(
    run: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    done = run()

    assert max(len(line) for line in done.out.splitlines()) <= 80


def test_nothing_is_left_of_a_file_that_was_only_tried(run: Callable[..., Outcome], tmp_path: Path) -> None:
    run("--memory", str(tmp_path / "memory.json"), password="wrong")

    assert not (tmp_path / "memory.json").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--memory", "config.json"], SAME_FILE),
        (["--report", "config.json"], SAME_FILE),
        (["--report", "x.json", "--memory", "./x.json"], SAME_FILE),
        (["--report", "link.json"], SAME_FILE),
    ],
)
def test_one_file_for_two_purposes_is_rejected_and_left_as_it_is(
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    config = json.dumps(sandbox.config("http://127.0.0.1:1"))
    Path("config.json").write_text(config, encoding="utf-8")
    Path("link.json").symlink_to("config.json")

    assert Doctor(["--config", "config.json", *options]).run() == 2

    assert message in capsys.readouterr().err
    assert Path("config.json").read_text(encoding="utf-8") == config
    assert not Path("x.json").exists()


def test_the_end_estimates_a_first_load(run: Callable[..., Outcome]) -> None:
    line = " ".join(run(start_date="2026-11-20", pbx_ids=["acmecorp"]).out.splitlines()[-3:-1])

    match = re.fullmatch(
        rf"A first load of {len(STREAM_TYPES)} streams from 2026-11-20, for 1 PBX with 4 workers, "
        r"takes an estimated (\d+) requests and (\d+) minutes?, plus the time to write to a database\.",
        line,
    )
    assert match, line
    assert 5 * 11 < int(match[1]) < 5 * 30


def test_the_estimate_is_for_the_streams_of_a_catalog(run: Callable[..., Outcome], tmp_path: Path) -> None:
    catalog = tmp_path / "catalog.json"
    catalog.write_text(json.dumps(catalog_file("extension_summary", "pbxes")), encoding="utf-8")

    out = run("--catalog", str(catalog), start_date="2026-11-20", num_workers=8).out

    expected = (
        "A first load of 2 streams from 2026-11-20, for 3 PBXs with 8 workers, takes an estimated 16 requests"
    )
    assert expected in " ".join(out.split())


def test_a_token_that_a_new_sign_in_ends_is_found(run: Callable[..., Outcome], sandbox: Sandbox) -> None:
    sandbox.variants = ["sessions=yes"]

    done = run()

    assert (done.code, done.seen("sessions"), done.verdict("sessions")) == (1, "yes", "contradicted")
    assert "its own user" in done.finding("sessions")["advice"]
    assert "Do this:" in done.out
