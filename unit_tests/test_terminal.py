"""What a person sees who waits at a terminal."""

import io
import logging
import os
import shutil
import sys

import pytest

from source_8x8_work_analytics.terminal import CLEAR, Terminal


class Screen(io.StringIO):
    """Standard error or output; may be a terminal, and may be broken."""

    def __init__(self, is_terminal: bool = True, broken: bool = False) -> None:
        super().__init__()
        self._is_terminal = is_terminal
        self._broken = broken
        self.flushed = ""

    def isatty(self) -> bool:
        return self._is_terminal

    def flush(self) -> None:
        if self._broken:
            raise OSError("Input/output error")
        self.flushed = self.getvalue()


def line(text: str, level: int = logging.INFO) -> logging.LogRecord:
    return logging.LogRecord("airbyte", level, __file__, 1, text, (), None)


@pytest.mark.parametrize(
    ("errors", "output", "watched"),
    [(True, False, True), (True, True, False), (False, False, False), (False, True, False)],
)
def test_a_person_watches_where_only_the_output_goes_to_a_file(
    monkeypatch: pytest.MonkeyPatch, errors: bool, output: bool, watched: bool
) -> None:
    monkeypatch.setattr(sys, "stderr", Screen(errors))
    monkeypatch.setattr(sys, "stdout", Screen(output))
    assert Terminal.is_watched() is watched


def test_each_line_of_the_log_replaces_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, terminal = Screen(), Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(shutil, "get_terminal_size", lambda: os.terminal_size((11, 5)))
    terminal.emit(line("1 of 3\nand more"))
    terminal.emit(line("1234567890 and what does not fit"))
    terminal.emit(line("debug", logging.DEBUG))
    terminal.emit(line("warning", logging.WARNING))
    terminal.end("7 rows read.")
    assert screen.flushed == f"{CLEAR}1 of 3{CLEAR}1234567890{CLEAR}warning{CLEAR}7 rows read.\n"


def test_a_terminal_that_is_gone_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Screen(broken=True))
    Terminal().emit(line("x"))
    Terminal().end("x")
