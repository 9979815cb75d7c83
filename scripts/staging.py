"""Draft the dbt staging model of each stream that has none: `python -m scripts.staging`.

The draft names every column, with its type and unit, from the stream's schema; a person then improves names
and descriptions. The stream is also added where dbt lists streams.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from source_8x8_work_analytics.streams import STREAM_TYPES, StreamType

PACKAGE = Path(__file__).parent.parent / "dbt"
STAGING = PACKAGE / "models" / "staging"
PREFIX = "work_analytics_8x8__"

NAMES = {"pbxId": "pbx", "PbxId": "pbx"}
TYPES = {"string": "text", "integer": "bigint", "number": "numeric", "boolean": "boolean", "array": "text"}
WINDOW = ("window_start", "window_end")
EXTRACTED = "When the loader read this row; the newest reading of a key is kept. UTC."

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def column_name(field: str, unit: str = "") -> str:
    """Return the name of a field's column in snake case; that of a duration ends in its unit."""
    name = NAMES.get(field) or _WORD.sub("_", field).lower()
    if unit == "milliseconds":
        name = re.sub(r"_(time|duration|ms|time_ms)$", "", name) + "_seconds"
    return name


def model_sql(stream: StreamType) -> str:
    """Return the query of a staging model."""
    names = [column_name(name) for name in stream.primary_key]
    key = ", ".join(f"'{name}'" for name in names)
    window = f", window=['{names[0]}', 'report_date']" if stream.totals else ""
    loaded = f"{{{{ config(enabled=work_analytics_8x8.is_loaded('{stream.name}')) }}}}"
    return f"{loaded}\n\n{{{{ work_analytics_8x8.newest_rows('{stream.name}', key=[{key}]{window}) }}}}\n"


def model_yaml(stream: StreamType) -> str:
    """Return the columns of a staging model."""
    key = ", ".join(column_name(name) for name in stream.primary_key)
    tests = [f"work_analytics_8x8.unique_and_not_null: {{arguments: {{columns: [{key}]}}}}"]
    if stream.totals:
        tests.append("work_analytics_8x8.one_day_windows")
    return "\n".join(
        [
            "version: 2\n\nmodels:",
            f"  - name: stg_{PREFIX}{stream.name}",
            f'    description: "One row per {key}, from the stream {stream.name}."',
            "    data_tests:",
            *(f"      - {test}" for test in tests),
            "    columns:",
            *_columns(stream),
            "",
        ]
    )


def _columns(stream: StreamType) -> Iterator[str]:
    for field, about in stream.schema["properties"].items():
        text = about["description"].replace(" (inferred)", "")
        unit = next(
            (u for u in ("Epoch milliseconds", "Milliseconds") if text.endswith(f" {u}.")), ""
        ).lower()
        declared = [about["type"]] if isinstance(about["type"], str) else about["type"]
        kind = TYPES[next(name for name in declared if name != "null")]
        if about.get("format"):
            kind = "date" if about["format"] == "date" else "timestamp"
        if unit:
            kind, ending = ("numeric", "Seconds.") if unit == "milliseconds" else ("timestamp", "UTC.")
            text = f"{text.removesuffix(f'{unit.capitalize()}.')}{ending}"
        meta = f"field: {field}"
        meta += f", unit: {unit.replace(' ', '_')}" if unit else ", unit: list" if "array" in declared else ""
        bounds = WINDOW if stream.totals else ()
        meta += ", required: true" if field in (*stream.primary_key, *bounds, "window_complete") else ""
        yield from _column(column_name(field, unit), text, kind, meta)
    yield from _column("extracted_at", EXTRACTED, "timestamp", "field: _airbyte_extracted_at, required: true")


def _column(name: str, description: str, kind: str, meta: str) -> list[str]:
    return [
        f"      - name: {name}",
        f"        description: {json.dumps(description)}",
        f"        data_type: {kind}",
        f"        config: {{meta: {{{meta}}}}}",
    ]


def source_yaml(stream: StreamType) -> str:
    """Return a stream's entry in the list of sources."""
    key = ", ".join(column_name(name) for name in stream.primary_key)
    return (
        f"      - name: {stream.name}\n"
        f'        description: "One row per {key}."\n'
        f"        identifier: \"{{{{ var('table_prefix') }}}}{stream.name}\"\n"
        f"        config: {{enabled: \"{{{{ '{stream.name}' in var('streams') }}}}\"}}\n"
    )


def add(path: Path, before: str, text: str) -> None:
    """Insert a text into a file, before another one."""
    head, found, tail = path.read_text(encoding="utf-8").partition(before)
    assert found, f"{path.name} has no line {before!r}"
    path.write_text(head + text + found + tail, encoding="utf-8")


def main() -> None:
    """Write what is missing, and print what was written."""
    for stream in STREAM_TYPES:
        query = STAGING / f"stg_{PREFIX}{stream.name}.sql"
        if query.exists():
            continue
        query.write_text(model_sql(stream), encoding="utf-8")
        query.with_suffix(".yml").write_text(model_yaml(stream), encoding="utf-8")
        sources = STAGING / f"{PREFIX}sources.yml"
        sources.write_text(sources.read_text(encoding="utf-8") + source_yaml(stream), encoding="utf-8")
        add(PACKAGE / "dbt_project.yml", "    # A call answered within", f"      - {stream.name}\n")
        add(PACKAGE / "macros" / "streams.sql", "  ]) }}", f"    '{stream.name}',\n")
        print(f"{query.relative_to(PACKAGE.parent)}: review names, descriptions and what is required.")


if __name__ == "__main__":
    main()
