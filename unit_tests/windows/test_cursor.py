"""When windows start, when state is saved, and what ends a read early."""

import threading
from typing import Any

import pytest
from airbyte_cdk.sources.message import InMemoryMessageRepository

from source_8x8_work_analytics import clock, messages
from source_8x8_work_analytics.client.client import Client
from source_8x8_work_analytics.client.retries import Reader
from source_8x8_work_analytics.windows.cursor import STATE_INTERVAL, WindowCursor
from source_8x8_work_analytics.windows.slices import Outcome, Reading, WindowSlice
from source_8x8_work_analytics.windows.state import SavedState
from testing.builders import settings
from unit_tests.windows.planning import state


class Sync:
    """A cursor that is driven by hand, a window at a time, on a clock that is set by hand."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        saved: SavedState | None = None,
        privacy: dict[str, str] | None = None,
        ids: dict[str, str | None] | None = None,
        listed: bool = False,
        **changes: Any,
    ) -> None:
        self.elapsed = 1000.0
        monkeypatch.setattr(clock, "elapsed", lambda: self.elapsed)
        self.messages = InMemoryMessageRepository()
        chosen = settings(**{"start_date": "2026-11-01", "lookback_days": 0, **changes})
        self.retrier = Client(chosen, num_workers=chosen.num_workers).retrier
        self.cursor = WindowCursor(
            stream="extension_summary",
            unit="day",
            totals=True,
            saved=saved or SavedState(),
            settings=chosen,
            privacy=privacy or {},
            retrier=self.retrier,
            messages=self.messages,
        )
        self.slices = self.cursor.slices(ids or dict.fromkeys(chosen.pbx_ids), listed)

    def start(self) -> WindowSlice:
        return next(self.slices)

    def finish(self, read: WindowSlice, rows: int = 0) -> None:
        """End the reading of a window, with a request that is sent now."""
        reading = Reading(rows=rows, size=100 * rows)
        reading.add_request(read.window, clock.now())
        self.cursor.record(read, reading)

    def fail(self, read: WindowSlice, problem: str, rows: int = 0) -> bool:
        return self.cursor.fail(read, Reading(rows=rows), problem)

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
    assert (first.outcome, first.pbx) == (Outcome.FAILED, "a")
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


def test_slices_end_at_once_where_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch, start_date=..., end_date="2020-01-01")
    assert list(sync.slices) == []
    assert not sync.cursor.any_read
    sync.cursor.ensure_at_least_one_state_emitted()
    assert sync.states() == [""]


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
    assert not sync.cursor.any_read


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
    assert not sync.cursor.any_read
    sync.cursor.stop(save=True)
    with pytest.raises(StopIteration):
        sync.start()
    assert sync.states() == []


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


def test_a_pbx_that_had_to_wait_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch, pbx_ids=["a", "b"])
    first = sync.start()
    assert sync.start().pbx == "b", "one at a time until the PBX has responded"
    sync.finish(first)
    assert sync.start().pbx == "a"


def test_rows_of_a_window_that_failed_are_saved_with_their_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    privacy = {"personal_data": "remove"}
    sync = Sync(monkeypatch, privacy=privacy, pbx_ids=["a", "b"])
    reads = [sync.start(), sync.start()]
    sync.fail(reads[0], "without rows")
    assert not sync.cursor.state["settings"]
    sync.fail(reads[1], "after some rows", rows=1)
    zone = {"time_zone": "America/New_York", "summary_window": "day"}
    assert sync.cursor.state["settings"] == {**zone, **privacy}


def test_the_treatment_of_personal_data_is_saved_with_the_first_window(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    saved = SavedState(settings={"time_zone": "America/New_York", "summary_window": "day"})
    sync = Sync(monkeypatch, saved, {"personal_data": "hash", "personal_data_key": "0123abcd"})
    first = sync.start()
    said = messages.HASHES_CHANGED.text(stream="extension_summary", old="keep", new="hash")
    assert caplog.messages.count(said) == 1
    assert sync.cursor.state["settings"] == saved.settings
    assert "personal_data" not in saved.settings
    sync.finish(first)
    assert sync.cursor.state["settings"]["personal_data_key"] == "0123abcd"


def test_the_id_of_each_pbx_is_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch, pbx_ids=["a", "b"], ids={"a": "1001", "b": None})
    for _ in range(2):
        sync.finish(sync.start())
    a, b = sync.cursor.state["states"]
    assert (a["id"], b.get("id")) == ("1001", None)


@pytest.mark.parametrize("listed", [True, False])
def test_a_pbx_that_is_no_longer_listed_is_a_warning_where_all_are_read(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, listed: bool
) -> None:
    saved = SavedState(
        {"a": state("2026-11-20", "2026-11-01"), "gone": state("2026-11-10", "2026-11-01")},
        {"time_zone": "America/New_York", "summary_window": "day"},
    )
    sync = Sync(monkeypatch, saved, ids={"a": "1001"}, listed=listed)
    sync.start()
    said = messages.PBX_GONE.text(stream="extension_summary", name="gone")
    assert caplog.messages.count(said) == listed
    assert [entry["partition"]["pbx_id"] for entry in sync.cursor.state["states"]] == ["a", "gone"]


def test_a_range_to_read_again_is_saved_once_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    saved = SavedState(
        {"acmecorp": state("2026-11-23", "2026-11-01")},
        {"time_zone": "America/New_York", "summary_window": "day"},
    )
    sync = Sync(monkeypatch, saved, reread_from="2026-11-09", reread_to="2026-11-10")
    reads = [sync.start()]
    sync.finish(reads[0])
    reads += [sync.start(), sync.start()]
    assert [read.window.report_date[5:] for read in reads] == ["11-24", "11-09", "11-10"]
    sync.finish(reads[1])
    assert "reread" not in sync.cursor.state["states"][0]
    sync.finish(reads[2])
    assert list(sync.slices) == []
    sync.cursor.ensure_at_least_one_state_emitted()
    (entry,) = sync.cursor.state["states"]
    assert entry["reread"] == ["2026-11-09", "2026-11-10"]
    assert entry["cursor"] == {"report_date": "2026-11-23"}


def test_each_tenth_is_logged_and_estimated(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sync = Sync(monkeypatch, pbx_ids=["a", "b"], start_date="2026-11-14", only_finished_windows=True)
    estimates = []
    with caplog.at_level("INFO", "airbyte"):
        for _ in range(20):
            sync.elapsed += 1
            sync.finish(sync.start(), rows=3)
            for message in sync.messages.consume_queue():
                if message.trace and message.trace.estimate:
                    each = message.trace.estimate
                    estimates.append((each.name, each.row_estimate, each.byte_estimate))
        sync.cursor.ensure_at_least_one_state_emitted()
    planned, read = caplog.messages[:2], caplog.messages[2:]
    assert [message.partition(", from")[0] for message in planned] == [
        f"extension_summary: PBX {pbx} has 10 windows to read" for pbx in "ab"
    ]
    assert read[0] == "extension_summary: 2 of 20 windows read, 6 rows, about 9 s left."
    assert read[-2] == "extension_summary: 20 of 20 windows read, 60 rows."
    assert read[-1] == "extension_summary: read 60 rows from 20 windows in 20 requests."
    assert len(read) == 11
    assert estimates == [("extension_summary", 60, 6000)] * 10


def test_repeated_keys_are_a_warning_at_the_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sync = Sync(monkeypatch)
    sync.cursor.record(sync.start(), Reading(rows=2, repeated=1))
    sync.cursor.ensure_at_least_one_state_emitted()
    assert caplog.messages[-1] == messages.REPEATED_KEYS.text(stream="extension_summary", count="1 row")


def test_rows_move_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress comes from windows: what the CDK tells of rows and partitions is ignored, and rows are kept."""
    sync = Sync(monkeypatch)
    sync.start()
    ignored: Any = None
    before = sync.cursor.state
    sync.cursor.observe(ignored)
    sync.cursor.close_partition(ignored)
    assert sync.cursor.state == before
    assert sync.cursor.should_be_synced(ignored)
    assert sync.cursor.cursor_field.cursor_field_key == "report_date"
