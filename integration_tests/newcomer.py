"""Somebody who types what the documents say, in a folder that holds what a clone holds."""

import json
import os
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from integration_tests.doc_blocks import ROOT
from integration_tests.harness import NOW, program_at, without_reading
from sandbox import Sandbox

NOT_HERE = {
    r"make (demo|test)\b": "CI runs them",
    r"make dashboard ": "test_dashboard_databases.py runs its command",
    r"make sandbox ": "it runs until it is stopped: test_make_sandbox",
    r"make image\b": "it needs a container engine",
    r"make install$|\. \.venv/bin/activate$": "the environment is there",
    r"python3 -m venv |(\.venv/bin/)?pip install ": "it needs a package index",
    r"dbt (deps|build) ": "test_the_sample_dbt_project_builds_on_the_tables_of_to_postgres",
}
IN_A_CONTAINER = re.compile(r"docker run --rm .*-v \"\$PWD/secrets:/secrets\" source-8x8-work-analytics:dev")


def commands_in(text: str) -> list[str]:
    """Return the commands of a block, without comments, a continued one as one."""
    lines = text.replace("\\\n", " ").splitlines()
    return [command for line in lines if (command := line.partition(" #")[0].strip())]


class Newcomer:
    """Somebody who types what the documents say: commands, scripts, and what runs in a container.

    Attributes:
        folder: where; it has what a clone has, and an environment.
        host: the folder of a PostgreSQL server's socket.
    """

    def __init__(self, folder: Path, sandbox: Sandbox, address: str, host: str, **settings: Any) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.host = host
        self.environment = {**os.environ, "PATH": f"{folder / '.venv/bin'}:{os.environ['PATH']}"}
        self.names: dict[str, Any] = {}
        self._typed: set[str] = set()
        _link(folder)
        program_at(NOW, folder / ".venv" / "bin")
        config = sandbox.config(address, **settings)
        self.config_file = folder / "secrets" / "config.json"
        self.config_file.parent.mkdir()
        self.config_file.write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")

    def type_block(self, text: str) -> None:
        """Run what can run here of a block of shell commands, each command once."""
        for line in map(self._runnable, commands_in(text)):
            command = line.partition(" >")[0]
            if line.startswith("export "):
                pairs = (word.partition("=") for word in shlex.split(line)[1:])
                self.environment.update((name, value) for name, _, value in pairs)
            elif match := re.fullmatch(r"python (examples/\w+\.py)( .*)?", line):
                self.run_example(match.group(1), *shlex.split(match.group(2) or ""))
            elif line and command not in self._typed:
                self.run(line)
            self._typed.add(command)

    def run_example(self, script: str, *arguments: str) -> None:
        """Run a script in this process, where PyAirbyte is imported already: that takes seconds."""
        with pytest.MonkeyPatch.context() as patch:
            for name in ("PATH", "PGHOST", "PGUSER", "PGPASSWORD", "PGDATABASE", "WORK_ANALYTICS_CONFIG"):
                patch.setenv(name, self.environment[name])
            patch.setattr(sys, "executable", str(self.folder / ".venv/bin/python"))
            patch.setattr(sys, "argv", [script, *arguments])
            patch.syspath_prepend(str(self.folder / "examples"))
            patch.delitem(sys.modules, "connection", raising=False)
            runpy.run_path(str(self.folder / script), run_name="__main__")

    def run(self, command: str) -> None:
        """Run one command in the folder."""
        done = subprocess.run(
            ["/bin/bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            encoding="utf-8",
            timeout=200,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"

    def _runnable(self, line: str) -> str:
        """Return the command on a line, as it is typed here; nothing if there is none."""
        if any(re.match(pattern, line) for pattern in NOT_HERE):
            return ""
        if IN_A_CONTAINER.match(line):
            line = IN_A_CONTAINER.sub("source-8x8-work-analytics", line)
            # the catalog is a copy: there is a test of that
            line = line.replace(" /secrets/catalog", " examples/catalog").replace(" /secrets/", " secrets/")
        return line.replace("PGHOST=localhost", f"PGHOST={self.host}")

    def rows(self, file: str) -> list[dict[str, Any]]:
        """Return the rows of reports in the output of a read."""
        lines = (self.folder / file).read_text(encoding="utf-8").splitlines()
        rows = [
            without_reading(line["record"]["data"])
            for line in map(json.loads, lines)
            if line["type"] == "RECORD"
        ]
        return [row for row in rows if "report_date" in row]


def _link(folder: Path) -> None:
    """Put into a folder what a clone has, and this environment with room for another program."""
    for path in ROOT.iterdir():
        if path.name not in (".git", ".venv", "secrets", "demo"):
            (folder / path.name).symlink_to(path)
    binaries = folder / ".venv" / "bin"
    binaries.mkdir(parents=True)
    for name in ("lib", "pyvenv.cfg"):
        (folder / ".venv" / name).symlink_to(Path(sys.prefix) / name)
    for name in ("python", "uv", "dbt"):
        (binaries / name).symlink_to(Path(sys.prefix) / "bin" / name)
