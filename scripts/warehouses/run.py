"""`make warehouses`: test the dbt package on emulators of BigQuery and Snowflake.

PyAirbyte loads the sandbox into BigQuery's emulator twice, with a correction in between, and into DuckDB; the
raw tables of DuckDB are copied into Snowflake's emulator. dbt builds the package in all three, and the marts
must be the same, row by row.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from rich.console import Console

from sandbox import Sandbox
from sandbox.server import running
from scripts import dbt_build
from source_8x8_work_analytics.streams import STREAM_TYPES

if TYPE_CHECKING:
    import duckdb

PROJECT = "emulated"
ENVIRONMENT = Path(".venv-warehouses/bin")
SNOWFLAKE_ENVIRONMENT = Path(".venv-snowflake/bin")
# fakesnow returns the items of a list as one text.
LISTS = ("department", "branch")
# BigQuery and DuckDB are loaded one after the other.
MOMENTS_OF_LOADING = ("read_at", "last_read_at", "extracted_at")
HERE = Path(__file__).parent
FILE = Path("demo/warehouses/duckdb.duckdb")
STREAMS = [kind.name for kind in STREAM_TYPES]
TODAY = datetime.now(timezone.utc).date()
DAYS = 5
console = Console()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def emulator() -> Iterator[str]:
    """Run the emulator as a process; yields its address."""
    port = free_port()
    log = FILE.parent / "emulator.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [ENVIRONMENT / "python", HERE / "emulator.py", str(port), str(free_port())],
            stdout=output,
            stderr=output,
        )
        try:
            while process.poll() is None:
                with socket.socket() as client:
                    if client.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.2)
            else:
                raise RuntimeError(f"The emulator did not start; see {log}.")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def load(sandbox: Sandbox, config: dict[str, Any]) -> None:
    """Load both warehouses, correct some calls, and load them again."""
    import airbyte
    from airbyte.caches import BigQueryCache, DuckDBCache

    caches = [
        BigQueryCache(project_name=PROJECT, dataset_name="phone"),
        DuckDBCache(db_path=FILE, schema_name="phone"),
    ]
    for sync in ("first", "second"):
        for cache in caches:
            source = airbyte.get_source(
                "source-8x8-work-analytics",
                local_executable=Path(sys.executable).parent / "source-8x8-work-analytics",
                config=config,
                streams=STREAMS,
            )
            result = source.read(cache=cache)
            console.print(f"{sync} sync, {type(cache).__name__}: {result.processed_records} rows")
        if sync == "first":
            sandbox.correct("acmecorp", TODAY - timedelta(days=1))
    caches[1].get_sql_engine().dispose()


def build_bigquery(address: str) -> None:
    """Build and test the package in the emulator."""
    kept = FILE.absolute().parent / "dbt-bigquery"
    subprocess.run(
        [
            *(
                ENVIRONMENT / "dbt",
                "--quiet",
                "build",
                "--exclude-resource-type",
                "unit_test",
                "--project-dir",
                dbt_build.PACKAGE,
                "--profiles-dir",
                HERE,
            ),
            *("--target-path", kept / "target", "--log-path", kept / "logs"),
            *("--vars", json.dumps({"raw_schema": "phone", "streams": STREAMS})),
        ],
        check=True,
        env={
            **os.environ,
            "BIGQUERY_EMULATOR_HOST": address,
            "GOOGLE_CLOUD_PROJECT": PROJECT,
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        },
    )


def build_snowflake() -> Path:
    """Build and test the package in Snowflake's emulator; returns the folder with its marts."""
    folder = FILE.absolute().parent / "dbt-snowflake"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    script = HERE / "snowflake_build.py"
    subprocess.run(
        [SNOWFLAKE_ENVIRONMENT / "python", "-W", "ignore", script, FILE, "phone", folder], check=True
    )
    return folder


def marts_of(database: "duckdb.DuckDBPyConnection") -> list[str]:
    """Return the names of the marts in DuckDB, which are all that the package has, and none of them empty."""
    models = sorted(file.stem for file in (dbt_build.PACKAGE / "models" / "marts").glob("*.sql"))
    for mart in models:
        (rows,) = database.execute(f"select count(*) from answers.{mart}").fetchone() or (0,)
        if not rows:
            raise AssertionError(f"{mart} is empty, so there is nothing to compare")
    return models


def compare_snowflake(folder: Path) -> None:
    """Compare every mart of Snowflake's emulator with DuckDB's, row by row, lists left out."""
    import duckdb

    with duckdb.connect(str(FILE), read_only=True) as database:
        for mart in marts_of(database):
            file = folder / f"{mart}.jsonl"
            here = database.execute(f"select * from answers.{mart}")
            names = [column[0] for column in here.description or []]
            kept = [place for place, name in enumerate(names) if name not in (*LISTS, "extracted_at")]
            rows = [[row[place] for place in kept] for row in here.fetchall()]
            types = [
                next((type(value) for value in column if value is not None), str)
                for column in zip(*rows, strict=True)
            ]
            expected = sorted(plain(tuple(row)) for row in rows)
            lines = map(json.loads, file.read_text(encoding="utf-8").splitlines())
            found = sorted(
                tuple(_read(line[names[place]], type_) for place, type_ in zip(kept, types, strict=True))
                for line in lines
            )
            if found != expected:
                different = [pair for pair in zip(found, expected, strict=False) if pair[0] != pair[1]]
                raise AssertionError(f"{file.stem}: {len(found)} and {len(expected)} rows; {different[:1]}")
            console.print(f"{file.stem}: {len(found)} rows in Snowflake's emulator equal those in DuckDB")


def _read(value: Any, type_: type) -> str:
    """Return a value that was written as JSON in the form of `plain`, given the type it had."""
    if isinstance(value, str) and issubclass(type_, datetime | date):
        return _plain(type_.fromisoformat(value))
    if isinstance(value, str) and issubclass(type_, Decimal | float):
        return _plain(Decimal(value))
    return _plain(value)


def compare() -> None:
    """Compare every mart of BigQuery's emulator with DuckDB's, row by row."""
    import duckdb
    from google.cloud import bigquery

    client = bigquery.Client(project=PROJECT)
    with duckdb.connect(str(FILE), read_only=True) as database:
        for mart in marts_of(database):
            here = database.execute(f"select columns(c -> c not in {MOMENTS_OF_LOADING}) from answers.{mart}")
            names = [column[0] for column in here.description or []]
            expected = sorted(plain(row) for row in here.fetchall())
            query = f"select {', '.join(names)} from `{PROJECT}.answers.{mart}`"
            found = sorted(plain(tuple(row.values())) for row in client.query(query).result())
            if found != expected:
                different = [pair for pair in zip(found, expected, strict=False) if pair[0] != pair[1]]
                raise AssertionError(f"{mart}: {len(found)} and {len(expected)} rows; {different[:1]}")
            console.print(f"{mart}: {len(found)} rows in BigQuery's emulator equal those in DuckDB")


def plain(row: tuple[Any, ...]) -> tuple[str, ...]:
    """Return a row in a form that both databases agree on and that can be sorted."""
    return tuple(_plain(value) for value in row)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat()
    if isinstance(value, Decimal | float):
        return f"{value:.9f}"
    return value.isoformat() if isinstance(value, date) else str(value)


def main() -> None:
    """Load, build and compare."""
    warnings.simplefilter("ignore")
    import google.auth
    from google.auth.credentials import AnonymousCredentials

    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.unlink(missing_ok=True)
    sandbox = Sandbox()
    with emulator() as address, running(sandbox) as api:
        os.environ |= {"BIGQUERY_EMULATOR_HOST": address, "GOOGLE_CLOUD_PROJECT": PROJECT}
        nobody = AnonymousCredentials()  # type: ignore[no-untyped-call]
        with patch.object(google.auth, "default", lambda *_, **__: (nobody, PROJECT)):
            load(
                sandbox,
                # Completed days only, since the two are not loaded at the same moment.
                sandbox.config(
                    api,
                    pbx_ids=["acmecorp", "acme-europe"],
                    start_date=str(TODAY - timedelta(days=DAYS)),
                    only_finished_windows=True,
                ),
            )
            build_bigquery(address)
            dbt_build.build(str(FILE))
            compare()
    compare_snowflake(build_snowflake())


if __name__ == "__main__":
    main()
