"""Turn the bodies of the queue, agent and call endpoints under `/v2/pbxes/{id}/` into flat rows.

These endpoints answer with the past and the present in one object. Only what belongs to the requested window
becomes a row; what is true only at the moment of the request is dropped.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics.errors import RetryableError
from source_8x8_work_analytics.retrievers.payload import NUMBERS, parse_json, repeated_keys

QUEUE_KEY = ("id",)
QUEUE_AGENT_KEY = ("queueId", "userId")
AGENT_KEY = ("userId",)
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
"""Seconds that cannot exceed the window: the longest time of a queue, a total of one agent."""


@dataclass(frozen=True)
class Pbx:
    """A PBX as `/v2/pbxes` lists it: the name that people use and the opaque id that these endpoints take."""

    name: str
    id: str


Row = dict[str, Any]
ReportParser = Callable[[bytes, Pbx, float], list[Row]]
"""From a body, the PBX asked for and the length of the window in seconds to rows."""


def queue_rows(body: bytes, pbx: Pbx, seconds: float) -> list[Row]:
    """Return one row per queue from a `call-queue-metrics` body.

    Args:
        body: the response body, decoded from any compression.
        pbx: the PBX that was asked for.
        seconds: the length of the window.

    Raises:
        RetryableError: the body is not such a report.
        AirbyteTracedException: its times cannot be seconds. Asking again would not change that.
    """
    flat = _Flattener(pbx).flat
    rows = [flat(queue) for queue in _objects(parse_json(body), "callQueues")]
    return _checked(rows, QUEUE_KEY, seconds)


def queue_agent_rows(body: bytes, pbx: Pbx, seconds: float) -> list[Row]:
    """Return one row per queue and agent from a `queue-agent-activity` body; see `queue_rows`."""
    flat, rows = _Flattener(pbx).flat, []
    for queue in _objects(parse_json(body), "queuesAgentActivity"):
        agents = _objects(queue, "queueAgentActivity")
        of_queue = {name: value for name, value in queue.items() if name not in NOT_OF_AGENTS}
        rows += [flat(agent, of_queue) for agent in agents]
    return _checked(rows, QUEUE_AGENT_KEY, seconds)


def agent_rows(body: bytes, pbx: Pbx, seconds: float) -> list[Row]:
    """Return one row per agent from an `agent-activity` body; see `queue_rows`.

    8x8's schema has the agents at the top, its example has them inside queues. Both are read.
    """
    content, flat = parse_json(body), _Flattener(pbx).flat
    if isinstance(content, dict) and "agentActivity" in content:
        rows = [flat(agent) for agent in _objects(content, "agentActivity")]
    else:
        rows = [
            flat(agent, {"pbx": queue.get("pbx")})
            for queue in _objects(content, "queuesAgentActivity")
            for agent in _objects(queue, "agentActivity")
        ]
    return _checked(rows, AGENT_KEY, seconds)


def call_rows(body: bytes, pbx: Pbx) -> list[Row]:
    """Return one row per call from a page of `calls`.

    Raises:
        RetryableError: the body is not such a page.
    """
    flat = _Flattener(pbx).flat_call
    rows = [flat(call) for call in _objects(parse_json(body), "calls")]
    return _checked(rows, CALL_KEY)


def _objects(content: Any, name: str) -> list[Row]:
    rows = content.get(name) if isinstance(content, dict) else None
    if not isinstance(rows, list):
        raise RetryableError("8x8 sent JSON that is not a report")
    if not all(isinstance(row, dict) for row in rows):
        raise RetryableError("8x8 sent a report with a row that is not an object")
    return rows


def check_times(rows: Sequence[Row], seconds: float) -> None:
    """Refuse rows whose times cannot be seconds, since they are longer than the window.

    Raises:
        AirbyteTracedException: asking again would not change that.
    """
    for name in WITHIN_WINDOW:
        times: list[Any] = [time for row in rows if type(time := row.get(name)) in NUMBERS]
        if max(times, default=0) > seconds:
            raise _not_seconds(name)


def _checked(rows: list[Row], key: Sequence[str], seconds: float = math.inf) -> list[Row]:
    check_times(rows, seconds)
    for name in key:
        if not all(isinstance(row.get(name), str) for row in rows):
            raise RetryableError(f"8x8 sent a report with a row that has no {name}")
    if repeated_keys(rows, key):
        raise RetryableError(f"8x8 sent a report with two rows for one {' and '.join(key)}")
    return rows


class _Flattener:
    """Flattens the rows of one body. They come in few shapes, so each shape is looked at once.

    Args:
        pbx: the PBX that was asked for.
    """

    def __init__(self, pbx: Pbx) -> None:
        self._pbx = pbx
        self._shapes: dict[tuple[str, ...], _Shape] = {}
        self._flat_names: dict[str, dict[str, str]] = {name: {} for name in NESTED}

    def flat(self, row: Row, around: Mapping[str, Any] | None = None) -> Row:
        """Return a row with its metrics beside its own fields, without what is true only now.

        Args:
            row: the row as it came.
            around: fields of the object that the row stands in.
        """
        metrics = row.pop("metrics", None)
        if metrics is None and not around:
            flat = row
        else:
            flat = {} if metrics is None else metrics
            if not isinstance(flat, dict):
                raise RetryableError("8x8 sent a report with metrics that are not an object")
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
        """Return a call with the fields of its parties beside its own."""
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
        elif spelled != pbx.name and str(spelled).casefold() != pbx.name.casefold():
            raise RetryableError("8x8 sent a report with a row of another PBX")
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
    """Return whether a field or metric tells of the moment of the request, not of the window."""
    return name.startswith("ongoing") or name.endswith(("Status", "StatusTime")) or name in LIVE


def _not_seconds(name: str) -> AirbyteTracedException:
    message = (
        f"8x8 sent a time that is longer than the day ({name}), so its times are not in seconds as "
        "documented, and nothing of this day is stored; run the doctor command and report its findings."
    )
    return AirbyteTracedException(
        message=message, internal_message=message, failure_type=FailureType.system_error
    )
