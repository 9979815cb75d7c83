"""Rebuild the package on tables that also hold older readings, with column names in another case."""

from collections.abc import Callable

import pytest

from integration_tests.dbt_package import MARTS, Row, raw_types
from integration_tests.dbt_truth.loaded import STREAMS, Warehouse

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.xdist_group("databases")]


CAPITALS: dict[str, Callable[[str], str]] = {"duckdb": str, "postgres": str.upper}
KEYS = {
    *("pbxid", "extension", "callid", "pbx_id", "id", "queueid", "userid", "ringgroupextension"),
    *("report_date", "window_start", "window_end", "time_zone"),
}


@pytest.mark.soak
def test_append_and_capitals(warehouse: Warehouse) -> None:
    """Older readings of each key, and columns as 8x8 spells them or in capitals, change no mart."""
    spelled = CAPITALS[warehouse.target.name]
    statements = ["create schema appended"]
    for stream in STREAMS:
        columns = warehouse.rows(
            "select column_name as name, data_type as type from information_schema.columns"
            f" where table_schema = 'phone' and table_name = '{stream}'"
        )
        fields = {name.lower(): name for name in raw_types(stream)}
        names = {str(column["name"]): fields.get(str(column["name"])) or column["name"] for column in columns}
        start = "create table {} as"
        for hours in (1, 0, 3):
            selected = ", ".join(
                f'{_earlier(column, hours)} as "{spelled(names[column["name"]])}"' for column in columns
            )
            statements.append(f"{start.format(f'appended.{stream}')} select {selected} from phone.{stream}")
            start = "insert into {}"
    warehouse.execute(*statements)
    build = warehouse.build("run", "answers_again", "appended")
    assert build.success, build.messages
    loaded = [name for name in MARTS if name in build.statuses]
    assert loaded
    for name in loaded:
        assert warehouse.mart(name, "answers_again") == warehouse.mart(name), name


def _earlier(column: Row, hours: int) -> str:
    """Return a column as a reading so many hours earlier had it."""
    name, kind = column["name"], column["type"].lower()
    if name == "_airbyte_extracted_at":
        return f"{name} - interval '{hours} hours'"
    if not hours or name in KEYS:
        return f"{name}"
    if kind == "bigint":
        return f"{name} * 3 + 7"
    return "false" if kind == "boolean" else f"{name}"
