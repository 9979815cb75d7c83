"""One read of one stream in the process, and what came out of it."""

import logging
from typing import Any

from airbyte_cdk.models import AirbyteMessage, AirbyteStateMessage, AirbyteStateMessageSerializer, Type
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics.source import Source8x8WorkAnalytics
from testing.builders import catalog, config

LOGGER = logging.getLogger("airbyte.test")


def saved(
    mark: str,
    pbx: str = "acmecorp",
    stream: str = "extension_summary",
    since: str | None = "2024-11-24",
    **settings: str,
) -> list[AirbyteStateMessage]:
    """The state of one PBX, as Airbyte hands it back."""
    entry = {"partition": {"pbx_id": pbx}, "cursor": {"report_date": mark}}
    blob = {
        "use_global_cursor": False,
        "states": [{**entry, "since": since} if since else entry],
        "settings": {"time_zone": "America/New_York", "summary_window": "day", **settings},
    }
    message = {
        "type": "STREAM",
        "stream": {"stream_descriptor": {"name": stream}, "stream_state": blob},
    }
    return [AirbyteStateMessageSerializer.load(message)]


class Read:
    """One read, in the process; what came out of it, in order."""

    def __init__(
        self,
        state: list[AirbyteStateMessage] | None = None,
        mode: str = "incremental",
        stream: str = "extension_summary",
        **changes: Any,
    ) -> None:
        self.stream = stream
        self.messages: list[AirbyteMessage] = []
        self.error: AirbyteTracedException | None = None
        configured = catalog(stream, mode)
        settings = config(**changes)
        source = Source8x8WorkAnalytics()
        try:
            for message in source.read(LOGGER, settings, configured, state):
                self.messages.append(message)
        except AirbyteTracedException as error:
            self.error = error

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [m.record.data for m in self.messages if m.type is Type.RECORD and m.record]

    @property
    def states(self) -> list[dict[str, Any]]:
        return [vars(m.state.stream.stream_state) for m in self.messages if m.state and m.state.stream]

    @property
    def marks(self) -> dict[str, str]:
        return {s["partition"]["pbx_id"]: s["cursor"]["report_date"] for s in self.states[-1]["states"]}

    @property
    def errors(self) -> list[Any]:
        return [m.trace.error for m in self.messages if m.trace and m.trace.error]

    @property
    def since(self) -> dict[str, str | None]:
        return {s["partition"]["pbx_id"]: s.get("since") for s in self.states[-1]["states"]}


def days(report: Any) -> list[str]:
    """The first days of all windows that were asked for."""
    return sorted(request.qs["starttime"][0][:10] for request in report.request_history)
