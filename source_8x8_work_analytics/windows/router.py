"""Turn report windows into slices: one for each PBX and window."""

from collections.abc import Iterable, Mapping
from dataclasses import InitVar, dataclass
from typing import Any

from airbyte_cdk.sources.declarative.partition_routers.partition_router import PartitionRouter
from airbyte_cdk.sources.types import StreamSlice, StreamState

from source_8x8_work_analytics import clock
from source_8x8_work_analytics.settings import Settings
from source_8x8_work_analytics.windows.calendar import Window, report_windows


@dataclass
class WindowRead:
    """One window of one PBX on its way through a sync: what it is, and what was seen when it was read.

    `read` and `failed` say how it ended. `span` is the whole stretch of time that the sync reads of the PBX,
    as `startTime` and `endTime`.
    """

    pbx_id: str
    window: Window
    span: tuple[str, str] | None = None
    complete: bool = False
    read: bool = False
    failed: bool = False
    rows: int = 0
    repeated: int = 0
    requests: int = 0


@dataclass
class WindowRouter(PartitionRouter):
    """Yields every window of every PBX that the settings ask for, oldest first within a PBX.

    YAML has no calendar of a time zone: the stock cursor asks for yesterday and today in one request. Which
    of the windows a sync still has to read is the cursor's business.
    """

    config: Mapping[str, Any]
    parameters: InitVar[Mapping[str, Any] | None] = None
    summary: bool = True

    def __post_init__(self, parameters: Mapping[str, Any] | None) -> None:
        self.settings = Settings.from_config(self.config, clock.now())
        self.unit = self.settings.summary_window if self.summary else "day"

    def stream_slices(self) -> Iterable[StreamSlice]:
        """Yield a slice for each PBX and window, with a fresh `WindowRead` on it."""
        windows = report_windows(self.settings, self.unit, clock.now())
        for pbx_id in self.settings.pbx_ids:
            for window in windows:
                yield StreamSlice(
                    partition={"pbx_id": pbx_id},
                    cursor_slice={
                        "report_date": window.report_date,
                        "start_time": window.start_time,
                        "end_time": window.end_time,
                    },
                    extra_fields={"reading": WindowRead(pbx_id, window)},
                )

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
