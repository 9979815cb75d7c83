"""When state is saved, and what ends a read early."""

import threading
from typing import Any

import pytest
from airbyte_cdk.sources.message import InMemoryMessageRepository

from source_8x8_work_analytics import clock
from source_8x8_work_analytics.windows.counts import counted
from source_8x8_work_analytics.windows.cursor import STATE_INTERVAL, WindowCursor
from source_8x8_work_analytics.windows.state import SavedState
from source_8x8_work_analytics.windows.window_read import Outcome, WindowRead
from testing.builders import service


class Sync:
    """A cursor that is driven by hand, a window at a time, on a clock that is set by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
        self.elapsed = 1000.0
        monkeypatch.setattr(clock, "elapsed", lambda: self.elapsed)
        monkeypatch.setattr(WindowRead, "of", classmethod(lambda _, source: source))
        self.messages = InMemoryMessageRepository()
        changes = {"start_date": "2026-11-01", "lookback_days": 0, **changes}
        self.service = service(**changes)
        self.cursor = WindowCursor(
            "extension_summary", "day", True, SavedState(), self.service, self.messages
        )
        self.windows = self.cursor.windows(self.service.settings.pbx_ids)

    def start(self) -> WindowRead:
        return next(self.windows)

    def finish(self, read: WindowRead) -> None:
        read.record_response(clock.now())
        self.cursor.close_partition(read)  # type: ignore[arg-type]

    def states(self) -> list[str]:
        """The marks of the states since the last look."""
        return [
            ",".join(
                entry["cursor"]["report_date"][5:]
                for entry in vars(message.state.stream.stream_state)["states"]
            )
            for message in self.messages.consume_queue()
            if message.state and message.state.stream
        ]


def test_state_is_saved_when_it_moved_and_the_last_one_is_old_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch)
    sync.finish(sync.start())
    sync.elapsed += STATE_INTERVAL - 0.01
    second = sync.start()
    assert sync.states() == []
    sync.elapsed += 0.01
    third = sync.start()
    assert sync.states() == ["11-01"]
    sync.finish(third)
    sync.elapsed += 100
    sync.start()
    assert sync.states() == [], "the mark did not move: a window before is still being read"
    sync.finish(second)
    sync.start()
    assert sync.states() == ["11-03"]
    sync.elapsed += 100
    sync.start()
    assert sync.states() == []


def test_state_that_moved_is_saved_while_nothing_may_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow window holds up all others: what was read before it is saved in time all the same."""
    sync = Sync(monkeypatch, num_workers=2)
    slept: list[float | None] = []

    def wait(_: Any, seconds: float | None = None) -> bool:
        slept.append(seconds)
        if seconds is None:
            raise InterruptedError("it would sleep for ever")
        sync.elapsed += seconds
        return False

    sync.service.limiter.size = 2
    sync.finish(sync.start())
    sync.start()
    sync.start()
    monkeypatch.setattr(threading.Condition, "wait", wait)
    with pytest.raises(InterruptedError):
        sync.start()
    assert slept == [STATE_INTERVAL, None]
    assert sync.states() == ["11-01"]


def test_a_failure_saves_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch, pbx_ids=["a", "b"])
    first = sync.start()
    sync.finish(sync.start())
    assert sync.cursor.on_window_failed(first, ValueError("x"))
    assert (first.outcome, first.pbx_id) == (Outcome.FAILED, "a")
    assert sync.start().pbx_id == "b"
    assert sync.states() == ["11-01"]


def test_one_error_is_reported_once_for_a_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch, pbx_ids=["a", "b", "c"])
    reads = [sync.start() for _ in range(3)]
    assert sync.cursor.on_window_failed(reads[0], ValueError("the same"))
    assert not sync.cursor.on_window_failed(reads[1], ValueError("the same"))
    assert sync.cursor.on_window_failed(reads[2], ValueError("another"))
    with pytest.raises(StopIteration):
        sync.start()


def test_a_second_failure_of_a_pbx_is_not_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch)
    sync.finish(sync.start())
    reads = [sync.start() for _ in range(2)]
    assert sync.cursor.on_window_failed(reads[0], ValueError("2026-11-02"))
    assert not sync.cursor.on_window_failed(reads[1], ValueError("2026-11-03"))


def test_the_windows_end_when_all_were_read(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch, pbx_ids=["a", "b"], start_date="2026-11-22")
    turns = []
    for _ in range(6):
        turns.append(sync.start())
        sync.finish(turns[-1])
    assert [f"{read.pbx_id} {read.window.report_date[-2:]}" for read in turns] == [
        *("a 22", "b 22", "a 23", "b 23", "a 24", "b 24"),
    ]
    with pytest.raises(StopIteration):
        sync.start()
    sync.cursor.ensure_at_least_one_state_emitted()
    assert sync.states() == ["11-23,11-23"]


def test_the_windows_end_last_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread that saves state stays until the last window was read, not until it was started."""
    sync = Sync(monkeypatch, start_date="2026-11-23", only_finished_windows=True)
    read = sync.start()
    ended = threading.Event()

    def drain() -> None:
        assert list(sync.windows) == []
        ended.set()

    thread = threading.Thread(target=drain)
    thread.start()
    assert not ended.is_set()
    sync.finish(read)
    assert ended.wait(timeout=20)
    thread.join(timeout=20)


def test_after_a_stop_the_state_is_saved_and_nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch)
    sync.finish(sync.start())
    sync.start()
    sync.cursor.stop(save=True)
    with pytest.raises(StopIteration):
        sync.start()
    assert sync.states() == ["11-01"]
    sync.cursor.wait_until_saved(0.0)


def test_after_a_stop_without_a_reader_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch)
    sync.finish(sync.start())
    sync.cursor.stop(save=False)
    with pytest.raises(StopIteration):
        sync.start()
    assert sync.states() == []


def test_a_stop_with_nothing_new_saves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch)
    sync.start()
    sync.cursor.stop(save=True)
    with pytest.raises(StopIteration):
        sync.start()
    assert sync.states() == []


def test_waiting_for_the_state_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch)
    sync.start()
    sync.cursor.wait_until_saved(0.0)


def test_nothing_is_saved_before_something_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch)
    sync.elapsed += 100
    sync.start()
    assert sync.states() == []


def test_the_service_knows_which_pbxs_still_have_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch, pbx_ids=["a", "b"], start_date="2026-11-23", only_finished_windows=True)
    calls: list[tuple[str, str]] = []
    monkeypatch.setattr(sync.service, "register", lambda reader: calls.append(("register", reader)))
    monkeypatch.setattr(sync.service, "unregister", lambda reader: calls.append(("unregister", reader)))
    first, second = sync.start(), sync.start()
    registered = [("register", "extension_summary a"), ("register", "extension_summary b")]
    assert calls == registered
    sync.finish(second)
    sync.finish(first)
    assert calls[2:] == [("unregister", "extension_summary b"), ("unregister", "extension_summary a")]


def test_a_pbx_that_had_to_wait_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch, pbx_ids=["a", "b"])
    first = sync.start()
    assert sync.start().pbx_id == "b", "one at a time until the PBX has responded"
    sync.finish(first)
    assert sync.start().pbx_id == "a"


def test_a_window_that_fails_after_some_rows_saves_their_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch)
    read = sync.start()
    assert not sync.cursor.state.get("settings")
    read.record_rows(1, 0)
    sync.cursor.on_window_failed(read, ValueError("x"))
    assert sync.cursor.state["settings"] == {"time_zone": "America/New_York", "summary_window": "day"}


def test_what_was_read_is_logged(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    sync = Sync(monkeypatch, pbx_ids=["a", "b"], start_date="2026-11-14", only_finished_windows=True)
    with caplog.at_level("INFO", "airbyte"):
        for _ in range(20):
            sync.finish(sync.start())
        sync.cursor.ensure_at_least_one_state_emitted()
    planned, read = caplog.messages[:2], caplog.messages[2:]
    assert [message.partition(", from")[0] for message in planned] == [
        f"extension_summary: PBX {pbx} has 10 windows to read" for pbx in "ab"
    ]
    assert read[0] == "extension_summary: 2 of 20 windows read, 0 rows."
    assert read[-1] == "extension_summary: read 0 rows from 20 windows in 0 requests."
    assert len(read) == 11


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 windows"), (1, "1 window"), (2, "2 windows"), (1200, "1,200 windows")]
)
def test_counts_read_well(number: int, text: str) -> None:
    assert counted(number, "window") == text
