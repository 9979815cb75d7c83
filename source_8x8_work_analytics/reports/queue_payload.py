"""Convert the bodies of the queue, agent and call endpoints under `/v2/pbxes/{id}/` into flat rows.

These endpoints return historical and current values in one object. Only what belongs to the requested window
becomes a row; point-in-time status fields are dropped.
Source: https://developer.8x8.com/analytics/docs/work-analytics-queue-agent-reports
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.client.http import Response
from source_8x8_work_analytics.errors import ConnectorError, RetryableError
from source_8x8_work_analytics.reports.pbx_directory import Pbx
from source_8x8_work_analytics.reports.rows import NUMBERS, Row, parse_json, reject_pages, repeated_keys
from source_8x8_work_analytics.settings import pbx_key

QUEUE_KEY = ("id",)
QUEUE_AGENT_KEY = ("queueId", "userId")
AGENT_KEY = ("userId",)
RING_GROUP_AGENT_KEY = ("agentExtension",)
CALL_KEY = ("callId",)

NOT_OF_AGENTS = frozenset({"queueAgentActivity", "summary", "metricsSummary", "metrics"})
LIVE = frozenset({"interaction", "loggedInQueues"})
NESTED = ("workGroup", "caller", "latestCallee")
TEXTS = frozenset(
    {
        *("id", "queueId", "userId", "callId", "rootCallId", "did"),
        *("extension", "queueExtension", "agentExtension", "workGroup_id", "workGroup_extension"),
        *("caller_id", "caller_address", "latestCallee_id", "latestCallee_address"),
    }
)
"""Fields that are text, although 8x8's examples also show extensions as numbers."""

LONGEST = ("longestHandlingTime", "longestWaitingTime", "longestTalkTime", "longestOnHoldTime")
WITHIN_WINDOW = (*LONGEST, "agentTotalTalkTime", "totalInteractionTime")
"""Times in seconds that hardly exceed the window: the longest times of a queue, the totals of one agent."""


LONGEST_CALL = 7 * 86_400
"""Seconds that no call exceeds. In milliseconds, a call of just over ten minutes would."""

LONG_AVERAGE = 1000
"""Seconds (about a quarter of an hour) that few averages reach. In milliseconds, nearly all would."""

ReportParser = Callable[[Response, Pbx], list[Row]]
"""Converts a response, given the PBX that was requested, to rows."""


def queue_rows(response: Response, pbx: Pbx) -> list[Row]:
    """Return one row per queue from a `call-queue-metrics` body.

    Args:
        response: the response.
        pbx: the PBX that was requested.

    Raises:
        RetryableError: the body is not such a report.
    """
    flat = _Flattener(pbx).flat
    rows = [flat(queue) for queue in _objects(_summary(response), "callQueues")]
    return _checked(rows, QUEUE_KEY)


def queue_agent_rows(response: Response, pbx: Pbx) -> list[Row]:
    """Return one row per queue and agent from a `queue-agent-activity` body; see `queue_rows`."""
    flat, rows = _Flattener(pbx).flat, []
    for queue in _objects(_summary(response), "queuesAgentActivity"):
        agents = _objects(queue, "queueAgentActivity")
        of_queue = {name: value for name, value in queue.items() if name not in NOT_OF_AGENTS}
        rows += [flat(agent, of_queue) for agent in agents]
    return _checked(rows, QUEUE_AGENT_KEY)


def agent_rows(response: Response, pbx: Pbx) -> list[Row]:
    """Return one row per agent from an `agent-activity` body; see `queue_rows`.

    8x8's schema has the agents at the top level, its example inside queues. Both are accepted.
    """
    content, flat = _summary(response), _Flattener(pbx).flat
    if isinstance(content, dict) and "agentActivity" in content:
        rows = [flat(agent) for agent in _objects(content, "agentActivity")]
    else:
        rows = [
            flat(agent, {"pbx": queue.get("pbx")})
            for queue in _objects(content, "queuesAgentActivity")
            for agent in _objects(queue, "agentActivity")
        ]
    return _checked(rows, AGENT_KEY)


def ring_group_agent_rows(response: Response, pbx: Pbx, extension: str) -> list[Row]:
    """Return one row per agent of a ring group from a `ring-group-agent-activity` body; see `queue_rows`.

    Source: https://developer.8x8.com/analytics/docs/work-analytics-ring-group-agent-activity
    """
    flat = _Flattener(pbx).flat
    agents = _objects(_summary(response), "ringGroupAgentActivity")
    rows = [{**flat(agent), "ringGroupExtension": extension} for agent in agents]
    return _checked(rows, RING_GROUP_AGENT_KEY)


def call_rows(response: Response, pbx: Pbx) -> list[Row]:
    """Return one row per call from a page of `calls`.

    Raises:
        RetryableError: the body is not such a page.
    """
    flat = _Flattener(pbx).flat_call
    rows = [flat(call) for call in _objects(parse_json(response.body), "calls")]
    return _checked(rows, CALL_KEY)


def _summary(response: Response) -> Any:
    reject_pages(response)
    return parse_json(response.body)


def _objects(content: Any, name: str) -> list[Row]:
    rows = content.get(name) if isinstance(content, dict) else None
    if not isinstance(rows, list):
        raise RetryableError(messages.NOT_A_REPORT)
    if not all(isinstance(row, dict) for row in rows):
        raise RetryableError(messages.ROW_NOT_AN_OBJECT)
    return rows


def check_times(rows: Sequence[Row], seconds: float) -> str | None:
    """Reject rows whose times cannot be seconds.

    A call may last longer than the day in which it ends, so a time longer than the day is either a long call,
    which is rare and not much longer, or in milliseconds.

    Args:
        rows: the rows of one window.
        seconds: the length of the window.

    Returns:
        The name of a time that is longer than the window, or None.

    Raises:
        ConnectorError: they are not seconds. Sending the request again would not change that.
    """
    longer: str | None = None
    rows_beyond: set[int] = set()
    for name in WITHIN_WINDOW:
        for index, row in enumerate(rows):
            time: Any = row.get(name)
            if type(time) in NUMBERS and time > seconds:
                longer = longer or name
                rows_beyond.add(index)
                if time > LONGEST_CALL:
                    raise ConnectorError(messages.NOT_SECONDS, name=name)
    if longer and (len(rows_beyond) > max(1, len(rows) / 2) or _low_average(rows) >= LONG_AVERAGE):
        raise ConnectorError(messages.NOT_SECONDS, name=longer)
    return longer


def _low_average(rows: Sequence[Row]) -> float:
    """Return the lower quartile of the averages in some rows, 0 if there are none.

    One long call affects some averages of its row; milliseconds affect all of them.
    """
    averages = sorted(
        value
        for row in rows
        for name, value in row.items()
        if "verage" in name and type(value) in NUMBERS and value > 0
    )
    return averages[len(averages) // 4] if averages else 0


def _checked(rows: list[Row], key: Sequence[str]) -> list[Row]:
    for name in key:
        if not all(isinstance(row.get(name), str) for row in rows):
            raise RetryableError(messages.ROW_WITHOUT_KEY, name=name)
    if repeated_keys(rows, key):
        raise RetryableError(messages.TWO_ROWS_FOR_KEY, names=" and ".join(key))
    return rows


class _Flattener:
    """Flattens the rows of one body. They have few different shapes, so each shape is analyzed only once.

    Args:
        pbx: the PBX that was requested.
    """

    def __init__(self, pbx: Pbx) -> None:
        self._pbx = pbx
        self._shapes: dict[tuple[str, ...], _Shape] = {}
        self._flat_names: dict[str, dict[str, str]] = {name: {} for name in NESTED}

    def flat(self, row: Row, around: Mapping[str, Any] | None = None) -> Row:
        """Return a row with its metrics next to its own fields, without point-in-time fields.

        Args:
            row: the row as received.
            around: the fields of the object that contains the row.
        """
        metrics = row.pop("metrics", None)
        if metrics is None and not around:
            flat = row
        else:
            flat = {} if metrics is None else metrics
            if not isinstance(flat, dict):
                raise RetryableError(messages.METRICS_NOT_AN_OBJECT)
            flat.update(around or {})
            flat.update(row)
        if "diverted" in flat:  # the name in 8x8's older documents
            diverted = flat.pop("diverted")
            if flat.get("divertedCalls") is None:
                flat["divertedCalls"] = diverted
        names = tuple(flat)
        shape = self._shapes.get(names)
        if shape is None:
            shape = self._shapes[names] = _Shape.of(names)
        for name in shape.live:
            del flat[name]
        for name in shape.texts:
            if type(flat[name]) is int:
                flat[name] = str(flat[name])
        self._set_pbx(flat)
        return flat

    def flat_call(self, call: Row) -> Row:
        """Return a call with the fields of its parties next to its own."""
        for name, flat_names in self._flat_names.items():
            nested = call.pop(name, None)
            if isinstance(nested, dict):
                for field, value in nested.items():
                    if field not in flat_names:
                        flat_names[field] = f"{name}_{field}"
                    call[flat_names[field]] = value
            elif nested is not None:
                call[name] = nested
        return self.flat(call)

    def _set_pbx(self, row: Row) -> None:
        pbx, spelled = self._pbx, row.get("pbx")
        if spelled is None or spelled == pbx.id:
            row["pbx"] = pbx.name
        elif spelled != pbx.name and pbx_key(str(spelled)) != pbx_key(pbx.name):
            raise RetryableError(messages.ROW_OF_ANOTHER_PBX)
        row["pbx_id"] = pbx.id


@dataclass(frozen=True)
class _Shape:
    """Which fields are left out, and which of the others are text."""

    live: list[str]
    texts: list[str]

    @classmethod
    def of(cls, names: Iterable[str]) -> "_Shape":
        """Sort the fields of a row."""
        live = [name for name in names if _is_live(name)]
        return cls(live, [name for name in names if name in TEXTS and name not in live])


def _is_live(name: str) -> bool:
    """Return whether a field or metric is about the moment of the request, not about the window."""
    return name.startswith("ongoing") or name.endswith(("Status", "StatusTime")) or name in LIVE
