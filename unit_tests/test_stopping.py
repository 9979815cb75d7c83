"""How a signal ends the program. The signals and the end itself are only noted here."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from source_8x8_work_analytics.stopping import TIME_TO_PRINT, TIME_TO_STOP, Stopper, print_error

DEFAULT = [(signal.SIGINT, signal.SIG_DFL), (signal.SIGTERM, signal.SIG_DFL)]


class Ended(BaseException):
    """The process would be gone."""


class Process:
    """Notes what the program does to its process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.handlers: list[tuple[int, Any]] = []
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.ends: list[tuple[str, int]] = []
        self.background = False
        monkeypatch.setattr(signal, "signal", lambda *args: self.handlers.append(args))
        monkeypatch.setattr(os, "kill", self._kill)
        monkeypatch.setattr(os, "_exit", self._exit)
        monkeypatch.setattr(threading, "Timer", self._timer)
        monkeypatch.setattr(threading, "Thread", self._thread)

    def _kill(self, pid: int, signum: int) -> None:
        assert pid == os.getpid()
        self.ends.append(("kill", signum))

    def _exit(self, code: int) -> None:
        self.ends.append(("exit", code))
        raise Ended

    def _timer(self, seconds: float, function: Callable[[], None]) -> Any:
        self.timers.append((seconds, function))
        return type("Timer", (), {"start": lambda _: None})()

    def _thread(self, target: Callable[[], None], daemon: bool) -> Any:
        self.background = daemon
        return type("Thread", (), {"start": lambda _: target()})()


class Reading:
    """A read that can be stopped."""

    def __init__(self) -> None:
        self.stops = 0

    def stop(self) -> None:
        self.stops += 1


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Process:
    return Process(monkeypatch)


def send(process: Process, stopper: Stopper, signum: int) -> None:
    """Send a signal to the handler that was installed for it."""
    handler = dict(process.handlers)[signum]
    process.handlers.clear()
    handler(signum, None)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_without_a_read_a_signal_ends_the_program_at_once(
    process: Process, capsys: pytest.CaptureFixture[str], signum: signal.Signals
) -> None:
    stopper = Stopper()
    stopper.install()
    with pytest.raises(Ended):
        send(process, stopper, signum)
    assert process.handlers == DEFAULT, "a second signal ends the program without our help"
    assert process.background
    assert capsys.readouterr().err == f"Stopped by {signum.name}.\n"
    assert process.ends == [("kill", signum), ("exit", 128 + signum)]
    ((seconds, end),) = process.timers
    assert seconds == TIME_TO_PRINT, "even if the sentence cannot be printed"
    process.ends.clear()
    with pytest.raises(Ended):
        end()
    assert process.ends == [("kill", signum), ("exit", 128 + signum)]


def test_a_read_is_stopped_first_and_gets_limited_time(
    process: Process, capsys: pytest.CaptureFixture[str]
) -> None:
    stopper, reading = Stopper(), Reading()
    stopper.install()
    stopper.reading = reading
    send(process, stopper, signal.SIGTERM)
    assert reading.stops == 1
    assert process.ends == []
    ((seconds, end),) = process.timers
    assert seconds == TIME_TO_STOP
    with pytest.raises(Ended):
        end()
    assert capsys.readouterr().err == "Stopped by SIGTERM.\n"


def test_the_last_sentence_says_that_progress_is_saved(
    process: Process, capsys: pytest.CaptureFixture[str]
) -> None:
    stopper = Stopper()
    stopper.install()
    stopper.reading = Reading()
    send(process, stopper, signal.SIGINT)
    with pytest.raises(Ended):
        stopper.exit("; progress is saved")
    assert capsys.readouterr().err == "Stopped by SIGINT; progress is saved.\n"


def test_a_sentence_that_cannot_be_written_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def write(self, _: str) -> None:
            raise OSError("Broken pipe")

    monkeypatch.setattr(sys, "stderr", Broken())
    print_error("x")


def test_a_sentence_is_written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    class Stream:
        def write(self, text: str) -> None:
            calls.append(text)

        def flush(self) -> None:
            calls.append("flush")

    monkeypatch.setattr(sys, "stderr", Stream())
    print_error("It failed.")
    assert calls == ["It failed.\n", "flush"]
