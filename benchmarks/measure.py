"""Run a command against the benchmark server, and measure its cost.

CPU seconds and peak memory are the command's, as the operating system counts them.
"""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parent.parent
LEAN = ROOT / ".venv-lean" / "bin"
"""The connector and its dependencies, without development packages."""
CONNECTOR = [str(LEAN / "source-8x8-work-analytics")]
RIVALS = [str(LEAN / "python"), "-m", "benchmarks.rivals"]
LAST = date.today() - timedelta(days=1)


def catalog(name: str) -> dict[str, Any]:
    """Return a catalog of one stream."""
    modes = ["full_refresh", "incremental"]
    stream = {"name": name, "json_schema": {}, "supported_sync_modes": modes}
    configured = {"stream": stream, "sync_mode": "incremental", "destination_sync_mode": "append_dedup"}
    return {"streams": [configured]}


@dataclass
class Cost:
    """The cost of one command."""

    wall: float
    cpu: float
    peak_mb: float
    lines: int
    row_bytes: int = 0
    state_bytes: int = 0
    states: int = 0
    requests: int = 0
    first_row: str = ""
    last_state: str = ""


@contextmanager
def server(rows: int = 1, latency: float = 0.0, pages: int = 1, queues: bool = False) -> Iterator[str]:
    """Serve windows of that many rows, and days of that many pages of legs; yields the address.

    With `queues`, rows are those of the sandbox's company, and its queues are served as well.
    """
    command = [sys.executable, "-m", "benchmarks.server"]
    command += ["--rows", str(rows), "--latency", str(latency), "--pages", str(pages)]
    command += ["--queues"] if queues else []
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None  # noqa: S101 - there is a pipe
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def asked(address: str) -> int:
    """Return how many reports were requested."""
    with urllib.request.urlopen(f"{address}/count") as answer:  # noqa: S310 - our own server
        return int(answer.read())


def measure(command: list[str]) -> Cost:
    """Run a command to its end and count its lines."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT)
    cost, row, state = Cost(0.0, 0.0, 0.0, 0), b"", b""
    assert process.stdout is not None  # noqa: S101 - there is a pipe
    for line in process.stdout:
        if line.startswith((b'{"type": "RECORD"', b'{"type":"RECORD"')):
            cost.lines += 1
            cost.row_bytes += len(line)
            row = row or line
        elif line.startswith(b'{"type":"STATE"'):
            cost.states += 1
            cost.state_bytes += len(line)
            state = line
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}")
    cost.wall, cost.cpu = time.perf_counter() - began, usage.ru_utime + usage.ru_stime
    cost.peak_mb, cost.first_row, cost.last_state = usage.ru_maxrss / 1024, row.decode(), state.decode()
    return cost


class Bench:
    """Runs commands against a server with windows of a given size, in a folder for their files."""

    def __init__(
        self,
        folder: Path,
        address: str,
        rows: int,
        days: int,
        stream: str = "extension_summary",
        pbxes: int = 1,
        changes: Mapping[str, Any] | None = None,
    ) -> None:
        self.folder = folder
        self.address = address
        self.rows = rows
        self.days = days
        self.changes = changes or {}
        self.pbx_ids = ["acmecorp"] if pbxes == 1 else [f"acme-{n:03}" for n in range(pbxes)]
        (folder / "catalog.json").write_text(json.dumps(catalog(stream)))

    def config(self, workers: int) -> str:
        """Write a configuration; returns its path."""
        content: dict[str, Any] = {
            "api_key": "benchmark-key-0123456789",
            "username": "benchmark.user@acme.example",
            "password": "benchmark-password-0123456789",
            "time_zone": "America/New_York",
            "pbx_ids": self.pbx_ids,
            "start_date": str(LAST - timedelta(days=self.days - 1)),
            "end_date": str(LAST),
            "num_workers": workers,
            "base_url": self.address,
            "rows": self.rows,
            **self.changes,
        }
        path = self.folder / f"config-{workers}.json"
        path.write_text(json.dumps(content))
        return str(path)

    def connector(self, workers: int = 4, state: str = "") -> Cost:
        """Read with the connector."""
        command = [*CONNECTOR, "read", "--config", self.config(workers), "--catalog", self._catalog()]
        if state:
            path = self.folder / "state.json"
            path.write_text(json.dumps([json.loads(state)["state"]]))
            command += ["--state", str(path)]
        before = asked(self.address)
        cost = measure(command)
        cost.requests = asked(self.address) - before
        return cost

    def rival(self, which: str, workers: int = 4) -> Cost:
        """Do the same work with a rival."""
        return measure([*RIVALS, which, self.config(workers), self._catalog()])

    def _catalog(self) -> str:
        return str(self.folder / "catalog.json")


def start_up(command: list[str], times: int = 3) -> float:
    """Return the CPU seconds of a command that reads nothing."""
    return median(measure(command).cpu for _ in range(times))


def until_first_request(config: str, catalog: str) -> float:
    """Return the CPU seconds of a read from the CDK's import to its first request."""
    command = [
        str(LEAN / "python"),
        "-m",
        "benchmarks.first_request",
        "--config",
        config,
        "--catalog",
        catalog,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return float(done.stderr.splitlines()[-1])
