"""Plans are made of shared windows, say what they read, and no window read exists before its turn."""

import tracemalloc
from datetime import timedelta
from typing import Any

import pendulum
import pytest
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from hypothesis import given
from hypothesis import strategies as st

from source_8x8_work_analytics.windows import progress
from source_8x8_work_analytics.windows.calendar import start_of_day
from source_8x8_work_analytics.windows.plan import Plan
from source_8x8_work_analytics.windows.progress import PbxProgress
from source_8x8_work_analytics.windows.state import HOW_TO_RELOAD, PbxState, SavedState
from source_8x8_work_analytics.windows.window_read import WindowRead
from testing.builders import settings
from unit_tests.conftest import NOW

PBXES = [f"pbx-{n}" for n in range(100)]


def plan() -> Plan:
    chosen = settings(start_date=..., pbx_ids=PBXES)
    return Plan("extension_summary", "day", True, SavedState(), chosen, NOW)


def test_plans_of_six_streams_and_a_hundred_pbxs_over_two_years_are_small() -> None:
    tracemalloc.start()
    try:
        plans = [plan() for _ in range(6)]
        made = [[each.progress_of(pbx_id, 4) for pbx_id in PBXES] for each in plans]
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert {pbx.total for stream in made for pbx in stream} == {731}
    assert held < 20e6


def test_no_window_read_exists_before_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def count(*args: object) -> WindowRead:
        made.append(args)
        return WindowRead(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(progress, "WindowRead", count)
    pbx = plan().progress_of("pbx-0", 4)
    assert pbx.total == 731
    assert made == []
    first = pbx.start()
    assert len(made) == 1
    assert first.window.report_date == "2024-11-24"


def messages_of(
    caplog: pytest.LogCaptureFixture,
    saved: PbxState | None,
    stream: str = "call_records",
    saved_zone: str = "America/New_York",
    **changes: Any,
) -> tuple[PbxProgress, list[str]]:
    """Plan one PBX from a saved state; returns the plan and what it logs."""
    chosen = settings(**{"start_date": "2026-11-01", "pbx_ids": ["acme"], "lookback_days": 0, **changes})
    state = SavedState({"acme": saved} if saved else {}, {"time_zone": saved_zone})
    made = Plan(stream, "day", stream == "extension_summary", state, chosen, NOW)
    with caplog.at_level("INFO", "airbyte"):
        made.check_settings(["acme"])
        return made.progress_of("acme", 4), caplog.messages


def day(text: str) -> pendulum.Date:
    return pendulum.Date.fromisoformat(text)


def test_a_first_sync_says_what_it_reads(caplog: pytest.LogCaptureFixture) -> None:
    _, messages = messages_of(caplog, None)
    assert messages == [
        "call_records: PBX acme has 24 windows to read, from 2026-11-01 to 2026-11-24, in time zone "
        "America/New_York."
    ]


def test_a_sync_with_nothing_to_read_says_so(caplog: pytest.LogCaptureFixture) -> None:
    saved = PbxState(day("2026-11-23"), day("2026-11-01"))
    _, messages = messages_of(caplog, saved, only_finished_windows=True)
    assert messages == ["call_records: PBX acme has 0 windows to read, in time zone America/New_York."]


def test_another_zone_of_calls_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    _, messages = messages_of(caplog, None, saved_zone="UTC")
    assert messages[0] == (
        "call_records: the time zone was UTC and is now America/New_York, so calls near midnight move to "
        "another report_date."
    )


zones = st.sampled_from(
    ["Pacific/Kiritimati", "Asia/Tokyo", "Asia/Kathmandu", "UTC", "America/Los_Angeles", "Etc/GMT+12"]
)


@given(zones, zones, st.integers(0, 25), st.integers(0, 25))
def test_another_zone_of_calls_leaves_no_hole(old: str, new: str, mark: int, length: int) -> None:
    """Every instant from the first day on lies in a day that was read, or in a window that is to be read."""
    last = pendulum.date(2026, 11, 23).subtract(days=mark)
    since = max(last.subtract(days=length), pendulum.date(2026, 11, 1))
    state = SavedState({"acme": PbxState(last, since)} if since <= last else {}, {"time_zone": old})
    chosen = settings(start_date="2026-11-01", pbx_ids=["acme"], lookback_days=0, time_zone=new)
    made = Plan("call_records", "day", False, state, chosen, NOW)
    made.check_settings(["acme"])
    made.check_settings(["acme"])  # a sync that reads nothing, and the next one
    assert not state.pbxes or state.pbxes["acme"].mark >= last.subtract(days=2)
    pbx = made.progress_of("acme", 100)
    covered = [(start_of_day(since, old), start_of_day(last.add(days=1), old))] if since <= last else []
    reads = [pbx.start() for _ in range(pbx.total)]
    covered += [(read.window.start, read.window.end + timedelta(seconds=1)) for read in reads]
    reached = start_of_day(pendulum.date(2026, 11, 1), new)
    for begin, end in sorted(covered):
        if begin <= reached:
            reached = max(reached, end)
    assert reached > NOW


@pytest.mark.parametrize("saved_mark", ["0001-01-01", "9999-12-31"])
def test_another_zone_and_a_damaged_state_are_no_crash(
    caplog: pytest.LogCaptureFixture, saved_mark: str
) -> None:
    saved = PbxState(day(saved_mark), day(saved_mark))
    pbx, _ = messages_of(caplog, saved, saved_zone="UTC")
    assert pbx.total == 24


def test_another_zone_of_a_summary_is_refused_by_name(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(AirbyteTracedException) as caught:
        messages_of(caplog, None, stream="extension_summary", saved_zone="UTC")
    assert str(caught.value.message).startswith("extension_summary")


def test_a_state_of_0_1_0_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    _, messages = messages_of(caplog, PbxState(day("2026-11-20")))
    assert messages[0] == (
        "call_records: the saved state comes from version 0.1.0, which did not save how far back it read: "
        "if you moved start_date to an earlier day since, load the history again to get the days before "
        f"({HOW_TO_RELOAD})."
    )


def test_a_mark_that_cannot_be_is_a_warning_and_keeps_its_beginning(caplog: pytest.LogCaptureFixture) -> None:
    progress, messages = messages_of(caplog, PbxState(day("2027-02-03"), day("2026-11-01")))
    assert messages[0] == (
        "call_records: the saved state says that PBX acme was read up to 2027-02-03, which has not ended "
        "yet; reading resumes from 2026-11-23. If this machine's clock was wrong, load the history again "
        f"({HOW_TO_RELOAD})."
    )
    assert progress.state == PbxState(day("2026-11-23"), day("2026-11-01"))


def test_a_mark_on_the_newest_day_that_ended_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    _, messages = messages_of(caplog, PbxState(day("2026-11-23"), day("2026-11-01")))
    assert len(messages) == 1


def test_a_mark_older_than_what_8x8_keeps_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    _, messages = messages_of(caplog, PbxState(day("2024-01-05"), day("2024-01-01")), start_date=None)
    assert messages[0] == (
        "call_records: PBX acme was last read up to 2024-01-05, and 8x8 keeps nothing before 2024-11-24: "
        "the data in between can no longer be retrieved."
    )


def test_a_stretch_that_ends_before_it_begins_is_read_anew(caplog: pytest.LogCaptureFixture) -> None:
    progress, _ = messages_of(caplog, PbxState(day("2026-11-10"), day("2026-11-12")))
    assert progress.state is None
    assert progress.total == 24


def test_a_start_date_that_moved_back_is_said(caplog: pytest.LogCaptureFixture) -> None:
    progress, messages = messages_of(caplog, PbxState(day("2026-11-20"), day("2026-11-05")))
    assert messages == [
        "call_records: PBX acme has 8 windows to read, from 2026-11-21 to 2026-11-24 and from 2026-11-01 to "
        "2026-11-04, in time zone America/New_York.",
        "call_records: the start date moved back, so the earlier days of PBX acme are read as well.",
    ]
    assert progress.total == 8


def test_the_plan_knows_how_the_end_of_a_window_is_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    progress, _ = messages_of(caplog, None, window_end="next_midnight")
    assert progress.start().window_end == "next_midnight"
