"""The rows that a stream must have by the sandbox's truth, and what a destination keeps of them."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from integration_tests.harness import STREAM, Row
from integration_tests.queue_truth import ENDPOINTS, QUEUE_KEYS, day_rows
from sandbox import Sandbox
from sandbox.sandbox import LoggedRequest

KEYS = {STREAM: ("PbxId", "Extension", "report_date"), **QUEUE_KEYS}
PATHS = {STREAM: "/extsum", **ENDPOINTS}
"""The end of the path that each stream is fetched from."""

Rows = dict[tuple[Any, ...], Row]
"""Rows by primary key."""


def truth(
    sandbox: Sandbox,
    pbx: str,
    first: date,
    last: date,
    zone: str,
    stream: str = STREAM,
    long_days: bool = False,
) -> Rows:
    """Return the sandbox's rows for each local day; the calendar here is not the connector's.

    `long_days`: 25-hour days are returned in one response.
    """
    found: Rows = {}
    now = sandbox.clock().astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    day = first
    while day <= last:
        ended = now >= datetime.combine(day, datetime.min.time()) + timedelta(days=1)
        if stream == STREAM:
            rows = sandbox.extension_rows(pbx, f"{day} 00:00:00", f"{day} 23:59:59", zone)
        else:
            rows = day_rows(sandbox, stream, pbx, day, zone, long_days)
        for row in rows:
            whole = {**row, "report_date": str(day), "time_zone": zone, "window_complete": ended}
            found[key_of(whole, stream)] = whole
        day += timedelta(days=1)
    return found


def key_of(row: Row, stream: str = STREAM) -> tuple[Any, ...]:
    """Return a row's primary key."""
    return tuple(row[name] for name in KEYS[stream])


def pbx_of(row: Row) -> str:
    """Return the name of a row's PBX."""
    name: str = row["PbxId"] if "PbxId" in row else row["pbx"]
    return name


def day_of(asked: LoggedRequest, zone: str) -> str:
    """Return the local day of a request; some have local times, some UTC instants."""
    if not asked.start.endswith("Z"):
        return asked.start[:10]
    return str(datetime.fromisoformat(asked.start.replace("Z", "+00:00")).astimezone(ZoneInfo(zone)).date())


def deduplicated(rows: list[Row], stream: str = STREAM) -> Rows:
    """Return what a destination keeps of rows, the last one of each key, without the bounds as instants."""
    bounds = ("window_start", "window_end")
    return {key_of(row, stream): {k: v for k, v in row.items() if k not in bounds} for row in rows}
