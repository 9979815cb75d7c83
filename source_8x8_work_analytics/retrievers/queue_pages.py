"""Checks that paging through a day's queue calls goes on: 8x8 documents no count to compare with."""

from typing import Any

from source_8x8_work_analytics.retrievers.queue_payload import Row


class PagesRepeat(Exception):  # noqa: N818 - what happened
    """The pages of a window do not go on."""


def new_calls(page: list[Row], groups: dict[str, Any]) -> list[Row]:
    """Return the calls of a page that no earlier page had.

    Args:
        page: the calls as they came.
        groups: the queue or ring group of each call of the earlier pages, by `callId`. Those of this page are
            added.

    Raises:
        PagesRepeat: the page brings nothing new, or a call under another queue than before.
    """
    groups_here = {row["callId"]: group_of(row) for row in page}
    repeated = groups.keys() & groups_here.keys()
    if any(groups[call] != groups_here[call] for call in repeated):
        raise PagesRepeat("sent one call under two queues")
    fresh = [row for row in page if row["callId"] not in repeated] if repeated else page
    if page and not fresh:
        raise PagesRepeat("sent a page of calls that were all sent before")
    groups.update(groups_here)
    return fresh


def group_of(call: Row) -> Any:
    """Return the queue or ring group of a call."""
    return call.get("workGroup_id") or call.get("workGroup_extension")
