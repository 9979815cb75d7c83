"""The dbt package as a guest in the project of others, in eight shapes of the raw data and of the project."""

from collections.abc import Callable, Sequence
from typing import Any

import duckdb
import pytest
import yaml

from integration_tests.dbt_numbers import CALLS, EXTENSIONS
from integration_tests.dbt_package import (
    PACKAGE,
    PREFIX,
    Build,
    Row,
    Target,
    create_raw,
    opened,
    raw_types,
    rows_of,
)

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.xdist_group("databases")]

ROWS = {
    "call_records": [
        {**row, "departments": ["Sales", "O'Malley"]}
        for row in CALLS
        if row["pbxId"] in ("swiss", "hashed", "withheld")
    ],
    "extension_summary": [row for row in EXTENSIONS if row["PbxId"] in ("reread", "reading")],
}
COMPARED = ("calls", "unreturned_calls", "extension_days", "extension_periods", "call_intervals")
PERSONAL = (
    *("caller", "callee", "callerName", "calleeName", "departments", "branches"),
    *("FirstName", "LastName", "Department", "Branch", "Internal_Inbound_Total", "Total_Talk_Time"),
)


@pytest.fixture(scope="module")
def guest(tmp_path_factory: pytest.TempPathFactory) -> Target:
    """A project of others that installs the package, with models and macros whose names could collide."""
    folder = tmp_path_factory.mktemp("guest")
    project = folder / "project"
    for name, text in {
        "packages.yml": yaml.safe_dump({"packages": [{"local": str(PACKAGE)}]}),
        "profiles.yml": yaml.safe_dump(
            {
                "others": {
                    "outputs": {
                        "duckdb": {
                            "type": "duckdb",
                            "path": str(folder / "others.duckdb"),
                            "schema": "{{ env_var('WORK_ANALYTICS_SCHEMA') }}",
                            "attach": [{"path": str(folder / "lake.duckdb"), "alias": "lake"}],
                        }
                    },
                }
            }
        ),
        "models/calls.sql": "select 1 as call_id, 'not ours' as pbx",
        "models/extension_days.sql": "select 1 as extension",
        "models/other.sql": "select {{ ratio() }} as ratio, * from {{ ref('calls') }}",
        "models/other.yml": yaml.safe_dump(
            {
                "models": [
                    {"name": "other", "data_tests": [{"holds": {"arguments": {"condition": "no words"}}}]}
                ]
            }
        ),
        "macros/ours.sql": "{% macro ratio() %}2{% endmacro %}"
        "{% test holds(model, condition) %}select * from {{ model }} where ratio <> 2{% endtest %}",
    }.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text, encoding="utf-8")
    found = Target("duckdb", folder, project=project)
    with duckdb.connect(str(folder / "lake.duckdb")):
        pass
    with opened(folder / "others.duckdb") as database:
        for stream, rows in ROWS.items():
            create_raw(database, "phone", stream, rows)
    configure(found)
    assert found.dbt("deps", "unused").success
    return found


def configure(guest: Target, variables: Row | None = None, **more: Any) -> None:
    """Write the dbt_project.yml of others, as the README of the package shows it."""
    ours = {"streams": list(ROWS), **(variables or {})}
    project = {
        "name": "others",
        "version": "1.0.0",
        "config-version": 2,
        "profile": "others",
        "vars": {"work_analytics_8x8": ours},
        "models": {"others": {"+materialized": "view"}, **more},
    }
    (guest.project / "dbt_project.yml").write_text(yaml.safe_dump(project), encoding="utf-8")


def marts(guest: Target, schema: str) -> dict[str, list[Row]]:
    with opened(guest.folder / "others.duckdb") as database:
        return {
            name: rows_of(database, f"select * from {schema}.{PREFIX}{name} order by all")
            for name in COMPARED
        }


@pytest.fixture(scope="module")
def expected(guest: Target) -> dict[str, list[Row]]:
    """The marts of raw tables where the package looks for them by default."""
    configure(guest)
    build = guest.dbt("build", "plain", "--warn-error")
    assert build.success, build.messages
    assert build.statuses["other"] == "success"
    assert any(name.startswith("holds_other") for name in build.statuses)
    return marts(guest, "plain")


def test_names_of_others_do_not_disturb(guest: Target, expected: dict[str, list[Row]]) -> None:
    with opened(guest.folder / "others.duckdb") as database:
        assert rows_of(database, "select * from plain.calls") == [{"call_id": 1, "pbx": "not ours"}]
    assert {row["pbx"] for row in expected["calls"]} == {"swiss", "hashed", "withheld"}
    assert [row["returned"] for row in expected["unreturned_calls"] if row["pbx"] == "swiss"] == [True]


def test_models_of_others_and_their_docs_work_without_our_tables(guest: Target) -> None:
    configure(guest, {"raw_schema": "nowhere"})
    for command in ("run --select other calls", "docs generate"):
        build = guest.dbt(command, "alone", "--warn-error")
        assert build.success, (command, build.messages)
    build = guest.dbt("run", "alone")
    assert not build.success
    done = {name for name, status in build.statuses.items() if status == "success"}
    assert "other" in done
    assert "There is no schema nowhere" in "".join(build.messages)


def in_lake(database: duckdb.DuckDBPyConnection) -> None:
    _create(database, "lake.raw", ROWS)


def with_prefix(database: duckdb.DuckDBPyConnection) -> None:
    _create(database, "prefixed", ROWS)
    for stream in ROWS:
        database.execute(f"alter table prefixed.{stream} rename to acme_{stream}")


def in_two_schemas(database: duckdb.DuckDBPyConnection) -> None:
    for number in (0, 1):
        half = {
            stream: [row for row in rows if (_pbx(row) in ("hashed", "reading")) == bool(number)]
            for stream, rows in ROWS.items()
        }
        _create(database, f"zone_{number}", half)


def as_texts(database: duckdb.DuckDBPyConnection) -> None:
    """Numbers and booleans as text, lists as plain text, timestamps as text or with a zone."""
    _create(database, "texts", ROWS)
    for stream in ROWS:
        for field, kind in raw_types(stream).items():
            value = field.lower()
            changed = {
                "timestamp": "timestamp with time zone"
                if value == "window_start"
                else f"varchar using strftime({value}, '%Y-%m-%dT%H:%M:%S.%f+00:00')",
                "json": f"varchar using array_to_string(from_json({value}, '[\"VARCHAR\"]'), ', ')",
            }.get(kind, "varchar")
            zone = f" using {value} at time zone 'UTC'" if value == "window_start" else ""
            database.execute(f'alter table texts.{stream} alter "{value}" type {changed}{zone}')


def appended(database: duckdb.DuckDBPyConnection) -> None:
    """Every row twice, with names of columns as 8x8 spells them."""
    _create(database, "appended", ROWS)
    for stream in ROWS:
        database.execute(f"insert into appended.{stream} from appended.{stream}")
        for field in raw_types(stream):
            if field != field.lower():
                database.execute(f'alter table appended.{stream} rename "{field.lower()}" to "{field}"')


def _create(database: duckdb.DuckDBPyConnection, schema: str, tables: dict[str, list[Row]]) -> None:
    for stream, rows in tables.items():
        create_raw(database, schema, stream, rows)


def _pbx(row: Row) -> str:
    return str(row.get("pbxId") or row.get("PbxId"))


@pytest.mark.parametrize(
    ("create", "variables", "models", "schema"),
    [
        (in_lake, {"raw_database": "lake", "raw_schema": "raw"}, {}, "lake"),
        pytest.param(
            with_prefix,
            {"raw_schema": "prefixed", "table_prefix": "acme_"},
            {},
            "prefix",
            marks=pytest.mark.soak,
        ),
        (in_two_schemas, {"raw_schema": ["zone_0", "zone_1"]}, {}, "schemas"),
        (as_texts, {"raw_schema": "texts"}, {}, "texts"),
        pytest.param(
            appended,
            {"raw_schema": "appended"},
            {"work_analytics_8x8": {"+schema": "phone"}},
            "own",
            marks=pytest.mark.soak,
        ),
    ],
    ids=["database", "prefix", "schemas", "texts", "appended-own-schema"],
)
def test_the_marts_are_the_same(
    guest: Target,
    expected: dict[str, list[Row]],
    create: Callable[[duckdb.DuckDBPyConnection], None],
    variables: Row,
    models: Row,
    schema: str,
) -> None:
    with opened(guest.folder / "others.duckdb") as database:
        database.execute("set timezone = 'UTC'")
        database.execute(f"attach '{guest.folder / 'lake.duckdb'}' as lake")
        create(database)
    configure(guest, variables, **models)
    build = run(guest, f"in_{schema}", COMPARED)
    assert build.success, build.messages
    found = marts(guest, f"in_{schema}_phone" if models else f"in_{schema}")
    for name, rows in expected.items():
        assert found[name] == rows, name


def run(guest: Target, schema: str, names: Sequence[str]) -> Build:
    return guest.dbt("run", schema, "--warn-error", "--select", *(f"+{PREFIX}{name}" for name in names))


def test_columns_that_people_deselect_may_be_missing(guest: Target, expected: dict[str, list[Row]]) -> None:
    with opened(guest.folder / "others.duckdb") as database:
        for stream, rows in ROWS.items():
            create_raw(database, "deselected", stream, rows, leave_out=PERSONAL)
    configure(guest, {"raw_schema": "deselected"})
    build = guest.dbt("build", "deselected_marts", "--warn-error")
    assert build.success, build.messages
    found = marts(guest, "deselected_marts")
    assert {row["external"] for row in found["calls"]} == {None}
    assert found["unreturned_calls"] == []
    counts = ("pbx", "extension", "report_date", "calls", "answered", "missed")
    assert [[row[name] for name in counts] for row in found["extension_days"]] == [
        [row[name] for name in counts] for row in expected["extension_days"]
    ]
    assert {row["average_talk_seconds"] for row in found["extension_days"]} == {None}
    arrivals = ("pbx", "interval_start", "direction", "minutes", "arrivals", "missed", "complete")
    assert [[row[name] for name in arrivals] for row in found["call_intervals"]] == [
        [row[name] for name in arrivals] for row in expected["call_intervals"]
    ]
