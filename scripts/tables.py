"""Generate tables in README.md and docs/ from streams, form and messages, and examples/catalog.json."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from scripts.catalog import catalog_text
from scripts.columns import columns_section, personal_columns
from scripts.markdown import table
from scripts.spec import connection_specification
from scripts.troubleshooting import troubleshooting_table
from source_8x8_work_analytics.reports import calls, list_pages, queues, report, ring_groups
from source_8x8_work_analytics.streams import STREAM_TYPES, StreamType

ROOT = Path(__file__).parent.parent
CATALOG = ROOT / "examples" / "catalog.json"

REQUESTS: Mapping[type[report.Report], str] = {
    report.SummaryReport: "1",
    ring_groups.RingGroupMemberReport: "1 per ring group, plus 1",
    ring_groups.RingGroupAgentReport: "1 per ring group, plus 1",
    calls.CallReport: f"1 per {calls.PAGE_SIZE:,} calls, plus 1",
    queues.QueueReport: "1",
    queues.QueueCallReport: f"1 per {queues.PAGE_SIZES[0]:,} calls, plus 1",
}
LIST_REQUESTS = f"1 per {list_pages.PAGE_SIZE} entries"
REQUESTS_TITLE = "requests per PBX and window"


def overview_table() -> str:
    """Return the short table of streams."""
    rows = [[_linked(stream, "docs/columns.md"), *_brief(stream)] for stream in STREAM_TYPES]
    return table(["stream", "primary key", "window", REQUESTS_TITLE], rows)


def streams_table() -> str:
    """Return the full table of streams."""
    rows = []
    for stream in STREAM_TYPES:
        key, window, requests = _brief(stream)
        cursor = "`report_date`" if stream.report else ""
        personal = ", ".join(f"`{name}`" for name in personal_columns(stream))
        rows.append(
            [_linked(stream, "columns.md"), f"`{_path(stream)}`", key, cursor, window, requests, personal]
        )
    header = ["stream", "endpoint", "primary key", "cursor", "window", REQUESTS_TITLE, "personal data"]
    return table(header, rows)


def _linked(stream: StreamType, page: str) -> str:
    return f"[`{stream.name}`]({page}#{stream.name})"


def _brief(stream: StreamType) -> tuple[str, str, str]:
    """Return a stream's primary key, what one of its windows covers, and how many requests that takes."""
    key = ", ".join(f"`{name}`" for name in stream.primary_key)
    if stream.report is None:
        return key, "whole list", LIST_REQUESTS
    return key, "day" if stream.by_day else "`summary_window`", REQUESTS[stream.report]


def _path(stream: StreamType) -> str:
    if stream.report is None:
        return stream.list_of.path.replace("{pbx}", "v2/pbxes/{id}")
    if not stream.report.by_id:
        return stream.endpoint
    by_extension = "/{ext}" if stream.endpoint.endswith("by-extension") else ""
    return f"v2/pbxes/{{id}}/{stream.endpoint}{by_extension}"


def personal_table() -> str:
    """Return the table of columns with personal data; streams with the same columns share a row."""
    streams: dict[frozenset[str], list[StreamType]] = {}
    for stream in STREAM_TYPES:
        if columns := personal_columns(stream):
            streams.setdefault(frozenset(columns), []).append(stream)
    rows = [
        [
            ", ".join(f"`{name}`" for name in names)
            for names in ([stream.name for stream in alike], personal_columns(alike[0]))
        ]
        for alike in streams.values()
    ]
    return table(["stream", "columns that are hashed or removed"], rows)


def configuration_table() -> str:
    """Return the table of the configuration."""
    spec = connection_specification()
    fields = sorted(spec["properties"].items(), key=lambda item: item[1]["order"])
    rows = [
        [
            f"`{name}`",
            field["title"],
            "yes" if name in spec["required"] else "",
            f"`{_json_text(field['default'])}`" if "default" in field else "",
            _accepted(field),
            field["description"],
        ]
        for name, field in fields
    ]
    return table(["key", "title", "required", "default", "accepts", "meaning"], rows)


def _accepted(field: Mapping[str, Any]) -> str:
    """Return which values a field of the form accepts, according to its schema."""
    if "minimum" in field:
        return f"{field['minimum']} to {field['maximum']}"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if field.get("format") == "date":
        return "YYYY-MM-DD"
    return {"array": "list of text", "string": "text", "boolean": "true or false"}[field["type"]]


def _json_text(value: Any) -> str:
    """Return a default as a configuration file spells it, text without quotes."""
    return str(value).replace("'", '"').replace("False", "false")


FILES: dict[str, dict[str, Callable[[], str]]] = {
    "README.md": {"streams": overview_table, "configuration": configuration_table},
    "docs/8x8-work-analytics.md": {"streams": streams_table, "troubleshooting": troubleshooting_table},
    "docs/columns.md": {"columns": columns_section},
    "docs/personal-data.md": {"personal": personal_table},
}


def with_tables(name: str, text: str) -> str:
    """Return a file's text with what is between its markers generated anew."""
    for section, generate in FILES[name].items():
        begin, end = f"<!-- {section}: generated by `make tables` -->", f"<!-- /{section} -->"
        before, rest = text.split(begin)
        after = rest.split(end)[1]
        text = f"{before}{begin}\n\n{generate()}\n\n{end}{after}"
    return text


def generated() -> dict[Path, str]:
    """Return the correct text of each generated file."""
    texts = {ROOT / name: (ROOT / name).read_text(encoding="utf-8") for name in FILES}
    files = {path: with_tables(str(path.relative_to(ROOT)), text) for path, text in texts.items()}
    return {**files, CATALOG: catalog_text()}


def main() -> None:
    """Write the files."""
    for path, text in generated().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
