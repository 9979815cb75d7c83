"""Write the tables of the README that repeat the manifest, between their markers."""

import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
MANIFEST = ROOT / "source_8x8_work_analytics" / "manifest.yaml"


def streams_table(manifest: dict[str, Any]) -> str:
    """Return the table of streams."""
    lines = ["| stream | 8x8 endpoint | primary key | cursor |", "|---|---|---|---|"]
    for stream in manifest["streams"]:
        base = manifest["definitions"][stream["$ref"].rpartition("/")[2]]
        fields = stream.get("primary_key") or base["primary_key"]
        key = ", ".join(f"`{name}`" for name in fields)
        endpoint = stream["$parameters"]["endpoint"]
        if stream["$ref"].endswith("pbx_child_stream"):
            endpoint = f"v2/pbxes/{{id}}/{endpoint}"
        cursor = "`report_date`" if "report_date" in fields else ""
        lines.append(f"| `{stream['name']}` | `{endpoint}` | {key} | {cursor} |")
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
