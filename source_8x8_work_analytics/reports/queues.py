"""Read call queues, their agents and their calls, from endpoints that accept a PBX's id and UTC instants."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.client.client import Fetched
from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.reports.pbx_directory import Pbx
from source_8x8_work_analytics.reports.queue_identities import (
    AGENT_IDENTITIES,
    CALL_IDENTITIES,
    QUEUE_IDENTITIES,
    Identity,
    broken_identity,
    ended,
)
from source_8x8_work_analytics.reports.queue_parts import add_parts
from source_8x8_work_analytics.reports.queue_payload import (
    ReportParser,
    agent_rows,
    call_rows,
    check_times,
    queue_agent_rows,
    queue_rows,
)
from source_8x8_work_analytics.reports.report import Page, Report
from source_8x8_work_analytics.reports.rows import Row
from source_8x8_work_analytics.windows.calendar import utc_bounds
from source_8x8_work_analytics.windows.progress import WindowSlice

LOGGER = logging.getLogger("airbyte")

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)

PAGE_SIZES = (1000, 100)
"""8x8 documents no maximum: if the first size is rejected, the second is used."""

PARSERS: Mapping[str, tuple[ReportParser, Sequence[Identity]]] = {
    "call-queue-metrics": (queue_rows, QUEUE_IDENTITIES),
    "queue-agent-activity": (queue_agent_rows, AGENT_IDENTITIES),
    "agent-activity": (agent_rows, AGENT_IDENTITIES),
}


class QueueReport(Report):
    """A report on the queues or agents of one PBX and day."""

    by_id = True
    denied = messages.QUEUES_DENIED

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._warned: set[str] = set()

    def read(self, window_slice: WindowSlice) -> Iterator[Page]:
        """Yield the rows of one window.

        A 25-hour day may be more than 8x8 accepts in one request. If it is rejected, the first hours, which
        have the fewest calls, are requested separately so that 24 hours remain.
        """
        pbx = self.directory.find(window_slice.pbx)
        window, requests = window_slice.window, 1
        try:
            found = self._fetch_report(window_slice, pbx, window.start, window.end)
            rows, sent = found.content, found.sent
        except ConnectorError as error:
            first = window.end + SECOND - DAY
            if error.problem is not messages.BAD_REQUEST or first <= window.start:
                raise
            parts = [
                self._fetch_report(window_slice, pbx, window.start, first - SECOND),
                self._fetch_report(window_slice, pbx, first, window.end),
            ]
            rows = add_parts([part.content for part in parts], self.key)
            sent, requests = parts[0].sent, 3
        self._check_times(window_slice, rows)
        self.warn_of_broken(rows, PARSERS[self.endpoint][1])
        yield Page(rows, sent, requests)

    def warn_of_broken(self, rows: Sequence[Mapping[str, Any]], identities: Sequence[Identity]) -> None:
        """Log a warning for the stream's first rows whose numbers do not add up."""
        formula = None if "identity" in self._warned else broken_identity(rows, identities)
        if formula:
            self._warned.add("identity")
            LOGGER.warning(messages.BROKEN_IDENTITY.text(stream=self.stream, formula=formula))

    def _check_times(self, window_slice: WindowSlice, rows: Sequence[Row]) -> None:
        name = check_times(rows, window_slice.window.seconds)
        if name and "times" not in self._warned:
            self._warned.add("times")
            LOGGER.warning(messages.LONG_TIMES.text(stream=self.stream, name=name))

    def _fetch_report(
        self, window_slice: WindowSlice, pbx: Pbx, start: datetime, end: datetime
    ) -> Fetched[list[Row]]:
        """Return the rows of a day, or of a part of it."""
        parse, _ = PARSERS[self.endpoint]
        params = {
            **utc_bounds(start, end, self.client.settings.window_end),
            "includeSummary": "false",
        }
        return self.fetch(
            window_slice, params, lambda response: parse(response, pbx), f"{pbx.path}/{self.endpoint}"
        )


class QueueCallReport(QueueReport):
    """The calls of one PBX and day, page by page.

    Pages are sorted by `callId`; each one begins after the last call of the previous one. 8x8 documents no
    marker for the last page, so only a page without new calls ends the window.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._page_size = PAGE_SIZES[0]

    def read(self, window_slice: WindowSlice) -> Iterator[Page]:
        """Yield the calls of one window, each page only after the next one has shown that paging works."""
        pbx = self.directory.find(window_slice.pbx)
        calls = _SeenCalls()
        previous: list[Row] = []
        cursor: dict[str, str] = {}
        while True:
            fetched = self._fetch_page(window_slice, pbx, cursor)
            fresh = calls.new_in(fetched.content, cursor.get("startingAfter"))
            yield Page(previous, fetched.sent)
            if not fresh:
                return
            self.warn_of_broken(ended(fresh), CALL_IDENTITIES)
            previous = fresh
            last = fresh[-1]["callId"]
            cursor = {"startingAfter": last, "latestSortingValue": last}

    def _fetch_page(
        self, window_slice: WindowSlice, pbx: Pbx, cursor: Mapping[str, str]
    ) -> Fetched[list[Row]]:
        size = self._page_size
        params = {
            **utc_bounds(window_slice.window.start, window_slice.window.end, self.client.settings.window_end),
            "sortingField": "callId",
            "sortingDirection": "ASC",
            "limit": size,
            **cursor,
        }
        try:
            return self.fetch(
                window_slice,
                params,
                lambda response: call_rows(response, pbx),
                f"{pbx.path}/{self.endpoint}",
            )
        except ConnectorError as error:
            if error.problem is not messages.BAD_REQUEST or cursor or size == PAGE_SIZES[-1]:
                raise
            self._page_size = PAGE_SIZES[-1]
            return self._fetch_page(window_slice, pbx, cursor)


class _SeenCalls:
    """The calls of a window's earlier pages: 8x8 documents no count to compare with."""

    def __init__(self) -> None:
        self._groups: dict[str, Any] = {}

    def new_in(self, page: Sequence[Row], after: str | None) -> list[Row]:
        """Return the calls of a page that were not on earlier pages.

        Args:
            page: the calls as received.
            after: the call after which the page should begin. A page may also begin with that call.

        Raises:
            ConnectorError: the page contains nothing new, or a call under a different queue than before.
        """
        groups = {row["callId"]: group_of(row) for row in page}
        repeated = self._groups.keys() & groups.keys()
        if any(self._groups[call] != groups[call] for call in repeated):
            raise ConnectorError(messages.PAGES_DISAGREE, problem="sent one call under two queues")
        fresh = [row for row in page if row["callId"] not in repeated]
        if repeated - {after} and not fresh:
            problem = "sent a page that contained only calls from earlier pages"
            raise ConnectorError(messages.PAGES_DISAGREE, problem=problem)
        self._groups.update(groups)
        return fresh


def group_of(call: Row) -> Any:
    """Return the queue or ring group of a call."""
    return call.get("workGroup_id") or call.get("workGroup_extension")
