"""A report that is shorter when it is read again: the newest reading of a window tells what is gone."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from integration_tests.harness import NOW, TODAY, Row, Run, installed, program_at, within
from sandbox import Sandbox
from source_8x8_work_analytics.streams import STREAM_TYPES
from testing.builders import catalog_file

GONE = ("acmecorp", "1001")
DAY = str(TODAY - timedelta(days=1))


@pytest.fixture
def program(tmp_path: Path) -> str:
    """The installed program at NOW, whose clock goes on from one run to the next."""
    return program_at(NOW, tmp_path, began=datetime.now(timezone.utc))


def test_all_rows_of_one_reading_have_one_moment(
    configure: Callable[..., dict[str, Any]], waits: list[float]
) -> None:
    """However many requests and pages it takes; lists have none."""
    names = [stream.name for stream in STREAM_TYPES]
    run = within("read", configure(start_date=DAY), streams=catalog_file(*names))
    assert run.code == 0, run.errors
    moments: dict[tuple[str, str, str], set[str]] = {}
    for line in run.of("RECORD"):
        stream, row = line["record"]["stream"], line["record"]["data"]
        if "report_date" not in row:
            assert "window_read_at" not in row
            continue
        pbx = row.get("pbx") or row.get("PbxId") or row["pbxId"]
        moments.setdefault((stream, pbx, row["report_date"]), set()).add(row["window_read_at"])
    reports = [stream.name for stream in STREAM_TYPES if stream.report]
    assert {stream for stream, _, _ in moments} == set(reports)
    assert all(len(found) == 1 for found in moments.values())
    assert {datetime.fromisoformat(text) for found in moments.values() for text in found} == {NOW}


@pytest.mark.xdist_group("databases")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("database", ["DuckDB", "PostgreSQL"])
@pytest.mark.parametrize("strategy", ["append", "merge"])
def test_a_row_that_is_gone_is_told_from_those_that_stay(
    configure: Callable[..., dict[str, Any]],
    sandbox: Sandbox,
    program: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    database: str,
    strategy: str,
) -> None:
    import airbyte
    from airbyte.caches import DuckDBCache, PostgresCache

    cache: Any = DuckDBCache(db_path=tmp_path / "database.duckdb", schema_name="phone")
    if database == "PostgreSQL":
        request.getfixturevalue("postgres")
        cache = PostgresCache(
            host="", port=5432, username="postgres", password="", database="postgres", schema_name="phone"
        )
    config = configure(start_date=DAY, only_finished_windows=True, pbx_ids=["acmecorp"])
    source = airbyte.get_source(
        "source-8x8-work-analytics", local_executable=program, config=config, streams=["extension_summary"]
    )
    source.read(cache=cache, write_strategy=strategy)
    before = newest(cache)
    assert GONE[1] in before
    sandbox.removed_extensions = {GONE}
    source.read(cache=cache, write_strategy=strategy)
    assert newest(cache) == before - {GONE[1]}
    every = {row["extension"] for row in cache.run_sql_query("select extension from phone.extension_summary")}
    assert every == before, "the row itself stays in the table"


def newest(cache: Any) -> set[str]:
    """Return the extensions of the newest reading of each window, as the guide selects them."""
    rows: list[Row] = cache.run_sql_query(
        "select extension from phone.extension_summary as s where window_read_at ="
        " (select max(window_read_at) from phone.extension_summary as n"
        " where n.pbxid = s.pbxid and n.report_date = s.report_date)"
    )
    return {row["extension"] for row in rows}


def test_a_reading_is_never_older_than_the_one_before(
    configure: Callable[..., dict[str, Any]], program: str
) -> None:
    config = configure(start_date=DAY, pbx_ids=["acmecorp"])
    runs: list[Run] = []
    for _ in range(2):
        runs.append(installed("read", config, state=runs[-1].state if runs else None, program=program))
    first, second = ({row["window_read_at"] for row in run.readings} for run in runs)
    assert max(first) < min(second)
