"""Further ways in which the endpoints about call queues may answer, beside the dialects."""

from dataclasses import dataclass
from typing import Any

from sandbox.dialects import Dialect

Row = dict[str, Any]


@dataclass
class QueueVariant:
    """What can be switched on; as it stands, the sandbox answers as the newest documents say.

    Args:
        older: the spelling of older documents: `diverted`, extensions as numbers, agents inside queues.
        long_days: `queue-agent-activity` also takes more than a day.
        largest_page: the most that `limit` may be.
        ignores_cursor: `calls` sends its first page whatever page is asked for.
    """

    older: bool = False
    long_days: bool = False
    largest_page: int = 1_000_000
    ignores_cursor: bool = False


def worded_metrics(row: Row, dialect: Dialect, variant: QueueVariant) -> Row:
    """Return a queue or agent as the dialect and the variant have it."""
    metrics = dict(row["metrics"])
    if dialect.queue_identity == "different" and "enteredCalls" in metrics:
        metrics["enteredCalls"] += 1
    if dialect.queue_units == "milliseconds":
        times = [name for name in metrics if name.endswith(("Time", "TimeToAnswer")) and metrics[name]]
        metrics |= {name: metrics[name] * 1000 for name in times}
    row = {**row, "metrics": metrics}
    if variant.older:
        if "divertedCalls" in metrics:
            metrics["diverted"] = metrics.pop("divertedCalls")
        row |= {name: int(row[name]) for name in ("extension", "agentExtension") if name in row}
    return row
