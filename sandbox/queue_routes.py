"""The endpoints about call queues, their agents and calls, and the agents of ring groups."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.queue_calls import call_rows
from sandbox.queue_checks import DATES, DAY, FILTERS, METRICS, QueueQuery
from sandbox.queue_truth import agent_rows, queue_agent_rows, queue_rows
from sandbox.rows import Row
from sandbox.sandbox import Sandbox

SORTING = {"sortingField", "sortingDirection"}
PAGING = {"limit", "startingAfter", "latestSortingValue", *SORTING}
CALL_SORTING = ("callId", "startTime", "stopTime", "handlingDuration")
LOGIN_METRICS = {"loggedInDuration", "loggedOutDuration"}


async def _queues(sandbox: Sandbox, request: Request) -> Response:
    query = QueueQuery(sandbox, request, DATES | FILTERS | METRICS)
    await asyncio.sleep(sandbox.delay())
    rows = [query.with_metrics(row) for row in queue_rows(query.window())]
    entered = sum(row["metrics"].get("enteredCalls", 0) for row in rows)
    return query.response({"callQueues": rows, "metricsSummary": {"enteredCalls": entered}})


async def _queue_agents(sandbox: Sandbox, request: Request) -> Response:
    allowed = DATES | FILTERS | METRICS | {"userIds", "userStatuses", "queueStatuses"}
    query = QueueQuery(sandbox, request, allowed, at_most=DAY)
    await asyncio.sleep(sandbox.delay())
    return query.response(
        {
            "queuesAgentActivity": [
                {**queue, "queueAgentActivity": _chosen_agents(query, queue["queueAgentActivity"])}
                for queue in queue_agent_rows(query.window())
            ]
        }
    )


async def _agents(sandbox: Sandbox, request: Request) -> Response:
    query = QueueQuery(sandbox, request, DATES | FILTERS | METRICS | {"userIds", "userStatuses"})
    await asyncio.sleep(sandbox.delay())
    agents = _chosen_agents(query, agent_rows(query.window()))
    summary = {"acceptedInteractions": sum(a["metrics"].get("acceptedInteractions", 0) for a in agents)}
    if sandbox.variant.queue_format == "older":
        queue = {"pbx": query.pbx.name, "queueExtension": "6509967", "agentActivity": agents}
        return query.response({"queuesAgentActivity": [{**queue, "metricsSummary": summary}]})
    return query.response({"agentActivity": agents, "summary": summary})


def _chosen_agents(query: QueueQuery, agents: list[Row]) -> list[Row]:
    fields = {"userIds": "userId", "userStatuses": "userStatus", "queueStatuses": "queueStatus"}
    for name, field in fields.items():
        values = query.list_of(name)
        agents = [agent for agent in agents if values is None or agent[field] in values]
    return [query.with_metrics(agent) for agent in agents]


async def _ring_group_agents(sandbox: Sandbox, request: Request) -> Response:
    query = QueueQuery(sandbox, request, DATES | SORTING | {"agentExtensions", "metrics"})
    query.check_metrics(LOGIN_METRICS)
    field, descending = query.sorting(("agentExtension",), required=False)
    await asyncio.sleep(sandbox.delay())
    chosen = query.list_of("agentExtensions")
    agents = sandbox.ring_group_agents(query.pbx, request.path_params["ext"], query.first, query.last)
    rows = [query.with_metrics(row) for row in agents if chosen is None or row[field] in chosen]
    rows.sort(key=lambda row: str(row[field]), reverse=descending)
    return query.response({"ringGroupAgentActivity": rows})


async def _calls(sandbox: Sandbox, request: Request) -> Response:
    query = QueueQuery(sandbox, request, DATES | FILTERS | PAGING)
    field, descending = query.sorting(CALL_SORTING, required=True)
    limit, largest = query.parameters.get("limit", ""), sandbox.variant.queue_page
    if not limit.isdigit() or int(limit) < 1 or 0 < largest < int(limit):
        raise query.error(400, "limit is too small or too large.")
    if ("startingAfter" in query.parameters) != ("latestSortingValue" in query.parameters):
        raise query.error(400, "startingAfter and latestSortingValue need each other.")
    await asyncio.sleep(sandbox.delay())
    rows = sorted(call_rows(query.window()), key=partial(_position, field), reverse=descending)
    if "startingAfter" in query.parameters and sandbox.variant.queue_cursor != "ignored":
        cursor = _cursor(query, field)
        included = sandbox.variant.queue_cursor == "inclusive"
        is_next = cursor.__gt__ if descending else cursor.__lt__
        rows = [
            row
            for row in rows
            if is_next(_position(field, row)) or (included and cursor == _position(field, row))
        ]
    return query.response({"calls": rows[: int(limit)]})


def _position(field: str, row: Row) -> tuple[Any, str]:
    return row[field], row["callId"]


def _cursor(query: QueueQuery, field: str) -> tuple[Any, str]:
    value: Any = query.parameters["latestSortingValue"]
    try:
        return (value if field == "callId" else float(value)), query.parameters["startingAfter"]
    except ValueError:
        raise query.error(400, "latestSortingValue is not a value of sortingField.") from None


QUEUE_HANDLERS: dict[str, Callable[..., Any]] = {
    "call-queue-metrics": _queues,
    "queue-agent-activity": _queue_agents,
    "agent-activity": _agents,
    "ring-group-agent-activity/by-extension/{ext}": _ring_group_agents,
    "calls": _calls,
}
