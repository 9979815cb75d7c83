"""The console entry point: `source-8x8-work-analytics spec|check|discover|read`."""

import gc
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.logger import PRINT_BUFFER
from airbyte_cdk.models import ConnectorSpecification
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics import clock
from source_8x8_work_analytics.errors import config_error
from source_8x8_work_analytics.settings import Settings
from source_8x8_work_analytics.source import Source8x8WorkAnalytics, without_traceback

T = TypeVar("T")

GARBAGE_THRESHOLD = (20_000, 20, 20)
"""Rows are trees, which need no search for cycles: looking seldom takes a fifth off the CPU of call legs."""


class Entrypoint(AirbyteEntrypoint):
    """The CDK's entry point, with our sentences for a wrong configuration."""

    @staticmethod
    def validate_connection(source_spec: ConnectorSpecification, config: Mapping[str, Any]) -> None:
        """Check the configuration before anything is sent."""
        Settings.from_config(config, clock.now())


def run() -> None:
    """Run the command on the command line. Exits with 1 after a failure that a message explains."""
    gc.freeze()  # what was imported stays
    gc.set_threshold(*GARBAGE_THRESHOLD)
    try:
        with PRINT_BUFFER:
            code = execute(sys.argv[1:], _print)
    except BrokenPipeError:
        code = 1  # whoever read our output is gone
    if code:
        os._exit(code)  # without waiting for threads, which may wait for a reader


def _print(line: str) -> None:
    """Print a message; a state at once, since what it covers is not read again after a crash."""
    PRINT_BUFFER.write(f"{line}\n")
    if line.startswith('{"type":"STATE"'):
        PRINT_BUFFER.flush()


def execute(args: list[str], write: Callable[[str], None]) -> int:
    """Run one command of the Airbyte protocol.

    Args:
        args: the command line, without the program's name.
        write: takes each protocol message, a line without its end.

    Returns:
        The exit code.
    """
    parsed = AirbyteEntrypoint.parse_args(args)
    source: Source8x8WorkAnalytics | None = None
    try:
        source = Source8x8WorkAnalytics(
            catalog=_read("catalog", Source8x8WorkAnalytics.read_catalog, getattr(parsed, "catalog", None)),
            config=_read(
                "configuration", Source8x8WorkAnalytics.read_config, getattr(parsed, "config", None)
            ),
            state=_read("state", Source8x8WorkAnalytics.read_state, getattr(parsed, "state", None)),
        )
        for line in Entrypoint(source).run(parsed):
            write(line)
    except AirbyteTracedException as error:
        if source is None or not source.explained:
            message = without_traceback(error.as_sanitized_airbyte_message())
            write(AirbyteEntrypoint.airbyte_message_to_string(message))
        return 1
    return 0


def _read(what: str, reader: Callable[[str], T], path: str | None) -> T | None:
    if not path:
        return None
    try:
        return reader(path)
    except OSError as error:
        raise config_error(f"The {what} file cannot be opened: {error.strerror}.") from None
    except Exception:  # whatever the CDK's parsers and their libraries raise
        raise config_error(f"The {what} file does not hold a {what} of the Airbyte protocol.") from None
