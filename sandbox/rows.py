"""Rows of reports: the fields that they have in each variant, their position in pages, scroll ids."""

from base64 import b64decode, b64encode
from typing import Any

import orjson

from sandbox.errors import bad_request
from sandbox.variants import Variant

Row = dict[str, Any]
Position = tuple[int, str, int, int]
"""Start, PBX, call and leg of a row: pages are sorted by it, in descending order."""


def report_rows(rows: list[Row], variant: Variant) -> list[Row]:
    """Return the rows of a report with the fields that they have in a variant."""
    if variant.windows_add_up == "different":
        rows = [{name: _whole_seconds(name, value) for name, value in row.items()} for row in rows]
    if "other type" in variant.fields:
        rows = [{**row, **number_as_text(row)} for row in rows]
    if "missing" in variant.fields:
        rows = [dict(list(row.items())[:-1]) for row in rows]
    if "new" in variant.fields:
        rows = [{**row, "notDocumented": 7} for row in rows]
    return rows


def queue_row(row: Row, variant: Variant) -> Row:
    """Return a queue or agent with the fields that it has in a variant."""
    metrics = dict(row["metrics"])
    if variant.queue_identity == "different" and "enteredCalls" in metrics:
        metrics["enteredCalls"] += 1
    if variant.queue_units == "milliseconds":
        times = [name for name in metrics if name.endswith(("Time", "TimeToAnswer")) and metrics[name]]
        metrics |= {name: metrics[name] * 1000 for name in times}
    row = {**row, "metrics": metrics}
    if variant.queue_format == "older":
        if "divertedCalls" in metrics:
            metrics["diverted"] = metrics.pop("divertedCalls")
        row |= {name: int(row[name]) for name in ("extension", "agentExtension") if name in row}
    return row


def number_as_text(row: Row) -> Row:
    """Return the first count or duration of a row (or flag, if there is none) as text."""
    name = next(name for name, value in row.items() if isinstance(value, int) and not name.endswith("UTC"))
    return {name: orjson.dumps(row[name]).decode()}


def _whole_seconds(name: str, value: Any) -> Any:
    return value // 1000 * 1000 if name.lower().startswith("total") and name.endswith("Time") else value


def position(row: Row) -> Position:
    """Return the position of a call record or leg."""
    return row["startTimeUTC"], row["pbxId"], int(row["callId"]), int(row.get("legId", 0))


def scroll_id(row: Row) -> str:
    """Return the scroll id of a page that ends with a row."""
    leg = f"_{row['legId']}" if "legId" in row else ""
    return b64encode(f"{row['pbxId']}_{row['callId']}{leg}_{row['startTimeUTC']}".encode()).decode()


def read_scroll_id(text: str) -> Position:
    """Return the position after which a page begins."""
    try:
        pbx, call, *leg, start = b64decode(text, validate=True).decode().split("_")
        return int(start), pbx, int(call), int(leg[0]) if leg else 0
    except ValueError:
        raise bad_request("the scrollId is not valid") from None
