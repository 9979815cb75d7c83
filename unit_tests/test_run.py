import json
from pathlib import Path
from typing import Any

import pytest

from source_8x8_work_analytics.run import execute
from testing.builders import catalog_file, config

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

    def run(self, *args: str) -> int:
        return execute(list(args), lambda line: self.lines.append(json.loads(line)))

    @property
    def errors(self) -> list[dict[str, Any]]:
        return [line["trace"]["error"] for line in self.lines if line["type"] == "TRACE"]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


BAD = [None, b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"null", b"[[1]]"]


@pytest.mark.parametrize("content", BAD, ids=repr)
@pytest.mark.parametrize("command", ["check", "discover", "read"])
def test_a_bad_configuration_file_is_one_sentence(files: Files, command: str, content: bytes | None) -> None:
    more = ["--catalog", files.path("catalog.json", CATALOG)] if command == "read" else []
    assert files.run(command, "--config", files.path("config.json", content), *more) == 1
    (error,) = files.errors
    assert error["message"].startswith("The configuration file ")
    assert "stack_trace" not in error
    assert error["failure_type"] == "config_error"


@pytest.mark.parametrize("content", [*BAD, b'{"streams": [{"stream": {}}]}', b'{"streams": 1}'], ids=repr)
def test_a_bad_catalog_file_is_one_sentence(files: Files, content: bytes | None) -> None:
    whole = files.path("config.json", config())
    assert files.run("read", "--config", whole, "--catalog", files.path("catalog.json", content)) == 1
    (error,) = files.errors
    assert error["message"].startswith("The catalog file ")


@pytest.mark.parametrize(
    "content", [None, b"{", b'"x"', b"\xff", b"[[1]]", b'[{"type": "STREAM"}]', b'[{"type": "x"}]'], ids=repr
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
