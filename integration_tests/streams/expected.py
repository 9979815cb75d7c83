"""The rows that each stream must have, by the sandbox's truth."""

from datetime import date, datetime, timedelta, timezone
from functools import partial
from typing import Any

from integration_tests.harness import Row
from integration_tests.queue_truth import QUEUE_KEYS
from sandbox import Sandbox
from sandbox.company import company
from sandbox.ring_groups import ring_group_members, ring_group_summary
from sandbox.summaries import company_summary, extension_summary

NOW = datetime(2026, 11, 4, 6, 0, tzinfo=timezone.utc)
FIRST, LAST = date(2026, 10, 30), date(2026, 11, 3)
ZONES = ["America/New_York", "Europe/London", "Asia/Kathmandu", "Australia/Lord_Howe"]
PBXES = ["acmecorp", "acme-europe", "acme-apac"]
KEYS = {
    "extension_summary": ("PbxId", "Extension", "report_date"),
    "company_summary": ("pbxId", "report_date"),
    "ring_group_summary": ("pbxId", "extension", "report_date"),
    "ring_group_member_summary": ("pbxId", "ringGroupExtension", "extension", "report_date"),
    "call_records": ("pbxId", "callId"),
    "call_legs": ("pbxId", "callId", "legId"),
}
LISTS = ["pbxes", "sites", "call_queues", "call_queue_agents"]
STREAMS = [*KEYS, *LISTS, *QUEUE_KEYS]
WINDOW = ("report_date", "window_start", "window_end", "time_zone", "window_complete")


def days() -> list[date]:
    return [FIRST + timedelta(days=i) for i in range((LAST - FIRST).days + 1)]


def raw_rows(sandbox: Sandbox, stream: str, pbx: str, day: date, zone: str) -> list[Row]:
    window = (pbx, f"{day} 00:00:00", f"{day} 23:59:59", zone)
    if stream in ("call_records", "call_legs"):
        return sandbox.call_rows(stream == "call_legs", *window)
    if stream == "ring_group_member_summary":
        return [
            row
            for group in company()[pbx].ring_groups
            for row in sandbox.summary_rows(partial(ring_group_members, group.number), *window)
        ]
    reports = {
        "extension_summary": extension_summary,
        "company_summary": company_summary,
        "ring_group_summary": ring_group_summary,
    }
    return sandbox.summary_rows(reports[stream], *window)


def converted(row: Row) -> Row:
    """Return a call as its schema says, by other means than the connector's."""
    changed = dict(row)
    for name in ("startTime", "connectTime", "disconnectedTime"):
        text = changed[name]
        changed[name] = None if text == "0" else f"{text[:-2]}:{text[-2:]}"
    for name in ("startTimeUTC", "connectTimeUTC", "disconnectedTimeUTC", "answeredTime"):
        if name in changed:
            changed[name] = changed[name] or None
    if "callLegCount" in changed:
        changed["callLegCount"] = int(changed["callLegCount"])
    return changed


def expected_of(sandbox: Sandbox, stream: str, zone: str) -> dict[tuple[Any, ...], Row]:
    calls = stream.startswith("call_")
    found = {}
    for pbx in PBXES:
        for day in days():
            for row in raw_rows(sandbox, stream, pbx, day, zone):
                whole = {**(converted(row) if calls else row), "report_date": str(day)}
                # the protocol's messages leave a null out
                kept = {name: value for name, value in whole.items() if value is not None}
                found[tuple(whole[name] for name in KEYS[stream])] = kept
    return found


def loaded(stream: str, rows: list[Row]) -> dict[tuple[Any, ...], Row]:
    extra = set(WINDOW) - {"report_date"}
    return {
        tuple(row[name] for name in KEYS[stream]): {k: v for k, v in row.items() if k not in extra}
        for row in rows
    }
