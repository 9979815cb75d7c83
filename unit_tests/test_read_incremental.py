"""What an incremental sync reads, and the state it leaves, with HTTP mocked."""

from typing import Any

import pendulum
import pytest
import requests_mock as rm
from airbyte_cdk.models import FailureType, Type

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.source import Interrupted, Source8x8WorkAnalytics, repeated_states
from source_8x8_work_analytics.windows.state import HOW_TO_RELOAD
from testing.builders import EXTSUM_URL, TOKEN_URL, catalog, config, row, token
from unit_tests.reading import LOGGER, Read, days, saved


@pytest.fixture(autouse=True)
def login(api: rm.Mocker) -> Any:
    return api.post(TOKEN_URL, json=token())


def test_state_is_as_the_design_says_and_the_open_window_never_moves_it(api: rm.Mocker) -> None:
    api.get(EXTSUM_URL, json=[row()])
    read = Read()
    assert read.states[-1] == {
        "use_global_cursor": False,
        "states": [
            {
                "partition": {"pbx_id": "acmecorp"},
                "cursor": {"report_date": "2026-11-23"},
                "since": "2026-11-22",
            }
        ],
        "settings": {"time_zone": "America/New_York", "summary_window": "day"},
    }


def test_each_state_follows_the_rows_it_covers(api: rm.Mocker) -> None:
    api.get(EXTSUM_URL, json=[row(str(n)) for n in range(40)])
    read = Read(start_date="2026-09-01", num_workers=10)
    seen: dict[str, int] = {}
    last = ""
    for message in read.messages:
        if message.record:
            day = message.record.data["report_date"]
            seen[day] = seen.get(day, 0) + 1
        if message.state and message.state.stream:
            marks = vars(message.state.stream.stream_state)["states"]
            mark = marks[0]["cursor"]["report_date"]
            assert mark >= last
            last = mark
            day = pendulum.date(2026, 9, 1)
            while str(day) <= mark:
                assert seen.get(str(day)) == 40, f"state {mark} came before the rows of {day}"
                day = day.add(days=1)
    assert last == "2026-11-23"


@pytest.mark.parametrize("fails", [False, True])
def test_an_output_has_the_state_it_resumes_from_before_any_row(api: rm.Mocker, fails: bool) -> None:
    """So an output that ends early, whole or cut off, is a state to resume from."""
    api.get(EXTSUM_URL, json=[row()], status_code=403 if fails else 200)
    before = saved("2026-11-21")
    read = Read(before)
    assert before[0].stream
    assert read.states[0] == vars(before[0].stream.stream_state)
    first = read.messages[0]
    assert first.state, "before any status, too"
    assert first.state.sourceStats
    assert first.state.sourceStats.recordCount == 0
    assert (read.error is not None) == fails


def test_a_first_read_and_a_full_refresh_have_nothing_to_repeat(api: rm.Mocker) -> None:
    api.get(EXTSUM_URL, json=[row()])
    for read in (Read(), Read(saved("2026-11-21"), mode="full_refresh")):
        kinds = [message.type for message in read.messages if message.state or message.record]
        assert kinds[0] is Type.RECORD


def test_an_incremental_sync_reads_the_lookback_and_what_is_new(api: rm.Mocker) -> None:
    report = api.get(EXTSUM_URL, json=[row()])
    read = Read(saved("2026-11-21"), start_date=...)
    assert days(report) == ["2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24"]
    assert read.marks == {"acmecorp": "2026-11-23"}


def test_a_pbx_that_is_added_later_brings_its_history(api: rm.Mocker) -> None:
    report = api.get(EXTSUM_URL, json=[])
    read = Read(saved("2026-11-23"), pbx_ids=["acmecorp", "beta"], start_date="2026-11-01")
    requests = {"acmecorp": 0, "beta": 0}
    for request in report.request_history:
        requests[request.qs["pbxid"][0]] += 1
    assert requests == {"acmecorp": 3, "beta": 24}
    assert read.marks == {"acmecorp": "2026-11-23", "beta": "2026-11-23"}


def test_a_pbx_whose_name_has_another_case_or_accent_form_is_the_same(api: rm.Mocker) -> None:
    report = api.get(EXTSUM_URL, json=[])
    read = Read(saved("2026-11-22", "CAF\u00c9"), pbx_ids=["cafe\u0301"], lookback_days=0)
    assert days(report) == ["2026-11-23", "2026-11-24"]
    assert list(read.marks.values()) == ["2026-11-23"]


def test_a_pbx_that_is_left_out_keeps_its_mark(api: rm.Mocker) -> None:
    api.get(EXTSUM_URL, json=[])
    assert Read(saved("2026-10-01", "gone")).marks == {"acmecorp": "2026-11-23", "gone": "2026-10-01"}


def test_a_full_refresh_reads_everything_regardless_of_state(api: rm.Mocker) -> None:
    report = api.get(EXTSUM_URL, json=[row()])
    read = Read(saved("2026-11-23", time_zone="UTC"), mode="full_refresh", start_date="2026-11-01")
    assert read.error is None
    assert report.call_count == 24


UNITS = ("day", "week", "month")
ZONES = ("America/New_York", "Europe/London", "Asia/Kathmandu")
CHANGES = [
    *(("summary_window", old, new) for old in UNITS for new in UNITS if old != new),
    *(("time_zone", old, new) for old in ZONES for new in ZONES if old != new),
]


@pytest.mark.parametrize(("name", "old", "new"), CHANGES)
def test_changed_settings_are_rejected_before_a_request(
    api: rm.Mocker, login: Any, name: str, old: str, new: str
) -> None:
    api.get(EXTSUM_URL, json=[row()])
    read = Read(saved("2026-11-02", **{name: old}), **{name: new})
    (error,) = read.errors
    assert error.failure_type is FailureType.config_error
    assert error.message == messages.SETTING_CHANGED.text(
        stream="extension_summary", name=name, old=old, new=new, reload=HOW_TO_RELOAD
    )
    assert read.rows == []
    assert read.marks == {"acmecorp": "2026-11-02"}
    assert read.states[-1]["settings"][name] == old
    assert login.call_count == 0


def test_a_start_before_the_two_years_is_moved_and_said_once(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    report = api.get(EXTSUM_URL, json=[])
    Read(start_date="2015-01-01", end_date="2024-12-01", pbx_ids=["acmecorp", "beta"])
    assert days(report)[0] == "2024-11-24"
    assert caplog.messages.count(messages.START_TOO_EARLY.text(oldest="2024-11-24")) == 1


@pytest.mark.parametrize("stream", ["extension_summary", "call_records"])
def test_an_end_date_before_everything_is_one_warning(
    api: rm.Mocker, login: Any, caplog: pytest.LogCaptureFixture, stream: str
) -> None:
    read = Read(stream=stream, start_date=..., end_date="2020-01-01", pbx_ids=["acmecorp", "beta"])
    said = messages.NOTHING_TO_READ.text(end_date="2020-01-01", oldest="2024-11-24")
    assert caplog.messages.count(said) == 1
    assert (read.rows, read.errors, read.error) == ([], [], None)
    assert read.states[-1]["states"] == []
    assert login.call_count == 0


@pytest.mark.parametrize(("mark", "lost"), [("2023-01-01", 1), ("2024-11-22", 1), ("2024-11-23", 0)])
def test_days_that_8x8_no_longer_keeps_are_a_warning(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture, mark: str, lost: int
) -> None:
    report = api.get(EXTSUM_URL, json=[])
    Read(saved(mark), start_date=..., end_date="2024-12-01")
    assert days(report)[0] == "2024-11-24"
    said = messages.DATA_LOST.text(
        stream="extension_summary", name="acmecorp", mark=mark, oldest="2024-11-24"
    )
    assert caplog.messages.count(said) == lost


def test_a_mark_from_the_future_is_said_and_set_back(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    report = api.get(EXTSUM_URL, json=[])
    read = Read(saved("2031-01-01"), start_date=...)
    assert read.marks == {"acmecorp": "2026-11-23"}
    assert days(report) == ["2026-11-22", "2026-11-23", "2026-11-24"]
    said = messages.MARK_IN_FUTURE.text(
        stream="extension_summary",
        name="acmecorp",
        mark="2031-01-01",
        newest="2026-11-23",
        reload=HOW_TO_RELOAD,
    )
    assert caplog.messages.count(said) == 1


def test_rows_of_an_open_month_do_not_mix_with_days(api: rm.Mocker) -> None:
    """A first sync in the middle of a month saves no mark, but its rows are there."""
    api.get(EXTSUM_URL, json=[row()])
    first = Read(start_date="2026-11-20", summary_window="month")
    assert (len(first.rows), first.states[-1]["states"]) == (1, [])
    state = saved("2026-11-20", summary_window="month")
    state[0].stream.stream_state.states = []  # type: ignore[union-attr]
    assert vars(state[0].stream.stream_state) == first.states[-1]  # type: ignore[union-attr]
    (error,) = Read(state, start_date="2026-11-20").errors
    assert error.message == messages.SETTING_CHANGED.text(
        stream="extension_summary", name="summary_window", old="month", new="day", reload=HOW_TO_RELOAD
    )


def test_another_name_of_the_time_zone_resumes(api: rm.Mocker, caplog: pytest.LogCaptureFixture) -> None:
    report = api.get(EXTSUM_URL, json=[row()])
    read = Read(saved("2026-11-22", time_zone="US/Eastern"), lookback_days=0)
    assert read.errors == []
    assert days(report) == ["2026-11-23", "2026-11-24"]
    assert read.states[-1]["settings"]["time_zone"] == "America/New_York"
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


def test_the_treatment_of_personal_data_is_part_of_the_state(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    """A change is one warning; with the state that this sync saves there is none."""
    api.get(EXTSUM_URL, json=[row()])
    key = "unit-test-key-of-hashes"
    read = Read(saved("2026-11-22"), personal_data="hash", personal_data_key=key)
    settings = read.states[-1]["settings"]
    assert settings["personal_data"] == "hash"
    assert key not in str(read.states)
    said = messages.HASHES_CHANGED.text(stream="extension_summary", old="keep", new="hash")
    assert caplog.messages.count(said) == 1
    caplog.clear()
    Read(saved("2026-11-22", **settings), personal_data="hash", personal_data_key=key)
    assert not [record for record in caplog.records if record.levelname == "WARNING"]
    Read(saved("2026-11-22", **settings), personal_data="hash", personal_data_key="another-key-of-hashes")
    assert caplog.messages.count(messages.HASH_KEY_CHANGED.text(stream="extension_summary")) == 1


def test_a_sync_that_read_nothing_saves_no_settings(api: rm.Mocker) -> None:
    api.get(EXTSUM_URL, status_code=403, json={})
    assert Read().states[-1]["settings"] == {}


def test_a_read_that_is_stopped_or_fails_before_it_begins_repeats_its_state() -> None:
    """The output of any read is a state to resume from, once its files can be read."""
    before = saved("2026-11-21")
    source = Source8x8WorkAnalytics()
    source.stop()
    stopped = source.read(LOGGER, config(), catalog("extension_summary"), before)
    first = next(stopped)
    with pytest.raises(Interrupted):
        list(stopped)
    wrong = Read(before, lookback_days=99)
    assert wrong.error
    for found in (first, wrong.messages[0]):
        assert found.state
        assert found.state.stream == before[0].stream


def test_only_the_states_of_streams_that_resume_are_repeated() -> None:
    states = [*saved("2026-11-21"), *saved("2026-11-21", stream="sites"), *saved("2026-11-21", stream="gone")]
    empty = saved("2026-11-21", stream="company_summary")
    assert empty[0].stream
    empty[0].stream.stream_state = None
    wanted = catalog("extension_summary", "incremental")
    wanted.streams += [
        *catalog("sites", "incremental").streams,
        *catalog("company_summary", "incremental").streams,
    ]
    broken = saved("2026-02-31", stream="company_summary")
    (repeated,) = repeated_states(wanted, [*states, *empty, *broken])
    assert repeated.state
    assert repeated.state.stream == states[0].stream
    assert states[0].sourceStats is None, "what came in stays as it was"
    assert list(repeated_states(catalog("extension_summary", "full_refresh"), states)) == []
