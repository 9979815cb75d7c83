"""The four endpoints about call queues, their agents and their calls, as strict as 8x8's documents."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.answers import json_answer
from sandbox.checks import check_login
from sandbox.company import Pbx
from sandbox.dialects import STREAMS
from sandbox.queue_calls import call_rows
from sandbox.queue_truth import QueueWindow, Row, agent_rows, queue_agent_rows, queue_rows
from sandbox.queue_variant import worded_metrics
from sandbox.sandbox import LoggedRequest, Sandbox
from sandbox.truth import site_ids
from sandbox.wire import Refusal

DATES = {"startDate", "endDate", "intraDayStart", "intraDayEnd"}
FILTERS = {"siteIds", "queueIds"}
METRICS = {"metrics", "includeSummary"}
PAGING = {"limit", "startingAfter", "latestSortingValue", "sortingField", "sortingDirection"}
STATUSES = {
    "userStatuses": {"AVAILABLE", "BUSY", "DND", "AWAY", "AUTO_AWAY", "OFFLINE", "ON_CALL", "INVISIBLE"},
    "queueStatuses": {
        *("AVAILABLE_IDLE", "HANDLING", "ALERTING", "PAUSE", "WRAP_UP"),
        *("BUSY_OTHER", "DND", "LOGGED_OUT", "OFFLINE"),
    },
}
SORTED_BY = ("callId", "startTime", "stopTime", "handlingDuration")

DAY = timedelta(days=1)
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d{4})", re.ASCII)


class Asked:
    """A request that passed the checks: login, PBX, parameters and dates.

    Args:
        sandbox: who is asked.
        request: what was asked.
        allowed: the parameters that the endpoint knows.
        at_most: the longest stretch of time that it takes.
    """

    def __init__(
        self, sandbox: Sandbox, request: Request, allowed: set[str], at_most: timedelta | None = None
    ) -> None:
        self.path = request.url.path
        pbx_id = request.path_params["pbx"]
        known = next((pbx for pbx in sandbox.pbxes().values() if pbx.opaque_id == pbx_id), None)
        query = request.query_params
        self.line = LoggedRequest(
            self.path,
            known.name if known else "",
            query.get("startDate", ""),
            query.get("endDate", ""),
            "",
            request.headers.get("user-agent", ""),
            request.headers.get("authorization", "")[-8:],
            "8x8-apikey" in request.headers,
        )
        sandbox.requests.append(self.line)
        check_login(sandbox, request)
        self.sandbox = sandbox
        self.pbx = self._allowed_pbx(known)
        self.query = dict(query)
        if len(query.multi_items()) != len(self.query) or not set(self.query) <= allowed:
            raise self.refusal(400, "Parameters repeated or unknown.")
        self.first, self.last = self._dates(at_most)
        self._check_lists()

    def refusal(self, status: int, message: str) -> Refusal:
        """Return an answer of these endpoints other than a report."""
        return Refusal(
            status,
            {
                "timestamp": f"{self.sandbox.clock():%Y-%m-%dT%H:%M:%S.000+0000}",
                "status": status,
                "messages": [message],
                "path": self.path,
            },
        )

    def list_of(self, name: str) -> set[str] | None:
        """Return a list of the query, None if it was not given."""
        return set(self.query[name].split(",")) if name in self.query else None

    def window(self) -> QueueWindow:
        """Return the calls that were asked for."""
        whole = self.sandbox.queue_window(self.pbx, self.first, self.last)
        ids, queues, sites = site_ids(self.pbx), self.list_of("queueIds"), self.list_of("siteIds")
        chosen = [
            queue
            for queue in whole.queues
            if (queues is None or queue.id in queues) and (sites is None or ids[queue.site] in sites)
        ]
        numbers = {queue.number for queue in chosen}
        return replace(whole, queues=chosen, calls=[call for call in whole.calls if call.group in numbers])

    def metrics(self, row: Row) -> Row:
        """Return a row as the dialect has it, with the metrics that were asked for."""
        row = worded_metrics(row, self.sandbox.dialect, self.sandbox.queue_variant)
        names = self.list_of("metrics")
        if names is None:
            return row
        unknown = sorted(names - set(row["metrics"]))
        if unknown:
            raise self.refusal(400, f"Invalid Metrics Passed [{','.join(unknown)}].")
        return {**row, "metrics": {name: value for name, value in row["metrics"].items() if name in names}}

    def answer(self, content: dict[str, Any]) -> Response:
        """Answer, without the summary if it was not asked for."""
        self.line.status = 200
        if self.query.get("includeSummary", "true") == "false":
            content = {name: value for name, value in content.items() if "ummary" not in name}
        return json_answer(content)

    def _allowed_pbx(self, known: Pbx | None) -> Pbx:
        if known is None:
            raise self.refusal(404, "PBX not found.")
        refused = any(self.path.endswith(STREAMS[stream]) for stream in self.sandbox.dialect.access)
        if refused or known.name not in self.sandbox.visible_pbxes():
            user = self.sandbox.username
            raise self.refusal(
                403, f"user [{user}] does not have access to pbxId [{known.opaque_id}] to make this request."
            )
        return known

    def _dates(self, at_most: timedelta | None) -> tuple[datetime, datetime]:
        """Return the instants from which and before which calls were asked for."""
        given = DATES & set(self.query)
        if ("startDate" in given) != ("endDate" in given):
            raise self.refusal(400, "startDate and endDate need each other.")
        if ("intraDayStart" in given) != ("intraDayEnd" in given) or len(given) > 2:
            raise self.refusal(400, "The sandbox knows no intraDayStart.")
        if "startDate" not in given:
            now = self.sandbox.clock()
            return now - DAY, now
        start, end = (self._instant(self.query[name]) for name in ("startDate", "endDate"))
        if start > end:
            raise self.refusal(400, "startDate is after endDate.")
        if at_most and end - start > at_most and not self.sandbox.queue_variant.long_days:
            raise self.refusal(400, "The interval is longer than a day.")
        if self.sandbox.dialect.queue_window == "whole days":
            start, end = (moment.replace(hour=0, minute=0, second=0) for moment in (start, end))
            return start, end + DAY
        return start, end + timedelta(seconds=1)

    def _instant(self, text: str) -> datetime:
        if not DATE.fullmatch(text):
            raise self.refusal(400, "A date is not ISO 8601 with an offset.")
        try:
            return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").astimezone(timezone.utc)
        except ValueError:
            raise self.refusal(400, "A date does not exist.") from None

    def _check_lists(self) -> None:
        if any("[" in value or not value for value in self.query.values()):
            raise self.refusal(400, "Lists are separated by commas.")
        if any(not (self.list_of(name) or set()) <= known for name, known in STATUSES.items()):
            raise self.refusal(400, "A status does not exist.")
        if self.query.get("includeSummary", "true") not in ("true", "false"):
            raise self.refusal(400, "includeSummary is true or false.")


async def _queues(sandbox: Sandbox, request: Request) -> Response:
    asked = Asked(sandbox, request, DATES | FILTERS | METRICS)
    await asyncio.sleep(sandbox.delay())
    rows = [asked.metrics(row) for row in queue_rows(asked.window())]
    entered = sum(row["metrics"].get("enteredCalls", 0) for row in rows)
    return asked.answer({"callQueues": rows, "metricsSummary": {"enteredCalls": entered}})


async def _queue_agents(sandbox: Sandbox, request: Request) -> Response:
    allowed = DATES | FILTERS | METRICS | {"userIds", "userStatuses", "queueStatuses"}
    asked = Asked(sandbox, request, allowed, at_most=DAY)
    await asyncio.sleep(sandbox.delay())
    return asked.answer(
        {
            "queuesAgentActivity": [
                {**queue, "queueAgentActivity": _chosen_agents(asked, queue["queueAgentActivity"])}
                for queue in queue_agent_rows(asked.window())
            ]
        }
    )


async def _agents(sandbox: Sandbox, request: Request) -> Response:
    asked = Asked(sandbox, request, DATES | FILTERS | METRICS | {"userIds", "userStatuses"})
    await asyncio.sleep(sandbox.delay())
    agents = _chosen_agents(asked, agent_rows(asked.window()))
    summary = {"acceptedInteractions": sum(a["metrics"].get("acceptedInteractions", 0) for a in agents)}
    if sandbox.queue_variant.older:
        queue = {"pbx": asked.pbx.name, "queueExtension": "6509967", "agentActivity": agents}
        return asked.answer({"queuesAgentActivity": [{**queue, "metricsSummary": summary}]})
    return asked.answer({"agentActivity": agents, "summary": summary})


def _chosen_agents(asked: Asked, agents: list[Row]) -> list[Row]:
    fields = {"userIds": "userId", "userStatuses": "userStatus", "queueStatuses": "queueStatus"}
    for name, field in fields.items():
        values = asked.list_of(name)
        agents = [agent for agent in agents if values is None or agent[field] in values]
    return [asked.metrics(agent) for agent in agents]


async def _calls(sandbox: Sandbox, request: Request) -> Response:
    asked = Asked(sandbox, request, DATES | FILTERS | PAGING)
    field, limit = asked.query.get("sortingField", ""), asked.query.get("limit", "")
    if field not in SORTED_BY or asked.query.get("sortingDirection") not in ("ASC", "DESC"):
        raise asked.refusal(400, "sortingField and sortingDirection are needed.")
    if not limit.isdigit() or not 1 <= int(limit) <= sandbox.queue_variant.largest_page:
        raise asked.refusal(400, "limit is too small or too large.")
    if ("startingAfter" in asked.query) != ("latestSortingValue" in asked.query):
        raise asked.refusal(400, "startingAfter and latestSortingValue need each other.")
    await asyncio.sleep(sandbox.delay())
    down = asked.query["sortingDirection"] == "DESC"
    rows = sorted(call_rows(asked.window()), key=partial(_position, field), reverse=down)
    if "startingAfter" in asked.query and not sandbox.queue_variant.ignores_cursor:
        after = _cursor(asked, field)
        is_next = after.__gt__ if down else after.__lt__
        rows = [row for row in rows if is_next(_position(field, row))]
    return asked.answer({"calls": rows[: int(limit)]})


def _position(field: str, row: Row) -> tuple[Any, str]:
    return row[field], row["callId"]


def _cursor(asked: Asked, field: str) -> tuple[Any, str]:
    value: Any = asked.query["latestSortingValue"]
    try:
        return (value if field == "callId" else float(value)), asked.query["startingAfter"]
    except ValueError:
        raise asked.refusal(400, "latestSortingValue is not a value of sortingField.") from None


QUEUE_HANDLERS: dict[str, Callable[..., Any]] = {
    "call-queue-metrics": _queues,
    "queue-agent-activity": _queue_agents,
    "agent-activity": _agents,
    "calls": _calls,
}
