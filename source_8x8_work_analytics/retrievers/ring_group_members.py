"""Read ring group members: one request for each ring group of a window."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airbyte_cdk.sources.declarative.requesters import HttpRequester
from airbyte_cdk.sources.streams.core import StreamData
from airbyte_cdk.sources.types import StreamSlice

from source_8x8_work_analytics.retrievers.base import WindowRetriever, window_of
from source_8x8_work_analytics.retrievers.payload import member_rows, summary_rows
from source_8x8_work_analytics.settings import ALL_PBXES
from source_8x8_work_analytics.windows.router import WindowRead

GROUP_KEY = ("pbxId", "extension")

Group = tuple[str, str]
"""PBX and extension of a ring group."""


@dataclass
class MemberRetriever(WindowRetriever):
    """Asks for the members of each ring group that had calls in what the sync reads.

    8x8 takes one ring group a request. The groups come from the ring group report over the whole stretch
    that is about to be read, once for each PBX and sync. A window is read when all its groups are.

    Attributes:
        groups_requester: asks for the ring group report.
    """

    groups_requester: HttpRequester | None = None

    def __post_init__(self, parameters: Mapping[str, Any] | None) -> None:
        super().__post_init__(parameters)
        self._groups: dict[tuple[str, str, str], tuple[list[Group], datetime]] = {}

    def read_records(
        self, records_schema: Mapping[str, Any], stream_slice: StreamSlice | None = None
    ) -> Iterable[StreamData]:
        """Yield the members of all groups of one window."""
        reading, window_slice = window_of(stream_slice)
        groups, asked = self._groups_of(reading, window_slice)
        rows: list[dict[str, Any]] = []
        # A group may have had its first call after the groups were asked for.
        reading.complete = reading.window.has_ended(asked)
        for group in groups:
            found, sent = self._members_of(group, reading, window_slice)
            rows += found
            reading.complete = reading.complete and reading.window.has_ended(sent)
        yield from self.hand_on(reading, rows)

    def _members_of(
        self, group: Group, reading: WindowRead, window_slice: StreamSlice
    ) -> tuple[list[dict[str, Any]], datetime]:
        pbx, extension = group
        of_pbx = StreamSlice(partition={"pbx_id": pbx}, cursor_slice=window_slice.cursor_slice)
        return self.ask_window(
            reading,
            of_pbx,
            lambda answer: member_rows(answer.content, self.row_key, pbx, extension),
            {"extId": extension},
        )

    def _groups_of(self, reading: WindowRead, window_slice: StreamSlice) -> tuple[list[Group], datetime]:
        """Return the ring groups, and when they were asked for.

        The first window of a PBX is read alone, so that the others find its groups here.
        """
        window = reading.window
        start_time, end_time = reading.span or (window.start_time, window.end_time)
        known = self._groups.get((reading.pbx_id, start_time, end_time))
        if known:
            return known
        whole = StreamSlice(
            partition=window_slice.partition, cursor_slice={"start_time": start_time, "end_time": end_time}
        )
        rows, asked = self.ask_window(
            reading,
            whole,
            lambda answer: summary_rows(answer.content, GROUP_KEY, reading.pbx_id),
            requester=self.groups_requester,
        )
        any_pbx = reading.pbx_id == ALL_PBXES
        groups = [(str(row["pbxId"]) if any_pbx else reading.pbx_id, str(row["extension"])) for row in rows]
        found = (sorted(set(groups)), asked)
        self._groups[reading.pbx_id, start_time, end_time] = found
        return found
