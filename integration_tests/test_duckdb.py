"""PyAirbyte into DuckDB, twice with a correction in between: the table equals the truth, key by key."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from integration_tests.harness import TODAY
from integration_tests.truth import truth
from sandbox import Sandbox

pytestmark = [pytest.mark.xdist_group("databases"), pytest.mark.filterwarnings("ignore")]
START = TODAY - timedelta(days=6)


def test_the_table_equals_the_truth_after_both_syncs(
    configure: Callable[..., dict[str, Any]], sandbox: Sandbox, program: str, tmp_path: Path
) -> None:
    import airbyte
    from airbyte.caches import DuckDBCache

    config = configure(start_date=str(START), only_finished_windows=True)
    cache = DuckDBCache(db_path=tmp_path / "database.duckdb", schema_name="phone")
    source = airbyte.get_source(
        "source-8x8-work-analytics", local_executable=program, config=config, streams="*"
    )
    source.check()
    for sync in range(2):
        source.read(cache=cache)
        expected: dict[Any, Any] = {}
        for pbx in config["pbx_ids"]:
            expected |= truth(sandbox, pbx, START, TODAY - timedelta(days=1), config["time_zone"])
        names = [name for name in next(iter(expected.values())) if name != "time_zone"]
        columns = ", ".join(name.lower() for name in names)
        found = cache.run_sql_query(f"select {columns} from phone.extension_summary")
        assert len(found) == len(expected)
        for row in found:
            key = (row["pbxid"], row["extension"], str(row["report_date"]))
            want = expected[key]
            assert {n: _plain(row[n.lower()]) for n in names} == {n: want[n] for n in names}, key
        if sync == 0:
            sandbox.correct("acmecorp", TODAY - timedelta(days=1))
            sandbox.correct("acme-europe", TODAY - timedelta(days=1))
            # `make demo` syncs all streams twice.
            source.select_streams(["extension_summary", "call_records"])
    types = {
        row["column_name"]: row["data_type"]
        for row in cache.run_sql_query(
            "select column_name, data_type from information_schema.columns"
            " where table_name = 'extension_summary'"
        )
    }
    assert types["report_date"] == "DATE"
    assert types["window_start"] == "TIMESTAMP"
    assert types["window_complete"] == "BOOLEAN"
    assert types["total_talk_time"] == "BIGINT"
    assert types["percent_external_inbound_answered"].startswith("DECIMAL")
    assert types["extension"] == "VARCHAR"


def _plain(value: Any) -> Any:
    """Return a value of the database as the API sends it."""
    if isinstance(value, date):
        return str(value)
    return value if isinstance(value, bool | str | int) or value is None else int(value)
