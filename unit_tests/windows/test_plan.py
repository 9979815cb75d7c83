"""What a PBX has to read, given its saved state, and what the log says about it."""

import tracemalloc
from datetime import timedelta

import pendulum
import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.windows import progress
from source_8x8_work_analytics.windows.calendar import start_of_day
from source_8x8_work_analytics.windows.plan import Plan
from source_8x8_work_analytics.windows.progress import WindowSlice
from source_8x8_work_analytics.windows.state import HOW_TO_RELOAD, PbxState, SavedState
from testing.builders import settings
from unit_tests.conftest import NOW
from unit_tests.windows.planning import planned, state

PBXES = [f"pbx-{n}" for n in range(100)]


def plan(**changes: int) -> Plan:
    chosen = settings(start_date=..., pbx_ids=PBXES, **changes)
    return Plan("extension_summary", "day", True, SavedState(), chosen, {}, NOW)


def test_plans_of_six_streams_and_a_hundred_pbxs_over_two_years_are_small() -> None:
    tracemalloc.start()
    try:
        plans = [plan() for _ in range(6)]
        found = [[each.progress_of(pbx, None) for pbx in PBXES] for each in plans]
        memory, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert {pbx.total for stream in found for pbx in stream} == {731}
    assert memory < 20e6


def test_no_slice_exists_before_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    slices = []

    def count(*args: object) -> WindowSlice:
        slices.append(args)
        return WindowSlice(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(progress, "WindowSlice", count)
    pbx = plan().progress_of("pbx-0", None)
    assert pbx.total == 731
    assert slices == []
    first = pbx.start()
    assert len(slices) == 1
    assert (first.pbx, first.window.report_date) == ("pbx-0", "2024-11-24")


@pytest.mark.parametrize("width", [2, 3])
def test_as_many_windows_may_start_as_there_are_requests_at_once(width: int) -> None:
    pbx = plan(num_workers=width).progress_of("pbx-0", None)
    pbx.record(pbx.start(), True)
    for _ in range(width):
        assert pbx.may_start()
        pbx.start()
    assert not pbx.may_start()


def test_a_first_sync_says_what_it_reads() -> None:
    found = planned()
    assert found.notes == [
        "call_records: PBX acme has 24 windows to read, from 2026-11-01 to 2026-11-24, in time zone "
        "America/New_York."
    ]
    assert found.warnings == []


def test_a_sync_with_nothing_to_read_says_so() -> None:
    found = planned(state("2026-11-23", "2026-11-01"), only_finished_windows=True)
    assert found.notes == ["call_records: PBX acme has 0 windows to read, in time zone America/New_York."]
    assert found.warnings == []


def test_an_end_date_before_everything_leaves_nothing_to_read_and_keeps_the_state() -> None:
    saved = state("2026-11-20", "2026-11-01")
    for before in (None, saved):
        found = planned(before, start_date=..., end_date="2020-01-01")
        assert found.progress.total == 0
        assert found.notes == ["call_records: PBX acme has 0 windows to read, in time zone America/New_York."]
        assert found.saved.get("acme") == before


def test_a_start_date_that_moved_back_is_said() -> None:
    found = planned(state("2026-11-20", "2026-11-05"))
    assert found.notes == [
        "call_records: PBX acme has 8 windows to read, from 2026-11-21 to 2026-11-24 and from 2026-11-01 to "
        "2026-11-04, in time zone America/New_York.",
        "call_records: the start date moved back, so earlier days of PBX acme are read as well.",
    ]
    assert found.progress.total == 8


def test_days_between_the_mark_and_a_later_start_begin_the_stretch_anew() -> None:
    found = planned(state("2026-11-05", "2026-11-01"), start_date="2026-11-07")
    assert found.progress.state is None
    assert found.windows[0] == "2026-11-07"
    found = planned(state("2026-11-05", "2026-11-01"), start_date="2026-11-06")
    assert found.progress.state == state("2026-11-05", "2026-11-01")


def test_earlier_days_that_do_not_reach_what_was_read_begin_the_stretch_anew() -> None:
    saved = state("2026-11-20", "2026-11-10")
    found = planned(saved, end_date="2026-11-08")
    assert found.progress.state is None
    assert found.windows == [f"2026-11-{n:02}" for n in range(1, 9)]
    found = planned(saved, end_date="2026-11-09")
    assert found.progress.state == saved
    assert found.windows == [f"2026-11-{n:02}" for n in range(9, 0, -1)]


def test_a_lookback_longer_than_what_was_read_reads_each_day_once() -> None:
    found = planned(state("2026-11-21", "2026-11-20"), start_date="2026-11-18", lookback_days=10)
    assert found.windows == [f"2026-11-{n}" for n in (20, 21, 22, 23, 24, 19, 18)]


# --- marks


def test_a_mark_that_cannot_be_is_a_warning_and_keeps_its_beginning() -> None:
    found = planned(state("2027-02-03", "2026-11-01"))
    assert found.says(
        messages.MARK_IN_FUTURE, name="acme", mark="2027-02-03", newest="2026-11-23", reload=HOW_TO_RELOAD
    )
    assert found.progress.state == state("2026-11-23", "2026-11-01")
    assert found.saved.get("acme") == found.progress.state


def test_a_mark_on_the_newest_day_that_ended_is_no_warning() -> None:
    assert planned(state("2026-11-23", "2026-11-01")).warnings == []
    assert planned(state("2026-11-24", "2026-11-01")).warnings != []


def test_a_mark_older_than_what_8x8_keeps_is_a_warning() -> None:
    found = planned(state("2024-01-05", "2024-01-01"), start_date=None)
    assert found.says(messages.DATA_LOST, name="acme", mark="2024-01-05", oldest="2024-11-24")
    assert planned(state("2024-11-23", "2024-01-01"), start_date=None).warnings == []


def test_what_8x8_keeps_begins_on_a_local_day() -> None:
    """On Kiritimati the day after has begun."""
    zone = "Pacific/Kiritimati"
    found = planned(
        state("2024-11-23", "2024-01-01"),
        saved_settings={"time_zone": zone},
        start_date=None,
        time_zone=zone,
    )
    assert found.says(messages.DATA_LOST, name="acme", mark="2024-11-23", oldest="2024-11-25")


def test_a_stretch_that_ends_before_it_begins_is_read_anew() -> None:
    found = planned(state("2026-11-10", "2026-11-12"))
    assert found.progress.state is None
    assert found.progress.total == 24
    assert planned(state("2026-11-10", "2026-11-11")).progress.state is None
    assert planned(state("2026-11-10", "2026-11-10")).progress.state is not None


# --- state of 0.1.0


def test_a_state_of_0_1_0_is_a_warning_and_gets_its_beginning_at_once() -> None:
    found = planned(state("2026-11-20"))
    assert found.says(messages.STATE_WITHOUT_SINCE, reload=HOW_TO_RELOAD)
    assert found.saved.get("acme") == state("2026-11-20", "2026-11-01")
    assert found.windows == ["2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24"]
    again = planned(found.saved.get("acme"))
    assert again.warnings == []


@pytest.mark.parametrize(
    ("mark", "changes", "since"),
    [
        ("2026-11-20", {"start_date": ...}, "2024-11-24"),
        ("2026-11-20", {"start_date": "2020-01-01"}, "2024-11-24"),
        ("2026-11-20", {"start_date": ..., "end_date": "2020-01-01"}, "2024-11-24"),
        ("2026-11-20", {"start_date": "2026-11-24", "only_finished_windows": True}, "2026-11-20"),
        ("2026-10-05", {}, "2026-10-05"),
    ],
)
def test_the_beginning_of_a_0_1_0_state(mark: str, changes: dict[str, object], since: str) -> None:
    """The start date of the first sync of a newer version, even if that sync has nothing to read."""
    saved = planned(state(mark), **changes).saved.get("acme")  # type: ignore[arg-type]
    assert saved == state(mark, since)


def test_the_beginning_of_a_0_1_0_state_is_a_whole_month() -> None:
    saved = planned(state("2026-10-01"), unit="month", start_date="2026-08-20").saved.get("acme")
    assert saved == state("2026-10-01", "2026-08-01")


def test_only_pbxs_that_are_read_need_a_beginning() -> None:
    """The state may hold others, which other configurations read."""
    chosen = settings(pbx_ids=["beta"])
    saved = SavedState({"acme": state("2026-11-20")}, {"time_zone": "America/New_York"})
    each = Plan("call_records", "day", False, saved, chosen, {}, NOW)
    each.check_settings({"beta": None})
    assert each.warnings == []
    assert saved.get("acme") == state("2026-11-20")


# --- time zones

zones = st.sampled_from(
    ["Pacific/Kiritimati", "Asia/Tokyo", "Asia/Kathmandu", "UTC", "America/Los_Angeles", "Etc/GMT+12"]
)


def test_another_zone_of_calls_is_a_warning() -> None:
    found = planned(saved_settings={"time_zone": "UTC"})
    assert found.says(messages.ZONE_CHANGED, old="UTC", new="America/New_York")


def test_another_zone_of_calls_leaves_a_margin_and_is_saved_at_once() -> None:
    found = planned(
        state("2026-11-20", "2026-11-01"), saved_settings={"time_zone": "UTC", "personal_data": "remove"}
    )
    assert found.saved.get("acme") == state("2026-11-18", "2026-11-03")
    assert found.saved.settings == {"time_zone": "America/New_York", "personal_data": "remove"}


def test_another_name_of_the_zone_changes_nothing() -> None:
    saved = state("2026-11-20", "2026-11-01")
    for totals in (False, True):
        found = planned(saved, totals=totals, saved_settings={"time_zone": "US/Eastern"})
        assert found.warnings == []
        assert found.progress.state == saved
        assert found.row_settings["time_zone"] == "America/New_York"


def test_a_state_without_settings_is_of_this_zone() -> None:
    saved = state("2026-11-20", "2026-11-01")
    found = planned(saved, saved_settings={})
    assert found.warnings == []
    assert found.saved.get("acme") == saved


@given(zones, zones, st.integers(0, 25), st.integers(0, 25))
def test_another_zone_of_calls_leaves_no_hole(old: str, new: str, mark: int, length: int) -> None:
    """Every instant from the first day on lies in a day that was read, or in a window that is to be read."""
    last = pendulum.date(2026, 11, 23).subtract(days=mark)
    since = max(last.subtract(days=length), pendulum.date(2026, 11, 1))
    saved = SavedState({"acme": PbxState(last, since)} if since <= last else {}, {"time_zone": old})
    chosen = settings(start_date="2026-11-01", pbx_ids=["acme"], lookback_days=0, time_zone=new)
    each = Plan("call_records", "day", False, saved, chosen, {}, NOW)
    each.check_settings({"acme": None})
    each.check_settings({"acme": None})  # a sync that reads nothing, and the next one
    assert not saved.pbxes or saved.pbxes["acme"].mark >= last.subtract(days=2)
    pbx = each.progress_of("acme", None)
    covered = [(start_of_day(since, old), start_of_day(last.add(days=1), old))] if since <= last else []
    reads = [pbx.start() for _ in range(pbx.total)]
    covered += [(read.window.start, read.window.end + timedelta(seconds=1)) for read in reads]
    reached = start_of_day(pendulum.date(2026, 11, 1), new)
    for begin, end in sorted(covered):
        if begin <= reached:
            reached = max(reached, end)
    assert reached > NOW


@pytest.mark.parametrize("mark", ["0001-01-01", "9999-12-31"])
def test_another_zone_and_a_damaged_state_do_not_crash(mark: str) -> None:
    assert planned(state(mark, mark), saved_settings={"time_zone": "UTC"}).progress.total == 24


def test_another_zone_of_a_summary_is_rejected_by_name() -> None:
    with pytest.raises(ConnectorError) as caught:
        planned(totals=True, saved_settings={"time_zone": "UTC"})
    assert caught.value.problem is messages.SETTING_CHANGED
    assert str(caught.value).startswith("call_records was read with time_zone UTC")


def test_another_window_of_a_summary_is_rejected() -> None:
    with pytest.raises(ConnectorError) as caught:
        planned(totals=True, unit="week", saved_settings={"summary_window": "day"})
    assert caught.value.problem is messages.SETTING_CHANGED


def test_the_settings_of_new_rows() -> None:
    zone = {"time_zone": "America/New_York"}
    assert planned().row_settings == zone
    assert planned(totals=True).row_settings == {**zone, "summary_window": "day"}
    privacy = {"personal_data": "hash", "personal_data_key": "0123abcd"}
    assert planned(privacy=privacy).row_settings == {**zone, **privacy}
