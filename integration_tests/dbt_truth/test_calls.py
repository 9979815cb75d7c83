"""Marts of calls equal the sandbox's calls."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from integration_tests.dbt_package import Row
from integration_tests.dbt_truth.loaded import (
    CLOCK,
    DAYS,
    LONG_DAY,
    PBXES,
    Warehouse,
    assert_rows,
    by_key,
    midnight,
    ratio,
    seconds,
)

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.xdist_group("databases")]


def outcome(row: Row) -> str:
    if row["answered"] == "Answered":
        return "answered"
    return (
        "missed" if row["missed"] == "Missed" else "abandoned" if row["abandoned"] == "Abandoned" else "other"
    )


def local_start(row: Row) -> datetime:
    return datetime.fromtimestamp(row["startTimeUTC"] / 1000, CLOCK).replace(tzinfo=None)


def direction(row: Row) -> str:
    return {"Incoming": "inbound", "Outgoing": "outbound"}[row["direction"]]


def test_calls(warehouse: Warehouse, call_rows: list[Row]) -> None:
    expected = {}
    for row in call_rows:
        start = local_start(row)
        other = row["callee"] if row["direction"] == "Outgoing" else row["caller"]
        expected[row["pbxId"], row["callId"]] = {
            "report_date": row["report_date"],
            "started_at": datetime(1970, 1, 1) + timedelta(milliseconds=row["startTimeUTC"]),
            "started_local": start,
            "local_date": start.date(),
            "local_hour": start.hour,
            "weekday": start.isoweekday(),
            "direction": direction(row),
            "external": other.startswith("+"),
            "outcome": outcome(row),
            "wait_seconds": seconds(row["waitTimeMS"]),
            "talk_seconds": seconds(row["talkTimeMS"]),
            "ring_seconds": seconds(row["ringDuration"]),
            "department": ", ".join(row["departments"] or []) or None,
            "branch": ", ".join(row["branches"] or []) or None,
            "caller": warehouse.number(row["caller"]),
            "callee": warehouse.number(row["callee"]),
        }
    assert_rows(by_key(warehouse.mart("calls"), "pbx", "call_id"), expected)
    assert len({row["local_date"] for row in expected.values()}) >= len(DAYS)


def half_hours(day: date) -> dict[datetime, int]:
    """Return the half hours that the local clock shows on a day, and the minutes that each lasts."""
    found: dict[datetime, int] = defaultdict(int)
    moment, end = midnight(day), midnight(day + timedelta(days=1))
    while moment < end:
        local = moment.astimezone(CLOCK).replace(tzinfo=None)
        found[local.replace(minute=local.minute // 30 * 30)] += 5
        moment += timedelta(minutes=5)
    return found


def test_call_intervals(warehouse: Warehouse, call_rows: list[Row]) -> None:
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in call_rows:
        start = local_start(row)
        interval = start.replace(minute=start.minute // 30 * 30, second=0, microsecond=0)
        groups[row["pbxId"], interval, direction(row)].append(row)
    minutes = {interval: lasted for day in DAYS for interval, lasted in half_hours(day).items()}
    days = {
        pbx: (min(reported), max(reported))
        for pbx in PBXES
        if (reported := {row["report_date"] for row in call_rows if row["pbxId"] == pbx})
    }
    for pbx, (first, last) in days.items():
        for interval in minutes:
            if first <= interval.date() <= last:
                for name in ("inbound", "outbound"):
                    groups.setdefault((pbx, interval, name), [])
    expected = {}
    for (pbx, interval, name), rows in groups.items():
        answered = [row for row in rows if outcome(row) == "answered"]
        expected[pbx, interval, name] = {
            "minutes": minutes.get(interval, 30),
            "arrivals": len(rows),
            "answered": len(answered),
            "missed": sum(outcome(row) == "missed" for row in rows),
            "abandoned": sum(outcome(row) == "abandoned" for row in rows),
            "average_handle_seconds": ratio(
                sum((seconds(row["talkTimeMS"]) for row in answered), Decimal(0)), len(answered)
            ),
            "complete": days[pbx][0] <= interval.date() < days[pbx][1],
        }
    found = by_key(warehouse.mart("call_intervals"), "pbx", "interval_start", "direction")
    assert_rows(found, expected)
    assert sum(row["arrivals"] for row in found.values()) == len(call_rows)
    long_day = [
        row
        for (pbx, interval, name), row in found.items()
        if interval.date() == LONG_DAY and (pbx, name) == ("acmecorp", "inbound")
    ]
    assert len(long_day) == 48
    assert sum(row["minutes"] for row in long_day) == 25 * 60


def test_unreturned_calls(warehouse: Warehouse, call_rows: list[Row]) -> None:
    outside = [row for row in call_rows if "+" in row["caller"] + row["callee"]]
    expected = {}
    for row in outside:
        if outcome(row) != "missed" or row["direction"] != "Incoming":
            continue
        later = [
            other
            for other in outside
            if other["pbxId"] == row["pbxId"] and other["startTimeUTC"] > row["startTimeUTC"]
        ]
        returned = [other["startTimeUTC"] for other in later if other["callee"] == row["caller"]]
        again = [
            other["startTimeUTC"]
            for other in later
            if other["caller"] == row["caller"] and outcome(other) == "answered"
        ]
        after = (min(returned) - row["startTimeUTC"]) / 3_600_000 if returned else None
        expected[row["pbxId"], row["callId"]] = {
            "caller": warehouse.number(row["caller"]),
            "returned": after is not None and after <= 24,
            "returned_at": datetime(1970, 1, 1) + timedelta(milliseconds=min(returned)) if returned else None,
            "hours_to_return": None if after is None else pytest.approx(after, abs=1e-9),
            "called_again_at": datetime(1970, 1, 1) + timedelta(milliseconds=min(again)) if again else None,
            "pending": False,
        }
    assert_rows(by_key(warehouse.mart("unreturned_calls"), "pbx", "call_id"), expected)


def test_repeat_callers(warehouse: Warehouse, call_rows: list[Row]) -> None:
    days: dict[tuple[str, str], dict[date, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in call_rows:
        if row["direction"] == "Incoming" and row["caller"].startswith("+"):
            days[row["pbxId"], row["caller"]][local_start(row).date()].append(row)
    expected = {}
    for (pbx, caller), by_day in days.items():
        for day, rows in by_day.items():
            later = min((other for other in by_day if other > day), default=None)
            expected[pbx, warehouse.number(caller), day] = {
                "calls": len(rows),
                "answered": sum(outcome(row) == "answered" for row in rows),
                "missed": sum(outcome(row) == "missed" for row in rows),
                "called_again": later is not None and (later - day).days <= 7,
            }
    assert_rows(by_key(warehouse.mart("repeat_callers"), "pbx", "caller", "local_date"), expected)
    assert expected
