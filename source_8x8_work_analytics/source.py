"""The source: spec, check, discover, read."""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from airbyte_cdk.models import (
    AirbyteCatalog,
    AirbyteConnectionStatus,
    AirbyteLogMessage,
    AirbyteMessage,
    AirbyteStateMessage,
    AirbyteStateStats,
    AirbyteStreamStatus,
    ConfiguredAirbyteCatalog,
    Level,
    StreamDescriptor,
    SyncMode,
    Type,
)
from airbyte_cdk.sources import Source
from airbyte_cdk.sources.concurrent_source.concurrent_source import ConcurrentSource
from airbyte_cdk.sources.connector_state_manager import ConnectorStateManager
from airbyte_cdk.sources.utils.slice_logger import DebugSliceLogger
from airbyte_cdk.utils.stream_status_utils import as_airbyte_message as status_message

from source_8x8_work_analytics import clock, input_files, messages
from source_8x8_work_analytics.check import check_connection
from source_8x8_work_analytics.client.client import Client
from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.masking import SECRETS
from source_8x8_work_analytics.output import Batch, Output
from source_8x8_work_analytics.personal_data import rule_for
from source_8x8_work_analytics.reports.pbx_directory import PbxDirectory
from source_8x8_work_analytics.settings import Settings, log_warnings
from source_8x8_work_analytics.streams import STREAM_TYPES, SyncStream, selected_columns, stream_type
from source_8x8_work_analytics.windows.calendar import oldest_day
from source_8x8_work_analytics.windows.state import SavedState

LOGGER = logging.getLogger("airbyte")

TIME_TO_SAVE = 1.0
"""Time limit in seconds for all streams to save their state when a read is stopped."""


class Interrupted(Exception):
    """The read ended early because `stop` was called.

    Args:
        saved: whether any progress was saved.
    """

    def __init__(self, saved: bool) -> None:
        super().__init__(saved)
        self.saved = saved


class Source8x8WorkAnalytics(Source):
    """Reads 8x8 Work Analytics."""

    name = "source-8x8-work-analytics"

    def __init__(self) -> None:
        self.logger = logging.getLogger(f"airbyte.{self.name}")
        for logger in (LOGGER, self.logger):
            logger.addFilter(SECRETS.mask_line)
        self.logger.addFilter(_clean_engine_log)
        self._sync: Sync | None = None
        self._stop_requested = False

    def configure(self, config: Mapping[str, Any], temp_dir: str) -> Mapping[str, Any]:
        """Return the configuration as is; the CDK would write it to a file, including its secrets."""
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
        return check_connection(config)

    def discover(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteCatalog:
        """List the streams.

        Raises:
            ConnectorError: the configuration is not valid.
        """
        Settings.from_config(config, clock.now())
        return AirbyteCatalog(streams=[kind.airbyte_stream() for kind in STREAM_TYPES])

    def read(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | None = None,
    ) -> Iterator[AirbyteMessage]:
        """Read the streams of the catalog, resuming from the state.

        Raises:
            ConnectorError: with one sentence.
            Interrupted: after `stop`, once the state has been passed on.
        """
        for message in self.read_batches(config, catalog, state):
            if isinstance(message, Batch):
                yield from message.records()
            else:
                yield message

    def read_batches(
        self,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | None = None,
    ) -> Iterator[AirbyteMessage]:
        """Read as `read` does, with many rows in one message."""
        yield from repeated_states(catalog, state or [])
        settings = Settings.from_config(config, clock.now())
        check_streams(catalog)
        log_warnings(config, settings, oldest_day(settings.time_zone, clock.now()))
        self._sync = sync = Sync(settings, catalog, state or [])
        if self._stop_requested:
            sync.stop()
        try:
            yield from sync.messages(self.logger)
        finally:
            sync.close()

    def stop(self) -> None:
        """End the read early: start nothing more, save what was read, and raise `Interrupted` in `read`.

        Called from a thread other than the one that reads.
        """
        self._stop_requested = True
        if self._sync:
            self._sync.stop()


class Sync:
    """One read of some streams.

    Args:
        settings: the configuration.
        catalog: the streams to read, and their sync modes.
        state: what an earlier sync saved.
    """

    def __init__(
        self, settings: Settings, catalog: ConfiguredAirbyteCatalog, state: list[AirbyteStateMessage]
    ) -> None:
        self._client = Client(settings)
        self._output = Output()
        self._stopping = False
        self._stop_message: AirbyteMessage | None = None
        directory, rule = PbxDirectory(self._client), rule_for(settings)
        saved = saved_states(state)
        self._streams: dict[str, SyncStream] = {}
        for configured in catalog.streams:
            kind = stream_type(configured.stream.name)
            resume = bool(kind.report) and configured.sync_mode is not SyncMode.full_refresh
            self._streams[kind.name] = SyncStream(
                kind,
                self._client,
                directory,
                self._output,
                rule,
                SavedState.load(kind.name, saved.get(kind.name, {}) if resume else {}),
                selected_columns(configured, kind),
            )

    def messages(self, logger: logging.Logger) -> Iterator[AirbyteMessage]:
        """Yield batches, states and statuses.

        Raises:
            AirbyteTracedException: a stream failed.
            Interrupted: after `stop`, once the state has been passed on.
        """
        if not self._streams:
            LOGGER.warning(messages.NOTHING_SELECTED.text())
            return
        workers = self._client.settings.num_workers
        engine = ConcurrentSource.create(
            # One thread generates a stream's windows while others read them; the limiter limits the requests.
            num_workers=2 * workers,
            initial_number_of_partitions_to_generate=workers,
            logger=logger,
            slice_logger=DebugSliceLogger(),
            message_repository=self._output,
            queue=self._output.queue,
        )
        filtered = _Filter(self._streams)
        for message in engine.read([each.for_engine(logger) for each in self._streams.values()]):
            if message is self._stop_message:
                break
            yield from filtered.pass_on(message, stopping=self._stopping)
        if self._stopping:  # also raised here, since the streams may end before `stop` does
            yield self._stop_message or self._stopped()
            raise Interrupted(self._any_progress)

    def stop(self) -> None:
        """Save what was read, and stop; see `Source8x8WorkAnalytics.stop`."""
        self._stopping = True
        cursors = [each.cursor for each in self._streams.values() if each.cursor]
        for cursor in cursors:
            cursor.stop(save=True)
        deadline = clock.elapsed() + TIME_TO_SAVE
        for cursor in cursors:
            cursor.wait_until_saved(deadline - clock.elapsed())
        self._stop_message = self._stopped()
        self._output.emit_message(self._stop_message)

    def _stopped(self) -> AirbyteMessage:
        text = (messages.STOPPED_SAVED if self._any_progress else messages.STOPPED).text()
        return AirbyteMessage(type=Type.LOG, log=AirbyteLogMessage(level=Level.WARN, message=text))

    def close(self) -> None:
        """Stop all threads from waiting for room or for 8x8."""
        for each in self._streams.values():
            if each.cursor:
                each.cursor.stop(save=False)
        self._output.queue.close()
        self._client.retrier.stop(ConnectorError(messages.SYNC_STOPPED))

    @property
    def _any_progress(self) -> bool:
        return any(each.cursor and each.cursor.any_progress for each in self._streams.values())


class _Filter:
    """Decides which messages of the engine are passed on, and completes them."""

    def __init__(self, streams: Mapping[str, SyncStream]) -> None:
        self._streams = streams
        self._running: set[str] = set()
        self._rows: Counter[str] = Counter()
        self._said: set[str] = set()

    def pass_on(self, message: AirbyteMessage, stopping: bool) -> Iterator[AirbyteMessage]:
        """Yield a message as it should be passed on, if at all.

        Each error is passed on once. After the read has been stopped, no stream is reported as complete: a
        destination would replace the whole table of such a stream with what was read so far.
        """
        if isinstance(message, Batch):
            if message.stream not in self._running:
                self._running.add(message.stream)
                yield status_message(StreamDescriptor(name=message.stream), AirbyteStreamStatus.RUNNING)
            self._rows[message.stream] += len(message.rows)
        elif message.state and message.state.stream:
            name = message.state.stream.stream_descriptor.name
            message.state.sourceStats = AirbyteStateStats(recordCount=float(self._rows.pop(name, 0)))
        elif message.trace and message.trace.error:
            text = str(message.trace.error.message)
            if text in self._said:
                return
            self._said.add(text)
        elif message.trace and message.trace.stream_status:
            status = message.trace.stream_status
            if status.status in (AirbyteStreamStatus.COMPLETE, AirbyteStreamStatus.INCOMPLETE):
                for warning in self._streams[status.stream_descriptor.name].columns.warnings():
                    LOGGER.warning(warning)
                if stopping:
                    return
        yield message


def repeated_states(
    catalog: ConfiguredAirbyteCatalog, state: list[AirbyteStateMessage]
) -> Iterator[AirbyteMessage]:
    """Yield the states that a read resumes from, so that an output that ends early has them, too."""
    with_state = {kind.name for kind in STREAM_TYPES if kind.report}
    modes = {configured.stream.name: configured.sync_mode for configured in catalog.streams}
    for each in state:
        for name, blob in saved_states([each]).items():
            if name in with_state and modes.get(name) is SyncMode.incremental and _is_valid(name, blob):
                repeated = replace(each, sourceStats=AirbyteStateStats(recordCount=0.0))
                yield AirbyteMessage(type=Type.STATE, state=repeated)


def check_streams(catalog: ConfiguredAirbyteCatalog) -> None:
    """Raise a config error for the first stream that is unknown or listed twice."""
    known, seen = {kind.name for kind in STREAM_TYPES}, set[str]()
    for configured in catalog.streams:
        name = configured.stream.name
        if name in seen:
            raise ConnectorError(messages.STREAM_TWICE, stream=name)
        if name not in known:
            raise ConnectorError(messages.STREAM_UNKNOWN, stream=name)
        seen.add(name)


def saved_states(state: list[AirbyteStateMessage]) -> dict[str, Mapping[str, Any]]:
    """Return the state of each stream by its name, regardless of its namespace."""
    found: dict[str, Mapping[str, Any]] = {}
    for each in state:
        if each.stream:
            name = each.stream.stream_descriptor.name
            manager = ConnectorStateManager([each])
            found[name] = manager.get_stream_state(name, each.stream.stream_descriptor.namespace)
    return found


def _is_valid(stream: str, blob: Mapping[str, Any]) -> bool:
    """Return whether a state is one of this connector with progress. The read itself rejects any other."""
    try:
        return bool(SavedState.load(stream, blob).pbxes)
    except ConnectorError:
        return False


def _clean_engine_log(record: logging.LogRecord) -> bool:
    """Drop the engine's record count, since records bypass the engine, and the traceback of a known error."""
    if str(record.msg).startswith("Read ") and record.module == "concurrent_read_processor":
        return False
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, ConnectorError):
        record.msg, record.args, record.exc_info = str(error), (), None
    return True
