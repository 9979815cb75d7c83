"""Read the members and agents of ring groups: first the groups of a window, then one request per group.

Sources: https://developer.8x8.com/analytics/docs/work-analytics-ring-group-summary and
work-analytics-ring-group-agent-activity
"""

import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.client.client import Fetched
from source_8x8_work_analytics.client.http import Response
from source_8x8_work_analytics.errors import ConnectorError, RetryableError
from source_8x8_work_analytics.reports.pbx_directory import Pbx
from source_8x8_work_analytics.reports.queue_payload import ring_group_agent_rows
from source_8x8_work_analytics.reports.report import Page, Report
from source_8x8_work_analytics.reports.rows import NUMBERS, Row, repeated_keys, summary_rows
from source_8x8_work_analytics.settings import ALL_PBXES
from source_8x8_work_analytics.windows.calendar import utc_bounds
from source_8x8_work_analytics.windows.progress import WindowSlice

LOGGER = logging.getLogger("airbyte")

GROUPS = "v2/rgsum-groups"
GROUP_KEY = ("pbxId", "extension")
DURATIONS = ("loggedInDuration", "loggedOutDuration")
TOLERANCE = 1000
"""Milliseconds by which the sum of both durations may exceed the window, since each is rounded."""

Group = tuple[str, str]
"""PBX name and extension of a ring group."""


class _RingGroupReport(Report):
    """A report for each ring group that had calls in the window."""

    def groups(self, window_slice: WindowSlice, pbx: str) -> Fetched[list[Row]]:
        """Return the ring groups of a window from the ring group summary.

        Args:
            window_slice: the window.
            pbx: the PBX's name, as the summary accepts it.
        """
        return self.fetch(
            window_slice,
            {**self.params(window_slice), "pbxId": pbx},
            lambda response: summary_rows(response, GROUP_KEY, pbx),
            path=GROUPS,
            denied=messages.PBX_DENIED,
        )


class RingGroupMemberReport(_RingGroupReport):
    """The summary of the members of each ring group. A window has been read once all its groups have."""

    def read(self, window_slice: WindowSlice) -> Iterator[Page]:
        """Yield the members of all groups of one window, group by group."""
        groups = self.groups(window_slice, window_slice.pbx)
        yield Page([], groups.sent)
        any_pbx = window_slice.pbx == ALL_PBXES
        found = {(row["pbxId"] if any_pbx else window_slice.pbx, row["extension"]) for row in groups.content}
        for group in sorted(found):
            yield self._members(window_slice, group)

    def _members(self, window_slice: WindowSlice, group: Group) -> Page:
        pbx, extension = group
        params = {**self.params(window_slice), "pbxId": pbx, "collapse": "true", "extId": extension}

        def parse(response: Response) -> list[Row]:
            rows = summary_rows(response, self.key, pbx)
            if any(row["ringGroupExtension"] != extension for row in rows):
                raise RetryableError(messages.ROW_OF_ANOTHER_GROUP)
            return rows

        members = self.fetch(window_slice, params, parse)
        return Page(members.content, members.sent, repeated=repeated_keys(members.content, self.key))


class RingGroupAgentReport(_RingGroupReport):
    """How long each agent of a ring group was logged in."""

    by_id = True
    denied = messages.QUEUES_DENIED

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._without_agents: set[str] = set()

    def read(self, window_slice: WindowSlice) -> Iterator[Page]:
        """Yield the agents of all groups of one window, group by group.

        For a ring group that 8x8 does not know, it returns no agents. These groups had calls, so this results
        in one warning per PBX.
        """
        pbx = self.directory.find(window_slice.pbx)
        groups = self.groups(window_slice, pbx.name)
        yield Page([], groups.sent)
        for extension in sorted({row["extension"] for row in groups.content}):
            page = self._agents(window_slice, pbx, extension)
            if not page.rows and pbx.id not in self._without_agents:
                self._without_agents.add(pbx.id)
                LOGGER.warning(messages.AGENTS_MISSING.text(stream=self.stream, name=pbx.name))
            yield page

    def _agents(self, window_slice: WindowSlice, pbx: Pbx, extension: str) -> Page:
        window = window_slice.window
        agents = self.fetch(
            window_slice,
            utc_bounds(window.start, window.end, self.client.settings.window_end),
            lambda response: ring_group_agent_rows(response, pbx, extension),
            path=f"{pbx.path}/{self.endpoint}/{quote(extension, safe='')}",
        )
        if name := _longer_than(agents.content, window.seconds * 1000):
            raise ConnectorError(messages.NOT_MILLISECONDS, name=name)
        return Page(agents.content, agents.sent)


def _longer_than(rows: list[Row], milliseconds: float) -> str | None:
    """Return the first duration that the window cannot contain, or None."""
    for row in rows:
        durations = {name: row.get(name) for name in DURATIONS if type(row.get(name)) in NUMBERS}
        for name, value in durations.items():
            if value > milliseconds:  # type: ignore[operator] # a number
                return name
        if sum(durations.values()) > milliseconds + TOLERANCE:  # type: ignore[arg-type]
            return " + ".join(DURATIONS)
    return None
