"""Write what repeats the manifest: tables in README.md and docs/, and the catalog in examples/."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from scripts.catalog import catalog_text
from scripts.columns import columns_section, personal_columns
from scripts.markdown import table
from source_8x8_work_analytics.retrievers import calls, paging, queues
from source_8x8_work_analytics.source import Source8x8WorkAnalytics

ROOT = Path(__file__).parent.parent
CATALOG = ROOT / "examples" / "catalog.json"

REQUESTS = {
    "SummaryRetriever": "1",
    "MemberRetriever": "1 per ring group",
    "CallRetriever": f"1 per {calls.PAGE_SIZE:,} calls, plus 1",
    "QueueRetriever": "1",
    "QueueCallRetriever": f"1 per {queues.PAGE_SIZES[0]:,} calls, plus 1",
    "ListRetriever": f"1 per {paging.PAGE_SIZE} entries",
}

REQUESTS_TITLE = "requests per PBX and window"

Manifest = Mapping[str, Any]


def overview_table(manifest: Manifest) -> str:
    """Return the table of streams in brief."""
    rows = [
        [_linked(stream, "docs/columns.md"), key(stream), window(stream), requests(stream)]
        for stream in manifest["streams"]
    ]
    return table(["stream", "primary key", "window", REQUESTS_TITLE], rows)


def streams_table(manifest: Manifest) -> str:
    """Return the table of streams in full."""
    rows = [
        [
            _linked(stream, "columns.md"),
            f"`{endpoint(stream)}`",
            key(stream),
            "`report_date`" if is_report(stream) else "",
            window(stream),
            requests(stream),
            ", ".join(f"`{name}`" for name in personal_columns(stream)),
        ]
        for stream in manifest["streams"]
    ]
    header = ["stream", "endpoint", "primary key", "cursor", "window", REQUESTS_TITLE, "personal data"]
    return table(header, rows)


def _linked(stream: Mapping[str, Any], page: str) -> str:
    return f"[`{stream['name']}`]({page}#{stream['name']})"


def configuration_table(manifest: Manifest) -> str:
    """Return the table of the configuration."""
    spec = manifest["spec"]["connection_specification"]
    fields = sorted(spec["properties"].items(), key=lambda item: item[1]["order"])
    rows = [
        [
            f"`{name}`",
            field["title"],
            "yes" if name in spec["required"] else "",
            f"`{json_text(field['default'])}`" if "default" in field else "",
            accepted(field),
            field["description"],
        ]
        for name, field in fields
    ]
    return table(["key", "title", "required", "default", "accepts", "meaning"], rows)


def accepted(field: Mapping[str, Any]) -> str:
    """Return which values a field of the form takes, as far as its schema says."""
    if "minimum" in field:
        return f"{field['minimum']} to {field['maximum']}"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if field.get("format") == "date":
        return "YYYY-MM-DD"
    return {"array": "list of text", "string": "text", "boolean": "true or false"}[field["type"]]


def json_text(value: Any) -> str:
    """Return a default as a configuration file spells it, text without quotes."""
    return str(value).replace("'", '"').replace("False", "false")


def endpoint(stream: Mapping[str, Any]) -> str:
    """Return the path that a stream asks for."""
    requester = stream["retriever"]["requester"]
    path = requester["path"].replace("{{ parameters['endpoint'] }}", requester["$parameters"]["endpoint"])
    return re.sub(r"\{\{.*?\}\}", "{id}", path)


def key(stream: Mapping[str, Any]) -> str:
    """Return a stream's primary key."""
    return ", ".join(f"`{name}`" for name in stream["primary_key"])


def is_report(stream: Mapping[str, Any]) -> bool:
    """Return whether a stream is read window by window."""
    return "report_date" in stream["schema_loader"]["schema"]["properties"]


def window(stream: Mapping[str, Any]) -> str:
    """Return what one request of a stream covers."""
    if not is_report(stream):
        return "whole list"
    router = stream["retriever"]["partition_router"]
    return "`summary_window`" if router.get("summary") and not router.get("by_day") else "day"


def requests(stream: Mapping[str, Any]) -> str:
    """Return how many requests one window takes."""
    return REQUESTS[stream["retriever"]["class_name"].rpartition(".")[2]]


FILES: dict[str, dict[str, Callable[[Manifest], str]]] = {
    "README.md": {"streams": overview_table, "configuration": configuration_table},
    "docs/8x8-work-analytics.md": {"streams": streams_table},
    "docs/columns.md": {"columns": columns_section},
}


def with_tables(name: str, text: str, manifest: Manifest) -> str:
    """Return a file's text with what stands between its markers made anew."""
    for section, made in FILES[name].items():
        begin, end = f"<!-- {section}: made by `make tables` -->", f"<!-- /{section} -->"
        before, rest = text.split(begin)
        after = rest.split(end)[1]
        text = f"{before}{begin}\n\n{made(manifest)}\n\n{end}{after}"
    return text


def made() -> dict[Path, str]:
    """Return each file that repeats the manifest, as it should be."""
    manifest = Source8x8WorkAnalytics().resolved_manifest
    texts = {ROOT / name: (ROOT / name).read_text(encoding="utf-8") for name in FILES}
    files = {path: with_tables(str(path.relative_to(ROOT)), text, manifest) for path, text in texts.items()}
    return {**files, CATALOG: catalog_text()}


def main() -> None:
    """Write the files."""
    for path, text in made().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
