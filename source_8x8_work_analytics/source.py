"""The source: the manifest, with our cursor on every report stream."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from airbyte_cdk.models import (
    AirbyteCatalog,
    AirbyteConnectionStatus,
    AirbyteMessage,
    AirbyteStateMessage,
    ConfiguredAirbyteCatalog,
    FailureType,
    SyncMode,
)
from airbyte_cdk.sources.connector_state_manager import ConnectorStateManager
from airbyte_cdk.sources.declarative.yaml_declarative_source import YamlDeclarativeSource
from airbyte_cdk.sources.message import MessageRepository
from airbyte_cdk.sources.streams.concurrent.abstract_stream import AbstractStream
from airbyte_cdk.sources.streams.concurrent.default_stream import DefaultStream
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics import clock
from source_8x8_work_analytics.check import check_connection
from source_8x8_work_analytics.client.service import service_for
from source_8x8_work_analytics.errors import config_error
from source_8x8_work_analytics.settings import Settings
from source_8x8_work_analytics.windows.calendar import oldest_day
from source_8x8_work_analytics.windows.cursor import CURSOR_FIELD, WindowCursor
from source_8x8_work_analytics.windows.partitions import WindowPartitions
from source_8x8_work_analytics.windows.state import SavedState

WINDOW_ROUTER = "source_8x8_work_analytics.windows.router.WindowRouter"


class Source8x8WorkAnalytics(YamlDeclarativeSource):
    """Reads 8x8 Work Analytics.

    Args:
        catalog: what to read, and in which mode.
        config: the configuration.
        state: what an earlier sync saved.

    Attributes:
        explained: whether the present read has said in a message what went wrong.
    """

    name = "source-8x8-work-analytics"

    def __init__(
        self,
        catalog: ConfiguredAirbyteCatalog | None = None,
        config: Mapping[str, Any] | None = None,
        state: list[AirbyteStateMessage] | None = None,
    ) -> None:
        super().__init__(path_to_yaml="manifest.yaml", catalog=catalog, config=config, state=state)
        self._configured = bool(config)
        self._catalog = catalog
        self._saved = ConnectorStateManager(state)
        self._cursors: dict[str, WindowCursor] = {}
        self.explained = False
        service_for.cache_clear()
        keep_answers_out_of_logs(self)

    def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        """Try every PBX of the configuration."""
        return check_connection(config, lambda probe: type(self)(config=probe).manifest_streams(probe))

    def discover(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteCatalog:
        """List the streams."""
        if not self._configured:  # as `airbyte-cdk connector test` builds it
            return type(self)(config=config).discover(logger, config)
        return super().discover(logger, config)

    def read(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | None = None,
    ) -> Iterator[AirbyteMessage]:
        """Read the streams of the catalog, going on from the state."""
        if not self._configured:
            yield from type(self)(catalog, config, state).read(logger, config, catalog, state)
            return
        self._refuse_unknown(catalog)
        self._catalog = catalog
        self._saved = ConnectorStateManager(state)
        settings = Settings.from_config(config, clock.now())
        oldest = oldest_day(settings.time_zone, clock.now())
        if settings.start_date and settings.start_date < oldest:
            logger.warning("8x8 keeps two years, so reading starts on %s, not on start_date.", oldest)
        try:
            for message in super().read(logger, config, catalog, state):
                if message.trace and message.trace.error:
                    self.explained = True
                    without_traceback(message)
                yield message
                if message.state and message.state.stream:
                    cursor = self._cursors.get(message.state.stream.stream_descriptor.name)
                    if cursor:
                        cursor.came_out()
        finally:
            for cursor in self._cursors.values():
                cursor.stop()

    def _refuse_unknown(self, catalog: ConfiguredAirbyteCatalog) -> None:
        known = {stream["name"] for stream in self.resolved_manifest["streams"]}
        for configured in catalog.streams:
            if configured.stream.name not in known:
                raise config_error(
                    f"The catalog names a stream that this source does not have, {configured.stream.name}: "
                    "refresh the source's schema in Airbyte."
                )

    def streams(self, config: Mapping[str, Any]) -> list[AbstractStream]:
        """Build the manifest's streams, those with report windows with our cursor."""
        settings = Settings.from_config(config, clock.now())
        routers = {
            stream["name"]: stream["retriever"].get("partition_router", {})
            for stream in self.resolved_manifest["streams"]
        }
        return [
            self._with_windows(stream, settings, routers[stream.name])
            if routers[stream.name].get("class_name") == WINDOW_ROUTER
            else stream
            for stream in self.manifest_streams(config)
        ]

    def manifest_streams(self, config: Mapping[str, Any]) -> list[AbstractStream]:
        """Build the streams as the manifest has them, without progress."""
        return super().streams(config)

    def _with_windows(
        self, stream: AbstractStream, settings: Settings, router: Mapping[str, Any]
    ) -> AbstractStream:
        summary = router.get("summary", True)
        cursor = WindowCursor(
            stream=stream.name,
            settings=settings,
            unit=settings.summary_window if summary else "day",
            saved=self._saved_state(stream.name),
            service=service_for(settings),
            messages=message_repository_of(self),
            summary=summary,
        )
        self._cursors[stream.name] = cursor
        described = stream.as_airbyte_stream()
        return DefaultStream(
            partition_generator=WindowPartitions(stream, cursor),
            name=stream.name,
            json_schema=stream.get_json_schema,
            primary_key=[path[0] for path in described.source_defined_primary_key or []],
            cursor_field=CURSOR_FIELD,
            logger=self.logger,
            cursor=cursor,
        )

    def _saved_state(self, stream: str) -> SavedState:
        """Return a stream's state. A full refresh reads everything, whatever was saved."""
        for configured in self._catalog.streams if self._catalog else []:
            if configured.stream.name == stream and configured.sync_mode is SyncMode.full_refresh:
                return SavedState()
        return SavedState.load(stream, self._saved.get_stream_state(stream, None))


def message_repository_of(source: YamlDeclarativeSource) -> MessageRepository:
    """Return the queue on which messages come out behind the rows of the same window.

    The CDK hands it to its own cursors and offers no public way to it; state sent by any other road could
    overtake its rows. `unit_tests/test_source.py` guards this line.
    """
    return source._message_repository


def keep_answers_out_of_logs(source: YamlDeclarativeSource) -> None:
    """Silence the CDK's HTTP client, which logs whole answers, and tracebacks of explained failures."""
    logging.getLogger("airbyte.HttpRequester").setLevel(logging.CRITICAL)
    source.logger.addFilter(explained_failures_without_traceback)


def explained_failures_without_traceback(record: logging.LogRecord) -> bool:
    """Leave the traceback off an error that already says in a sentence what to do."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, AirbyteTracedException):
        record.msg, record.args, record.exc_info = error.message, (), None
    return True


def without_traceback(message: AirbyteMessage) -> AirbyteMessage:
    """Take the traceback off a failure that a sentence explains: it is for bugs only."""
    error = message.trace.error if message.trace else None
    if error and error.failure_type is not FailureType.system_error:
        error.stack_trace = None
    return message
