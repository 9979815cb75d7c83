"""Hand the windows that a stream has to read to the CDK, as slices."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import InitVar, dataclass
from typing import Any

from airbyte_cdk.sources.declarative.partition_routers.partition_router import PartitionRouter
from airbyte_cdk.sources.declarative.requesters.requester import Requester
from airbyte_cdk.sources.types import StreamSlice, StreamState

from source_8x8_work_analytics.context import context_of


@dataclass
class WindowRouter(PartitionRouter):
    """Yields a slice for each window of each PBX when its turn comes.

    YAML has no calendar of a time zone, and the stock cursor asks for yesterday and today in one request.
    Which windows there are, and when each may start, is the stream's cursor's business: this class asks it,
    by way of the context.

    Attributes:
        summary: whether rows are totals over their window.
        by_day: whether windows are days, whatever `summary_window` says.
        pbxes_requester: fetches the list of PBXs, for endpoints that take a PBX's id.
    """

    config: Mapping[str, Any]
    parameters: InitVar[Mapping[str, Any] | None] = None
    summary: bool = True
    by_day: bool = False
    pbxes_requester: Requester | None = None

    def __post_init__(self, parameters: Mapping[str, Any] | None) -> None:
        # The CDK puts the stream's name among the router's parameters; test_manifest.py guards that.
        self._stream = (parameters or {})["stream_name"]
        self._context = context_of(self.config)

    def stream_slices(self) -> Iterable[StreamSlice]:
        """Yield a slice for each window; may block until the next one may start."""
        for window_read in self._context.windows(self._stream, self._pbx_names()):
            yield window_read.to_slice()

    def _pbx_names(self) -> Sequence[str]:
        if self.pbxes_requester:
            return self._context.directory.names(self.pbxes_requester)
        return self._context.settings.pbx_ids

    def get_stream_state(self) -> Mapping[str, StreamState] | None:
        """Return nothing: there is no parent stream."""
        return None

    def get_request_params(self, **_: Any) -> Mapping[str, Any]:
        """Return nothing: the manifest's requester names the parameters."""
        return {}

    def get_request_headers(self, **_: Any) -> Mapping[str, Any]:
        """Return nothing, as above."""
        return {}

    def get_request_body_data(self, **_: Any) -> Mapping[str, Any]:
        """Return nothing, as above."""
        return {}

    def get_request_body_json(self, **_: Any) -> Mapping[str, Any]:
        """Return nothing, as above."""
        return {}
