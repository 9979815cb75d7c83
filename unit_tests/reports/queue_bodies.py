"""Bodies of the queue endpoints, and the keys of their rows."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from source_8x8_work_analytics.retrievers.queue_payload import (
    Pbx,
    Row,
    agent_rows,
    call_rows,
    queue_agent_rows,
    queue_rows,
)

PBX = Pbx("acmecorp", "Kx2vQe9RT7uPZsLwB4mJ0g")
DAY = 86_400.0
OURS = {"pbx": "acmecorp", "pbx_id": PBX.id}

Build = Callable[[list[Row]], Any]


def in_queues(inner: str, rows: list[Row]) -> Any:
    """Put agents into one queue object each; the queue's own fields are those named `queue…`."""
    queues = []
    for row in rows:
        queue = {name: value for name, value in row.items() if name.startswith("queueE") or name == "queueId"}
        agent = {name: value for name, value in row.items() if name not in queue}
        queues.append({**queue, inner: [agent], "metricsSummary": {"acceptedInteractions": 9}})
    return {"queuesAgentActivity": queues}


REPORTS: dict[str, tuple[Callable[[bytes, Pbx, float], list[Row]], Build, Row]] = {
    "queues": (
        queue_rows,
        lambda rows: {"callQueues": rows, "metricsSummary": {"enteredCalls": 1}},
        {"id": "q1"},
    ),
    "queue agents": (
        queue_agent_rows,
        lambda rows: in_queues("queueAgentActivity", rows),
        {"queueId": "q1", "userId": "u1"},
    ),
    "agents": (agent_rows, lambda rows: {"agentActivity": rows, "summary": {}}, {"userId": "u1"}),
    "agents in queues": (agent_rows, lambda rows: in_queues("agentActivity", rows), {"userId": "u1"}),
    "calls": (lambda body, pbx, _: call_rows(body, pbx), lambda rows: {"calls": rows}, {"callId": "7"}),
}
EVERY = pytest.mark.parametrize("kind", REPORTS)


def read(kind: str, *rows: Any, seconds: float = DAY) -> list[Row]:
    parse, build, _ = REPORTS[kind]
    return parse(orjson.dumps(build(list(rows))), PBX, seconds)


def key_of(kind: str) -> Row:
    return dict(REPORTS[kind][2])
