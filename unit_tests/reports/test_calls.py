"""Pages of calls are followed to the end, and a day whose pages disagree is not taken for read."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
import requests_mock as rm
from airbyte_cdk.models import FailureType

from testing.builders import BASE_URL, TOKEN_URL, token
from unit_tests.reading import Read, days

STREAMS = {"call_records": "v2/call-records", "call_legs": "v2/call-legs"}


@pytest.fixture(autouse=True)
def login(api: rm.Mocker) -> Any:
    return api.post(TOKEN_URL, json=token())


def call(n: int) -> dict[str, Any]:
    return {"pbxId": "acmecorp", "callId": str(n), "legId": str(n), "callerName": "Jane Doe"}


def page(total: int, scroll_id: str | None, *numbers: int) -> dict[str, Any]:
    return {
        "meta": {"totalRecordCount": total, "scrollId": scroll_id},
        "data": [call(number) for number in numbers],
    }


def read_day(
    api: rm.Mocker, *pages: dict[str, Any], stream: str = "call_records", **changes: Any
) -> tuple[Read, Any]:
    """Read one day of calls; the last page comes again and again."""
    report = api.get(f"{BASE_URL}/{STREAMS[stream]}", [{"json": each} for each in pages])
    options = {"start_date": "2026-11-23", "only_finished_windows": True, **changes}
    return Read(stream=stream, **options), report


def numbers(read: Read) -> list[str]:
    return [row["callId"] for row in read.rows]


@pytest.mark.parametrize("stream", STREAMS)
def test_pages_are_asked_for_with_every_parameter_until_one_is_empty(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture, stream: str
) -> None:
    pages = page(3, "after-2", 1, 2), page(3, "after-3", 3), page(3, "No Data")
    read, report = read_day(api, *pages, stream=stream)
    assert read.error is None
    assert numbers(read) == ["1", "2", "3"]
    assert read.marks == {"acmecorp": "2026-11-23"}
    assert f"{stream}: read 3 rows from 1 window in 3 requests." in caplog.messages
    assert all("pageSize=2000" in request.url for request in report.request_history)
    assert ["scrollId=" in request.url for request in report.request_history] == [False, True, True]
    asked = [dict(request.qs) for request in report.request_history]
    assert [query.pop("scrollid", None) for query in asked] == [None, ["after-2"], ["after-3"]]
    assert (
        asked
        == [
            {
                "pbxid": ["acmecorp"],
                "starttime": ["2026-11-23 00:00:00"],
                "endtime": ["2026-11-23 23:59:59"],
                "timezone": ["america/new_york"],
                "pagesize": ["2000"],
            }
        ]
        * 3
    )


def test_a_day_without_calls_is_read(api: rm.Mocker) -> None:
    read, report = read_day(api, page(0, "No Data"))
    assert (read.rows, read.marks, report.call_count) == ([], {"acmecorp": "2026-11-23"}, 1)


@pytest.mark.parametrize("stream", STREAMS)
def test_a_day_in_progress_does_not_count_as_read(api: rm.Mocker, stream: str) -> None:
    read, report = read_day(api, page(1, None, 1), stream=stream, only_finished_windows=False)
    assert days(report) == ["2026-11-23", "2026-11-24"]
    assert [row["window_complete"] for row in read.rows] == [True, False]
    assert read.marks == {"acmecorp": "2026-11-23"}


def failed(read: Read, problem: str) -> bool:
    """Whether the day failed with a sentence, after its pages were read twice."""
    (error,) = read.errors
    assert error.failure_type is FailureType.transient_error
    assert error.message == (
        f"{read.stream}, PBX acmecorp, 2026-11-23: 8x8 {problem}, so the day does not count as read; "
        "progress is saved, so run the sync again later to resume."
    )
    assert read.states[-1]["states"] == []
    return True


def test_fewer_calls_than_counted_fail_the_day(api: rm.Mocker) -> None:
    read, report = read_day(api, page(1200, None, 1, 2))
    assert failed(read, "reported 1,200 calls but returned 2")
    assert report.call_count == 2
    assert numbers(read) == ["1", "2"], "a call that was passed on is passed on once"


def test_more_calls_than_counted_are_read(api: rm.Mocker) -> None:
    """A call was added while the pages were read."""
    read, _ = read_day(api, page(1, None, 1, 2))
    assert (read.error, numbers(read)) == (None, ["1", "2"])


def test_a_page_that_comes_again_and_again_fails_the_day(api: rm.Mocker) -> None:
    """The count agrees, and only the repeated `scrollId` tells."""
    endless = page(2, "again", 2)
    pages = [page(2, "again", 1), *[endless] * 8, page(2, "No Data")]
    read, report = read_day(api, pages[0], pages[1], *pages)
    assert failed(read, "sent the same page twice")
    assert report.call_count == 4
    assert numbers(read) == ["1", "2"]


def test_pages_that_disagree_once_are_read_again(api: rm.Mocker, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    cut = page(3, None, 1, 2)
    read, report = read_day(api, cut, page(3, "after-2", 1, 2), page(3, None, 3))
    assert read.error is None
    assert report.call_count == 3
    assert numbers(read) == ["1", "2", "3"]
    assert read.marks == {"acmecorp": "2026-11-23"}
    said = [record.getMessage() for record in caplog.records if "once more" in record.getMessage()]
    assert said == [
        "call_records, PBX acmecorp, 2026-11-23: 8x8 reported 3 calls but returned 2; "
        "reading its pages once more."
    ]


def test_a_count_that_falls_to_what_came_is_believed(api: rm.Mocker) -> None:
    read, _ = read_day(api, page(3, None, 1, 2), page(2, None, 1, 2))
    assert (read.error, numbers(read)) == (None, ["1", "2"])


def test_a_count_that_falls_below_what_came_is_not_believed(api: rm.Mocker) -> None:
    read, _ = read_day(api, page(3, None, 1, 2), page(1, None, 1))
    assert failed(read, "reported 2 calls but returned 1")


def test_a_count_that_falls_to_nothing_is_not_believed(api: rm.Mocker) -> None:
    read, _ = read_day(api, page(3, None), page(0, "No Data"))
    assert failed(read, "reported 1 call but returned 0")


def test_calls_on_two_pages_count_once(api: rm.Mocker) -> None:
    """A call that comes on two pages is not the one that is missing."""
    overlapping = page(3, "after-2", 1, 2), page(3, None, 2)
    read, _ = read_day(api, *overlapping, *overlapping)
    assert failed(read, "reported 3 calls but returned 2")
    assert numbers(read) == ["1", "2"]


def test_the_same_call_twice_on_a_page_is_kept_and_said(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    read, _ = read_day(api, page(2, None, 1, 1))
    assert numbers(read) == ["1", "1"]
    assert sum("1 row had the same key" in record.getMessage() for record in caplog.records) == 1


@pytest.mark.parametrize("change", [lambda body: body.pop("data"), lambda body: body["data"].append({})])
def test_what_is_no_page_is_tried_again(
    api: rm.Mocker, waits: list[float], change: Callable[[dict[str, Any]], Any]
) -> None:
    broken = page(1, None, 1)
    change(broken)
    read, _ = read_day(api, broken, page(1, None, 1))
    assert (read.error, numbers(read), len(waits)) == (None, ["1"], 1)
