"""Read ring group members: one request for each ring group of a window."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from airbyte_cdk.sources.declarative.requesters.requester import Requester
from airbyte_cdk.sources.streams.core import StreamData
from airbyte_cdk.sources.types import StreamSlice

from source_8x8_work_analytics.retrievers.base import WindowRetriever
from source_8x8_work_analytics.retrievers.payload import member_rows, repeated_keys, summary_rows
from source_8x8_work_analytics.settings import ALL_PBXES
from source_8x8_work_analytics.windows.window_read import WindowRead

GROUP_KEY = ("pbxId", "extension")

Group = tuple[str, str]
"""PBX and extension of a ring group."""


@dataclass
class MemberRetriever(WindowRetriever):
    """Fetches the members of each ring group that had calls around the window.

    8x8 takes one ring group for each request. The groups come from the ring group report over the window's
    span, once for each PBX and span. A window is read when all its groups are.

    Attributes:
        groups_requester: fetches the ring group report.
    """

    groups_requester: Requester | None = None

    def __post_init__(self, parameters: Mapping[str, Any] | None) -> None:
        super().__post_init__(parameters)
        self._spans: dict[tuple[str, str], _SpanGroups] = {}
        self._spans_lock = threading.Lock()

    def read_records(
        self, records_schema: Mapping[str, Any], stream_slice: StreamSlice | None = None
    ) -> Iterable[StreamData]:
        """Yield the members of all groups of one window, group by group."""
        read = WindowRead.of(stream_slice)
        groups, sent = self._groups_of(read)
        # A group may have had its first call after the groups were asked for.
        read.record_response(sent)
        for group in groups:
            rows = self._members_of(group, read)
            yield from self.emit_rows(read, rows, records_schema, repeated_keys(rows, self.row_key))

    def _members_of(self, group: Group, read: WindowRead) -> list[dict[str, Any]]:
        pbx, extension = group
        of_pbx = StreamSlice(partition={"pbx_id": pbx}, cursor_slice=read.to_slice().cursor_slice)
        rows, _ = self.fetch_window(
            read,
            lambda body: member_rows(body, self.row_key, pbx, extension),
            {"extId": extension},
            stream_slice=of_pbx,
        )
        return rows

    def _groups_of(self, read: WindowRead) -> tuple[list[Group], datetime]:
        """Return the ring groups of a window's span, and when they were asked for.

        The first thread that needs them asks; the others of the span wait for it.
        """
        key = read.pbx_id, read.span[0].report_date
        with self._spans_lock:
            span = self._spans.setdefault(key, _SpanGroups())
        with span.lock:
            if span.found is None:
                span.found = self._fetch_groups(read)
            return span.found

    def _fetch_groups(self, read: WindowRead) -> tuple[list[Group], datetime]:
        rows, sent = self.fetch_window(
            read,
            lambda body: summary_rows(body, GROUP_KEY, read.pbx_id),
            stream_slice=read.span_slice(),
            requester=self.groups_requester,
        )
        any_pbx = read.pbx_id == ALL_PBXES
        groups = {(str(row["pbxId"]) if any_pbx else read.pbx_id, str(row["extension"])) for row in rows}
        return sorted(groups), sent


class _SpanGroups:
    """The ring groups of one PBX and span, once they are known."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.found: tuple[list[Group], datetime] | None = None
