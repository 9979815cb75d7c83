"""Items 23 and 24 of the strangers' list: files that nobody overwrites, and no folder to write to."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from integration_tests.harness import NOW, installed, program_at
from integration_tests.strangers.account import Account
from testing.builders import catalog_file

NOT_ASKED = 2


@pytest.fixture
def folder(account: Account, tmp_path: Path) -> Path:
    """A folder with a configuration, c.json, and other names for it."""
    config = tmp_path / "c.json"
    config.write_text(json.dumps(account.config(), indent=2))
    (tmp_path / "link.json").symlink_to(config)
    os.link(config, tmp_path / "twin.json")
    (tmp_path / "sub").mkdir()
    return tmp_path


def doctor(folder: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [program_at(NOW, folder), "doctor", "--config", "c.json", *options],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )


@pytest.mark.parametrize(
    ("option", "name"),
    [
        ("--memory", "c.json"),
        ("--report", "sub/../c.json"),
        ("--memory", "link.json"),
        ("--report", "twin.json"),
    ],
)
def test_the_configuration_is_never_overwritten(
    account: Account, folder: Path, option: str, name: str
) -> None:
    before = (folder / "c.json").read_bytes()
    done = doctor(folder, option, name)
    assert (folder / "c.json").read_bytes() == before
    assert (folder / "link.json").is_symlink()
    assert done.returncode == NOT_ASKED, done.stderr
    assert option in done.stderr
    assert "Traceback" not in done.stderr
    assert account.requests == [], "it is refused before anything is sent"


@pytest.mark.parametrize("exists", [True, False], ids=["existing", "new"])
def test_report_and_memory_are_two_files(account: Account, folder: Path, exists: bool) -> None:
    if exists:
        (folder / "both.json").touch()
    done = doctor(folder, "--report", "both.json", "--memory", "./both.json")
    assert done.returncode == NOT_ASKED, done.stderr
    assert "--report" in done.stderr
    assert "--memory" in done.stderr
    assert account.requests == []


OTHER_FILES = {
    "another configuration": b'{"api_key": "k", "username": "u"}',
    "a report of the doctor": b'{"connector": "0.2.0", "findings": []}',
    "text": b"Dear diary\n",
    "half a file": b'{"version": 1, "salt": "bcdf',
}


@pytest.mark.parametrize("kind", OTHER_FILES)
def test_a_file_that_is_no_memory_is_never_overwritten(account: Account, folder: Path, kind: str) -> None:
    path = folder / "other.json"
    path.write_bytes(OTHER_FILES[kind])
    done = doctor(folder, "--memory", "other.json")
    assert path.read_bytes() == OTHER_FILES[kind]
    assert done.returncode == NOT_ASKED, done.stderr
    assert "other.json" in done.stderr
    assert "Traceback" not in done.stderr
    assert account.requests == []


NO_FOLDER = (
    "import errno, tempfile\n"
    "def _nowhere():\n"
    "    raise FileNotFoundError(errno.ENOENT, 'No usable temporary directory found')\n"
    "tempfile.gettempdir = tempfile._get_default_tempdir = _nowhere\n"
    "tempfile.tempdir = None\n"
)
"""What `tempfile` does in a container without a writable folder; the root user can write anywhere."""


@pytest.mark.parametrize("command", ["spec", "check", "discover", "read"])
def test_no_command_needs_a_temporary_folder(account: Account, tmp_path: Path, command: str) -> None:
    """`read` is a guard, which held before."""
    program = program_at(NOW, tmp_path, setup=NO_FOLDER)
    config: Any = None if command == "spec" else account.config()
    run = installed(command, config, streams=catalog_file("extension_summary"), program=program)
    assert "bug in the connector" not in run.text
    assert "Traceback" not in run.text
    if run.code == 0:
        kind = {"spec": "SPEC", "check": "CONNECTION_STATUS", "discover": "CATALOG", "read": "RECORD"}[
            command
        ]
        assert run.of(kind)
    else:
        assert any("folder" in error["message"] or "TMPDIR" in error["message"] for error in run.errors)
