"""How the endpoints about call queues may answer, where 8x8's documents leave it open."""

from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]


@dataclass
class QueueDialect:
    """What can be switched on; as it stands, the sandbox answers as the newest documents say.

    Args:
        refused: the user may read reports and lists, and none of these endpoints.
        whole_days: only the dates of `startDate` and `endDate` count, as whole days of UTC.
        milliseconds: times are not in seconds.
        unequal: more calls enter a queue than its counts account for.
        older: the spelling of older documents: `diverted`, extensions as numbers, agents inside queues.
        long_days: `queue-agent-activity` also takes more than a day.
        largest_page: the most that `limit` may be.
        ignores_cursor: `calls` sends its first page whatever page is asked for.
    """

    refused: bool = False
    whole_days: bool = False
    milliseconds: bool = False
    unequal: bool = False
    older: bool = False
    long_days: bool = False
    largest_page: int = 1_000_000
    ignores_cursor: bool = False

    def spoken(self, row: Row) -> Row:
        """Return a queue or agent as this dialect has it."""
        metrics = dict(row["metrics"])
        if self.unequal and "enteredCalls" in metrics:
            metrics["enteredCalls"] += 1
        if self.milliseconds:
            metrics = {
                name: value and value * 1000 if _is_time(name) else value for name, value in metrics.items()
            }
        row = {**row, "metrics": metrics}
        if self.older:
            if "divertedCalls" in metrics:
                metrics["diverted"] = metrics.pop("divertedCalls")
            row |= {name: int(row[name]) for name in ("extension", "agentExtension") if name in row}
        return row


def _is_time(name: str) -> bool:
    return name.endswith(("Time", "TimeToAnswer"))
