"""Item 32 of the strangers' list: `airbyte-cdk connector test` on a clone of the repository.

Its folder has the name that Airbyte gives it: the CDK derives from it what it imports.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.server import running

ROOT = Path(__file__).parent.parent.parent
NAME = "source-8x8-work-analytics"
SANDBOX_ADDRESS = "http://127.0.0.1:8808"
"""Where the configurations of the standard tests look for the sandbox."""
NOT_CLONED = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "demo", "dist", "secrets", "build")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of the repository, without what git ignores."""
    folder = tmp_path / NAME
    shutil.copytree(ROOT, folder, ignore=NOT_CLONED, symlinks=True)
    return folder


def run(clone: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    """Run a command in a clone, which is imported from there."""
    return subprocess.run(
        [str(Path(sys.executable).parent / command[0]), *command[1:]],
        cwd=clone,
        capture_output=True,
        encoding="utf-8",
        timeout=240,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
            "PYTHONPATH": str(clone),
        },
    )


FIND = """
from pathlib import Path
from airbyte_cdk.test.standard_tests.util import create_connector_test_suite
suite = create_connector_test_suite(connector_directory=Path.cwd())
print(suite.connector.__module__, suite.connector.__name__, suite.create_connector(None).name)
"""


def test_the_cdk_finds_the_source_class(clone: Path) -> None:
    done = run(clone, "python", "-W", "ignore", "-c", FIND)
    assert done.returncode == 0, done.stderr
    module, name, source = done.stdout.split()
    assert module.startswith("source_8x8_work_analytics")
    assert (name, source) == ("Source8x8WorkAnalytics", NAME)


def test_importing_the_package_does_not_import_the_cdk(clone: Path) -> None:
    """A guard, which held before: signals are handled before the CDK is imported, which takes seconds."""
    code = "import sys, source_8x8_work_analytics as s; dir(s); print('airbyte_cdk' in sys.modules)"
    assert run(clone, "python", "-c", code).stdout == "False\n"


def test_the_standard_tests_pass_by_the_cdks_own_command(clone: Path) -> None:
    with running(Sandbox()) as address:
        for path in (clone / "integration_tests").glob("*_config.json"):
            path.write_text(path.read_text("utf-8").replace(SANDBOX_ADDRESS, address), "utf-8")
        done = run(clone, "airbyte-cdk", "connector", "test", ".")
    assert done.returncode == 0, done.stdout[-4000:]
    counts = re.search(r"=+ (\d+) passed(, \d+ skipped)?(, \d+ deselected)?,? ", done.stdout)
    assert counts, done.stdout[-4000:]
    assert int(counts[1]) >= 7, "the standard tests of a source, images aside"
