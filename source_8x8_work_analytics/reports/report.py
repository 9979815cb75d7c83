"""The base of all reports, and the usual kind: one request per window."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.client.client import Client, Fetched
from source_8x8_work_analytics.client.http import Response
from source_8x8_work_analytics.client.retries import Reader
from source_8x8_work_analytics.messages import Message
from source_8x8_work_analytics.reports.pbx_directory import PbxDirectory
from source_8x8_work_analytics.reports.rows import Row, repeated_keys, summary_rows
from source_8x8_work_analytics.windows.calendar import local_bounds
from source_8x8_work_analytics.windows.progress import WindowSlice

T = TypeVar("T")


@dataclass(frozen=True)
class Page:
    """What one or more requests returned for a window.

    Attributes:
        rows: the stream's rows, without the window's fields.
        sent: when the request was sent.
        requests: how many requests it took.
        repeated: the number of rows that share their key with another row.
    """

    rows: list[Row]
    sent: datetime
    requests: int = 1
    repeated: int = 0


class Report(ABC):
    """A report that 8x8 returns for one window of one PBX.

    Args:
        stream: the stream's name.
        endpoint: the path of the report.
        key: the fields that identify a row within one report.
        client: sends the requests.
        directory: the PBXs that the user can see, for endpoints that accept an id.
    """

    by_id: ClassVar[bool] = False
    """Whether the endpoint accepts a PBX's id and UTC instants instead of its name and local times."""
    denied: ClassVar[Message] = messages.PBX_DENIED
    """The message to use if the user lacks access."""

    def __init__(
        self, stream: str, endpoint: str, key: Sequence[str], client: Client, directory: PbxDirectory
    ) -> None:
        self.stream = stream
        self.endpoint = endpoint
        self.key = key
        self.client = client
        self.directory = directory

    @abstractmethod
    def read(self, window_slice: WindowSlice) -> Iterator[Page]:
        """Yield what 8x8 returns for a window.

        Raises:
            ConnectorError: with one sentence.
        """

    def skip(self, window_slice: WindowSlice, error: Exception) -> bool:
        """Return whether a failure is due to a deleted PBX that is skipped, since it is not named."""
        return self.by_id and self.directory.skip_named(window_slice.pbx, error)

    def subject(self, window_slice: WindowSlice) -> str:
        """Return how messages refer to a window."""
        return f"{self.stream}, PBX {window_slice.pbx}, {window_slice.window.report_date}"

    def fetch(
        self,
        window_slice: WindowSlice,
        params: Mapping[str, Any],
        parse: Callable[[Response], T],
        path: str | None = None,
        denied: Message | None = None,
    ) -> Fetched[T]:
        """Send one request of a window, with retries, until it succeeds.

        Args:
            window_slice: the window.
            params: the query.
            parse: turns a response into rows.
            path: a path to use instead of the report's own.
            denied: the message to use if the user lacks access, instead of the report's own.
        """
        return self.client.get(
            Reader(self.stream, window_slice.pbx), path or self.endpoint, params, parse, denied or self.denied
        )

    def params(self, window_slice: WindowSlice) -> dict[str, Any]:
        """Return the parameters that all reports by name accept.

        Source: https://developer.8x8.com/analytics/docs/work-analytics-extension-summary
        """
        settings = self.client.settings
        start_time, end_time = local_bounds(window_slice.window, settings.window_end)
        return {
            "pbxId": window_slice.pbx,
            "startTime": start_time,
            "endTime": end_time,
            "timeZone": settings.time_zone,
        }


class SummaryReport(Report):
    """A summary of extensions, ring groups or companies: a JSON array."""

    def read(self, window_slice: WindowSlice) -> Iterator[Page]:
        """Yield the rows of a window."""
        rows = self.fetch(
            window_slice,
            self.params(window_slice),
            lambda response: summary_rows(response, self.key, window_slice.pbx),
        )
        yield Page(rows.content, rows.sent, repeated=repeated_keys(rows.content, self.key))
