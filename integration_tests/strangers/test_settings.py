"""Item 29 of the strangers' list: keys that the CDK reserves, and warnings that are errors."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from integration_tests.harness import EXECUTABLE, within
from integration_tests.strangers.account import Account
from testing.builders import catalog_file

RESERVED: dict[str, Any] = {
    "__injected_components_py": "print('injected')",
    "__injected_components_py_checksums": {"md5": "0"},
    "__injected_declarative_manifest": {"type": "DeclarativeSource"},
    "__context": "x",
}


@pytest.mark.parametrize("key", RESERVED)
def test_a_key_that_is_reserved_is_ignored_or_refused(account: Account, key: str) -> None:
    config = account.config(**{key: RESERVED[key]})
    for command in ("check", "discover", "read"):
        run = within(command, config, streams=catalog_file("extension_summary"))
        assert "Traceback" not in run.text
        assert "bug in the connector" not in run.text
        if command == "check":
            status = run.status
            assert status["status"] == "SUCCEEDED" or key in status["message"]
        elif run.code == 0:
            assert run.of("CATALOG") or len(run.rows) == 4
        else:
            assert all(key in error["message"] for error in run.errors)


@pytest.mark.parametrize(
    "value", ["error", pytest.param("error::DeprecationWarning", marks=pytest.mark.soak)]
)
def test_no_warning_stops_the_program(account: Account, tmp_path: Path, value: str) -> None:
    """Nor does one stand in its output."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps(account.config()))
    for command in (["spec"], ["check", "--config", str(path)]):
        done = subprocess.run(
            [EXECUTABLE, *command],
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            env={**os.environ, "PYTHONWARNINGS": value},
        )
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        assert [json.loads(line)["type"] for line in done.stdout.splitlines()]
