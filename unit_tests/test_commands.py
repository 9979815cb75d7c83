"""Commands: files in, messages out, a sentence for whatever is wrong."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests_mock as rm

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.commands import OutputError, execute, main
from source_8x8_work_analytics.settings import Settings
from source_8x8_work_analytics.source import Interrupted
from source_8x8_work_analytics.terminal import Terminal
from testing.builders import EXTSUM_URL, TOKEN_URL, catalog_file, config, plain_id, row, token

CATALOG = catalog_file()


class Files:
    """Writes files and runs commands on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines: list[dict[str, Any]] = []

    def path(self, name: str, content: Any) -> str:
        path = self.folder / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif content is not None:
            path.write_text(json.dumps(content), encoding="utf-8")
        return str(path)

    def run(self, *args: str, terminal: Terminal | None = None) -> int:
        def write(output: bytes) -> None:
            self.lines.extend(map(json.loads, output.split(b"\n")))

        return execute(list(args), write, terminal=terminal)

    @property
    def errors(self) -> list[dict[str, Any]]:
        traces = [line["trace"] for line in self.lines if line["type"] == "TRACE"]
        return [trace["error"] for trace in traces if trace["type"] == "ERROR"]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


BAD = [None, b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"null", b"[[1]]"]


@pytest.mark.parametrize("content", BAD, ids=plain_id)
@pytest.mark.parametrize("command", ["check", "discover", "read"])
def test_a_bad_configuration_file_is_one_sentence(files: Files, command: str, content: bytes | None) -> None:
    more = ["--catalog", files.path("catalog.json", CATALOG)] if command == "read" else []
    assert files.run(command, "--config", files.path("config.json", content), *more) == 1
    (error,) = files.errors
    assert error["message"].startswith("The configuration file ")
    assert "stack_trace" not in error
    assert error["failure_type"] == "config_error"


@pytest.mark.parametrize("content", [*BAD, b'{"streams": [{"stream": {}}]}', b'{"streams": 1}'], ids=plain_id)
def test_a_bad_catalog_file_is_one_sentence(files: Files, content: bytes | None) -> None:
    whole = files.path("config.json", config())
    assert files.run("read", "--config", whole, "--catalog", files.path("catalog.json", content)) == 1
    (error,) = files.errors
    assert error["message"].startswith("The catalog file ")


@pytest.mark.parametrize(
    "content",
    [None, b"{", b'"x"', b"\xff", b"[[1]]", b'[{"type": "STREAM"}]', b'[{"type": "x"}]'],
    ids=plain_id,
)
def test_a_bad_state_file_is_one_sentence(files: Files, content: bytes | None) -> None:
    whole = files.path("config.json", config())
    catalog = files.path("catalog.json", CATALOG)
    state = files.path("state.json", content)
    assert files.run("read", "--config", whole, "--catalog", catalog, "--state", state) == 1
    (error,) = files.errors
    assert "state" in error["message"]


def test_a_wrong_value_fails_the_check_without_a_trace(files: Files) -> None:
    assert files.run("check", "--config", files.path("config.json", config(time_zone="Mars"))) == 0
    (line,) = [line for line in files.lines if line["type"] == "CONNECTION_STATUS"]
    assert line["connectionStatus"]["status"] == "FAILED"
    assert "(time_zone)" in line["connectionStatus"]["message"]


def test_a_wrong_value_fails_the_read_in_one_sentence(files: Files) -> None:
    whole = files.path("config.json", config(pbx_ids=[]))
    assert files.run("read", "--config", whole, "--catalog", files.path("catalog.json", CATALOG)) == 1
    (error,) = files.errors
    assert "(pbx_ids)" in error["message"]


def test_spec_and_discover_need_no_network(files: Files) -> None:
    assert files.run("spec") == 0
    assert files.run("discover", "--config", files.path("config.json", config())) == 0
    kinds = [line["type"] for line in files.lines]
    assert "SPEC" in kinds
    assert "CATALOG" in kinds


def test_a_bare_command_line_is_told_what_to_type(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute([], print) == 2
    said = capsys.readouterr().err
    assert said == "Missing command. Use spec, check, discover, read or doctor (see --help).\n"


@pytest.mark.parametrize("args", [["--help"], ["nonsense"]])
def test_help_and_the_message_for_a_wrong_command_list_all_five(
    args: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        execute(args, print)
    shown = "".join(capsys.readouterr())
    for command in ("spec", "check", "discover", "read", "doctor"):
        assert command in shown


@pytest.mark.parametrize("workers", [0, -1, 21, "4", 2.5, True])
@pytest.mark.parametrize("command", ["check", "discover", "read"])
def test_a_number_of_workers_out_of_range_is_one_sentence(files: Files, command: str, workers: Any) -> None:
    more = ["--catalog", files.path("catalog.json", CATALOG)] if command == "read" else []
    code = files.run(command, "--config", files.path("config.json", config(num_workers=workers)), *more)
    statuses = [line["connectionStatus"] for line in files.lines if line["type"] == "CONNECTION_STATUS"]
    if command == "check":
        assert (code, [status["status"] for status in statuses]) == (0, ["FAILED"])
        said = statuses[0]["message"]
    else:
        assert code == 1
        (error,) = files.errors
        assert error["failure_type"] == "config_error"
        assert "stack_trace" not in error
        said = error["message"]
    assert said == "The number of concurrent requests (num_workers) must be a whole number from 2 to 20."


def test_a_bug_is_one_message_without_secrets(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = config()

    def broken(*_: Any) -> None:
        raise ValueError(f"a bug with {whole['password']} and {whole['api_key']}")

    monkeypatch.setattr("source_8x8_work_analytics.source.Source8x8WorkAnalytics.discover", broken)
    assert files.run("discover", "--config", files.path("config.json", whole)) == 1
    (error,) = files.errors
    assert error["failure_type"] == "system_error"
    assert "bug in the connector" in error["message"]
    text = json.dumps(files.lines, ensure_ascii=False)
    for secret in (whole["password"], whole["api_key"]):
        assert secret not in text


def test_null_is_the_same_as_absent(files: Files) -> None:
    """Airbyte's form sends null for what a person left empty."""
    optional = [key for key in Settings.__dataclass_fields__ if key not in REQUIRED]
    whole = config(**dict.fromkeys(optional))
    assert files.run("discover", "--config", files.path("config.json", whole)) == 0


REQUIRED = ("api_key", "username", "password", "time_zone")


def test_unknown_keys_are_named_once_in_a_read(
    files: Files, caplog: pytest.LogCaptureFixture, api: rm.Mocker
) -> None:
    api.post(TOKEN_URL, json=token())
    api.get(EXTSUM_URL, json=[])
    whole = files.path("config.json", config(pbx_names=["beta"], lookback=1))
    assert files.run("read", "--config", whole, "--catalog", files.path("catalog.json", CATALOG)) == 0
    said = [record.getMessage() for record in caplog.records if "unknown keys" in record.getMessage()]
    assert said == ["The configuration contains unknown keys: lookback, pbx_names."]


class Stopper:
    """Stands for the one that listens to signals."""

    reading: Any = None

    def exit(self, progress: str = "") -> None:
        raise SystemExit(progress)


def test_output_that_cannot_be_written_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: Any) -> int:
        raise OutputError("No space left on device")

    monkeypatch.setattr("source_8x8_work_analytics.commands.execute", full)
    assert main(["spec"], Stopper()) == 1  # type: ignore[arg-type]
    assert capsys.readouterr().err == "The output cannot be written: No space left on device.\n"


@pytest.mark.parametrize(("saved", "progress"), [(True, "; progress is saved"), (False, "")])
def test_an_interrupted_read_ends_as_the_signal_does(
    monkeypatch: pytest.MonkeyPatch, saved: bool, progress: str
) -> None:
    def interrupted(*_: Any) -> int:
        raise Interrupted(saved=saved)

    monkeypatch.setattr("source_8x8_work_analytics.commands.execute", interrupted)
    with pytest.raises(SystemExit) as ended:
        main(["read"], Stopper())  # type: ignore[arg-type]
    assert ended.value.code == progress


@pytest.mark.parametrize("rows", [0, 1, 250])
def test_a_state_says_how_many_rows_it_covers(files: Files, api: rm.Mocker, rows: int) -> None:
    api.post(TOKEN_URL, json=token())
    api.get(EXTSUM_URL, json=[row(str(n)) for n in range(rows)])
    args = ["--config", files.path("config.json", config()), "--catalog", files.path("catalog.json", CATALOG)]
    assert files.run("read", *args) == 0
    states = [line["state"] for line in files.lines if line["type"] == "STATE"]
    assert sum(line["type"] == "RECORD" for line in files.lines) == 3 * rows
    assert sum(state["sourceStats"]["recordCount"] for state in states) == 3 * rows


def nested(levels: int) -> bytes:
    deep = b"[" * levels + b'"\\u00e9"' + b"]" * levels
    return orjson.dumps([row("1001", Deep=0), row("1002")]).replace(b'"Deep":0', b'"Deep":' + deep)


def test_lists_in_lists_that_are_too_deep_are_one_sentence(files: Files, api: rm.Mocker) -> None:
    """From Python 3.12 on its JSON module writes whatever the parser takes, so none are too deep."""
    api.post(TOKEN_URL, json=token())
    api.get(EXTSUM_URL, content=nested(1020))  # the parser takes 1024
    settings = config(start_date="2026-11-24")
    args = ["--config", files.path("config.json", settings), "--catalog", files.path("catalog.json", CATALOG)]
    assert files.run("read", *args) == 1
    (error,) = files.errors
    assert error["message"] == (
        f"extension_summary, PBX acmecorp, 2026-11-24: {messages.ROW_TOO_DEEP.text()}"
    )
    assert "stack_trace" not in error


def test_lists_in_lists_are_written(files: Files, api: rm.Mocker) -> None:
    api.post(TOKEN_URL, json=token())
    api.get(EXTSUM_URL, content=nested(400))  # more than orjson writes
    settings = config(start_date="2026-11-24")
    args = ["--config", files.path("config.json", settings), "--catalog", files.path("catalog.json", CATALOG)]
    assert files.run("read", *args) == 0
    first, second = [line["record"]["data"] for line in files.lines if line["type"] == "RECORD"]
    levels, inner = 0, first["Deep"]
    while isinstance(inner, list):
        levels, (inner,) = levels + 1, inner
    assert (levels, inner) == (400, "\u00e9")
    assert [each["Extension"] for each in (first, second)] == ["1001", "1002"]


def test_a_stream_that_stands_twice_in_the_catalog_is_refused(files: Files) -> None:
    catalog = files.path("catalog.json", catalog_file("extension_summary", "calls", "extension_summary"))
    assert files.run("read", "--config", files.path("config.json", config()), "--catalog", catalog) == 1
    (error,) = files.errors
    assert error["failure_type"] == "config_error"
    twice = catalog_file("call_legs", "extension_summary", "call_legs")
    files.run("read", "--config", files.path("config.json", config()), "--catalog", files.path("two", twice))
    assert files.errors[-1]["message"] == (
        "The catalog lists the stream call_legs twice: remove one of the two entries."
    )


def test_a_record_has_the_fields_that_are_not_null(files: Files, api: rm.Mocker) -> None:
    api.post(TOKEN_URL, json=token())
    api.get(EXTSUM_URL, json=[row("1001", Name="\u2028", Total=None), row("1002", Total=0)])
    settings = config(start_date="2026-11-24")
    args = ["--config", files.path("config.json", settings), "--catalog", files.path("catalog.json", CATALOG)]
    assert files.run("read", *args) == 0
    first, second = [line["record"] for line in files.lines if line["type"] == "RECORD"]
    assert "Total" not in first["data"]
    assert (first["data"]["Name"], second["data"]["Total"]) == ("\u2028", 0)
    assert list(first) == ["stream", "data", "emitted_at"]
    assert first["stream"] == "extension_summary"
