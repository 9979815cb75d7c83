"""A day of the sandbox's company as the queue endpoints return it, with any number of rows."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import orjson

from sandbox import Sandbox
from sandbox.queue_calls import call_rows
from sandbox.queue_truth import agent_rows, queue_agent_rows, queue_rows
from sandbox.summaries import extension_summary

DAY = datetime(2026, 11, 19, 5, tzinfo=timezone.utc)

Row = dict[str, Any]


def queue_bodies(rows: int) -> Mapping[str, bytes]:
    """Return bodies by the last part of their paths, and one of an extension summary of the same day."""
    sandbox = Sandbox(clock=lambda: DAY + timedelta(days=3), busy=5)
    pbx = sandbox.pbxes()["acmecorp"]
    day = sandbox.queue_window(pbx, DAY, DAY + timedelta(days=1))
    queue, *_ = queue_agent_rows(day)
    agents = _many(queue["queueAgentActivity"], "userId", rows)
    listed = {"id": pbx.opaque_id, "name": pbx.name, "deleted": False}
    contents = {
        "extsum": _many(extension_summary(pbx, day.calls), "Extension", rows),
        "call-queue-metrics": {"callQueues": _many(queue_rows(day), "id", rows)},
        "queue-agent-activity": {"queuesAgentActivity": [{**queue, "queueAgentActivity": agents}]},
        "agent-activity": {"agentActivity": _many(agent_rows(day), "userId", rows)},
        "calls": {"calls": _many(call_rows(day), "callId", rows)},
        "pbxes": {"_embedded": {"pbxList": [listed]}, "page": {"number": 0, "totalPages": 1}},
    }
    return {name: orjson.dumps(content) for name, content in contents.items()}


def _many(rows: list[Row], key: str, count: int) -> list[Row]:
    """Repeat rows, each with its own key."""
    return [{**rows[n % len(rows)], key: f"{rows[n % len(rows)][key]}-{n:05}"} for n in range(count)]
