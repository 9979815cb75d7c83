"""Turn the bodies of the queue, agent and call endpoints under `/v2/pbxes/{id}/` into flat rows.

These endpoints answer with the past and the present in one object. Only what belongs to the requested window
becomes a row; what is true only at the moment of the request is dropped.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics.errors import RetryableError
from source_8x8_work_analytics.retrievers.payload import parse_json, repeated_keys

QUEUE_KEY = ("id",)
QUEUE_AGENT_KEY = ("queueId", "userId")
AGENT_KEY = ("userId",)
CALL_KEY = ("callId",)

NOT_OF_AGENTS = frozenset({"queueAgentActivity", "summary", "metricsSummary"})
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

WITHIN_WINDOW = frozenset(
    {
        *("longestHandlingTime", "longestWaitingTime", "longestTalkTime", "longestOnHoldTime"),
        *("agentTotalTalkTime", "totalInteractionTime"),
    }
)
"""Seconds that cannot exceed the window: the longest time of a queue, a total of one agent."""


@dataclass(frozen=True)
class Pbx:
    """A PBX as `/v2/pbxes` lists it: the name that people use and the opaque id that these endpoints take."""

    name: str
    id: str


NUMBERS = frozenset({int, float})
"""The types of numbers in a JSON body; `bool` is none."""

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
    return _finished(_objects(parse_json(body), "callQueues"), QUEUE_KEY, pbx, seconds)


def queue_agent_rows(body: bytes, pbx: Pbx, seconds: float) -> list[Row]:
    """Return one row per queue and agent from a `queue-agent-activity` body; see `queue_rows`."""
    rows = []
    for queue in _objects(parse_json(body), "queuesAgentActivity"):
        of_queue = {name: value for name, value in queue.items() if name not in NOT_OF_AGENTS}
        rows += [{**of_queue, **agent} for agent in _objects(queue, "queueAgentActivity")]
    return _finished(rows, QUEUE_AGENT_KEY, pbx, seconds)


def agent_rows(body: bytes, pbx: Pbx, seconds: float) -> list[Row]:
    """Return one row per agent from an `agent-activity` body; see `queue_rows`.

    8x8's schema has the agents at the top, its example has them inside queues. Both are read.
    """
    content = parse_json(body)
    if isinstance(content, dict) and "agentActivity" in content:
        rows: Iterable[Row] = _objects(content, "agentActivity")
    else:
        rows = (
            {"pbx": queue.get("pbx"), **agent}
            for queue in _objects(content, "queuesAgentActivity")
            for agent in _objects(queue, "agentActivity")
        )
    return _finished(rows, AGENT_KEY, pbx, seconds)


def call_rows(body: bytes, pbx: Pbx) -> list[Row]:
    """Return one row per call from a page of `calls`.

    Raises:
        RetryableError: the body is not such a page.
    """
    return _finished(map(_unnested, _objects(parse_json(body), "calls")), CALL_KEY, pbx, None)


class PagesRepeat(Exception):  # noqa: N818 - what happened
    """The pages of a window do not go on."""


def new_calls(page: Sequence[Row], groups: Mapping[str, Any]) -> list[Row]:
    """Return the calls of a page that no earlier page had.

    Args:
        page: the calls as they came.
        groups: the queue or ring group of each call of the earlier pages, by `callId`.

    Raises:
        PagesRepeat: the page brings nothing new, or a call under another queue than before.
    """
    for row in page:
        if groups.get(row["callId"], group_of(row)) != group_of(row):
            raise PagesRepeat("sent one call under two queues")
    fresh = [row for row in page if row["callId"] not in groups]
    if page and not fresh:
        raise PagesRepeat("sent a page of calls that were all sent before")
    return fresh


def group_of(call: Row) -> Any:
    """Return the queue or ring group of a call."""
    return call.get("workGroup_id") or call.get("workGroup_extension")


def _objects(content: Any, name: str) -> list[Row]:
    rows = content.get(name) if isinstance(content, dict) else None
    if not isinstance(rows, list):
        raise RetryableError("8x8 sent JSON that is not a report")
    if not all(isinstance(row, dict) for row in rows):
        raise RetryableError("8x8 sent a report with a row that is not an object")
    return rows


def _finished(rows: Iterable[Row], key: Sequence[str], pbx: Pbx, seconds: float | None) -> list[Row]:
    found = [_flat(row, pbx, seconds) for row in rows]
    for name in key:
        if not all(isinstance(row.get(name), str) for row in found):
            raise RetryableError(f"8x8 sent a report with a row that has no {name}")
    if repeated_keys(found, key):
        raise RetryableError(f"8x8 sent a report with two rows for one {' and '.join(key)}")
    return found


def _flat(row: Row, pbx: Pbx, seconds: float | None) -> Row:
    """Return a row with its metrics beside its own fields, without what is true only now."""
    metrics = row.pop("metrics", None)
    flat: Row = {} if metrics is None else _metrics(metrics, seconds)
    shape = _shape(tuple(row))
    for name in shape.live:
        del row[name]
    for name in shape.texts:
        if type(row[name]) is int:
            row[name] = str(row[name])
    flat.update(row)
    spelled = flat.get("pbx")
    if spelled is None or spelled == pbx.id:
        flat["pbx"] = pbx.name
    elif spelled != pbx.name and str(spelled).casefold() != pbx.name.casefold():
        raise RetryableError("8x8 sent a report with a row of another PBX")
    flat["pbx_id"] = pbx.id
    return flat


def _metrics(metrics: Any, seconds: float | None) -> Row:
    if not isinstance(metrics, dict):
        raise RetryableError("8x8 sent a report with metrics that are not an object")
    if "diverted" in metrics:  # the name in 8x8's older documents
        diverted = metrics.pop("diverted")
        if metrics.get("divertedCalls") is None:
            metrics["divertedCalls"] = diverted
    shape = _shape(tuple(metrics))
    for name in shape.live:
        del metrics[name]
    for name in shape.within_window if seconds is not None else ():
        value = metrics[name]
        if type(value) in NUMBERS and value > seconds:
            raise _not_seconds(name)
    return metrics


@dataclass(frozen=True)
class _Shape:
    """Which fields or metrics are left out, which of the others are text, which seconds within the window."""

    live: list[str]
    texts: list[str]
    within_window: list[str]


@lru_cache(maxsize=1024)
def _shape(names: tuple[str, ...]) -> _Shape:
    """Sort fields or metrics. Rows come in few shapes, so this is done once for each."""
    live = [name for name in names if _is_live(name)]
    kept = [name for name in names if name not in live]
    return _Shape(live, [n for n in kept if n in TEXTS], [n for n in kept if n in WITHIN_WINDOW])


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


def _unnested(row: Row) -> Row:
    for name in NESTED:
        nested = row.pop(name, None)
        if isinstance(nested, dict):
            for field, value in nested.items():
                row[f"{name}_{field}"] = value
        elif nested is not None:
            row[name] = nested
    return row
