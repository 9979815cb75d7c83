"""What the command line tells people, and which program it runs."""

import json
import logging
from typing import Any

import pytest

from source_8x8_work_analytics import commands
from source_8x8_work_analytics.commands import execute, main
from source_8x8_work_analytics.source import Source8x8WorkAnalytics
from source_8x8_work_analytics.stopping import Stopper
from source_8x8_work_analytics.terminal import Terminal
from testing.builders import config

COMMANDS = """\
usage: source-8x8-work-analytics [-h] COMMAND ...

options:
  -h, --help  show this help message and exit

commands:
  COMMAND
    spec      print the configuration's fields
    check     test the connection and every configured PBX
    discover  list the streams and their columns
    read      read streams
    doctor    check how 8x8 behaves for your account; see doctor --help
"""
SPEC = """\
usage: source-8x8-work-analytics spec [-h] [--debug]

options:
  -h, --help  show this help message and exit
  --debug     log every request
"""
CHECK = """\
usage: source-8x8-work-analytics check [-h] [--debug] --config FILE

options:
  -h, --help     show this help message and exit
  --debug        log every request
  --config FILE  JSON file with the configuration
"""
READ = """\
usage: source-8x8-work-analytics read [-h] [--debug] --config FILE --catalog FILE [--state FILE]

options:
  -h, --help      show this help message and exit
  --debug         log every request
  --config FILE   JSON file with the configuration
  --catalog FILE  JSON file with the streams to read
  --state FILE    output of an earlier read, to resume from
"""


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ([], COMMANDS),
        (["spec"], SPEC),
        (["check"], CHECK),
        (["discover"], CHECK.replace("check", "discover")),
        (["read"], READ),
    ],
)
def test_help_names_every_option(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], args: list[str], text: str
) -> None:
    monkeypatch.setenv("COLUMNS", "110")
    with pytest.raises(SystemExit) as ended:
        execute([*args, "--help"], print)
    assert ended.value.code == 0
    assert capsys.readouterr().out == text


@pytest.mark.parametrize(
    ("args", "missing"),
    [
        (["check"], "--config"),
        (["discover"], "--config"),
        (["read"], "--config, --catalog"),
        (["read", "--config", "x"], "--catalog"),
    ],
)
def test_a_missing_file_is_named(capsys: pytest.CaptureFixture[str], args: list[str], missing: str) -> None:
    with pytest.raises(SystemExit) as ended:
        execute(args, print)
    assert ended.value.code == 2
    assert f"the following arguments are required: {missing}\n" in capsys.readouterr().err


@pytest.mark.parametrize(("args", "level"), [([], logging.INFO), (["--debug"], logging.DEBUG)])
def test_debug_logs_every_request(args: list[str], level: int) -> None:
    assert execute(["spec", *args], lambda _: None) == 0
    for name in ("airbyte", "airbyte.source-8x8-work-analytics"):
        assert logging.getLogger(name).level == level


def test_the_spec_has_the_fields_of_the_form() -> None:
    lines: list[bytes] = []
    execute(["spec"], lines.append)
    spec = json.loads(lines[-1])["spec"]
    assert set(spec["connectionSpecification"]["required"]) == {
        "api_key",
        "username",
        "password",
        "time_zone",
    }


@pytest.mark.parametrize("command", ["check", "discover", "read"])
def test_only_a_read_is_stopped_by_a_signal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, command: str
) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config(time_zone="Mars")))
    stopper = Stopper()
    more = ["--catalog", str(path)] if command == "read" else []
    execute([command, "--config", str(path), *more], lambda _: None, stopper)
    assert isinstance(stopper.reading, Source8x8WorkAnalytics) == (command == "read")


def test_the_doctor_gets_the_rest_of_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    class Doctor:
        def __init__(self, args: list[str]) -> None:
            self.args = args

        def stop(self) -> None:
            """Do nothing."""

        def run(self) -> int:
            return 7

    monkeypatch.setattr("source_8x8_work_analytics.doctor.command.Doctor", Doctor)
    stopper = Stopper()
    assert main(["doctor", "--config", "x"], stopper) == 7
    assert isinstance(stopper.reading, Doctor)
    assert stopper.reading.args == ["--config", "x"]


@pytest.mark.parametrize("watched", [True, False])
def test_other_commands_write_to_standard_output_and_are_shown_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, watched: bool
) -> None:
    called: list[Any] = []

    def noted(*args: Any) -> int:
        called.extend(args)
        return 5

    monkeypatch.setattr(commands, "execute", noted)
    monkeypatch.setattr(Terminal, "is_watched", lambda: watched)
    monkeypatch.setattr(logging, "raiseExceptions", True)
    stopper = Stopper()
    assert main(["read", "--config", "x"], stopper) == 5
    args, write, passed, terminal = called
    assert args == ["read", "--config", "x"]
    assert write is commands._print
    assert passed is stopper
    assert isinstance(terminal, Terminal) == watched
    assert logging.raiseExceptions is False


def test_messages_are_lines_of_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["spec"], Stopper()) == 0
    *lines, end = capfdbinary.readouterr().out.split(b"\n")
    assert end == b""
    assert json.loads(lines[-1])["type"] == "SPEC"
