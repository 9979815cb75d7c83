"""Marts of queues and their agents equal the sandbox's calls."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from integration_tests.dbt_package import Row
from integration_tests.dbt_truth.loaded import (
    CLOCK,
    DAYS,
    PBXES,
    Warehouse,
    assert_rows,
    by_key,
    midnight,
    ratio,
)
from sandbox import Sandbox
from sandbox.company import company
from sandbox.queue_calls import call_rows as queue_calls
from sandbox.queue_truth import QueueWindow, agent_rows, queue_agent_rows, queue_rows

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.xdist_group("databases")]


def queue_windows(sandbox: Sandbox) -> Iterator[tuple[str, date, QueueWindow]]:
    """Yield what the queues of each PBX did on each day."""
    for pbx in PBXES:
        for day in DAYS:
            last = midnight(day + timedelta(days=1))
            yield pbx, day, sandbox.queue_window(company()[pbx], midnight(day), last)


def test_service_levels(warehouse: Warehouse, sandbox: Sandbox) -> None:
    expected = {}
    for pbx, day, window in queue_windows(sandbox):
        queues: dict[str, list[Row]] = defaultdict(list)
        for row in queue_calls(window):
            queues[row["workGroup"]["id"]].append(row)
        for queue, rows in queues.items():
            waited = [Decimal(str(row["waitingDuration"])) for row in rows if row["connectedTime"]]
            within = sum(seconds <= 20 for seconds in waited)
            expected[pbx, queue, day] = {
                "offered": len(rows),
                "answered": len(waited),
                "answered_within": within,
                "abandoned": sum("ABANDONED" in row["labels"] for row in rows),
                "service_level": ratio(within, len(rows)),
                "average_speed_of_answer_seconds": ratio(sum(waited, Decimal(0)), len(waited)),
                "longest_wait_seconds": max(Decimal(str(row["waitingDuration"])) for row in rows),
            }
    assert_rows(by_key(warehouse.mart("service_levels"), "pbx", "queue", "report_date"), expected)


def test_service_level_intervals(warehouse: Warehouse, sandbox: Sandbox) -> None:
    groups: dict[tuple[str, str, datetime], list[Row]] = defaultdict(list)
    for pbx, _, window in queue_windows(sandbox):
        for row in queue_calls(window):
            start = datetime.fromtimestamp(row["startTime"] / 1000, CLOCK).replace(tzinfo=None)
            interval = start.replace(minute=start.minute // 30 * 30, second=0, microsecond=0)
            groups[pbx, row["workGroup"]["id"], interval].append(row)
    expected = {}
    for key, rows in groups.items():
        within = [row for row in rows if Decimal(str(row["waitingDuration"])) <= 20]
        answered_within = sum(bool(row["connectedTime"]) for row in within)
        expected[key] = {
            "offered": len(rows),
            "answered_within": answered_within,
            "abandoned": sum("ABANDONED" in row["labels"] for row in rows),
            "abandoned_within": sum("ABANDONED" in row["labels"] for row in within),
            "service_level": ratio(answered_within, len(rows)),
        }
    found = by_key(warehouse.mart("service_level_intervals"), "pbx", "queue", "interval_start")
    assert_rows(found, expected)


def test_queue_days(warehouse: Warehouse, sandbox: Sandbox) -> None:
    expected = {}
    for pbx, day, window in queue_windows(sandbox):
        for row in queue_rows(window):
            metrics = row["metrics"]
            handled = metrics["acceptedCalls"] + metrics["abandonedInHandlingCalls"]
            expected[pbx, row["id"], day] = {
                "queue_name": row["name"],
                "entered": metrics["enteredCalls"],
                "accepted": metrics["acceptedCalls"],
                "abandoned": metrics["abandonedInWaitingCalls"] + metrics["abandonedInHandlingCalls"],
                "missed": metrics["missedCalls"],
                "voicemail": metrics["forwardedToVoiceMail"],
                "transferred": metrics["transferredToCallQueue"]
                + metrics["transferredToRingGroup"]
                + metrics["transferredToExternalNumber"],
                "diverted": metrics["divertedCalls"],
                "accepted_rate": ratio(metrics["acceptedCalls"], metrics["enteredCalls"]),
                "average_handling_seconds": ratio(Decimal(str(metrics["totalHandlingTime"])), handled),
                "average_waiting_seconds": ratio(
                    Decimal(str(metrics["totalWaitingTime"])), metrics["enteredCalls"]
                ),
            }
    assert_rows(by_key(warehouse.mart("queue_days"), "pbx", "queue", "report_date"), expected)


def test_queue_agent_days(warehouse: Warehouse, sandbox: Sandbox) -> None:
    expected = {}
    for pbx, day, window in queue_windows(sandbox):
        for queue in queue_agent_rows(window):
            for agent in queue["queueAgentActivity"]:
                metrics = agent["metrics"]
                accepted, talked = metrics["acceptedInteractions"], metrics["agentTotalTalkTime"]
                expected[pbx, queue["queueId"], agent["userId"], day] = {
                    "agent_name": agent["agentName"],
                    "entered": metrics["enteredInteractions"],
                    "accepted": accepted,
                    "missed": metrics["missedInteractions"],
                    "rejected": metrics["rejectedInteractions"],
                    "talk_seconds": pytest.approx(Decimal(str(talked)), abs=Decimal("0.001")),
                    "accepted_rate": ratio(accepted, metrics["enteredInteractions"]),
                    "average_talk_seconds": ratio(Decimal(str(talked)), accepted),
                }
    found = by_key(warehouse.mart("queue_agent_days"), "pbx", "queue", "agent", "report_date")
    assert_rows(found, expected)


def test_agent_days(warehouse: Warehouse, sandbox: Sandbox) -> None:
    expected = {}
    for pbx, day, window in queue_windows(sandbox):
        for agent in agent_rows(window):
            metrics = agent["metrics"]
            accepted, talked = metrics["acceptedInteractions"], metrics["agentTotalTalkTime"]
            expected[pbx, agent["userId"], day] = {
                "agent_name": agent["agentName"],
                "entered": metrics["enteredInteractions"],
                "accepted": accepted,
                "rejected": metrics["rejectedInteractions"],
                "accepted_rate": ratio(accepted, metrics["enteredInteractions"]),
                "average_talk_seconds": ratio(Decimal(str(talked)), accepted),
            }
    assert_rows(by_key(warehouse.mart("agent_days"), "pbx", "agent", "report_date"), expected)
