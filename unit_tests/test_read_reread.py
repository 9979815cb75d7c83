"""A range to read again (reread_from, reread_to) is read once, despite failures and kills."""

import itertools
from typing import Any

import pytest
import requests_mock as rm
from airbyte_cdk.models import AirbyteStateMessage

from source_8x8_work_analytics import clock, messages
from testing.builders import EXTSUM_URL, TOKEN_URL, row, token
from unit_tests.reading import Read, days, saved


@pytest.fixture(autouse=True)
def login(api: rm.Mocker) -> Any:
    return api.post(TOKEN_URL, json=token())


@pytest.fixture
def report(api: rm.Mocker) -> Any:
    return api.get(EXTSUM_URL, json=[row()])


def march(first: int, last: int) -> list[str]:
    return [f"2026-03-{day:02}" for day in range(first, last + 1)]


def with_state(blob: dict[str, Any]) -> list[AirbyteStateMessage]:
    """A state as a sync has written it."""
    state = saved("2026-11-23")
    assert state[0].stream
    assert state[0].stream.stream_state
    vars(state[0].stream.stream_state).clear()
    vars(state[0].stream.stream_state).update(blob)
    return state


def reread_of(read: Read) -> dict[str, list[str] | None]:
    return {entry["partition"]["pbx_id"]: entry.get("reread") for entry in read.states[-1]["states"]}


WEEK = {"reread_from": "2026-03-09", "reread_to": "2026-03-15"}
SINCE = "2026-01-01"
USUAL = ["2026-11-22", "2026-11-23", "2026-11-24"]
"""What a sync reads without a range: the lookback and the open day."""


def test_a_week_of_march_is_read_again_once(report: Any) -> None:
    first = Read(saved("2026-11-23", since=SINCE), start_date=SINCE, **WEEK)
    assert days(report) == [*march(9, 15), *USUAL]
    assert (first.marks, first.since) == ({"acmecorp": "2026-11-23"}, {"acmecorp": SINCE})
    assert reread_of(first) == {"acmecorp": ["2026-03-09", "2026-03-15"]}
    report.reset()
    second = Read(with_state(first.states[-1]), start_date=SINCE, **WEEK)
    assert days(report) == USUAL
    assert second.states[-1] == first.states[-1]
    report.reset()
    third = Read(
        with_state(second.states[-1]), start_date=SINCE, reread_from="2026-03-09", reread_to="2026-03-10"
    )
    assert days(report) == [*march(9, 10), *USUAL]
    assert reread_of(third) == {"acmecorp": ["2026-03-09", "2026-03-10"]}


def test_one_day_and_no_last_day(report: Any) -> None:
    read = Read(saved("2026-11-23", since=SINCE), start_date=SINCE, reread_from="2026-03-09")
    assert days(report) == ["2026-03-09", *USUAL]
    assert reread_of(read) == {"acmecorp": ["2026-03-09", "2026-03-09"]}


def test_the_rows_say_that_they_were_read_anew(report: Any) -> None:
    read = Read(saved("2026-11-23", since=SINCE), start_date=SINCE, **WEEK)
    again = [each for each in read.rows if each["report_date"] < "2026-11"]
    assert len(again) == 7
    assert {each["window_read_at"] for each in again} == {"2026-11-24T15:30:00.000000+00:00"}
    assert all(each["window_complete"] for each in again)


def test_a_failure_in_the_range_reads_it_again_and_holds_no_mark(api: rm.Mocker) -> None:
    def respond(request: Any, context: Any) -> Any:
        if request.qs["starttime"][0].startswith("2026-03-11"):
            context.status_code = 500
        return [row()]

    api.get(EXTSUM_URL, json=respond)
    failed = Read(saved("2026-11-21", since=SINCE), start_date=SINCE, num_workers=2, **WEEK)
    assert (failed.marks, reread_of(failed)) == ({"acmecorp": "2026-11-23"}, {"acmecorp": None})
    assert "PBX acmecorp, 2026-03-11" in failed.errors[0].message
    report = api.get(EXTSUM_URL, json=[row()])
    repaired = Read(with_state(failed.states[-1]), start_date=SINCE, **WEEK)
    assert days(report) == [*march(9, 15), *USUAL]
    assert reread_of(repaired) == {"acmecorp": ["2026-03-09", "2026-03-15"]}


def test_a_pbx_that_fails_leaves_the_range_of_the_others_done(api: rm.Mocker) -> None:
    def respond(request: Any, context: Any) -> Any:
        if request.qs["pbxid"] == ["beta"]:
            context.status_code = 403
            return {}
        return []

    api.get(EXTSUM_URL, json=respond)
    states = with_state(
        {
            "states": [
                {"partition": {"pbx_id": pbx}, "cursor": {"report_date": "2026-11-23"}, "since": SINCE}
                for pbx in ("acmecorp", "beta")
            ]
        }
    )
    failed = Read(states, start_date=SINCE, pbx_ids=["acmecorp", "beta"], **WEEK)
    assert reread_of(failed) == {"acmecorp": ["2026-03-09", "2026-03-15"], "beta": None}
    report = api.get(EXTSUM_URL, json=[])
    read = Read(with_state(failed.states[-1]), start_date=SINCE, pbx_ids=["acmecorp", "beta"], **WEEK)
    requests = [(r.qs["pbxid"][0], r.qs["starttime"][0][:10]) for r in report.request_history]
    assert sorted(requests) == [
        *(("acmecorp", day) for day in USUAL),
        *(("beta", day) for day in [*march(9, 15), *USUAL]),
    ]
    assert set(reread_of(read)) == {"acmecorp", "beta"}
    assert reread_of(read)["beta"] == ["2026-03-09", "2026-03-15"]


def test_a_kill_at_any_state_repeats_at_most_the_range(report: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The state is saved as often as it can be; each one is resumed from."""
    ticks = itertools.count(1000.0, 3.0)
    monkeypatch.setattr(clock, "elapsed", lambda: next(ticks))
    read = Read(saved("2026-11-10", since=SINCE), start_date=SINCE, lookback_days=0, **WEEK)
    assert len(read.states) > 5
    done = 0
    for state in read.states:
        mark = state["states"][0]["cursor"]["report_date"]
        report.reset()
        Read(with_state(state), start_date=SINCE, lookback_days=0, **WEEK)
        repeated = days(report)
        ended = "reread" in state["states"][0]
        assert [day for day in repeated if day < "2026-11"] == ([] if ended else march(9, 15))
        assert all(day > mark for day in repeated if day >= "2026-11")
        assert repeated[-1] == "2026-11-24"
        done += ended
    assert done, "the last state says that the range is done"


def test_a_first_sync_notes_the_range_that_it_has_read(report: Any) -> None:
    first = Read(start_date="2026-11-20", reread_from="2026-11-21", reread_to="2026-11-22")
    assert days(report) == ["2026-11-20", "2026-11-21", *USUAL]
    report.reset()
    Read(
        with_state(first.states[-1]),
        start_date="2026-11-20",
        lookback_days=0,
        reread_from="2026-11-21",
        reread_to="2026-11-22",
    )
    assert days(report) == ["2026-11-24"]


def test_a_full_refresh_reads_each_window_once(report: Any) -> None:
    Read(
        saved("2026-11-23", since=SINCE),
        mode="full_refresh",
        start_date="2026-11-20",
        reread_from="2026-11-21",
    )
    assert days(report) == ["2026-11-20", "2026-11-21", *USUAL]


@pytest.mark.parametrize(
    ("unit", "mark", "again"),
    [
        ("week", "2026-11-16", ["2026-03-02", "2026-03-09"]),
        ("month", "2026-10-01", ["2026-03-01"]),
    ],
)
def test_weeks_and_months_are_read_whole(report: Any, unit: str, mark: str, again: list[str]) -> None:
    state = saved(mark, since="2026-01-01", summary_window=unit)
    changes: dict[str, Any] = {"summary_window": unit, "lookback_days": 0, "start_date": "2026-01-05"}
    read = Read(state, reread_from="2026-03-08", reread_to="2026-03-09", **changes)
    assert days(report)[:-1] == again
    assert reread_of(read) == {"acmecorp": ["2026-03-08", "2026-03-09"]}
    report.reset()
    Read(with_state(read.states[-1]), reread_from="2026-03-08", reread_to="2026-03-09", **changes)
    assert len(days(report)) == 1


@pytest.mark.parametrize(
    ("first", "last", "since"),
    [
        ("2026-03-09", "2026-03-15", "2026-11-01"),  # before the start date, and never read
        ("2024-01-01", "2024-11-23", "2024-01-01"),  # before the two years
    ],
)
def test_a_range_that_cannot_be_read_is_a_warning(
    report: Any, caplog: pytest.LogCaptureFixture, first: str, last: str, since: str
) -> None:
    start = max(since, "2024-11-24")
    read = Read(saved("2026-11-23", since=since), start_date=start, reread_from=first, reread_to=last)
    assert days(report) == USUAL
    assert reread_of(read) == {"acmecorp": None}
    said = messages.REREAD_OUTSIDE.text(stream="extension_summary", name="acmecorp", first=first, last=last)
    assert caplog.messages.count(said) == 1


def test_days_before_the_start_date_that_were_read_before_are_read_again(report: Any) -> None:
    read = Read(saved("2026-11-23", since=SINCE), start_date="2026-11-01", **WEEK)
    assert days(report) == [*march(9, 15), *USUAL]
    assert (read.since, reread_of(read)) == ({"acmecorp": SINCE}, {"acmecorp": ["2026-03-09", "2026-03-15"]})


def test_a_range_up_to_the_open_day_or_later_does_not_complete_it(report: Any) -> None:
    changes: dict[str, Any] = {"start_date": SINCE, "lookback_days": 0}
    changes |= {"reread_from": "2026-11-20", "reread_to": "2026-12-31"}
    read = Read(saved("2026-11-23", since=SINCE), **changes)
    assert days(report) == ["2026-11-20", "2026-11-21", *USUAL]
    assert read.marks == {"acmecorp": "2026-11-23"}
    report.reset()
    Read(with_state(read.states[-1]), **changes)
    assert days(report) == ["2026-11-24"], "the open day is read until it has ended"
