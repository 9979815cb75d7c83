"""Write the tables of the README that repeat the manifest, between their markers."""

import sys
from pathlib import Path
from typing import Any

import yaml

from source_8x8_work_analytics.retrievers import calls, lists, queues
from source_8x8_work_analytics.source import Source8x8WorkAnalytics

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
MANIFEST = ROOT / "source_8x8_work_analytics" / "manifest.yaml"


REQUESTS = {
    "SummaryRetriever": "1",
    "MemberRetriever": "1 per ring group",
    "CallRetriever": f"1 per {calls.PAGE_SIZE:,} calls, plus 1",
    "QueueRetriever": "1",
    "QueueCallRetriever": f"1 per {queues.PAGE_SIZES[0]:,} calls, plus 1",
    "ListRetriever": f"1 per {lists.PAGE_SIZE} entries",
}


def streams_table(_: dict[str, Any]) -> str:
    """Return the table of streams."""
    lines = [
        "| stream | endpoint | primary key | cursor | window | requests per PBX and window | personal data |",
        "|---|---|---|---|---|---|---|",
    ]
    for stream in Source8x8WorkAnalytics().resolved_manifest["streams"]:
        retriever = stream["retriever"]
        router = retriever.get("partition_router", {})
        endpoint = retriever["requester"]["$parameters"]["endpoint"]
        if "parent_stream_configs" in router or "pbxes_requester" in router:
            endpoint = f"v2/pbxes/{{id}}/{endpoint}"
        is_report = "report_date" in stream["schema_loader"]["schema"]["properties"]
        properties = stream["schema_loader"]["schema"]["properties"]
        personal = [f"`{n}`" for n, field in properties.items() if "Personal data" in field["description"]]
        cells = [
            f"`{stream['name']}`",
            f"`{endpoint}`",
            ", ".join(f"`{name}`" for name in stream["primary_key"]),
            "`report_date`" if is_report else "",
            ("day" if router.get("by_day") else "`summary_window`") if is_report else "whole list",
            REQUESTS[retriever["class_name"].rpartition(".")[2]],
            ", ".join(personal),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def configuration_table(manifest: dict[str, Any]) -> str:
    """Return the table of the configuration."""
    spec = manifest["spec"]["connection_specification"]
    lines = ["| key | title | required | default | meaning |", "|---|---|---|---|---|"]
    for key, field in sorted(spec["properties"].items(), key=lambda item: item[1]["order"]):
        required = "yes" if key in spec["required"] else ""
        default = f"`{str(field['default']).lower()}`" if "default" in field else ""
        if isinstance(field.get("default"), list):
            default = "`" + str(field["default"]).replace("'", '"') + "`"
        lines.append(f"| `{key}` | {field['title']} | {required} | {default} | {field['description']} |")
    return "\n".join(lines)


TABLES = {"streams": streams_table, "configuration": configuration_table}


def with_tables(text: str) -> str:
    """Return a text with the tables between its markers made anew."""
    manifest = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    for name, table in TABLES.items():
        begin, end = f"<!-- {name}: made by `make tables` -->", f"<!-- /{name} -->"
        before, rest = text.split(begin)
        after = rest.split(end)[1]
        text = f"{before}{begin}\n\n{table(manifest)}\n\n{end}{after}"
    return text


def main() -> None:
    """Write the README, or with --check say whether it is as it should be."""
    text = README.read_text(encoding="utf-8")
    made = with_tables(text)
    if "--check" in sys.argv:
        sys.exit("README.md differs from the manifest: run `make tables`." if made != text else 0)
    README.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
