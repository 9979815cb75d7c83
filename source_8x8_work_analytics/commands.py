"""The commands of the Airbyte protocol, from command line to messages."""

import gc
import json
import logging
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson
from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.logger import PRINT_BUFFER, is_platform_debug_log_enabled
from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteRecordMessage,
    AirbyteStateMessage,
    ConfiguredAirbyteCatalog,
    ConnectorSpecification,
)
from airbyte_cdk.sources.connector_state_manager import HashableStreamDescriptor
from airbyte_cdk.utils.airbyte_secrets_utils import update_secrets
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics import clock, input_files
from source_8x8_work_analytics.doctor.command import Doctor
from source_8x8_work_analytics.errors import transient_error, without_traceback
from source_8x8_work_analytics.run import Stopper, say
from source_8x8_work_analytics.settings import Settings
from source_8x8_work_analytics.source import Interrupted, Source8x8WorkAnalytics
from source_8x8_work_analytics.windows.row_batches import may_have_nulls, rows_in

GARBAGE_THRESHOLD = (20_000, 20, 20)
"""Rows are trees, which need no search for cycles: looking seldom takes a fifth off the CPU of call legs."""

MASKED = ("api_key", "username", "password")
"""What a traceback never shows."""

Write = Callable[[bytes], None]


class Entrypoint(AirbyteEntrypoint):
    """The CDK's entry point, with our sentences for a wrong configuration."""

    @staticmethod
    def validate_connection(source_spec: ConnectorSpecification, config: Mapping[str, Any]) -> None:
        """Check the configuration before anything is sent."""
        Settings.from_config(config, clock.now())

    def check(
        self, source_spec: ConnectorSpecification, config: Mapping[str, Any]
    ) -> Iterable[AirbyteMessage]:
        """Yield the messages of a check, without the trace of an error that is raised as well."""
        for message in super().check(source_spec, config):
            if not (message.trace and message.trace.error):
                yield message

    def read_lines(
        self,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage],
        debug: bool,
    ) -> Iterator[bytes]:
        """Yield the messages of a read as lines, those of a batch of rows together.

        `run` would parse all files again, and convert each record twice on its way to JSON, which costs
        as much as parsing it.
        """
        level = logging.DEBUG if debug or is_platform_debug_log_enabled() else logging.INFO
        for logger in (self.logger, logging.getLogger("airbyte")):
            logger.setLevel(level)
        for message in self.read(self.source.spec(self.logger), config, catalog, state):
            yield _record_lines(message.record) if message.record else _line(message)

    @staticmethod
    def handle_record_counts(
        message: AirbyteMessage, stream_message_count: defaultdict[HashableStreamDescriptor, float]
    ) -> AirbyteMessage:
        """Count the rows of a record, for the states."""
        if message.record:
            stream = HashableStreamDescriptor(name=message.record.stream)
            stream_message_count[stream] += len(rows_in(message.record))
            return message
        return AirbyteEntrypoint.handle_record_counts(message, stream_message_count)


def _line(message: AirbyteMessage) -> bytes:
    return AirbyteEntrypoint.airbyte_message_to_string(message).encode()


def _record_lines(record: AirbyteRecordMessage) -> bytes:
    """Return what `_line` makes of each row of a record: without fields that are null."""
    content = {"stream": record.stream, "data": record.data, "emitted_at": record.emitted_at}
    message = {"type": "RECORD", "record": content}
    nulls = may_have_nulls(record)
    lines = []
    for row in rows_in(record):
        content["data"] = row
        if nulls and None in row.values():
            content["data"] = {name: value for name, value in row.items() if value is not None}
        try:
            lines.append(orjson.dumps(message))
        except orjson.JSONEncodeError:  # lists in lists, deeper than it goes
            lines.append(_deep_line(message))
    return b"\n".join(lines)


def _deep_line(message: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(message, separators=(",", ":"), allow_nan=False).encode()
    except (RecursionError, ValueError):
        stream = message["record"]["stream"]
        raise transient_error(f"{stream}: 8x8 sent a row that cannot be written as JSON.") from None


class OutputError(Exception):
    """Standard output cannot be written."""


def main(args: list[str], stopper: Stopper) -> int:
    """Run one command, with messages on standard output. Returns the exit code."""
    if args[:1] == ["doctor"]:
        stopper.reading = doctor = Doctor(args[1:])
        return doctor.run()
    gc.freeze()  # what was imported stays
    gc.set_threshold(*GARBAGE_THRESHOLD)
    logging.raiseExceptions = False  # log lines go the same way as messages, whose failure is reported below
    try:
        code = execute(args, _print, stopper)
        _flush()
    except Interrupted:
        _flush()
        stopper.exit("; progress is saved")
    except OutputError as error:
        say(f"The output cannot be written: {error}.")
        return 1
    return code


def execute(args: list[str], write: Write, stopper: Stopper | None = None) -> int:
    """Run one command.

    Args:
        args: the command line, without the program's name.
        write: takes protocol messages, a line each, without the end of the last one.
        stopper: is told which read to stop.

    Returns:
        The exit code.
    """
    parsed = AirbyteEntrypoint.parse_args(args)
    if not parsed.command:
        say(
            "Name a command: spec, check, discover, read or doctor; --help explains the first four, and "
            "doctor --help the doctor."
        )
        return 2
    source: Source8x8WorkAnalytics | None = None
    config: Mapping[str, Any] | None = None
    try:
        config = _read(input_files.read_config, getattr(parsed, "config", None))
        catalog = _read(input_files.read_catalog, getattr(parsed, "catalog", None))
        state = _read(input_files.read_state, getattr(parsed, "state", None)) or []
        source = Source8x8WorkAnalytics(catalog, config, state, batches=True)
        if stopper and parsed.command == "read":
            stopper.reading = source
        entrypoint = Entrypoint(source)
        if parsed.command == "read" and config and catalog:
            lines: Iterable[bytes] = entrypoint.read_lines(config, catalog, state, parsed.debug)
        else:
            lines = map(str.encode, entrypoint.run(parsed))
        for line in lines:
            if stopper and line.startswith(b'{"type":"CONNECTION_STATUS"'):
                stopper.leave_sigterm()
            write(line)
    except AirbyteTracedException as error:
        if source is None or not source.error_emitted:
            write(_line(without_traceback(error.as_sanitized_airbyte_message())))
        return 1
    except (Interrupted, OutputError):
        raise
    except Exception as error:  # a bug of ours, the one case for a traceback
        update_secrets([str(config[key]) for key in MASKED if config and config.get(key)])
        bug = AirbyteTracedException.from_exception(
            error, message="This is a bug of the connector: please report it, with the log up to here."
        )
        write(_line(bug.as_sanitized_airbyte_message()))
        return 1
    return 0


def _read(reader: Callable[[str], Any], path: str | None) -> Any:
    return reader(path) if path else None


def _print(lines: bytes) -> None:
    """Print messages at once: what a state covers is not read again after a crash, and rows take memory.

    They go past the CDK's buffer, which holds text. Log lines go through it; those from before come first.
    """
    with _explained(), PRINT_BUFFER.lock:
        PRINT_BUFFER.flush()
        sys.stdout.buffer.write(lines + b"\n")
        sys.stdout.buffer.flush()


def _flush() -> None:
    with _explained():
        PRINT_BUFFER.flush()


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(error.strerror) from None
