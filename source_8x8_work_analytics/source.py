"""The source: the manifest, with our cursor on every report stream."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from airbyte_cdk.models import (
    AirbyteCatalog,
    AirbyteConnectionStatus,
    AirbyteLogMessage,
    AirbyteMessage,
    AirbyteStateMessage,
    AirbyteStreamStatus,
    ConfiguredAirbyteCatalog,
    Level,
    SyncMode,
    Type,
)
from airbyte_cdk.sources.connector_state_manager import ConnectorStateManager
from airbyte_cdk.sources.declarative.concurrent_declarative_source import ConcurrentDeclarativeSource
from airbyte_cdk.sources.message import MessageRepository
from airbyte_cdk.sources.streams.concurrent.abstract_stream import AbstractStream

from source_8x8_work_analytics import clock, input_files
from source_8x8_work_analytics.check import CHECKED, check_connection
from source_8x8_work_analytics.context import Context, with_context
from source_8x8_work_analytics.errors import ReportedErrors, resumable_error, without_known_traceback
from source_8x8_work_analytics.manifest import check_streams, load_manifest_of
from source_8x8_work_analytics.settings import warn_of_unknown_keys
from source_8x8_work_analytics.windows.calendar import oldest_day
from source_8x8_work_analytics.windows.cursor import WindowCursor
from source_8x8_work_analytics.windows.partitions import ReportStream
from source_8x8_work_analytics.windows.row_batches import BatchRoom, single_rows, without_count_of_batches
from source_8x8_work_analytics.windows.state import SavedState
from source_8x8_work_analytics.windows.window_read import WindowRead

WINDOW_ROUTER = "source_8x8_work_analytics.windows.router.WindowRouter"


class Interrupted(Exception):  # noqa: N818 - what happened
    """The read ended early because `stop` was called; what was read is saved."""


class Source8x8WorkAnalytics(ConcurrentDeclarativeSource):
    """Reads 8x8 Work Analytics.

    Args:
        catalog: what to read, and in which mode.
        config: the configuration.
        state: what an earlier sync saved.
        context: what the parts of this sync share, if not made here.
        streams: the only streams to build where there is no catalog; all, if not given.
        batches: whether `read` yields many rows in one message, for those who take it apart with `rows_in`.
    """

    name = "source-8x8-work-analytics"

    def __init__(
        self,
        catalog: ConfiguredAirbyteCatalog | None = None,
        config: Mapping[str, Any] | None = None,
        state: list[AirbyteStateMessage] | None = None,
        context: Context | None = None,
        streams: Sequence[str] = (),
        batches: bool = False,
    ) -> None:
        self._user_config = config or {}
        self._context = context or Context(self._user_config, self._windows)
        super().__init__(
            catalog=catalog or ConfiguredAirbyteCatalog(streams=[]),
            config=with_context(self._user_config, self._context) if config else {},
            state=state or [],
            source_config=load_manifest_of(_names_in(catalog) or streams),
        )
        self._catalog = catalog
        self._saved = ConnectorStateManager(state)
        self._cursors: dict[str, WindowCursor] = {}
        self._batches = batches
        self._room = BatchRoom()
        stopped = AirbyteLogMessage(level=Level.WARN, message="Stopped on request; progress is saved.")
        self._stopping = AirbyteMessage(type=Type.LOG, log=stopped)
        self._stop_requested = False
        self._errors = ReportedErrors()
        self.logger.addFilter(without_known_traceback)
        self.logger.addFilter(without_count_of_batches)

    def configure(self, config: Mapping[str, Any], temp_dir: str) -> Mapping[str, Any]:
        """Return the configuration as it is; the CDK would write it, secrets and all, to a file."""
        return config

    @classmethod
    def read_config(cls, config_path: str) -> dict[str, Any]:
        """Return the configuration in a file."""
        return input_files.read_config(config_path)

    @classmethod
    def read_catalog(cls, catalog_path: str) -> ConfiguredAirbyteCatalog:
        """Return the configured catalog in a file."""
        return input_files.read_catalog(catalog_path)

    @classmethod
    def read_state(cls, state_path: str) -> list[AirbyteStateMessage]:
        """Return the states in a file; none without a file."""
        return input_files.read_state(state_path) if state_path else []

    def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        """Try every PBX of the configuration."""
        return check_connection(
            config,
            lambda context: type(self)(config=config, context=context, streams=CHECKED).manifest_streams(),
        )

    def discover(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteCatalog:
        """List the streams."""
        if self._catalog or not self._user_config:  # as `airbyte-cdk connector test` builds it
            return type(self)(config=config).discover(logger, config)
        return super().discover(logger, config)

    def read(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | None = None,
    ) -> Iterator[AirbyteMessage]:
        """Read the streams of the catalog, resuming from the state.

        Raises:
            AirbyteTracedException: with one sentence.
            Interrupted: once the state is on its way after `stop`.
        """
        if not self._user_config or _names_in(catalog) != _names_in(self._catalog):
            source = type(self)(catalog, config, state, batches=self._batches)
            yield from source.read(logger, config, catalog, state)
            return
        check_streams(_names_in(catalog))
        self._catalog = catalog
        self._saved = ConnectorStateManager(state)
        self._room = BatchRoom()
        self._warn(logger)
        try:
            for message in super().read(logger, config, catalog, state):
                if message is self._stopping:
                    yield message
                    raise Interrupted
                if message.record and message.record.stream in self._cursors:
                    yield from [message] if self._batches else single_rows(message.record)
                    self._room.give_back()
                elif not self._ends_a_stopped_stream(message) and self._errors.is_new(message):
                    yield message
            if self._stop_requested:  # the streams ended before the message came
                yield self._stopping
                raise Interrupted
        finally:
            for cursor in self._cursors.values():
                cursor.stop(save=False)
            self._room.close()
            self._context.service.stop(resumable_error("The sync was stopped"))

    @property
    def error_emitted(self) -> bool:
        """Whether a message has said what went wrong."""
        return self._errors.any

    def stop(self, seconds: float = 1.0) -> None:
        """End the read early: start nothing more, save what was read, and raise `Interrupted` in `read`.

        Called from another thread than the one that reads.

        Args:
            seconds: how long each stream may take to save.
        """
        self._stop_requested = True
        cursors = list(self._cursors.values())  # another thread may be adding some
        for cursor in cursors:
            cursor.stop(save=True)
        for cursor in cursors:
            cursor.wait_until_saved(seconds)
        message_repository_of(self).emit_message(self._stopping)

    def streams(self, config: Mapping[str, Any]) -> list[AbstractStream]:
        """Build the manifest's streams, those with report windows with our cursor."""
        routers = {
            stream["name"]: stream["retriever"].get("partition_router", {})
            for stream in self.resolved_manifest["streams"]
        }
        return [
            self._with_windows(stream, routers[stream.name])
            if routers[stream.name].get("class_name") == WINDOW_ROUTER
            else stream
            for stream in self.manifest_streams()
        ]

    def manifest_streams(self) -> list[AbstractStream]:
        """Build the streams as the manifest has them, without progress."""
        return super().streams(self._user_config)

    def _with_windows(self, stream: AbstractStream, router: Mapping[str, Any]) -> AbstractStream:
        cursor = WindowCursor(
            stream=stream.name,
            unit="day" if router.get("by_day") else self._context.settings.summary_window,
            summary=router.get("summary", True),
            saved=self._saved_state(stream.name),
            service=self._context.service,
            messages=message_repository_of(self),
        )
        self._cursors[stream.name] = cursor
        return ReportStream(stream, cursor, self._room, self.logger)

    def _windows(self, stream: str, pbx_ids: Sequence[str]) -> Iterable[WindowRead]:
        return self._cursors[stream].windows(pbx_ids)

    def _saved_state(self, stream: str) -> SavedState:
        """Return a stream's state. A full refresh reads everything, whatever was saved."""
        for configured in self._catalog.streams if self._catalog else []:
            if configured.stream.name == stream and configured.sync_mode is SyncMode.full_refresh:
                return SavedState()
        return SavedState.load(stream, self._saved.get_stream_state(stream, None))

    def _warn(self, logger: logging.Logger) -> None:
        settings = self._context.settings
        warn_of_unknown_keys(self._user_config)
        oldest = oldest_day(settings.time_zone, clock.now())
        if settings.start_date and settings.start_date < oldest:
            logger.warning("8x8 keeps two years, so reading starts on %s instead of start_date.", oldest)

    def _ends_a_stopped_stream(self, message: AirbyteMessage) -> bool:
        """Return whether a message says that a stream has ended, after the read was asked to stop.

        It is not passed on: for a stream that is called complete, a destination would put what was read so
        far in place of a whole table.
        """
        status = message.trace.stream_status if message.trace else None
        if not status or status.status not in (AirbyteStreamStatus.COMPLETE, AirbyteStreamStatus.INCOMPLETE):
            return False
        self._context.shapes_of(status.stream_descriptor.name).report()
        return self._stop_requested


def _names_in(catalog: ConfiguredAirbyteCatalog | None) -> list[str]:
    return [configured.stream.name for configured in catalog.streams] if catalog else []


def message_repository_of(source: ConcurrentDeclarativeSource) -> MessageRepository:
    """Return the queue on which messages come out behind the rows of the same window.

    The CDK hands it to its own cursors and offers no public way to it; state sent by any other road could
    overtake its rows. `unit_tests/test_source.py` guards this line.
    """
    return source._message_repository
