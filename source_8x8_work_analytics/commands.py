"""The commands of the Airbyte protocol, from the command line to messages."""

import argparse
import gc
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.logger import PRINT_BUFFER, is_platform_debug_log_enabled
from airbyte_cdk.models import AirbyteMessage, Status, Type
from airbyte_cdk.utils import is_cloud_environment
from airbyte_cdk.utils.memory_monitor import MemoryMonitor
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics import input_files, messages
from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.masking import SECRETS
from source_8x8_work_analytics.messages import counted
from source_8x8_work_analytics.output import Batch, line_of
from source_8x8_work_analytics.source import Interrupted, Source8x8WorkAnalytics
from source_8x8_work_analytics.stopping import Stopper, print_error
from source_8x8_work_analytics.terminal import Terminal

GARBAGE_THRESHOLD = (20_000, 20, 20)
"""Rows contain no cycles, so garbage is collected rarely: this saves a fifth of the CPU time of call legs."""

MASKED = ("api_key", "password", "personal_data_key")
"""Settings that are never printed."""

Write = Callable[[bytes], None]


class OutputError(Exception):
    """Standard output cannot be written."""


def main(args: list[str], stopper: Stopper) -> int:
    """Run one command, with messages on standard output. Return the exit code."""
    if args[:1] == ["doctor"]:
        from source_8x8_work_analytics.doctor.command import Doctor

        stopper.reading = doctor = Doctor(args[1:])
        return doctor.run()
    gc.freeze()  # imported modules are never garbage
    gc.set_threshold(*GARBAGE_THRESHOLD)
    logging.raiseExceptions = False  # log lines fail together with messages, as reported below
    terminal = Terminal() if Terminal.is_watched() else None
    try:
        code = execute(args, _print, stopper, terminal)
        _flush()
    except Interrupted as interrupted:
        _flush()
        stopper.exit("; progress is saved" if interrupted.saved else "")
    except OutputError as error:
        print_error(messages.OUTPUT_FAILED.text(reason=error))
        return 1
    return code


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    main_parser = argparse.ArgumentParser(prog="source-8x8-work-analytics")
    commands = main_parser.add_subparsers(title="commands", dest="command", metavar="COMMAND")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--debug", action="store_true", help="log every request")
    config = argparse.ArgumentParser(add_help=False, parents=[shared])
    config.add_argument("--config", required=True, metavar="FILE", help="JSON file with the configuration")
    commands.add_parser("spec", parents=[shared], help="print the configuration's fields")
    commands.add_parser("check", parents=[config], help="test the connection and every configured PBX")
    commands.add_parser("discover", parents=[config], help="list the streams and their columns")
    read = commands.add_parser("read", parents=[config], help="read streams")
    read.add_argument("--catalog", required=True, metavar="FILE", help="JSON file with the streams to read")
    read.add_argument("--state", metavar="FILE", help="output of an earlier read, to resume from")
    commands.add_parser(
        "doctor", add_help=False, help="check how 8x8 behaves for your account; see doctor --help"
    )
    return main_parser


def execute(
    args: Sequence[str], write: Write, stopper: Stopper | None = None, terminal: Terminal | None = None
) -> int:
    """Run one command.

    Args:
        args: the command line, without the program's name.
        write: accepts protocol messages, one per line, without the final newline.
        stopper: receives the read to stop on a signal.
        terminal: shows progress to a person.

    Returns:
        The exit code.
    """
    parsed = parser().parse_args(args)
    if not parsed.command:
        print_error("Missing command. Use spec, check, discover, read or doctor (see --help).")
        return 2
    source = Source8x8WorkAnalytics()
    if stopper and parsed.command == "read":
        stopper.reading = source
    level = logging.DEBUG if parsed.debug or is_platform_debug_log_enabled() else logging.INFO
    for logger in (source.logger, logging.getLogger("airbyte")):
        logger.setLevel(level)
    summary = _Summary()
    try:
        with _shown_on(terminal, summary):
            for message in _messages(parsed, source):
                summary.add(message)
                write(line_of(message))
    except ConnectorError as error:
        write(line_of(_masked(error.as_airbyte_message())))
        return 1
    except AirbyteTracedException as error:  # from the engine, which sums up earlier errors
        if not summary.problem:
            write(line_of(_masked(error.as_airbyte_message())))
        return 1
    except (Interrupted, OutputError):
        raise
    except Exception as error:  # a bug of ours, the only case that gets a traceback
        bug = AirbyteTracedException.from_exception(error, message=messages.BUG.text())
        write(line_of(_masked(bug.as_airbyte_message())))
        return 1
    return 0


def _messages(parsed: argparse.Namespace, source: Source8x8WorkAnalytics) -> Iterator[AirbyteMessage]:
    if is_cloud_environment():
        AirbyteEntrypoint(source)  # forbids requests to addresses that are not public
    if parsed.command == "spec":
        yield AirbyteMessage(type=Type.SPEC, spec=source.spec(source.logger))
        return
    config = input_files.read_config(parsed.config)
    SECRETS.add(*(str(config[key]) for key in MASKED if config.get(key)))
    if parsed.command == "check":
        status = source.check(source.logger, config)
        yield AirbyteMessage(type=Type.CONNECTION_STATUS, connectionStatus=status)
    elif parsed.command == "discover":
        yield AirbyteMessage(type=Type.CATALOG, catalog=source.discover(source.logger, config))
    else:
        catalog = input_files.read_catalog(parsed.catalog)
        state = input_files.read_state(parsed.state) if parsed.state else []
        memory = MemoryMonitor()
        for message in source.read_batches(config, catalog, state):
            yield _masked(message)
            memory.check_memory_usage()


def _masked(message: AirbyteMessage) -> AirbyteMessage:
    """Mask secrets in the traceback of a bug."""
    error = message.trace.error if message.trace else None
    if error:
        error.message = SECRETS.mask(str(error.message))
        error.internal_message = error.internal_message and SECRETS.mask(error.internal_message)
        error.stack_trace = error.stack_trace and SECRETS.mask(error.stack_trace)
    return message


class _Summary:
    """The summary that a person reads at the end of a command.

    Attributes:
        problem: the first error that was passed on; empty if there was none.
    """

    def __init__(self) -> None:
        self._rows = 0
        self.problem = ""
        self._found = ""

    def add(self, message: AirbyteMessage) -> None:
        """Take a message into account."""
        if isinstance(message, Batch):
            self._rows += len(message.rows)
        elif message.trace and message.trace.error:
            self.problem = self.problem or str(message.trace.error.message)
        elif message.connectionStatus:
            status = message.connectionStatus
            succeeded = "Connected." if status.status is Status.SUCCEEDED else "Not connected."
            self._found = f"{succeeded} {status.message or ''}".strip()
        elif message.catalog:
            self._found = f"{counted(len(message.catalog.streams), 'stream')} found."

    def text(self) -> str:
        """Return the summary."""
        return self.problem or self._found or f"{counted(self._rows, 'row')} read."


@contextmanager
def _shown_on(terminal: Terminal | None, summary: _Summary) -> Iterator[None]:
    """Show progress and the outcome on a terminal."""
    if terminal is None:
        yield
        return
    logger = logging.getLogger("airbyte")
    logger.addHandler(terminal)
    try:
        yield
    except ConnectorError as error:
        terminal.end(str(error))
        raise
    except Exception:
        terminal.end(summary.text())
        raise
    else:
        terminal.end(summary.text())
    finally:
        logger.removeHandler(terminal)


def _print(lines: bytes) -> None:
    """Print messages immediately: rows covered by a state are not read again, and rows use memory.

    They bypass the CDK's buffer, which contains text. Log lines use that buffer, so it is flushed first.
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
