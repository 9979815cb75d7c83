"""Marts of extensions and ring groups equal what the sandbox reports."""

from collections import defaultdict
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest

from integration_tests.dbt_package import Row
from integration_tests.dbt_truth.loaded import (
    DAYS,
    PBXES,
    ZONE,
    Warehouse,
    assert_rows,
    by_key,
    ratio,
    seconds,
)
from sandbox import Sandbox
from sandbox.ring_groups import ring_group_members, ring_group_summary
from sandbox.summaries import company_summary

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.xdist_group("databases")]


def test_extension_days(warehouse: Warehouse, extension_rows: list[Row]) -> None:
    expected = {
        (row["PbxId"], row["Extension"], date.fromisoformat(row["report_date"])): {
            "person": f"{row['FirstName']} {row['LastName']}".strip(),
            "department": row["Department"],
            "branch": row["Branch"],
            "calls": row["Inbound_Total"] + row["Outbound_Total"],
            "inbound": row["Inbound_Total"],
            "outbound": row["Outbound_Total"],
            "answered": row["Total_Answered"],
            "missed": row["Total_Missed"],
            "abandoned": row["Total_Abandoned"],
            "external_inbound": row["External_Inbound_Total"],
            "external_outbound": row["External_Outbound_Total"],
            "internal_inbound": row["Internal_Inbound_Total"],
            "internal_inbound_missed": row["Internal_Inbound_Missed"],
            "internal_outbound": row["Internal_Outbound_Total"],
            "voicemail": row["Total_Calls_To_VM"],
            "talk_seconds": seconds(row["Total_Talk_Time"]),
            "ring_seconds": seconds(row["Total_Ring_Time"]),
            "average_talk_seconds": ratio(seconds(row["Total_Talk_Time"]), row["Total_Answered"]),
            "answered_rate": ratio(row["Inbound_Answered"], row["Inbound_Total"]),
            "window_complete": True,
        }
        for row in extension_rows
    }
    assert_rows(by_key(warehouse.mart("extension_days"), "pbx", "extension", "report_date"), expected)


def test_extension_periods(warehouse: Warehouse, extension_rows: list[Row]) -> None:
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in extension_rows:
        day = date.fromisoformat(row["report_date"])
        monday, first = day - timedelta(days=day.weekday()), day.replace(day=1)
        groups[row["PbxId"], row["Extension"], "week", monday].append(row)
        groups[row["PbxId"], row["Extension"], "month", first].append(row)
    expected = {}
    for key, rows in groups.items():
        total = {name: sum(row[name] for row in rows) for name in rows[0] if isinstance(rows[0][name], int)}
        expected[key] = {
            "days": len(rows),
            "calls": total["Inbound_Total"] + total["Outbound_Total"],
            "answered": total["Total_Answered"],
            "missed": total["Total_Missed"],
            "external_inbound": total["External_Inbound_Total"],
            "voicemail": total["Total_Calls_To_VM"],
            "talk_seconds": seconds(total["Total_Talk_Time"]),
            "average_talk_seconds": ratio(seconds(total["Total_Talk_Time"]), total["Total_Answered"]),
            "answered_rate": ratio(total["Inbound_Answered"], total["Inbound_Total"]),
            "complete": key[2] == "week" and key[3] >= DAYS[0] and key[3] + timedelta(days=6) <= DAYS[-1],
        }
    found = by_key(warehouse.mart("extension_periods"), "pbx", "extension", "period", "period_start")
    assert_rows(found, expected)
    assert any(row["complete"] for row in found.values())
    naive: dict[tuple[Any, ...], list[float]] = defaultdict(list)
    for key, rows in groups.items():
        naive[key] = [row["Avg_Talk_Time"] / 1000 for row in rows if row["Total_Answered"]]
    wrong = [
        key
        for key, averages in naive.items()
        if averages and abs(sum(averages) / len(averages) - found[key]["average_talk_seconds"]) > 1
    ]
    assert wrong, "an average of averages would have done"


def test_ring_group_days(warehouse: Warehouse, sandbox: Sandbox) -> None:
    expected = {
        (row["pbxId"], row["extension"], day): {
            "name": row["name"],
            "calls": row["totalCalls"],
            "answered": row["totalAnswered"],
            "missed": row["totalMissed"],
            "voicemail": row["totalCallsToVM"],
            "talk_seconds": seconds(row["totalTalkTime"]),
            "answered_rate": ratio(row["totalAnswered"], row["totalCalls"]),
        }
        for pbx in PBXES
        for day in DAYS
        for row in sandbox.summary_rows(ring_group_summary, pbx, f"{day} 00:00:00", f"{day} 23:59:59", ZONE)
    }
    assert_rows(by_key(warehouse.mart("ring_group_days"), "pbx", "ring_group", "report_date"), expected)


def windows(sandbox: Sandbox, report: Any) -> list[tuple[date, Row]]:
    """Return the rows of a summary, each with its day."""
    return [
        (day, row)
        for pbx in PBXES
        for day in DAYS
        for row in sandbox.summary_rows(report, pbx, f"{day} 00:00:00", f"{day} 23:59:59", ZONE)
    ]


def test_company_days(warehouse: Warehouse, sandbox: Sandbox) -> None:
    expected = {
        (row["pbxId"], day): {
            "calls": row["totalCall"],
            "inbound": row["inboundTotal"],
            "outbound": row["outboundTotal"],
            "internal": row["totalExtToExt"],
            "answered": row["totalAnswered"],
            "inbound_missed": row["inboundMissed"],
            "voicemail": row["totalVm"],
            "talk_seconds": seconds(row["totalTalkTime"]),
            "average_talk_seconds": ratio(seconds(row["totalTalkTime"]), row["totalAnswered"]),
            "answered_rate": ratio(row["inboundAnswered"], row["inboundTotal"]),
        }
        for day, row in windows(sandbox, company_summary)
    }
    assert_rows(by_key(warehouse.mart("company_days"), "pbx", "report_date"), expected)


def test_ring_group_member_days(warehouse: Warehouse, sandbox: Sandbox) -> None:
    expected = {}
    for group in {row["extension"] for _, row in windows(sandbox, ring_group_summary)}:
        for day, row in windows(sandbox, partial(ring_group_members, group)):
            expected[row["pbxId"], group, row["extension"], day] = {
                "person": f"{row['firstName']} {row['lastName']}".strip(),
                "ring_group_name": row["ringGroupName"],
                "offered": row["totalAnswered"] + row["totalAdvanced"],
                "answered": row["totalAnswered"],
                "talk_seconds": seconds(row["totalTalkTime"]),
                "answered_rate": ratio(row["totalAnswered"], row["totalCalls"]),
            }
    found = by_key(warehouse.mart("ring_group_member_days"), "pbx", "ring_group", "member", "report_date")
    assert_rows(found, expected)
