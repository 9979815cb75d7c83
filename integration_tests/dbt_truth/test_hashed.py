"""Callbacks and repeat callers are the same whether names and numbers are kept or hashed."""

from pathlib import Path

import pytest

from integration_tests.dbt_package import Row
from integration_tests.dbt_truth.loaded import Warehouse, source_of
from sandbox import Sandbox
from sandbox.server import running

pytestmark = [pytest.mark.xdist_group("databases"), pytest.mark.filterwarnings("ignore")]
MARTS = {
    "unreturned_calls": ("pbx", "call_id", "missed_at", "returned_at", "hours_to_return", "returned"),
    "repeat_callers": ("pbx", "local_date", "calls", "answered"),
}


def plain(rows: list[Row], columns: tuple[str, ...]) -> list[str]:
    return sorted(str([row[name] for name in columns]) for row in rows)


@pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True)
def test_marts_of_callers_are_the_same_on_hashed_data(
    warehouse: Warehouse, sandbox: Sandbox, tmp_path: Path
) -> None:
    from airbyte.caches import DuckDBCache

    file = warehouse.url.removeprefix("duckdb:///")
    with running(sandbox) as address:
        source = source_of(
            sandbox,
            address,
            tmp_path,
            ["call_records"],
            personal_data="hash",
            personal_data_key="the key of this test, 16+",
        )
        cache = DuckDBCache(db_path=file, schema_name="hashed")
        source.read(cache=cache)
        cache.get_sql_engine().dispose()
    build = warehouse.target.dbt("run", "answers_hashed", raw_schema="hashed", streams=["call_records"])
    assert build.success, build.messages
    for mart, columns in MARTS.items():
        kept, hashed = warehouse.mart(mart), warehouse.mart(mart, "answers_hashed")
        assert len(kept) > 20
        assert plain(hashed, columns) == plain(kept, columns), mart
        assert all(str(row["caller"]).startswith("#") for row in hashed)
