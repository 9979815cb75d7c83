"""Send the requests that the manifest describes, the way 8x8's credentials need it."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
from airbyte_cdk.sources.declarative.requesters import HttpRequester
from airbyte_cdk.sources.declarative.requesters.request_options import InterpolatedRequestOptionsProvider
from airbyte_cdk.sources.types import StreamSlice, StreamState

from source_8x8_work_analytics.context import context_of

_EVALUATING = threading.Lock()
"""Held while the manifest's expressions are evaluated, which the CDK does with `ast.literal_eval`.

CPython 3.11 counts the depth of all threads in one place (gh-106905): two at once may end in a SystemError.
"""


@dataclass
class WorkAnalyticsRequester(HttpRequester):
    """The CDK's requester, sending through `Http`.

    The stock one follows redirects, which would take the API key with them, and logs whole responses.

    Attributes:
        request_parameters: the query, as the manifest writes it.
    """

    request_parameters: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self, parameters: Mapping[str, Any]) -> None:
        self.request_options_provider = InterpolatedRequestOptionsProvider(
            config=self.config, parameters=parameters, request_parameters=self.request_parameters
        )
        super().__post_init__(parameters)
        service = context_of(self.config).service
        self._http = service.http
        self._base_url = service.settings.base_url

    def send_request(
        self,
        stream_state: StreamState | None = None,
        stream_slice: StreamSlice | None = None,
        next_page_token: Mapping[str, Any] | None = None,
        path: str | None = None,
        request_headers: Mapping[str, Any] | None = None,
        request_params: Mapping[str, Any] | None = None,
        request_body_data: Mapping[str, Any] | str | None = None,
        request_body_json: Mapping[str, Any] | None = None,
        log_formatter: Callable[[requests.Response], Any] | None = None,
    ) -> requests.Response:
        """Send one GET request and return the response, if it has status 200.

        Raises:
            TokenRejected, RetryableError, AirbyteTracedException: as the error handler decides.
        """
        with _EVALUATING:
            endpoint = self.get_path(stream_slice=stream_slice)
            query = self.get_request_params(stream_slice=stream_slice)
        response = self._http.send(
            "GET",
            f"{self._base_url}/{endpoint}",
            params={**query, **(request_params or {})},
            headers=self.get_authenticator().get_auth_header(),
        )
        if self.error_handler:
            self.error_handler.interpret_response(response)
        return response
