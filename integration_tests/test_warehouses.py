"""What each column becomes in Snowflake and BigQuery, by PyAirbyte's own mapping: there is no server here."""

import re
from pathlib import Path
from typing import Any

import pytest

from source_8x8_work_analytics.streams import STREAM_TYPES

pytestmark = [pytest.mark.xdist_group("databases"), pytest.mark.filterwarnings("ignore")]
DOCS = (Path(__file__).parent.parent / "docs" / "8x8-work-analytics.md").read_text(encoding="utf-8")
FIELDS = {stream.name: stream.schema["properties"] for stream in STREAM_TYPES}
# Words that cannot be a column's name without quotes, of those that could be one here.
RESERVED = {
    *("all", "any", "as", "asc", "at", "between", "by", "case", "cast", "column", "create", "date", "desc"),
    *("distinct", "end", "exists", "for", "from", "group", "hash", "in", "interval", "into", "is", "join"),
    *("left", "like", "limit", "new", "no", "not", "null", "of", "on", "or", "order", "over", "range"),
    *("right", "row", "rows", "select", "set", "start", "table", "then", "time", "timestamp", "to", "union"),
    *("unique", "update", "user", "using", "values", "view", "when", "where", "window", "with"),
}


def kind(field: dict[str, Any]) -> str:
    """Return the first column of the docs page's table."""
    if field.get("airbyte_type") == "timestamp_with_timezone":
        return "timestamp with time zone"
    types = field["type"] if isinstance(field["type"], list) else [field["type"]]
    return str(field.get("format") or next(t for t in types if t != "null"))


def documented() -> dict[str, dict[str, str]]:
    """Return the docs page's table of types."""
    section = DOCS.partition("## Data type map")[2].partition("##")[0]
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if "|" in line
    ]
    header, rows = lines[0], lines[2:]
    return {row[0]: dict(zip(header, row, strict=True)) for row in rows}


def said(sql_type: object) -> str:
    text = str(sql_type).upper().replace(", ", ",")
    return {"TIMESTAMP WITHOUT TIME ZONE": "TIMESTAMP"}.get(text, text)


@pytest.mark.parametrize("stream", FIELDS)
def test_each_column_becomes_what_the_docs_say(stream: str) -> None:
    from airbyte._processors.sql.bigquery import BigQueryTypeConverter
    from airbyte._processors.sql.snowflake import SnowflakeTypeConverter
    from airbyte.types import SQLTypeConverter

    converters = {
        "DuckDB": SQLTypeConverter(),
        "Snowflake": SnowflakeTypeConverter(),
        "BigQuery": BigQueryTypeConverter(),
    }
    types = documented()
    for name, field in FIELDS[stream].items():
        for warehouse, converter in converters.items():
            assert said(converter.to_sql_type(field)) == types[kind(field)][warehouse], (name, warehouse)


@pytest.mark.parametrize("stream", FIELDS)
def test_names_need_no_care(stream: str) -> None:
    for name in FIELDS[stream]:
        assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,127}", name), name
        assert name.lower() not in RESERVED, name
        assert not name.lower().startswith(("_table_", "_file_", "_partition", "_airbyte")), name
