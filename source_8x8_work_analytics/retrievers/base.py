"""Read what a slice stands for: send its requests with patience, judge the answers, hand the rows on.

The stock retriever takes an answer that is not a report for an empty one, and cannot repeat a request whose
answer came with status 200. These repeat it; when the tries are used up, the slice fails.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import InitVar, dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import requests
from airbyte_cdk.sources.declarative.requesters import HttpRequester
from airbyte_cdk.sources.declarative.retrievers import Retriever
from airbyte_cdk.sources.streams.core import StreamData
from airbyte_cdk.sources.types import StreamSlice
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics import clock
from source_8x8_work_analytics.client.authenticator import WorkAnalyticsAuthenticator
from source_8x8_work_analytics.client.error_handler import TokenRejected
from source_8x8_work_analytics.client.service import service_for, unit_of
from source_8x8_work_analytics.errors import about, config_error
from source_8x8_work_analytics.retrievers.payload import list_page, repeated_keys, summary_rows
from source_8x8_work_analytics.settings import ALL_PBXES, Settings
from source_8x8_work_analytics.windows.router import WindowRead

T = TypeVar("T")


@dataclass
class WorkAnalyticsRetriever(Retriever):
    """What all retrievers share: one question to 8x8, asked until it is answered or given up."""

    requester: HttpRequester
    config: Mapping[str, Any]
    name: str
    primary_key: list[str]
    parameters: InitVar[Mapping[str, Any] | None] = None
    settings: Settings = field(init=False)

    def __post_init__(self, parameters: Mapping[str, Any] | None) -> None:
        self.settings = Settings.from_config(self.config, clock.now())
        self.row_key = [name for name in self.primary_key if name != "report_date"]

    def ask(
        self,
        unit: str,
        subject: str,
        stream_slice: StreamSlice,
        judge: Callable[[requests.Response], T],
        params: Mapping[str, Any] | None = None,
        requester: HttpRequester | None = None,
    ) -> tuple[T, datetime]:
        """Send one request until there is a good answer to it.

        Args:
            unit: on whose behalf, as `Service` counts: a PBX of a stream.
            subject: what is asked for, in front of the sentence if it fails.
            stream_slice: what the manifest fills the request from.
            judge: turns an answer into rows; raises `TryAgain` for what is no answer.
            params: parameters beside those of the manifest.
            requester: what to ask, if not the stream's own requester.

        Returns:
            What `judge` made of the answer, and the moment at which the answered request was sent.

        Raises:
            AirbyteTracedException: with one sentence.
        """
        service = service_for(self.settings)
        asked = requester or self.requester

        def attempt() -> tuple[T, datetime]:
            with service.place():
                answer, sent = self._send(asked, stream_slice, params)
                return judge(answer), sent

        try:
            return service.persist(unit, attempt)
        except AirbyteTracedException as error:
            if error is service.login.refusal:
                raise
            raise about(subject, error) from None

    def _send(
        self, requester: HttpRequester, stream_slice: StreamSlice, params: Mapping[str, Any] | None
    ) -> tuple[requests.Response, datetime]:
        """Send the request once; if its token is rejected, once more with a new one."""
        try:
            return _send_once(requester, stream_slice, params)
        except TokenRejected as rejection:
            authenticator = requester.get_authenticator()
            if not isinstance(authenticator, WorkAnalyticsAuthenticator):
                raise TypeError("requests log in with WorkAnalyticsAuthenticator") from None
            authenticator.renew_if_still(rejection.authorization)
        try:
            return _send_once(requester, stream_slice, params)
        except TokenRejected:
            raise config_error(
                "8x8 rejects a token that it has just given out (HTTP 401): see that the API key's app and "
                "the user (api_key, username) belong to the same 8x8 account."
            ) from None


def _send_once(
    requester: HttpRequester, stream_slice: StreamSlice, params: Mapping[str, Any] | None
) -> tuple[requests.Response, datetime]:
    sent = clock.now()
    answer = requester.send_request(stream_slice=stream_slice, request_params=params)
    if answer is None:
        raise TypeError("the error handler lets no request end without an answer")
    return answer, sent


def window_of(stream_slice: StreamSlice | None) -> tuple[WindowRead, StreamSlice]:
    """Return the window that a slice of `WindowRouter` stands for, and the slice."""
    if stream_slice is None:
        raise ValueError("a report is read window by window")
    reading: WindowRead = stream_slice.extra_fields["reading"]
    return reading, stream_slice


@dataclass
class WindowRetriever(WorkAnalyticsRetriever):
    """What the retrievers of report windows share."""

    def ask_window(
        self,
        reading: WindowRead,
        window_slice: StreamSlice,
        judge: Callable[[requests.Response], T],
        params: Mapping[str, Any] | None = None,
        requester: HttpRequester | None = None,
    ) -> tuple[T, datetime]:
        """Ask for something of a window. What fails names stream, PBX and day."""
        reading.requests += 1
        return self.ask(
            unit_of(self.name, reading.pbx_id),
            self.subject(reading),
            window_slice,
            judge,
            params,
            requester,
        )

    def subject(self, reading: WindowRead) -> str:
        """Return how a sentence names a window."""
        return f"{self.name}, PBX {reading.pbx_id}, {reading.window.report_date}"

    def hand_on(self, reading: WindowRead, rows: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
        """Yield rows with the window's fields, and count them."""
        reading.rows += len(rows)
        reading.repeated += repeated_keys(rows, self.row_key)
        fields = reading.window.fields(reading.complete)
        for row in rows:
            row.update(fields)
            yield row


@dataclass
class SummaryRetriever(WindowRetriever):
    """Asks for a summary report of one window, checks that it is one, and adds the window to each row."""

    def read_records(
        self, records_schema: Mapping[str, Any], stream_slice: StreamSlice | None = None
    ) -> Iterable[StreamData]:
        """Yield the rows of one window, and note on the slice what was seen.

        Raises:
            AirbyteTracedException: with one sentence; what concerns the window names stream, PBX and day.
        """
        reading, window_slice = window_of(stream_slice)
        rows, sent = self.ask_window(
            reading, window_slice, lambda answer: summary_rows(answer.content, self.row_key, reading.pbx_id)
        )
        reading.complete = reading.window.has_ended(sent)
        yield from self.hand_on(reading, rows)


@dataclass
class ListRetriever(WorkAnalyticsRetriever):
    """Asks for a list of Work Analytics Customer Data, page by page, numbered from zero.

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

    PAGE_SIZE = 100

    def read_records(
        self, records_schema: Mapping[str, Any], stream_slice: StreamSlice | None = None
    ) -> Iterable[StreamData]:
        """Yield the rows of all pages."""
        where = stream_slice or StreamSlice(partition={}, cursor_slice={})
        number, more = 0, True
        while more:
            params = {"page": number, "size": self.PAGE_SIZE}
            (rows, more), _ = self.ask(
                self.name,
                self.name,
                where,
                lambda answer: list_page(answer.content, self.lists, self.row_key),
                params,
            )
            for row in rows:
                if not self.configured_only or self._is_configured(row):
                    yield {self.renamed.get(name, name): value for name, value in row.items()}
            number += 1

    def _is_configured(self, row: Mapping[str, Any]) -> bool:
        names = {name.casefold() for name in self.settings.pbx_ids}
        return ALL_PBXES in names or str(row.get("name")).casefold() in names
