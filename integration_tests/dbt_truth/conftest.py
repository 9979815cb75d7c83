"""The streams as PyAirbyte loads them into each database, with the package built on them, once."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from integration_tests.dbt_package import Row, Target
from integration_tests.dbt_truth.loaded import DAYS, PBXES, STREAMS, ZONE, Warehouse, source_of
from integration_tests.harness import NOW
from integration_tests.postgres_server import postgres_server
from integration_tests.truth import truth
from sandbox import Sandbox
from sandbox.server import running


@pytest.fixture(scope="package")
def sandbox() -> Sandbox:
    """A sandbox at NOW."""
    return Sandbox(clock=lambda: NOW)


@pytest.fixture(scope="package", params=["duckdb", "postgres"])
def warehouse(
    request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Warehouse]:
    """The streams as PyAirbyte loads them, and the package built on them."""
    from airbyte.caches import DuckDBCache, PostgresCache

    folder = tmp_path_factory.mktemp(request.param)
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch, running(sandbox) as address:
        source = source_of(sandbox, address, folder, STREAMS)
        cache: DuckDBCache | PostgresCache
        if request.param == "duckdb":
            file = folder / "loaded.duckdb"
            cache = DuckDBCache(db_path=file, schema_name="phone")
            target = Target("duckdb", folder, {"WORK_ANALYTICS_DUCKDB": str(file)})
            url = f"duckdb:///{file}"
        else:
            socket = stack.enter_context(postgres_server())
            # PyAirbyte's URL has no place for a socket's folder; the client library takes it from here.
            patch.setenv("PGHOST", socket)
            cache = PostgresCache(
                host="", port=5432, username="postgres", password="", database="postgres", schema_name="phone"
            )
            target = Target("postgres", folder, {"PGHOST": socket})
            url = f"postgresql://postgres@/postgres?host={socket}"
        source.read(cache=cache)
        cache.get_sql_engine().dispose()
        found = Warehouse(target, url)
        # The package's own tests run here on PostgreSQL, and on DuckDB in test_dbt_cases.py.
        build = found.build("run" if request.param == "duckdb" else "build", "answers", "phone")
        assert build.success, build.messages
        assert set(build.statuses.values()) <= {"success", "pass"}, build.statuses
        yield found


@pytest.fixture(scope="package")
def extension_rows(sandbox: Sandbox) -> list[Row]:
    """The rows of the extension summary, one a day."""
    return [row for pbx in PBXES for row in truth(sandbox, pbx, DAYS[0], DAYS[-1], ZONE).values()]


@pytest.fixture(scope="package")
def call_rows(sandbox: Sandbox) -> list[Row]:
    """The call records, each with the day that it is reported under."""
    return [
        {**row, "report_date": day}
        for pbx in PBXES
        for day in DAYS
        for row in sandbox.call_rows(False, pbx, f"{day} 00:00:00", f"{day} 23:59:59", ZONE)
    ]
