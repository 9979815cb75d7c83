"""Read one report window of one PBX."""

from collections.abc import Iterable, Mapping
from dataclasses import InitVar, dataclass, field
from datetime import datetime
from typing import Any

import requests
from airbyte_cdk.sources.declarative.requesters import HttpRequester
from airbyte_cdk.sources.declarative.retrievers import Retriever
from airbyte_cdk.sources.streams.core import StreamData
from airbyte_cdk.sources.types import StreamSlice
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics import clock
from source_8x8_work_analytics.answers import TokenRejected
from source_8x8_work_analytics.authentication import WorkAnalyticsAuthenticator
from source_8x8_work_analytics.errors import about, config_error
from source_8x8_work_analytics.payload import repeated_keys, summary_rows
from source_8x8_work_analytics.router import WindowRead
from source_8x8_work_analytics.service import service_for
from source_8x8_work_analytics.settings import Settings


@dataclass
class SummaryRetriever(Retriever):
    """Asks for a summary report of one window, checks that it is one, and adds the window to each row.

    The stock retriever takes an answer that is not a report for an empty one, and cannot repeat a request
    whose answer came with status 200. This one repeats it; when the tries are used up, the window fails.
    """

    requester: HttpRequester
    config: Mapping[str, Any]
    name: str
    primary_key: list[str]
    parameters: InitVar[Mapping[str, Any] | None] = None
    settings: Settings = field(init=False)

    def __post_init__(self, parameters: Mapping[str, Any] | None) -> None:
        self.settings = Settings.from_config(self.config, clock.now())
        self.row_key = [name for name in self.primary_key if name != "report_date"]

    def read_records(
        self, records_schema: Mapping[str, Any], stream_slice: StreamSlice | None = None
    ) -> Iterable[StreamData]:
        """Yield the rows of one window, and note on the slice what was seen.

        Raises:
            AirbyteTracedException: with one sentence; what concerns the window names stream, PBX and day.
        """
        if stream_slice is None:
            raise ValueError("a report is read window by window")
        reading: WindowRead = stream_slice.extra_fields["reading"]
        rows, sent = self._report(reading, stream_slice)
        reading.complete = reading.window.has_ended(sent)
        reading.rows = len(rows)
        reading.repeated = repeated_keys(rows, self.row_key)
        fields = reading.window.fields(reading.complete)
        for row in rows:
            row.update(fields)
            yield row

    def _report(
        self, reading: WindowRead, stream_slice: StreamSlice
    ) -> tuple[list[dict[str, Any]], datetime]:
        service = service_for(self.settings)

        def attempt() -> tuple[list[dict[str, Any]], datetime]:
            sent, answer = self._send(reading, stream_slice)
            return summary_rows(answer.content, self.row_key, reading.pbx_id), sent

        with service.places.take():
            try:
                return service.persist(f"{self.name} {reading.pbx_id}", attempt)
            except AirbyteTracedException as error:
                if error is service.login.refusal:
                    raise
                subject = f"{self.name}, PBX {reading.pbx_id}, {reading.window.report_date}"
                raise about(subject, error) from None

    def _send(self, reading: WindowRead, stream_slice: StreamSlice) -> tuple[datetime, requests.Response]:
        """Send the request once; if its token is rejected, once more with a new one."""
        try:
            return self._send_once(reading, stream_slice)
        except TokenRejected as rejection:
            authenticator = self.requester.get_authenticator()
            if not isinstance(authenticator, WorkAnalyticsAuthenticator):
                raise TypeError("report requests log in with WorkAnalyticsAuthenticator") from None
            authenticator.renew_if_still(rejection.authorization)
        try:
            return self._send_once(reading, stream_slice)
        except TokenRejected:
            raise config_error(
                "8x8 rejects a token that it has just given out (HTTP 401): see that the API key's app and "
                "the user (api_key, username) belong to the same 8x8 account."
            ) from None

    def _send_once(
        self, reading: WindowRead, stream_slice: StreamSlice
    ) -> tuple[datetime, requests.Response]:
        sent = clock.now()
        reading.requests += 1
        answer = self.requester.send_request(stream_slice=stream_slice)
        if answer is None:
            raise TypeError("the error handler lets no request end without an answer")
        return sent, answer
