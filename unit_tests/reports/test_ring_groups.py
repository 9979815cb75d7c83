"""Members of ring groups: the groups of a span once, then each group of a window."""

from collections.abc import Callable
from typing import Any

import pytest
import requests_mock as rm

from testing.builders import BASE_URL, TOKEN_URL, token
from unit_tests.reading import Read, days

STREAM = "ring_group_member_summary"
GROUPS_URL, MEMBERS_URL = f"{BASE_URL}/v2/rgsum-groups", f"{BASE_URL}/v2/rgsum-members"


@pytest.fixture(autouse=True)
def login(api: rm.Mocker) -> Any:
    return api.post(TOKEN_URL, json=token())


def group(extension: Any = "900", pbx: str = "acmecorp") -> dict[str, Any]:
    return {"pbxId": pbx, "extension": extension}


def members(request: Any, context: Any) -> list[dict[str, Any]]:
    """Two members of the group that is asked for."""
    row = {"pbxId": request.qs["pbxid"][0], "ringGroupExtension": request.qs["extid"][0]}
    return [{**row, "extension": "1"}, {**row, "extension": "2"}]


def test_groups_are_asked_for_once_and_members_for_each_group_and_window(api: rm.Mocker) -> None:
    groups = api.get(GROUPS_URL, json=[group("901"), group("900"), group("900")])
    found = api.get(MEMBERS_URL, json=members)
    read = Read(stream=STREAM, start_date="2026-11-21", only_finished_windows=True)
    assert read.error is None
    (asked,) = groups.request_history
    assert (asked.qs["starttime"], asked.qs["endtime"]) == (["2026-11-21 00:00:00"], ["2026-11-23 23:59:59"])
    asked_for = sorted((r.qs["starttime"][0][:10], r.qs["extid"][0]) for r in found.request_history)
    assert asked_for == [(f"2026-11-{day}", ext) for day in (21, 22, 23) for ext in ("900", "901")]
    assert len(read.rows) == 3 * 2 * 2
    assert read.marks == {"acmecorp": "2026-11-23"}


def test_a_long_history_asks_for_groups_month_by_month(api: rm.Mocker) -> None:
    groups = api.get(GROUPS_URL, json=[])
    read = Read(stream=STREAM, start_date="2026-09-01", only_finished_windows=True)
    assert read.marks == {"acmecorp": "2026-11-23"}
    spans = [(r.qs["starttime"][0][:10], r.qs["endtime"][0][:10]) for r in groups.request_history]
    assert sorted(spans) == [
        ("2026-09-01", "2026-10-01"),
        ("2026-10-02", "2026-11-01"),
        ("2026-11-02", "2026-11-23"),
    ]


def test_groups_of_all_pbxes_are_asked_for_under_their_own_pbx(api: rm.Mocker) -> None:
    api.get(GROUPS_URL, json=[group("900", "beta"), group(900, "Alpha")])
    found = api.get(MEMBERS_URL, json=members)
    read = Read(stream=STREAM, start_date="2026-11-23", only_finished_windows=True, pbx_ids=["allpbxes"])
    assert read.error is None
    assert [r.qs["pbxid"] for r in found.request_history] == [["alpha"], ["beta"]]
    assert "Alpha" in found.request_history[0].url


def test_a_group_keeps_the_spelling_of_the_configuration(api: rm.Mocker) -> None:
    api.get(GROUPS_URL, json=[group("900", "AcmeCorp"), group(900, "acmecorp")])
    found = api.get(MEMBERS_URL, json=members)
    Read(stream=STREAM, start_date="2026-11-23", only_finished_windows=True)
    (asked,) = found.request_history
    assert "pbxId=acmecorp" in asked.url


def test_groups_asked_for_before_midnight_leave_the_day_open(
    api: rm.Mocker, pass_midnight: Callable[[], None]
) -> None:
    """A group may have had its first call after the groups were asked for, and before its members were."""

    def answer(request: Any, context: Any) -> Any:
        pass_midnight()
        return [group()]

    api.get(GROUPS_URL, json=answer)
    api.get(MEMBERS_URL, json=members)
    read = Read(stream=STREAM, start_date="2026-11-23")
    assert {(row["report_date"], row["window_complete"]) for row in read.rows} == {
        ("2026-11-23", True),
        ("2026-11-24", False),
    }
    assert read.marks == {"acmecorp": "2026-11-23"}


def test_a_window_counts_when_all_its_groups_were_read(api: rm.Mocker) -> None:
    def answer(request: Any, context: Any) -> Any:
        if request.qs["extid"] == ["901"] and request.qs["starttime"][0].startswith("2026-11-22"):
            context.status_code = 500
        return members(request, context)

    api.get(GROUPS_URL, json=[group("900"), group("901")])
    found = api.get(MEMBERS_URL, json=answer)
    read = Read(stream=STREAM, start_date="2026-11-21", only_finished_windows=True, num_workers=2)
    assert read.marks == {"acmecorp": "2026-11-21"}
    assert f"{STREAM}, PBX acmecorp, 2026-11-22: 8x8 " in read.errors[0].message
    assert "2026-11-22" in days(found)


def test_a_row_of_another_group_is_no_report(api: rm.Mocker, waits: list[float]) -> None:
    other = [{"pbxId": "acmecorp", "ringGroupExtension": "777", "extension": "1"}]
    right = [{"pbxId": "acmecorp", "ringGroupExtension": 900, "extension": "1"}]
    api.get(GROUPS_URL, json=[group()])
    api.get(MEMBERS_URL, [{"json": other}, {"json": right}])
    read = Read(stream=STREAM, start_date="2026-11-23", only_finished_windows=True)
    assert (read.error, len(read.rows), len(waits)) == (None, 1, 1)


def test_rows_with_one_key_are_said_by_count(api: rm.Mocker, caplog: pytest.LogCaptureFixture) -> None:
    api.get(GROUPS_URL, json=[group()])
    api.get(MEMBERS_URL, json=lambda request, context: members(request, context)[:1] * 2)
    Read(stream=STREAM, start_date="2026-11-23", only_finished_windows=True)
    assert sum("1 row had the same key" in record.getMessage() for record in caplog.records) == 1


def test_groups_that_are_no_report_fail_every_window(api: rm.Mocker) -> None:
    api.get(GROUPS_URL, json=[{"pbxId": "acmecorp"}])
    read = Read(stream=STREAM, start_date="2026-11-21", only_finished_windows=True)
    assert read.states[-1]["states"] == []
    assert "a row that has no extension" in read.errors[0].message
