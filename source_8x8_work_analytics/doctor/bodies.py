"""The rows in a response's body, with their values as they came: the types are a question of their own."""

from typing import Any

from source_8x8_work_analytics.doctor.model import Request, Row
from source_8x8_work_analytics.doctor.streams import CALLS, streams
from source_8x8_work_analytics.errors import RetryableError
from source_8x8_work_analytics.retrievers.payload import list_page, parse_json, raw_call_page, summary_rows

NEWER_REPORTS = ("callQueues", "queuesAgentActivity", "agentActivity", "calls", "ringGroupAgentActivity")
"""What the newer reports of a PBX call their rows."""
NESTED = "queueAgentActivity"
"""The agents of a queue, within its row."""


def rows_in(request: Request, body: bytes) -> tuple[list[Row], bool]:
    """Return the rows of a report or list, and whether there are more pages.

    Raises:
        RetryableError: the body is something else.
    """
    stream = streams().get(request.stream)
    if stream is None:
        return _newer(parse_json(body)), False
    if stream.lists:
        return list_page(body, stream.lists, stream.key)
    pbx = dict(request.params)["pbxId"]
    if request.stream in CALLS:
        page = raw_call_page(body, stream.key, pbx)
        return page.rows, page.scroll_id is not None
    return summary_rows(body, stream.key, pbx), False


def _newer(content: Any) -> list[Row]:
    rows = next((content[name] for name in NEWER_REPORTS if name in content), None) if content else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise RetryableError("8x8 sent JSON that is not a report")
    if any(NESTED in row for row in rows):
        return [agent for queue in rows for agent in queue.get(NESTED) or []]
    return rows
