"""A start date that moves back brings the earlier days, and nothing else again; states of 0.1.0."""

from typing import Any

import pytest
import requests_mock as rm

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.windows.state import HOW_TO_RELOAD
from testing.builders import EXTSUM_URL, TOKEN_URL, row, token
from unit_tests.reading import Read, days, saved


@pytest.fixture(autouse=True)
def login(api: rm.Mocker) -> Any:
    return api.post(TOKEN_URL, json=token())


def month(first: int, last: int) -> list[str]:
    return [f"2026-11-{day:02}" for day in range(first, last + 1)]


def test_an_earlier_start_brings_the_earlier_days_and_nothing_else_again(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    report = api.get(EXTSUM_URL, json=[row()])
    read = Read(saved("2026-11-23", since="2026-11-10"), start_date="2026-11-03")
    assert days(report) == [*month(3, 9), *month(22, 24)]
    assert (read.marks, read.since) == ({"acmecorp": "2026-11-23"}, {"acmecorp": "2026-11-03"})
    plan = [r.getMessage() for r in caplog.records if "windows to read" in r.getMessage()]
    assert plan == [
        "extension_summary: PBX acmecorp has 10 windows to read, from 2026-11-22 to 2026-11-24 and from "
        "2026-11-03 to 2026-11-09, in time zone America/New_York."
    ]
    said = "extension_summary: the start date moved back, so earlier days of PBX acmecorp are read as well."
    assert caplog.messages.count(said) == 1


def test_the_present_comes_first_and_the_newest_of_the_earlier_days_next(api: rm.Mocker) -> None:
    report = api.get(EXTSUM_URL, json=[row()])
    Read(saved("2026-11-23", since="2026-11-20"), start_date="2026-11-17", lookback_days=0, num_workers=2)
    requested = [request.qs["starttime"][0][:10] for request in report.request_history]
    assert requested[0] == "2026-11-24"
    assert sorted(requested[1:]) == month(17, 19)
    assert requested.index("2026-11-19") < requested.index("2026-11-17")


@pytest.mark.parametrize(
    ("end", "joins"), [("2026-11-08", False), ("2026-11-09", True), ("2026-11-12", True)]
)
def test_earlier_days_that_end_before_what_was_read_leave_no_hole(
    api: rm.Mocker, end: str, joins: bool
) -> None:
    report = api.get(EXTSUM_URL, json=[row()])
    first = Read(saved("2026-11-20", since="2026-11-10"), start_date="2026-11-03", end_date=end)
    assert first.since == {"acmecorp": "2026-11-03"}
    assert first.marks == {"acmecorp": "2026-11-20" if joins else end}
    requested = set(days(report))
    report = api.get(EXTSUM_URL, json=[row()])
    Read(saved(first.marks["acmecorp"], since=first.since["acmecorp"]), start_date="2026-11-03")
    read_before = month(10, 20) if joins else []
    assert requested | set(days(report)) | set(read_before) == set(month(3, 24))


def test_a_later_start_changes_nothing(api: rm.Mocker) -> None:
    report = api.get(EXTSUM_URL, json=[row()])
    read = Read(saved("2026-11-22", since="2026-01-01"), start_date="2026-11-01")
    assert days(report) == month(21, 24)
    assert read.since == {"acmecorp": "2026-01-01"}


def test_a_failure_on_the_way_back_keeps_what_was_read(api: rm.Mocker) -> None:
    def respond(request: Any, context: Any) -> Any:
        if request.qs["starttime"][0].startswith("2026-11-05"):
            context.status_code = 500
        return [row()]

    api.get(EXTSUM_URL, json=respond)
    read = Read(saved("2026-11-23", since="2026-11-10"), start_date="2026-11-01", num_workers=2)
    assert (read.marks, read.since) == ({"acmecorp": "2026-11-23"}, {"acmecorp": "2026-11-06"})
    assert "PBX acmecorp, 2026-11-05" in read.errors[0].message

    report = api.get(EXTSUM_URL, json=[row()])
    again = Read(saved("2026-11-23", since="2026-11-06"), start_date="2026-11-01", lookback_days=0)
    assert days(report) == [*month(1, 5), "2026-11-24"]
    assert again.since == {"acmecorp": "2026-11-01"}


def test_the_lookback_does_not_read_earlier_days_twice(api: rm.Mocker) -> None:
    report = api.get(EXTSUM_URL, json=[row()])
    Read(saved("2026-11-21", since="2026-11-20"), start_date="2026-11-15", lookback_days=10)
    assert days(report) == month(15, 24)


def test_an_earlier_start_reaches_no_further_than_the_two_years(api: rm.Mocker) -> None:
    report = api.get(EXTSUM_URL, json=[row()])
    read = Read(saved("2026-11-23", since="2024-11-27"), start_date="2015-01-01", lookback_days=0)
    assert days(report) == ["2024-11-24", "2024-11-25", "2024-11-26", "2026-11-24"]
    assert read.since == {"acmecorp": "2024-11-24"}


def test_days_that_were_skipped_are_not_taken_for_read(api: rm.Mocker) -> None:
    """The start date moves beyond the mark, and back later on: the days in between are not lost."""
    api.get(EXTSUM_URL, json=[row()])
    skipped = Read(saved("2026-11-05", since="2026-11-01"), start_date="2026-11-20")
    assert (skipped.marks, skipped.since) == ({"acmecorp": "2026-11-23"}, {"acmecorp": "2026-11-20"})
    report = api.get(EXTSUM_URL, json=[row()])
    Read(saved("2026-11-23", since="2026-11-20"), start_date="2026-11-01", lookback_days=0)
    assert days(report) == [*month(1, 19), "2026-11-24"]


@pytest.mark.parametrize("unit", ["week", "month"])
def test_weeks_and_months_go_back_too(api: rm.Mocker, unit: str) -> None:
    mark, since, before = {
        "week": ("2026-11-16", "2026-11-09", ["2026-10-26", "2026-11-02"]),
        "month": ("2026-10-01", "2026-10-01", ["2026-08-01", "2026-09-01"]),
    }[unit]
    report = api.get(EXTSUM_URL, json=[row()])
    read = Read(
        saved(mark, since=since, summary_window=unit),
        summary_window=unit,
        lookback_days=0,
        start_date="2026-10-28" if unit == "week" else "2026-08-20",
    )
    assert days(report)[:2] == before
    assert len(days(report)) == 3
    assert read.since == {"acmecorp": before[0]}


def test_state_of_version_0_1_0_gets_its_beginning_with_one_warning(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    report = api.get(EXTSUM_URL, json=[row()])
    read = Read(saved("2026-11-22", since=None), start_date="2026-11-01")
    assert days(report) == month(21, 24)
    assert read.since == {"acmecorp": "2026-11-01"}
    said = messages.STATE_WITHOUT_SINCE.text(stream="extension_summary", reload=HOW_TO_RELOAD)
    assert caplog.messages.count(said) == 1


def test_the_next_sync_after_0_1_0_has_no_warning_and_reads_earlier_days(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    api.get(EXTSUM_URL, json=[row()])
    first = Read(saved("2026-11-22", since=None), start_date="2026-11-10")
    caplog.clear()
    report = api.get(EXTSUM_URL, json=[row()])
    Read(
        saved(first.marks["acmecorp"], since=first.since["acmecorp"]),
        start_date="2026-11-08",
        lookback_days=0,
    )
    assert days(report) == [*month(8, 9), "2026-11-24"]
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


@pytest.mark.parametrize("changes", [{"status_code": 403, "json": {}}, {"status_code": 500}])
def test_state_of_version_0_1_0_gets_its_beginning_even_where_8x8_fails(
    api: rm.Mocker, changes: dict[str, Any]
) -> None:
    api.get(EXTSUM_URL, **changes)
    read = Read(saved("2026-11-22", since=None), start_date="2026-11-10")
    assert len(read.errors) == 1
    assert (read.marks, read.since) == ({"acmecorp": "2026-11-22"}, {"acmecorp": "2026-11-10"})


def test_a_full_refresh_of_version_0_1_0_has_no_warning(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    api.get(EXTSUM_URL, json=[row()])
    Read(saved("2026-11-22", since=None), mode="full_refresh")
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


def test_a_pbx_without_state_needs_no_warning(api: rm.Mocker, caplog: pytest.LogCaptureFixture) -> None:
    api.get(EXTSUM_URL, json=[row()])
    read = Read(saved("2026-11-22", "gone", since=None), start_date="2026-11-21")
    assert read.since == {"acmecorp": "2026-11-21", "gone": None}
    assert not [record for record in caplog.records if record.levelname == "WARNING"]
