"""Read call queues, their agents and their calls, from endpoints that take a PBX's id and UTC instants."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from airbyte_cdk.sources.streams.core import StreamData
from airbyte_cdk.sources.types import StreamSlice
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics.context import context_of
from source_8x8_work_analytics.errors import BadRequestError, prefix_error, resumable_error
from source_8x8_work_analytics.retrievers.base import WindowRetriever
from source_8x8_work_analytics.retrievers.queue_identities import (
    AGENT_IDENTITIES,
    CALL_IDENTITIES,
    QUEUE_IDENTITIES,
    Identity,
    broken_identity,
    ended,
)
from source_8x8_work_analytics.retrievers.queue_pages import PagesRepeat, new_calls
from source_8x8_work_analytics.retrievers.queue_parts import add_parts
from source_8x8_work_analytics.retrievers.queue_payload import (
    Pbx,
    ReportParser,
    Row,
    agent_rows,
    call_rows,
    check_times,
    queue_agent_rows,
    queue_rows,
)
from source_8x8_work_analytics.windows.window_read import WindowRead

LOGGER = logging.getLogger("airbyte")

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
INSTANT = "%Y-%m-%dT%H:%M:%SZ"

PAGE_SIZES = (1000, 100)
"""8x8 documents no maximum: where the first is refused, the second is taken."""

REPORTS: Mapping[str, tuple[ReportParser, Sequence[Identity]]] = {
    "call-queue-metrics": (queue_rows, QUEUE_IDENTITIES),
    "queue-agent-activity": (queue_agent_rows, AGENT_IDENTITIES),
    "agent-activity": (agent_rows, AGENT_IDENTITIES),
}


@dataclass
class QueueRetriever(WindowRetriever):
    """Fetches a report on the queues or agents of one PBX and day.

    Attributes:
        endpoint: which report.
    """

    endpoint: str = ""

    def __post_init__(self, parameters: Mapping[str, Any] | None) -> None:
        super().__post_init__(parameters)
        self._directory = context_of(self.config).directory
        self._warned = False

    def read_records(
        self, records_schema: Mapping[str, Any], stream_slice: StreamSlice | None = None
    ) -> Iterable[StreamData]:
        """Yield the rows of one window.

        A day of 25 hours may be more than 8x8 takes in one request: if it is refused, the hours beyond a day
        are asked for on their own. They are the first ones, when calls are fewest.

        Raises:
            AirbyteTracedException: with one sentence that names stream, PBX and day.
        """
        read = WindowRead.of(stream_slice)
        pbx = self.pbx_of(read)
        start, end = read.window.start, read.window.end
        day = (end + SECOND - start).total_seconds()
        try:
            rows = self._fetch_report(read, pbx, start, end, day)
        except BadRequestError:
            first = end + SECOND - DAY
            if first <= start:
                raise
            parts = [
                self._fetch_report(read, pbx, start, first - SECOND, day),
                self._fetch_report(read, pbx, first, end, day),
            ]
            rows = add_parts(parts, self.row_key)
            try:
                check_times(rows, day)
            except AirbyteTracedException as error:
                raise prefix_error(self.subject(read), error) from None
        self.warn_of_broken(rows, REPORTS[self.endpoint][1])
        yield from self.emit_rows(read, rows, records_schema, repeated=0)

    def pbx_of(self, read: WindowRead) -> Pbx:
        """Return the PBX of a window, as 8x8 lists it."""
        try:
            return self._directory.find(read.pbx_id)
        except AirbyteTracedException as error:
            raise prefix_error(self.subject(read), error) from None

    def slice_of(self, pbx: Pbx, start: datetime, end: datetime) -> StreamSlice:
        """Return what the manifest fills a request from."""
        return StreamSlice(
            partition={"pbx": pbx.id},
            cursor_slice={"start_date": start.strftime(INSTANT), "end_date": end.strftime(INSTANT)},
        )

    def warn_of_broken(self, rows: Sequence[Mapping[str, Any]], identities: Sequence[Identity]) -> None:
        """Log a warning at the stream's first rows whose numbers do not add up."""
        formula = None if self._warned else broken_identity(rows, identities)
        if formula:
            self._warned = True
            LOGGER.warning(
                "%s: in some rows 8x8's numbers do not add up as documented (%s). The rows are kept; the "
                "doctor command tells more.",
                self.name,
                formula,
            )

    def _fetch_report(
        self, read: WindowRead, pbx: Pbx, start: datetime, end: datetime, seconds: float
    ) -> list[Row]:
        """Return the rows of a day, or of a part of it, where no time is longer than so many seconds.

        A call that ends in a part of a day may have begun before it, so that is the length of the day.
        """
        parse, _ = REPORTS[self.endpoint]
        rows, _ = self.fetch_window(
            read, lambda body: parse(body, pbx, seconds), stream_slice=self.slice_of(pbx, start, end)
        )
        return rows


@dataclass
class QueueCallRetriever(QueueRetriever):
    """Fetches the calls of one PBX and day, page by page.

    Pages are sorted by `callId`; each one begins after the last call of the one before. 8x8 documents no mark
    of the last page, so only an empty one ends the window.
    """

    def __post_init__(self, parameters: Mapping[str, Any] | None) -> None:
        super().__post_init__(parameters)
        self._page_size = PAGE_SIZES[0]

    def read_records(
        self, records_schema: Mapping[str, Any], stream_slice: StreamSlice | None = None
    ) -> Iterable[StreamData]:
        """Yield the calls of one window, each page once the next one has proved that paging goes on.

        Raises:
            AirbyteTracedException: with one sentence that names stream, PBX and day.
        """
        read = WindowRead.of(stream_slice)
        previous: list[Row] = []
        for page in self._pages(read, self.pbx_of(read)):
            yield from self.emit_rows(read, previous, records_schema, repeated=0)
            self.warn_of_broken(ended(page), CALL_IDENTITIES)
            previous = page
        yield from self.emit_rows(read, previous, records_schema, repeated=0)

    def _pages(self, read: WindowRead, pbx: Pbx) -> Iterator[list[Row]]:
        """Yield the calls of each page that no earlier page had."""
        window_slice = self.slice_of(pbx, read.window.start, read.window.end)
        groups: dict[str, Any] = {}
        cursor: dict[str, str] = {}
        while page := self._fetch_page(read, pbx, window_slice, cursor):
            try:
                fresh = new_calls(page, groups)
            except PagesRepeat as error:
                problem = f"8x8 {error}, so the day does not count as read"
                raise prefix_error(self.subject(read), resumable_error(problem)) from None
            yield fresh
            last = page[-1]["callId"]
            cursor = {"startingAfter": last, "latestSortingValue": last}

    def _fetch_page(
        self, read: WindowRead, pbx: Pbx, window_slice: StreamSlice, cursor: Mapping[str, str]
    ) -> list[Row]:
        size = self._page_size
        try:
            page, _ = self.fetch_window(
                read, lambda body: call_rows(body, pbx), {"limit": size, **cursor}, window_slice
            )
        except BadRequestError:
            if cursor or size == PAGE_SIZES[-1]:
                raise
            self._page_size = PAGE_SIZES[-1]
            return self._fetch_page(read, pbx, window_slice, cursor)
        return page
