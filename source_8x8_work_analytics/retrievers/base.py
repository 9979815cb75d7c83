"""What all retrievers share: fetch something once, with retries, and pass rows on.

The stock retriever takes a response that is not a report for an empty one, and cannot repeat a request that
was answered with status 200. These do: when the retries are used up, the slice fails.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import InitVar, dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from airbyte_cdk.sources.declarative.requesters.requester import Requester
from airbyte_cdk.sources.declarative.retrievers import Retriever
from airbyte_cdk.sources.types import StreamSlice
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics import clock
from source_8x8_work_analytics.client.service import reader_of
from source_8x8_work_analytics.context import context_of
from source_8x8_work_analytics.errors import prefix_error
from source_8x8_work_analytics.windows.row_batches import in_batches
from source_8x8_work_analytics.windows.window_read import WindowRead

T = TypeVar("T")


@dataclass
class WorkAnalyticsRetriever(Retriever):
    """Fetches something from 8x8 with the service that all streams share.

    Attributes:
        requester: sends the request that the manifest describes.
        name: the stream's name.
        primary_key: the stream's primary key.
    """

    requester: Requester
    config: Mapping[str, Any]
    name: str
    primary_key: list[str]
    parameters: InitVar[Mapping[str, Any] | None] = None
    row_key: list[str] = field(init=False)

    def __post_init__(self, parameters: Mapping[str, Any] | None) -> None:
        context = context_of(self.config)
        self._service = context.service
        self.row_key = [name for name in self.primary_key if name != "report_date"]
        self.shapes = context.shapes_of(self.name)

    def fetch(
        self,
        reader: str,
        subject: str,
        stream_slice: StreamSlice,
        parse: Callable[[bytes], T],
        params: Mapping[str, Any] | None = None,
        requester: Requester | None = None,
    ) -> tuple[T, datetime]:
        """Send one request until there is a good response to it.

        Args:
            reader: on whose behalf, as `Service` counts: one PBX of one stream.
            subject: what is fetched, in front of the sentence if it fails.
            stream_slice: what the manifest fills the request from.
            parse: turns a body into rows; raises `RetryableError` for what is not a report.
            params: parameters beside those of the manifest.
            requester: in place of the stream's own requester.

        Returns:
            What `parse` made of the body, and the moment at which the request was sent.

        Raises:
            AirbyteTracedException: with one sentence.
        """
        chosen = requester or self.requester

        def attempt() -> tuple[T, datetime]:
            sent = clock.now()
            response = chosen.send_request(stream_slice=stream_slice, request_params=params)
            if response is None:
                raise TypeError("WorkAnalyticsRequester returns a response or raises")
            return parse(response.content), sent

        try:
            return self._service.call_with_retries(reader, attempt)
        except AirbyteTracedException as error:
            raise prefix_error(subject, error) from None


@dataclass
class WindowRetriever(WorkAnalyticsRetriever):
    """What the retrievers of report windows share."""

    def fetch_window(
        self,
        read: WindowRead,
        parse: Callable[[bytes], T],
        params: Mapping[str, Any] | None = None,
        stream_slice: StreamSlice | None = None,
        requester: Requester | None = None,
    ) -> tuple[T, datetime]:
        """Fetch something of a window, and note it there. An error names stream, PBX and day."""
        read.requests += 1
        found, sent = self.fetch(
            reader_of(self.name, read.pbx_id),
            self.subject(read),
            stream_slice or read.to_slice(),
            parse,
            params,
            requester,
        )
        read.record_response(sent)
        return found, sent

    def subject(self, read: WindowRead) -> str:
        """Return how a sentence names a window."""
        return f"{self.name}, PBX {read.pbx_id}, {read.window.report_date}"

    def emit_rows(
        self,
        read: WindowRead,
        rows: list[dict[str, Any]],
        records_schema: Mapping[str, Any],
        repeated: int,
    ) -> Iterable[dict[str, Any]]:
        """Yield rows in batches, with the window's fields, and note how many there are.

        Args:
            read: the window.
            rows: the rows as 8x8 sent them.
            records_schema: the stream's schema, for types.
            repeated: how many rows have the key of another one.
        """
        read.record_rows(len(rows), repeated)
        fields = read.window.fields(read.complete)
        any_null = self.shapes.conform(rows, records_schema)
        for row in rows:
            row.update(fields)
        yield from in_batches(rows, any_null)
