"""Read a list of Work Analytics Customer Data, page by page."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from airbyte_cdk.sources.streams.core import StreamData
from airbyte_cdk.sources.types import StreamSlice

from source_8x8_work_analytics.retrievers.base import WorkAnalyticsRetriever
from source_8x8_work_analytics.retrievers.paging import Page, list_pages
from source_8x8_work_analytics.retrievers.payload import list_page
from source_8x8_work_analytics.settings import ALL_PBXES
from source_8x8_work_analytics.windows.counts import counted

LOGGER = logging.getLogger("airbyte")


@dataclass
class ListRetriever(WorkAnalyticsRetriever):
    """Fetches a whole list.

    8x8's documents disagree in places: the list's name, where `page` stands, and a field's name. All that
    was seen is accepted, and rows come out with one spelling.

    Attributes:
        lists: the names that the list may have.
        renamed: other spellings of fields, and the one to use.
        configured_only: leave out PBXs that the configuration does not name.
    """

    lists: list[str] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
    configured_only: bool = False

    def read_records(
        self, records_schema: Mapping[str, Any], stream_slice: StreamSlice | None = None
    ) -> Iterable[StreamData]:
        """Yield the rows of all pages."""
        whole_slice = stream_slice or StreamSlice(partition={}, cursor_slice={})

        def fetch_page(params: Mapping[str, Any]) -> Page:
            page, _ = self.fetch(
                self.name,
                self.name,
                whole_slice,
                lambda body: list_page(body, self.lists, self.row_key),
                params,
            )
            return page

        count = 0
        for rows in list_pages(self.name, fetch_page):
            wanted = [
                {self.renamed.get(name, name): value for name, value in row.items()}
                for row in rows
                if not self.configured_only or self._is_configured(row)
            ]
            count += len(wanted)
            self.shapes.conform(wanted, records_schema)
            yield from wanted
        LOGGER.info("%s: read %s.", self.name, counted(count, "row"))

    def _is_configured(self, row: Mapping[str, Any]) -> bool:
        names = {name.casefold() for name in self._service.settings.pbx_ids}
        return ALL_PBXES in names or str(row.get("name")).casefold() in names
