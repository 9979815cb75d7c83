"""The rows that the queue and agent streams must have, computed by other means than the connector's."""

from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from integration_tests.harness import Row
from sandbox import Sandbox
from sandbox.company import Pbx
from sandbox.queue_calls import call_rows
from sandbox.queue_truth import QueueWindow, agent_rows, queue_agent_rows, queue_rows
from sandbox.ring_groups import ring_group_summary
from testing.documented import RING_GROUP_AGENTS

QUEUE_KEYS = {
    "call_queue_summary": ("pbx_id", "id", "report_date"),
    "call_queue_agent_summary": ("pbx_id", "queueId", "userId", "report_date"),
    "agent_summary": ("pbx_id", "userId", "report_date"),
    RING_GROUP_AGENTS: ("pbx_id", "ringGroupExtension", "agentExtension", "report_date"),
    "queue_calls": ("pbx_id", "callId"),
}
"""The primary keys of the queue streams."""
ENDPOINTS = {
    "call_queue_summary": "/call-queue-metrics",
    "call_queue_agent_summary": "/queue-agent-activity",
    "agent_summary": "/agent-activity",
    RING_GROUP_AGENTS: "/ring-group-agent-activity/by-extension/*",
    "queue_calls": "/calls",
}
"""The ends of their paths; * stands for any text."""

LIVE = {"queueStatus", "userStatus", "activityStatus", "interaction", "loggedInQueues"}
LIVE |= {"userStatusTime", "queueStatusTime", "ongoingWaitingCalls", "ongoingAvailableAgents"}
LIVE |= {"ongoingLongestWaitingTime", "ongoingHandlingInteractions", "ongoingTalkingInteractionsTime"}
ADDED = (
    *("enteredInteractions", "acceptedInteractions", "missedInteractions", "rejectedInteractions"),
    *("agentTotalTalkTime", "totalInteractionTime"),
)


def bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """Return the first instant of a local day, and that of the next."""
    midnights = (datetime.combine(day + timedelta(days=i), time(), ZoneInfo(zone)) for i in (0, 1))
    first, last = (midnight.astimezone(timezone.utc) for midnight in midnights)
    return first, last


def body_rows(stream: str, window: QueueWindow) -> list[Row]:
    """Return the rows that 8x8 returns for a window of one request."""
    if stream == "call_queue_agent_summary":
        return [
            {
                **{name: queue[name] for name in queue if name not in ("queueAgentActivity", "summary")},
                **agent,
            }
            for queue in queue_agent_rows(window)
            for agent in queue["queueAgentActivity"]
        ]
    rows = {"call_queue_summary": queue_rows, "agent_summary": agent_rows, "queue_calls": call_rows}
    return rows[stream](window)


def flat(row: Row, pbx: Pbx, day: date, in_parts: bool = False) -> Row:
    """Return a row as the stream has it; the protocol's messages leave nulls out."""
    found: Row = {"pbx": pbx.name, "pbx_id": pbx.opaque_id, "report_date": str(day)}
    for name, value in row.items():
        if name == "metrics":
            found |= {n: v for n, v in value.items() if not in_parts or n in ADDED}
        elif isinstance(value, dict):
            found |= {f"{name}_{field}": part for field, part in value.items()}
        else:
            found[name] = value
    return {
        n: v for n, v in found.items() if n not in LIVE and not n.startswith("interaction_") and v is not None
    }


def day_rows(
    sandbox: Sandbox, stream: str, pbx: str, day: date, zone: str, long_days: bool = False
) -> list[Row]:
    """Return the rows of a local day. `long_days`: 25 hours are returned in one response."""
    first, last = bounds(day, zone)
    system = sandbox.pbxes()[pbx]
    if stream == RING_GROUP_AGENTS:
        return [flat(row, system, day) for row in ring_group_agent_rows(sandbox, system, day, zone)]
    rows = body_rows(stream, sandbox.queue_window(system, first, last))
    in_parts = stream == "call_queue_agent_summary" and last - first > timedelta(days=1) and not long_days
    return [flat(row, system, day, in_parts) for row in rows]


def ring_group_agent_rows(sandbox: Sandbox, pbx: Pbx, day: date, zone: str) -> list[Row]:
    """Return the agents of the ring groups that the summary of a local day lists."""
    groups = sandbox.summary_rows(ring_group_summary, pbx.name, f"{day} 00:00:00", f"{day} 23:59:59", zone)
    return [
        {"ringGroupExtension": group["extension"], **agent}
        for group in groups
        for agent in sandbox.ring_group_agents(pbx, group["extension"], *bounds(day, zone))
    ]
