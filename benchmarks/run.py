"""`make bench`: runs the connector and its rivals in turn and prints one table of ratios.

CPU seconds and peak memory are the child's, as the operating system counts them; medians of several runs.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parent.parent
LEAN = ROOT / ".venv-lean" / "bin"
"""The connector and what it needs, without what its development needs."""
CONNECTOR = [str(LEAN / "source-8x8-work-analytics")]
RIVALS = [str(LEAN / "python"), "-m", "benchmarks.rivals"]
DAYS = 731
LATENCY = 0.3
LAST = date.today() - timedelta(days=1)


def catalog(name: str) -> dict[str, Any]:
    """Return a catalog of one stream."""
    modes = ["full_refresh", "incremental"]
    stream = {"name": name, "json_schema": {}, "supported_sync_modes": modes}
    configured = {"stream": stream, "sync_mode": "incremental", "destination_sync_mode": "append_dedup"}
    return {"streams": [configured]}


@dataclass
class Cost:
    """What one command took."""

    wall: float
    cpu: float
    peak_mb: float
    lines: int
    row_bytes: int = 0
    state_bytes: int = 0
    states: int = 0
    requests: int = 0
    last_state: str = ""


@contextmanager
def server(rows: int = 1, latency: float = 0.0, pages: int = 1) -> Iterator[str]:
    """Serve windows of that many rows, and days of that many pages of legs; yields the address."""
    command = [sys.executable, "-m", "benchmarks.server"]
    command += ["--rows", str(rows), "--latency", str(latency), "--pages", str(pages)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None  # noqa: S101 - there is a pipe
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def asked(address: str) -> int:
    """Return how many reports were asked for."""
    with urllib.request.urlopen(f"{address}/count") as answer:  # noqa: S310 - our own server
        return int(answer.read())


def measure(command: list[str]) -> Cost:
    """Run a command to its end and count its lines."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT)
    cost, state = Cost(0.0, 0.0, 0.0, 0), b""
    assert process.stdout is not None  # noqa: S101 - there is a pipe
    for line in process.stdout:
        if line.startswith((b'{"type": "RECORD"', b'{"type":"RECORD"')):
            cost.lines += 1
            cost.row_bytes += len(line)
        elif line.startswith(b'{"type":"STATE"'):
            cost.states += 1
            cost.state_bytes += len(line)
            state = line
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}")
    cost.wall, cost.cpu = time.perf_counter() - began, usage.ru_utime + usage.ru_stime
    cost.peak_mb, cost.last_state = usage.ru_maxrss / 1024, state.decode()
    return cost


class Bench:
    """Runs commands against a server with windows of a size, in a folder of their files."""

    def __init__(
        self,
        folder: Path,
        address: str,
        rows: int,
        days: int,
        stream: str = "extension_summary",
        pbxes: int = 1,
    ) -> None:
        self.folder = folder
        self.address = address
        self.rows = rows
        self.days = days
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


def starting(folder: Path, lines: list[list[str]]) -> None:
    """Start-up of `spec` and `check`, against the bare import of the CDK's entry point."""
    bare = start_up([str(LEAN / "python"), "-c", "import airbyte_cdk.entrypoint, airbyte_cdk"])
    spec = start_up([*CONNECTOR, "spec"])
    with server(rows=20) as address:
        config = Bench(folder, address, 20, 3).config(4)
        check = start_up([*CONNECTOR, "check", "--config", config])
    lines.append(["spec, CPU", f"{spec:.2f} s", f"{spec / bare:.2f} of importing the CDK ({bare:.2f} s)"])
    lines.append(["check, CPU", f"{check:.2f} s", f"{check / bare:.2f} of importing the CDK"])


def latency_bound(folder: Path, lines: list[list[str]]) -> None:
    """731 windows at 300 ms: how near to the bound that latency and workers set. The loop reads a tenth."""
    spec = measure([*CONNECTOR, "spec"]).wall
    with server(rows=20, latency=LATENCY) as address:
        bench = Bench(folder, address, 20, DAYS)
        loop = Bench(folder, address, 20, DAYS // 10).rival("loop").wall * 10
        for workers in (2, 4, 10, 20):
            cost = bench.connector(workers)
            bound = DAYS * LATENCY / workers
            lines.append(
                [
                    f"first load, {DAYS} windows at {LATENCY * 1000:.0f} ms, {workers} workers",
                    f"{cost.wall:.1f} s",
                    f"{(cost.wall - spec) / bound:.2f} of the bound {bound:.1f} s, start-up off",
                    f"{loop / cost.wall:.1f} times as fast as a bare loop ({loop:.0f} s)",
                ]
            )


def cpu_bound(folder: Path, lines: list[list[str]]) -> None:
    """100,000 wide rows without latency: CPU seconds of the connector and its rivals."""
    idle = start_up([*CONNECTOR, "spec"])
    with server(rows=1000) as address:
        bench = Bench(folder, address, 1000, 100)
        ours = [bench.connector() for _ in range(3)]
        loops = [bench.rival("loop") for _ in range(3)]
        limits = [bench.rival("limit") for _ in range(3)]
        stocks = [bench.rival("stock")]
    cpu, loop, limit, stock = (median(c.cpu for c in costs) for costs in (ours, loops, limits, stocks))
    peaks = [max(cost.peak_mb for cost in costs) for costs in (ours, loops, stocks, limits)]
    lines.append(
        [
            f"{ours[0].lines} wide rows, CPU",
            f"{cpu:.2f} s",
            f"{(cpu - idle) / loop:.2f} of a bare loop ({loop:.2f} s), start-up off",
            f"{(cpu - idle) / (stock - idle):.2f} of a stock manifest ({stock:.2f} s)",
        ]
    )
    lines.append(["", "", f"{(cpu - idle) / limit:.2f} of parse and dump alone ({limit:.2f} s)", ""])
    lines.append(
        [
            f"{ours[0].lines} wide rows, peak memory",
            f"{peaks[0]:.0f} MB",
            f"bare loop {peaks[1]:.0f} MB, stock manifest {peaks[2]:.0f} MB",
            f"parse and dump alone {peaks[3]:.0f} MB",
        ]
    )


def growth(folder: Path, lines: list[list[str]]) -> None:
    """Memory and time from 10,000 to 1,000,000 rows, in windows of one size."""
    idle = start_up([*CONNECTOR, "spec"])
    costs = {}
    with server(rows=2000) as address:
        for days in (5, 50, 500):
            cost = Bench(folder, address, 2000, days).connector()
            costs[cost.lines] = cost
    few, some, many = sorted(costs)
    peaks = {rows: cost.peak_mb for rows, cost in costs.items()}
    each = {rows: (cost.cpu - idle) / rows * 1e6 for rows, cost in costs.items()}
    lines.append(
        [
            f"peak memory, {many:,} rows, 4 workers",
            f"{peaks[many]:.0f} MB",
            f"{peaks[many] / peaks[some]:.2f} of {some:,} rows, {peaks[many] / peaks[few]:.2f} of {few:,}",
            "",
        ]
    )
    lines.append(
        [
            f"CPU a row, {many:,} rows",
            f"{each[many]:.0f} µs",
            f"{each[many] / each[some]:.2f} of that at {some:,} rows",
            "",
        ]
    )


def call_legs(folder: Path, lines: list[list[str]]) -> None:
    """1,000,000 call legs in pages: CPU seconds for a field, and memory against 100,000."""
    idle = start_up([*CONNECTOR, "spec"])
    costs = []
    for pages in (5, 50):
        with server(pages=pages) as address:
            costs.append(Bench(folder, address, 0, 10, "call_legs").connector())
    few, many = costs
    with server(rows=1000) as address:
        summary = Bench(folder, address, 1000, 100).connector()
    leg = (many.cpu - idle) / many.lines / 54
    wide = (summary.cpu - idle) / summary.lines / 50
    lines.append(
        [
            f"{many.lines:,} call legs, 4 workers",
            f"{many.wall:.0f} s, {many.peak_mb:.0f} MB",
            f"memory {many.peak_mb / few.peak_mb:.2f} of {few.lines:,} legs",
            f"CPU a field {leg / wide:.2f} of extension_summary",
        ]
    )


def many_pbxes(folder: Path, lines: list[list[str]]) -> None:
    """100 PBXs, two years, 10 rows a day: what a window costs against one PBX, and the share of state."""
    idle = start_up([*CONNECTOR, "spec"])
    with server(rows=10) as address:
        one = Bench(folder, address, 10, DAYS).connector()
        many = Bench(folder, address, 10, DAYS, pbxes=100).connector()
    window, alone = ((cost.cpu - idle) / cost.requests * 1000 for cost in (many, one))
    lines.append(
        [
            f"100 PBXs, {many.requests:,} windows of 10 rows",
            f"{many.wall:.0f} s, {many.peak_mb:.0f} MB",
            f"CPU a window {window:.2f} ms, {window / alone:.2f} of one PBX",
            f"{many.states} states, {many.state_bytes / many.row_bytes:.2%} of the bytes of rows",
        ]
    )


def nothing_new(folder: Path, lines: list[list[str]]) -> None:
    """An incremental sync with nothing new: which windows it asks for."""
    with server(rows=100) as address:
        bench = Bench(folder, address, 100, 30)
        first = bench.connector()
        again = bench.connector(state=first.last_state)
    lines.append(
        ["incremental, nothing new", f"{again.wall:.1f} s", f"{again.requests} windows (lookback 2)", ""]
    )


def main() -> None:
    """Run all lines, print the table, write the results."""
    lines: list[list[str]] = []
    with tempfile.TemporaryDirectory() as folder:
        for part in (starting, cpu_bound, call_legs, growth, many_pbxes, nothing_new, latency_bound):
            part(Path(folder), lines)
    table = Table("what", "connector", "ratio", "", title="source-8x8-work-analytics")
    for line in lines:
        table.add_row(*line)
    Console(width=170).print(table)
    results = {
        "machine": {"cpu": platform.processor() or platform.machine(), "cores": os.cpu_count()},
        "python": platform.python_version(),
        "airbyte-cdk": version("airbyte-cdk"),
        "date": str(date.today()),
        "lines": lines,
    }
    (ROOT / "benchmarks" / "results.json").write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
