"""The rows in a response's body, with their values as they came: the types are a question of their own."""

import json
from typing import Any

from source_8x8_work_analytics.doctor.model import Request, Row
from source_8x8_work_analytics.doctor.streams import CALLS, streams
from source_8x8_work_analytics.errors import RetryableError

NEWER_REPORTS = ("callQueues", "queuesAgentActivity", "agentActivity", "calls", "ringGroupAgentActivity")
"""What the newer reports of a PBX call their rows."""
NESTED = "queueAgentActivity"
"""The agents of a queue, within its row."""


def rows_in(request: Request, body: bytes) -> tuple[list[Row], bool]:
    """Return the rows of a report or list, and whether there are more pages.

    Raises:
        RetryableError: the body is something else.
    """
    try:
        content = json.loads(body.decode("utf-8-sig", "replace"))
    except ValueError:
        raise RetryableError(f"8x8 answered {request.stream} with something that is not JSON") from None
    stream = streams().get(request.stream)
    rows, more = content, False
    if request.stream in CALLS:
        meta = content.get("meta") if isinstance(content, dict) else None
        rows = content["data"] if isinstance(meta, dict) and "data" in content else None
        more = bool(rows) and meta.get("scrollId") not in (None, "No Data")
    elif stream is None:
        rows = _newer(content)
    elif stream.lists:
        rows, more = _listed(content, stream.lists)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise RetryableError(f"8x8 answered {request.stream} with JSON that is not a report")
    if stream and not all(row.get(name) not in (None, "") for row in rows for name in stream.key):
        raise RetryableError(f"8x8 answered {request.stream} with a row that has no key")
    return rows, more


def _listed(content: Any, names: tuple[str, ...]) -> tuple[Any, bool]:
    if not isinstance(content, dict):
        return None, False
    embedded = content.get("_embedded") or {}
    everything = {**embedded, **content}
    page = everything.get("page")
    if not isinstance(page, dict):
        return next((embedded[name] for name in names if name in embedded), None), False
    rows = next((embedded[name] for name in names if name in embedded), [])
    return rows, page.get("number", 0) + 1 < page.get("totalPages", 0)


def _newer(content: Any) -> Any:
    rows = next((content[name] for name in NEWER_REPORTS if name in content), None)
    if isinstance(rows, list) and any(isinstance(row, dict) and NESTED in row for row in rows):
        return [agent for queue in rows for agent in queue.get(NESTED, [])]
    return rows
