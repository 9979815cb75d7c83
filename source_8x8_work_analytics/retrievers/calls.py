"""Read call records and call legs: the pages of a day, one after the other."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from airbyte_cdk.sources.streams.core import StreamData
from airbyte_cdk.sources.types import StreamSlice

from source_8x8_work_analytics.errors import prefix_error, resumable_error
from source_8x8_work_analytics.retrievers.base import WindowRetriever
from source_8x8_work_analytics.retrievers.payload import call_page
from source_8x8_work_analytics.windows.window_read import WindowRead

LOGGER = logging.getLogger("airbyte")

PAGE_SIZE = 2000
"""8x8 takes up to 7,000. The time of a page is that of its rows; its memory is held once for each request."""


class PagesDisagree(Exception):  # noqa: N818 - what happened
    """The pages of a window do not add up to what 8x8 counts.

    Args:
        problem: what happened, as the end of a sentence that begins with "8x8".
        total: how many calls 8x8 counts.
        received: how many calls came.
    """

    def __init__(self, problem: str, total: int, received: int) -> None:
        super().__init__(problem)
        self.total = total
        self.received = received


@dataclass
class CallRetriever(WindowRetriever):
    """Fetches the calls of one window, page by page, and passes on each page as it comes.

    `scrollId` names the last row of a page; all other parameters are repeated with it. Pages go from the
    newest call to the oldest, so calls that are added meanwhile shift nothing.
    """

    def read_records(
        self, records_schema: Mapping[str, Any], stream_slice: StreamSlice | None = None
    ) -> Iterable[StreamData]:
        """Yield the calls of one window.

        Pages that disagree with 8x8's own count are read once more from the first one; a call that was
        passed on before is not passed on again.

        Raises:
            AirbyteTracedException: also if the pages still disagree.
        """
        read = WindowRead.of(stream_slice)
        emitted: set[int] = set()
        try:
            yield from self._pages(read, emitted, records_schema)
        except PagesDisagree as error:
            LOGGER.info("%s: 8x8 %s; reading its pages once more.", self.subject(read), error)
            at_least = error.received or min(1, error.total)
        else:
            return
        try:
            yield from self._pages(read, emitted, records_schema, at_least)
        except PagesDisagree as error:
            problem = f"8x8 {error}, so the day does not count as read"
            raise prefix_error(self.subject(read), resumable_error(problem)) from None

    def _pages(
        self, read: WindowRead, emitted: set[int], records_schema: Mapping[str, Any], at_least: int = 0
    ) -> Iterable[StreamData]:
        """Yield the calls of all pages that are not in `emitted`, and add them there.

        Raises:
            PagesDisagree: fewer calls came than 8x8 counts now, or `at_least`.
        """
        params: dict[str, Any] = {"pageSize": PAGE_SIZE}
        earlier_pages: set[int] = set()
        scroll_ids: set[str] = set()
        expected_total: int | None = None
        received = 0
        while True:
            page, _ = self.fetch_window(read, lambda body: call_page(body, self.row_key, read.pbx_id), params)
            if expected_total is None:
                expected_total = max(page.total, at_least)
            keys = [hash(tuple(row[name] for name in self.row_key)) for row in page.rows]
            received += sum(key not in earlier_pages for key in keys)
            rows = [row for row, key in zip(page.rows, keys, strict=True) if key not in emitted]
            repeated = len(keys) - len(set(keys))
            earlier_pages.update(keys)
            yield from self.emit_rows(read, rows, records_schema, repeated)
            emitted.update(keys)
            if page.scroll_id is None:
                break
            if page.scroll_id in scroll_ids:
                raise PagesDisagree("sent the same page twice", expected_total, received)
            scroll_ids.add(page.scroll_id)
            params = {"pageSize": PAGE_SIZE, "scrollId": page.scroll_id}
        if received < expected_total:
            problem = f"reported {expected_total:,} calls but returned {received:,}"
            raise PagesDisagree(problem, expected_total, received)
