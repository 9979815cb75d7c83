"""`make bench`: run the connector and its rivals in turn and print one table of medians and ratios."""

import json
import os
import platform
import tempfile
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks.measure import (
    CONNECTOR,
    LEAN,
    ROOT,
    Bench,
    Cost,
    measure,
    server,
    start_up,
    until_first_request,
)

DAYS = 731
LATENCY = 0.3


def starting(folder: Path, lines: list[list[str]]) -> None:
    """Start-up of `spec`, `check` and `read`, against the bare import of the CDK's entry point."""
    bare = start_up([str(LEAN / "python"), "-c", "import airbyte_cdk.entrypoint, airbyte_cdk"])
    spec = start_up([*CONNECTOR, "spec"])
    with server(rows=20) as address:
        config = Bench(folder, address, 20, 3).config(4)
        check = start_up([*CONNECTOR, "check", "--config", config])
        first = median(until_first_request(config, str(folder / "catalog.json")) for _ in range(3))
    lines.append(["spec, CPU", f"{spec:.2f} s", f"{spec / bare:.2f} of importing the CDK ({bare:.2f} s)"])
    lines.append(["check, CPU", f"{check:.2f} s", f"{check / bare:.2f} of importing the CDK"])
    lines.append(
        [
            "read until the first request, CPU",
            f"{first:.2f} s",
            f"{first / bare:.2f} of importing the CDK, after it",
        ]
    )


def latency_bound(folder: Path, lines: list[list[str]]) -> None:
    """731 windows at 300 ms: how close to the limit set by latency and workers. The loop reads a tenth."""
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


def windows(folder: Path, lines: list[list[str]]) -> None:
    """Two years of small windows: CPU a window, against bare partitions on the same engine."""
    costs: dict[str, list[float]] = {"ours": [], "bare": []}
    with server(rows=10) as address:
        whole, one = (Bench(folder, address, 10, days) for days in (DAYS, 1))
        for _ in range(3):
            costs["ours"].append(whole.connector().cpu - one.connector().cpu)
            costs["bare"].append(whole.rival("bare").cpu - one.rival("bare").cpu)
    ours, bare = (median(costs[name]) / DAYS * 1000 for name in ("ours", "bare"))
    lines.append(
        [
            f"{DAYS} windows of 10 rows",
            f"CPU a window {ours:.2f} ms",
            f"{ours / bare:.2f} of bare partitions on the same engine ({bare:.2f} ms)",
            "",
        ]
    )


def personal_data(folder: Path, lines: list[list[str]]) -> None:
    """100,000 call legs with personal data kept, hashed and removed: CPU seconds a row."""
    idle = start_up([*CONNECTOR, "spec"])
    key = {"personal_data_key": "the key of the benchmark"}
    modes = {"keep": {}, "hash": {"personal_data": "hash", **key}, "remove": {"personal_data": "remove"}}
    costs: dict[str, list[Cost]] = {}
    with server(pages=5) as address:
        for _ in range(3):
            for mode, changes in modes.items():
                bench = Bench(folder, address, 0, 10, "call_legs", changes=changes)
                costs.setdefault(mode, []).append(bench.connector())
    each = {mode: (median(c.cpu for c in runs) - idle) / runs[0].lines for mode, runs in costs.items()}
    lines.append(
        [
            f"{costs['keep'][0].lines:,} call legs, personal data hashed",
            f"CPU a row {each['hash'] * 1e6:.0f} µs",
            f"{each['hash'] / each['keep']:.2f} of keep ({each['keep'] * 1e6:.0f} µs)",
            f"removed: {each['remove'] / each['keep']:.2f} of keep",
        ]
    )


def queue_rows(folder: Path, lines: list[list[str]]) -> None:
    """60,000 rows of each queue stream, in days of 1,000: CPU a row against an extension of the same day."""
    streams = ("call_queue_summary", "call_queue_agent_summary", "agent_summary", "queue_calls")
    idle = start_up([*CONNECTOR, "spec"])
    costs: dict[str, list[Cost]] = {}
    with server(rows=1000, queues=True) as address:
        for _ in range(3):
            for stream in ("extension_summary", *streams):
                costs.setdefault(stream, []).append(Bench(folder, address, 1000, 60, stream).connector())
    each = {name: (median(cost.cpu for cost in runs) - idle) / runs[0].lines for name, runs in costs.items()}
    fields = {name: len(json.loads(runs[0].first_row)["record"]["data"]) for name, runs in costs.items()}
    for stream in streams:
        ratio = each[stream] / each["extension_summary"]
        by_field = ratio * fields["extension_summary"] / fields[stream]
        lines.append(
            [
                f"{stream}, {costs[stream][0].lines:,} rows of {fields[stream]} fields",
                f"CPU a row {each[stream] * 1e6:.0f} µs",
                f"{ratio:.2f} of extension_summary ({fields['extension_summary']} fields)",
                f"{by_field:.2f} by field",
            ]
        )


def nothing_new(folder: Path, lines: list[list[str]]) -> None:
    """An incremental sync with nothing new: which windows it requests."""
    with server(rows=100) as address:
        bench = Bench(folder, address, 100, 30)
        first = bench.connector()
        again = bench.connector(state=first.last_state)
    lines.append(
        ["incremental, nothing new", f"{again.wall:.1f} s", f"{again.requests} windows (lookback 2)", ""]
    )


PARTS = (
    starting,
    windows,
    cpu_bound,
    call_legs,
    personal_data,
    queue_rows,
    growth,
    many_pbxes,
    nothing_new,
    latency_bound,
)


def main() -> None:
    """Run all lines, print the table, write the results."""
    lines: list[list[str]] = []
    with tempfile.TemporaryDirectory() as folder:
        for part in PARTS:
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
