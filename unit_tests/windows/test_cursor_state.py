"""What the state contains, and what the log and Airbyte's progress bar show on the way."""

from typing import Any

import pytest

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.windows.reading import Reading
from source_8x8_work_analytics.windows.state import SavedState
from unit_tests.windows.driving import Sync
from unit_tests.windows.planning import state


def test_slices_end_at_once_where_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    sync = Sync(monkeypatch, start_date=..., end_date="2020-01-01")
    assert list(sync.slices) == []
    assert not sync.cursor.any_progress
    sync.cursor.ensure_at_least_one_state_emitted()
    assert sync.states() == [""]


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


def test_windows_of_a_pbx_that_failed_are_not_expected_anymore(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sync = Sync(monkeypatch, pbx_ids=["a", "b"], start_date="2026-11-14", only_finished_windows=True)
    reads = [sync.start() for _ in range(2)]
    assert [read.pbx for read in reads] == ["a", "b"]
    sync.fail(reads[0], "denied")
    with caplog.at_level("INFO", "airbyte"):
        sync.elapsed += 1
        sync.finish(reads[1], rows=3)
    assert caplog.messages[-1:] == ["extension_summary: 1 of 10 windows read, 3 rows, about 9 s left."]
    (message,) = [each for each in sync.messages.consume_queue() if each.trace]
    assert message.trace
    assert message.trace.estimate
    assert message.trace.estimate.row_estimate == 30


def test_repeated_keys_are_a_warning_at_the_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sync = Sync(monkeypatch)
    sync.cursor.record(sync.start(), Reading(rows=2, repeated=1))
    sync.cursor.ensure_at_least_one_state_emitted()
    assert caplog.messages[-1] == messages.REPEATED_KEYS.text(stream="extension_summary", count="1 row")


def test_rows_move_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress comes from windows: what the CDK reports of rows is ignored, and rows are kept."""
    sync = Sync(monkeypatch)
    sync.start()
    ignored: Any = None
    before = sync.cursor.state
    sync.cursor.observe(ignored)
    sync.cursor.close_partition(ignored)
    assert sync.cursor.state == before
    assert sync.cursor.should_be_synced(ignored)
    assert sync.cursor.cursor_field.cursor_field_key == "report_date"
