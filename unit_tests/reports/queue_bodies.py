"""Bodies of the queue endpoints, and the keys of their rows."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from source_8x8_work_analytics.reports.pbx_directory import Pbx
from source_8x8_work_analytics.reports.queue_payload import (
    ReportParser,
    agent_rows,
    call_rows,
    queue_agent_rows,
    queue_rows,
)
from source_8x8_work_analytics.reports.rows import Row
from testing.builders import response

PBX = Pbx("acmecorp", "Kx2vQe9RT7uPZsLwB4mJ0g")
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


REPORTS: dict[str, tuple[ReportParser, Build, Row]] = {
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
    "calls": (call_rows, lambda rows: {"calls": rows}, {"callId": "7"}),
}
EVERY = pytest.mark.parametrize("kind", REPORTS)


def parse(parser: ReportParser, body: bytes, link: str = "") -> list[Row]:
    return parser(response(body, Link=link), PBX)


def read(kind: str, *rows: Any) -> list[Row]:
    parser, build, _ = REPORTS[kind]
    return parse(parser, orjson.dumps(build(list(rows))))


def key_of(kind: str) -> Row:
    return dict(REPORTS[kind][2])


def listed(*names: str, deleted: tuple[str, ...] = ()) -> dict[str, Any]:
    """The list of PBXs that the user can see; their ids are x0, x1 and so on."""
    rows = [
        {"id": f"x{n}", "name": name, "deleted": name in deleted} for n, name in enumerate(names + deleted)
    ]
    return {"_embedded": {"pbxList": rows}, "page": {"number": 0, "totalPages": 1}}
