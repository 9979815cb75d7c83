"""Members of ring groups: the groups of a window first, then each of them."""

from collections.abc import Callable
from typing import Any

import pytest
import requests_mock as rm

from source_8x8_work_analytics import messages
from testing.builders import BASE_URL, TOKEN_URL, token
from unit_tests.reading import Read, days
from unit_tests.reports.sentences import sentence

STREAM = "ring_group_member_summary"
GROUPS_URL, MEMBERS_URL = f"{BASE_URL}/v2/rgsum-groups", f"{BASE_URL}/v2/rgsum-members"
ONE_DAY: dict[str, Any] = {"start_date": "2026-11-23", "only_finished_windows": True}
SUBJECT = f"{STREAM}, PBX acmecorp, 2026-11-23"


@pytest.fixture(autouse=True)
def login(api: rm.Mocker) -> Any:
    return api.post(TOKEN_URL, json=token())


def group(extension: Any = "900", pbx: str = "acmecorp") -> dict[str, Any]:
    return {"pbxId": pbx, "extension": extension}


def members(request: Any, context: Any) -> list[dict[str, Any]]:
    """Two members of the group that is requested."""
    row = {"pbxId": request.qs["pbxid"][0], "ringGroupExtension": request.qs["extid"][0]}
    return [{**row, "extension": "1"}, {**row, "extension": "2"}]


def bounds(report: Any) -> list[tuple[str, str]]:
    return sorted((r.qs["starttime"][0], r.qs["endtime"][0]) for r in report.request_history)


def groups_requested(report: Any) -> list[tuple[str, str]]:
    return sorted((r.qs["starttime"][0][:10], r.qs["extid"][0]) for r in report.request_history)


def test_the_groups_of_a_window_are_requested_with_the_window(api: rm.Mocker) -> None:
    groups = api.get(GROUPS_URL, json=[group("901"), group("900"), group("900")])
    found = api.get(MEMBERS_URL, json=members)
    read = Read(stream=STREAM, start_date="2026-11-21", only_finished_windows=True)
    assert read.error is None
    assert bounds(groups) == [(f"2026-11-{day} 00:00:00", f"2026-11-{day} 23:59:59") for day in (21, 22, 23)]
    assert groups_requested(found) == [
        (f"2026-11-{day}", extension) for day in (21, 22, 23) for extension in ("900", "901")
    ]
    assert len(read.rows) == 3 * 2 * 2
    assert read.marks == {"acmecorp": "2026-11-23"}


def test_members_are_requested_with_every_parameter(api: rm.Mocker) -> None:
    api.get(GROUPS_URL, json=[group()])
    found = api.get(MEMBERS_URL, json=members)
    Read(stream=STREAM, **ONE_DAY)
    (request,) = found.request_history
    assert request.qs == {
        "pbxid": ["acmecorp"],
        "starttime": ["2026-11-23 00:00:00"],
        "endtime": ["2026-11-23 23:59:59"],
        "timezone": ["america/new_york"],
        "collapse": ["true"],
        "extid": ["900"],
    }


def test_only_groups_of_its_own_window_are_requested(api: rm.Mocker) -> None:
    by_day = {"2026-11-21": [], "2026-11-22": [group("901")], "2026-11-23": [group("900")]}
    api.get(GROUPS_URL, json=lambda request, context: by_day[request.qs["starttime"][0][:10]])
    found = api.get(MEMBERS_URL, json=members)
    read = Read(stream=STREAM, start_date="2026-11-21", only_finished_windows=True)
    assert groups_requested(found) == [("2026-11-22", "901"), ("2026-11-23", "900")]
    assert read.marks == {"acmecorp": "2026-11-23"}


def test_a_week_has_one_request_for_its_groups(api: rm.Mocker) -> None:
    groups = api.get(GROUPS_URL, json=[group()])
    found = api.get(MEMBERS_URL, json=members)
    Read(stream=STREAM, start_date="2026-11-16", only_finished_windows=True, summary_window="week")
    week = [("2026-11-16 00:00:00", "2026-11-22 23:59:59")]
    assert (bounds(groups), bounds(found)) == (week, week)


def test_the_log_counts_the_requests_for_groups(api: rm.Mocker, caplog: pytest.LogCaptureFixture) -> None:
    api.get(GROUPS_URL, json=[group("900"), group("901")])
    api.get(MEMBERS_URL, json=members)
    Read(stream=STREAM, **ONE_DAY)
    assert f"{STREAM}: read 4 rows from 1 window in 3 requests." in caplog.messages


def test_groups_of_all_pbxes_are_requested_under_their_own_pbx(api: rm.Mocker) -> None:
    api.get(GROUPS_URL, json=[group("900", "beta"), group(900, "Alpha")])
    found = api.get(MEMBERS_URL, json=members)
    read = Read(stream=STREAM, pbx_ids=["allpbxes"], **ONE_DAY)
    assert read.error is None
    assert [r.qs["pbxid"] for r in found.request_history] == [["alpha"], ["beta"]]
    assert "Alpha" in found.request_history[0].url


def test_a_group_is_requested_under_the_configured_name_of_its_pbx(api: rm.Mocker) -> None:
    api.get(GROUPS_URL, json=[group("900", "AcmeCorp"), group(900, "acmecorp")])
    found = api.get(MEMBERS_URL, json=members)
    Read(stream=STREAM, **ONE_DAY)
    (request,) = found.request_history
    assert "pbxId=acmecorp" in request.url


def test_groups_requested_before_midnight_leave_the_day_open(
    api: rm.Mocker, pass_midnight: Callable[[], None]
) -> None:
    """A group may have its first call after the request for the groups, and before that for its members."""

    def respond(request: Any, context: Any) -> Any:
        pass_midnight()
        return [group()]

    api.get(GROUPS_URL, json=respond)
    api.get(MEMBERS_URL, json=members)
    read = Read(stream=STREAM, start_date="2026-11-24")
    assert [row["window_complete"] for row in read.rows] == [False, False]
    assert {row["window_read_at"] for row in read.rows} == {"2026-11-25T04:59:59.000000+00:00"}
    assert read.states[-1]["states"] == []


def test_a_window_counts_when_all_its_groups_were_read(api: rm.Mocker) -> None:
    def respond(request: Any, context: Any) -> Any:
        if request.qs["extid"] == ["901"] and request.qs["starttime"][0].startswith("2026-11-22"):
            context.status_code = 500
        return members(request, context)

    api.get(GROUPS_URL, json=[group("900"), group("901")])
    found = api.get(MEMBERS_URL, json=respond)
    read = Read(stream=STREAM, start_date="2026-11-21", only_finished_windows=True, num_workers=2)
    assert read.marks == {"acmecorp": "2026-11-21"}
    assert read.errors[0].message.startswith(f"{STREAM}, PBX acmecorp, 2026-11-22: ")
    assert "2026-11-22" in days(found)


def test_a_report_on_another_group_is_retried(api: rm.Mocker, waits: list[float]) -> None:
    other = [{"pbxId": "acmecorp", "ringGroupExtension": "777", "extension": "1"}]
    right = [{"pbxId": "acmecorp", "ringGroupExtension": 900, "extension": "1"}]
    api.get(GROUPS_URL, json=[group()])
    api.get(MEMBERS_URL, [{"json": other}, {"json": right}])
    read = Read(stream=STREAM, **ONE_DAY)
    assert (read.error, len(read.rows), len(waits)) == (None, 1, 1)


def test_a_report_on_another_group_fails_in_the_end(api: rm.Mocker) -> None:
    api.get(GROUPS_URL, json=[group()])
    report = api.get(MEMBERS_URL, json=[{"pbxId": "acmecorp", "ringGroupExtension": "777", "extension": "1"}])
    read = Read(stream=STREAM, **ONE_DAY)
    assert [error.message for error in read.errors] == [
        sentence(messages.ROW_OF_ANOTHER_GROUP, SUBJECT, times=report.call_count)
    ]


def test_rows_that_share_their_key_are_one_warning(api: rm.Mocker, caplog: pytest.LogCaptureFixture) -> None:
    api.get(GROUPS_URL, json=[group()])
    api.get(MEMBERS_URL, json=lambda request, context: members(request, context)[:1] * 2)
    Read(stream=STREAM, **ONE_DAY)
    assert caplog.messages.count(messages.REPEATED_KEYS.text(stream=STREAM, count="1 row")) == 1


def test_groups_without_an_extension_fail_the_window(api: rm.Mocker) -> None:
    report = api.get(GROUPS_URL, json=[{"pbxId": "acmecorp"}])
    read = Read(stream=STREAM, **ONE_DAY)
    assert read.states[-1]["states"] == []
    assert [error.message for error in read.errors] == [
        sentence(messages.ROW_WITHOUT_KEY, SUBJECT, times=report.call_count, name="extension")
    ]


@pytest.mark.parametrize("url", [GROUPS_URL, MEMBERS_URL])
def test_a_summary_in_pages_fails_after_one_request(api: rm.Mocker, url: str) -> None:
    api.get(GROUPS_URL, json=[group()])
    report = api.get(url, json={"meta": {"page": 0}, "data": []})
    read = Read(stream=STREAM, **ONE_DAY)
    assert [error.message for error in read.errors] == [sentence(messages.PAGED_SUMMARY, SUBJECT)]
    assert report.call_count == 1
