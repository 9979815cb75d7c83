"""Read call records and call legs: the pages of a day, one after the other."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from airbyte_cdk.sources.streams.core import StreamData
from airbyte_cdk.sources.types import StreamSlice
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics.errors import about, interrupted
from source_8x8_work_analytics.retrievers.base import WindowRetriever, window_of
from source_8x8_work_analytics.retrievers.payload import call_page
from source_8x8_work_analytics.windows.router import WindowRead

PAGE_SIZE = 2000
"""8x8 takes up to 7000. The time of a page is that of its rows; its memory is held once for each request."""


@dataclass
class CallRetriever(WindowRetriever):
    """Asks for the calls of one window, page by page, and hands on each page as it comes.

    `scrollId` names the last row of a page; all other parameters are repeated with it. Pages go from the
    newest call to the oldest, so calls that are added meanwhile shift nothing.
    """

    def read_records(
        self, records_schema: Mapping[str, Any], stream_slice: StreamSlice | None = None
    ) -> Iterable[StreamData]:
        """Yield the calls of one window.

        Raises:
            AirbyteTracedException: also if a page comes twice, or fewer calls come than were counted.
        """
        reading, window_slice = window_of(stream_slice)
        params: dict[str, Any] = {"pageSize": PAGE_SIZE}
        seen: set[str] = set()
        promised = None
        reading.complete = True
        while True:
            page, sent = self.ask_window(
                reading,
                window_slice,
                lambda answer: call_page(answer.content, self.row_key, reading.pbx_id),
                params,
            )
            promised = page.total if promised is None else promised
            reading.complete = reading.complete and reading.window.has_ended(sent)
            yield from self.hand_on(reading, page.rows)
            if page.scroll_id is None:
                break
            if page.scroll_id in seen:
                raise self._broken(reading, "sent the same page twice")
            seen.add(page.scroll_id)
            params = {"pageSize": PAGE_SIZE, "scrollId": page.scroll_id}
        if reading.rows < promised:
            raise self._broken(reading, f"counted {promised} calls and sent {reading.rows}")

    def _broken(self, reading: WindowRead, trouble: str) -> AirbyteTracedException:
        return about(self.subject(reading), interrupted(f"8x8 {trouble}, so the day does not count as read"))
