"""When windows start, when state is saved, and what ends a read early."""

import threading
from typing import Any

import pytest

from source_8x8_work_analytics.client.retries import Reader
from source_8x8_work_analytics.windows.cursor import STATE_INTERVAL
from source_8x8_work_analytics.windows.state import SavedState
from unit_tests.windows.driving import Sync
from unit_tests.windows.planning import state


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


def test_two_seconds_lie_between_two_states() -> None:
    assert STATE_INTERVAL == 2.0


def test_state_that_moved_is_saved_while_nothing_may_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow window holds up all others: what was read before it is saved in time all the same."""
    sync = Sync(monkeypatch, num_workers=2)
    waits: list[float | None] = []

    def wait(_: Any, seconds: float | None = None) -> bool:
        waits.append(seconds)
        if seconds is None:
            raise InterruptedError("it would wait for ever")
        sync.elapsed += seconds
        return False

    sync.finish(sync.start())
    sync.start()
    sync.start()
    monkeypatch.setattr(threading.Condition, "wait", wait)
    with pytest.raises(InterruptedError):
        sync.start()
    assert waits == [STATE_INTERVAL, None]
    assert sync.states() == ["11-01"]


def test_a_failure_saves_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch, pbx_ids=["a", "b"])
    first = sync.start()
    sync.finish(sync.start())
    assert sync.fail(first, "x")
    assert (first.done, first.counts, first.pbx) == (True, False, "a")
    assert sync.start().pbx == "b"
    assert sync.states() == ["11-01"]


def test_one_problem_is_reported_once_for_a_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch, pbx_ids=["a", "b", "c"])
    reads = [sync.start() for _ in range(3)]
    assert sync.fail(reads[0], "the same")
    assert not sync.fail(reads[1], "the same")
    assert sync.fail(reads[2], "another")
    with pytest.raises(StopIteration):
        sync.start()


def test_a_second_failure_of_a_pbx_is_not_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch)
    sync.finish(sync.start())
    reads = [sync.start() for _ in range(2)]
    assert sync.fail(reads[0], "2026-11-02")
    assert not sync.fail(reads[1], "2026-11-03")


def test_slices_end_when_all_were_read(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch, pbx_ids=["a", "b"], start_date="2026-11-22")
    turns = []
    for _ in range(6):
        turns.append(sync.start())
        sync.finish(turns[-1])
    assert [f"{read.pbx} {read.window.report_date[-2:]}" for read in turns] == [
        *("a 22", "b 22", "a 23", "b 23", "a 24", "b 24"),
    ]
    with pytest.raises(StopIteration):
        sync.start()
    sync.cursor.ensure_at_least_one_state_emitted()
    assert sync.states() == ["11-23,11-23"]


def test_slices_end_after_the_last_window_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread that saves state stays until the last window was read, not until it was started."""
    sync = Sync(monkeypatch, start_date="2026-11-23", only_finished_windows=True)
    read = sync.start()
    ended = threading.Event()

    def drain() -> None:
        assert list(sync.slices) == []
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


def test_after_a_stop_before_the_plan_nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal can come before the stream is planned."""
    sync = Sync(monkeypatch)
    sync.cursor.stop(save=True)
    assert list(sync.slices) == []
    assert not sync.cursor.any_progress


def test_after_a_stop_without_a_reader_nothing_is_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch)
    sync.finish(sync.start())
    sync.cursor.stop(save=False)
    with pytest.raises(StopIteration):
        sync.start()
    assert sync.states() == []


def test_a_stop_with_nothing_new_saves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch)
    sync.start()
    assert not sync.cursor.any_progress
    sync.cursor.stop(save=True)
    with pytest.raises(StopIteration):
        sync.start()
    assert sync.states() == []


def test_rows_without_a_mark_are_no_saved_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch, num_workers=2)
    sync.finish(sync.start())
    assert sync.cursor.any_progress
    open_window = Sync(monkeypatch, start_date="2026-11-24")
    open_window.finish(open_window.start(), rows=1)
    assert not open_window.cursor.any_progress
    resumed = Sync(
        monkeypatch,
        saved=SavedState({"acmecorp": state("2026-11-23", "2026-11-23")}),
        start_date="2026-11-24",
    )
    resumed.finish(resumed.start(), rows=1)
    assert not resumed.cursor.any_progress


def test_waiting_for_the_state_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch)
    sync.start()
    sync.cursor.wait_until_saved(0.0)


def test_waiting_for_the_state_lasts_until_slices_end(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch)
    waits: list[tuple[bool, float | None]] = []
    monkeypatch.setattr(
        threading.Event, "wait", lambda event, seconds=None: waits.append((event.is_set(), seconds))
    )
    sync.cursor.wait_until_saved(3.0)
    sync.start()
    sync.cursor.wait_until_saved(4.0)
    sync.cursor.stop(save=True)
    assert list(sync.slices) == []
    sync.cursor.wait_until_saved(5.0)
    assert waits == [(True, 3.0), (False, 4.0), (True, 5.0)]


def test_nothing_is_saved_before_something_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch)
    sync.elapsed += 100
    sync.start()
    assert sync.states() == []


def test_the_retrier_knows_which_pbxs_still_have_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch, pbx_ids=["a", "b"], start_date="2026-11-23", only_finished_windows=True)
    calls: list[tuple[str, Reader]] = []
    monkeypatch.setattr(sync.retrier, "register", lambda reader: calls.append(("register", reader)))
    monkeypatch.setattr(sync.retrier, "unregister", lambda reader: calls.append(("unregister", reader)))
    first, second = sync.start(), sync.start()
    a, b = Reader("extension_summary", "a"), Reader("extension_summary", "b")
    assert calls == [("register", a), ("register", b)]
    sync.finish(second)
    sync.finish(first)
    assert calls[2:] == [("unregister", b), ("unregister", a)]


def test_a_pbx_that_could_not_start_goes_on_after_its_response(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch, pbx_ids=["a", "b"])
    reads = [sync.start(), sync.start()]
    monkeypatch.setattr(threading.Condition, "wait", lambda *_: sync.finish(reads[1]))
    following = sync.start()
    assert (following.pbx, following.window.report_date) == ("b", "2026-11-02")


def test_a_pbx_that_had_to_wait_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch, pbx_ids=["a", "b"])
    first = sync.start()
    assert sync.start().pbx == "b", "one at a time until the PBX has responded"
    sync.finish(first)
    assert sync.start().pbx == "a"
