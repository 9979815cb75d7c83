"""Time unreturned_calls on millions of calls in DuckDB, with and without 5 % of them on one number."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

from scripts.dbt_build import DBT, PACKAGE

CALLS = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
RUNS = 3
PREFIX = "work_analytics_8x8__"
RAW = """
    create table phone.call_records as
    select
        uuid() as _airbyte_raw_id,
        timestamp '2026-11-02' as _airbyte_extracted_at,
        date '2026-01-01' + (i // {per_day})::int as report_date,
        'UTC' as time_zone,
        true as window_complete,
        'acme' as pbxid,
        i::varchar as callid,
        1767225600000 + i * {gap} as starttimeutc,
        60000 as talktimems,
        case when i % 3 = 0 then 'Outgoing' else 'Incoming' end as direction,
        case when i % 3 = 0 then '1001' else number end as caller,
        case when i % 3 = 0 then number else '1001' end as callee,
        case when i % 3 = 1 then 'Answered' else '-' end as answered,
        case when i % 3 = 2 then 'Missed' else '-' end as missed,
        '-' as abandoned
    from (
        select
            i,
            '+1617' || case when hash(i) % 100 < {share} then 5550100 else 1000000 + hash(i) % 500000 end
                as number
        from range({calls}) as calls (i)
    )
"""


def create(file: Path, share: int) -> None:
    """Create raw calls, a share of them, in percent, with one number."""
    with duckdb.connect(str(file)) as database:
        database.execute("create schema phone")
        gap = 300 * 86_400_000 // CALLS
        database.execute(RAW.format(calls=CALLS, per_day=max(CALLS // 300, 1), gap=gap, share=share))


def run(file: Path, select: str) -> float:
    """Build models; returns how long unreturned_calls took."""
    subprocess.run(
        [
            *(DBT, "--quiet", "run", "--project-dir", PACKAGE, "--profiles-dir", PACKAGE),
            *("--target", "duckdb", "--target-path", file.parent, "--log-path", file.parent),
            *("--select", select, "--vars", json.dumps({"streams": ["call_records"]})),
        ],
        check=True,
        env={**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "WORK_ANALYTICS_DUCKDB": str(file)},
    )
    results = json.loads((file.parent / "run_results.json").read_text(encoding="utf-8"))["results"]
    (found,) = [each for each in results if each["unique_id"].endswith(f"{PREFIX}unreturned_calls")]
    return float(found["execution_time"])


def main() -> None:
    """Print both times, each the shortest of several runs in turn, and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        files = {share: Path(folder) / f"scale_{share}.duckdb" for share in (0, 5)}
        times: dict[int, list[float]] = {}
        for share, file in files.items():
            create(file, share)
            run(file, f"+{PREFIX}unreturned_calls")
        for _ in range(RUNS):
            for share, file in files.items():
                times.setdefault(share, []).append(run(file, f"{PREFIX}unreturned_calls"))
    even, skewed = min(times[0]), min(times[5])
    print(
        f"unreturned_calls of {CALLS:,} calls: {even:.1f} s with even numbers, {skewed:.1f} s with 5 % of"
        f" them on one number, {skewed / even:.2f} times as long"
    )


if __name__ == "__main__":
    main()
