"""Pages of calls are followed to the end, and a day whose pages disagree is not taken for read."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
import requests_mock as rm

from source_8x8_work_analytics import messages
from testing.builders import BASE_URL, TOKEN_URL, token
from unit_tests.reading import Read, days
from unit_tests.reports.sentences import sentence

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
def test_pages_are_requested_with_every_parameter_until_one_is_empty(
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
    queries = [dict(request.qs) for request in report.request_history]
    assert [query.pop("scrollid", None) for query in queries] == [None, ["after-2"], ["after-3"]]
    shared = {
        "pbxid": ["acmecorp"],
        "starttime": ["2026-11-23 00:00:00"],
        "endtime": ["2026-11-23 23:59:59"],
        "timezone": ["america/new_york"],
        "pagesize": ["2000"],
    }
    assert queries == [shared] * 3


def test_a_day_without_calls_is_read(api: rm.Mocker) -> None:
    read, report = read_day(api, page(0, "No Data"))
    assert (read.rows, read.marks, report.call_count) == ([], {"acmecorp": "2026-11-23"}, 1)


@pytest.mark.parametrize("stream", STREAMS)
def test_a_day_in_progress_does_not_count_as_read(api: rm.Mocker, stream: str) -> None:
    read, report = read_day(api, page(1, None, 1), stream=stream, only_finished_windows=False)
    assert days(report) == ["2026-11-23", "2026-11-24"]
    assert [row["window_complete"] for row in read.rows] == [True, False]
    assert read.marks == {"acmecorp": "2026-11-23"}


SUBJECT = "PBX acmecorp, 2026-11-23"


def assert_failed(read: Read, problem: str) -> None:
    """The pages of the day were read twice and disagreed, so the day does not count as read."""
    subject = f"{read.stream}, {SUBJECT}"
    (error,) = read.errors
    assert error.message == sentence(messages.PAGES_DISAGREE, subject, problem=problem)
    assert read.states[-1]["states"] == []


def test_fewer_calls_than_counted_fail_the_day(api: rm.Mocker) -> None:
    read, report = read_day(api, page(1200, None, 1, 2))
    assert_failed(read, "reported 1,200 calls but returned 2")
    assert report.call_count == 2
    assert numbers(read) == ["1", "2"], "a call that was passed on is passed on once"


def test_more_calls_than_counted_are_read(api: rm.Mocker) -> None:
    """A call was added while the pages were read."""
    read, _ = read_day(api, page(1, None, 1, 2))
    assert (read.error, numbers(read)) == (None, ["1", "2"])


def test_a_page_that_comes_again_and_again_fails_the_day(api: rm.Mocker) -> None:
    """The count agrees, so only the repeated `scrollId` shows it."""
    endless = page(2, "again", 2)
    pages = [page(2, "again", 1), *[endless] * 8, page(2, "No Data")]
    read, report = read_day(api, pages[0], pages[1], *pages)
    assert_failed(read, "sent the same page twice")
    assert report.call_count == 4
    assert numbers(read) == ["1", "2"]


def test_a_scroll_id_that_comes_again_fails_the_day_even_without_new_calls(api: rm.Mocker) -> None:
    read, report = read_day(api, page(2, "again", 1, 2))
    assert_failed(read, "sent the same page twice")
    assert (numbers(read), report.call_count) == (["1", "2"], 4)


def test_pages_that_disagree_once_are_read_again(api: rm.Mocker, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    cut = page(3, None, 1, 2)
    read, report = read_day(api, cut, page(3, "after-2", 1, 2), page(3, None, 3))
    assert read.error is None
    assert report.call_count == 3
    assert numbers(read) == ["1", "2", "3"]
    assert read.marks == {"acmecorp": "2026-11-23"}
    lines = [line for line in caplog.messages if "once more" in line]
    assert lines == [
        "call_records, PBX acmecorp, 2026-11-23: 8x8 reported 3 calls but returned 2; "
        "reading its pages once more."
    ]


def test_a_count_that_falls_to_what_was_received_is_accepted(api: rm.Mocker) -> None:
    read, _ = read_day(api, page(3, None, 1, 2), page(2, None, 1, 2))
    assert (read.error, numbers(read)) == (None, ["1", "2"])


def test_a_count_that_falls_below_what_was_received_fails_the_day(api: rm.Mocker) -> None:
    read, _ = read_day(api, page(3, None, 1, 2), page(1, None, 1))
    assert_failed(read, "reported 2 calls but returned 1")


def test_a_count_that_falls_to_zero_fails_the_day(api: rm.Mocker) -> None:
    read, _ = read_day(api, page(3, None), page(0, "No Data"))
    assert_failed(read, "reported 1 call but returned 0")


def test_calls_on_two_pages_count_once(api: rm.Mocker) -> None:
    """A call that comes on two pages is not the one that is missing."""
    overlapping = page(3, "after-2", 1, 2), page(3, None, 2)
    read, _ = read_day(api, *overlapping, *overlapping)
    assert_failed(read, "reported 3 calls but returned 2")
    assert numbers(read) == ["1", "2"]


def test_the_same_call_twice_on_a_page_is_kept_with_a_warning(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    read, _ = read_day(api, page(2, None, 1, 1))
    assert numbers(read) == ["1", "1"]
    warning = messages.REPEATED_KEYS.text(stream="call_records", count="1 row")
    assert caplog.messages.count(warning) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.pop("data"),
        lambda body: body["data"].append({}),
        lambda body: body["meta"].update(totalRecordCount=-1),
    ],
)
def test_a_response_that_is_not_a_page_is_retried(
    api: rm.Mocker, waits: list[float], change: Callable[[dict[str, Any]], Any]
) -> None:
    broken = page(1, None, 1)
    change(broken)
    read, _ = read_day(api, broken, page(1, None, 1))
    assert (read.error, numbers(read), len(waits)) == (None, ["1"], 1)


def test_a_day_with_a_negative_count_is_not_a_day_without_calls(api: rm.Mocker) -> None:
    read, report = read_day(api, page(-1, None))
    subject = f"call_records, {SUBJECT}"
    assert [error.message for error in read.errors] == [
        sentence(messages.PAGE_WITHOUT_COUNT, subject, times=report.call_count)
    ]
    assert read.states[-1]["states"] == []


@pytest.mark.parametrize("total", ["2", 2.0])
def test_a_count_may_be_text_or_have_a_decimal_point(api: rm.Mocker, total: Any) -> None:
    read, report = read_day(api, page(total, "after-2", 1, 2), page(total, "No Data"))
    assert (read.error, numbers(read), report.call_count) == (None, ["1", "2"], 2)
    read, _ = read_day(api, page(total, None, 1))
    assert_failed(read, "reported 2 calls but returned 1")


EXPIRED: list[dict[str, Any]] = [{"status_code": status, "json": {}} for status in (400, 404, 410)]


@pytest.mark.parametrize("expired", EXPIRED, ids=lambda response: str(response["status_code"]))
def test_pages_are_read_again_when_a_scroll_id_expired(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture, expired: dict[str, Any]
) -> None:
    first, second = ({"json": page(2, "after-1", 1)}, {"json": page(2, None, 2)})
    report = api.get(f"{BASE_URL}/v2/call-records", [first, expired, first, second])
    read = Read(stream="call_records", start_date="2026-11-23", only_finished_windows=True)
    assert (read.error, numbers(read), report.call_count) == (None, ["1", "2"], 4)
    assert ["scrollId=" in request.url for request in report.request_history] == [False, True, False, True]
    line = "8x8 no longer returns the pages after the first ones; reading its pages once more."
    assert f"call_records, {SUBJECT}: {line}" in caplog.messages


@pytest.mark.parametrize("expired", EXPIRED, ids=lambda response: str(response["status_code"]))
def test_a_scroll_id_that_expires_each_time_fails_the_day(api: rm.Mocker, expired: dict[str, Any]) -> None:
    report = api.get(f"{BASE_URL}/v2/call-records", [{"json": page(2, "after-1", 1)}, expired] * 2)
    read = Read(stream="call_records", start_date="2026-11-23", only_finished_windows=True)
    assert_failed(read, "no longer returns the pages after the first ones")
    assert (numbers(read), report.call_count) == (["1"], 4)


@pytest.mark.parametrize("expired", EXPIRED, ids=lambda response: str(response["status_code"]))
def test_a_first_page_that_is_rejected_is_not_requested_again(
    api: rm.Mocker, expired: dict[str, Any]
) -> None:
    report = api.get(f"{BASE_URL}/v2/call-records", [expired])
    read = Read(stream="call_records", start_date="2026-11-23", only_finished_windows=True)
    problem = messages.NOT_FOUND if expired["status_code"] == 404 else messages.BAD_REQUEST
    details = f"HTTP {expired['status_code']}"
    assert [error.message for error in read.errors] == [
        sentence(problem, f"call_records, {SUBJECT}", details=details)
    ]
    assert report.call_count == 1


def test_a_page_that_is_denied_later_fails_the_day(api: rm.Mocker) -> None:
    responses: list[dict[str, Any]] = [{"json": page(2, "after-1", 1)}, {"status_code": 403, "json": {}}]
    report = api.get(f"{BASE_URL}/v2/call-records", responses)
    read = Read(stream="call_records", start_date="2026-11-23", only_finished_windows=True)
    assert [error.message for error in read.errors] == [
        sentence(messages.PBX_DENIED, f"call_records, {SUBJECT}")
    ]
    assert report.call_count == 2


def scrolling(total: int) -> Callable[[Any, Any], dict[str, Any]]:
    """The same two calls under a new `scrollId` each time."""
    names = iter(range(1000))
    return lambda request, context: page(total, f"after-{next(names)}", 1, 2)


def test_pages_without_new_calls_end_a_day_whose_count_is_reached(api: rm.Mocker) -> None:
    report = api.get(f"{BASE_URL}/v2/call-records", json=scrolling(2))
    read = Read(stream="call_records", start_date="2026-11-23", only_finished_windows=True)
    assert (read.error, numbers(read), report.call_count) == (None, ["1", "2"], 2)
    assert read.marks == {"acmecorp": "2026-11-23"}


def test_pages_without_new_calls_fail_a_day_whose_count_is_not_reached(api: rm.Mocker) -> None:
    report = api.get(f"{BASE_URL}/v2/call-records", json=scrolling(3))
    read = Read(stream="call_records", start_date="2026-11-23", only_finished_windows=True)
    assert_failed(read, "sent the same page twice")
    assert (numbers(read), report.call_count) == (["1", "2"], 4)


def test_legs_of_one_call_are_rows_of_their_own(api: rm.Mocker) -> None:
    body = page(2, None, 1, 1)
    body["data"][1]["legId"] = "2"
    read, _ = read_day(api, body, stream="call_legs")
    assert [(row["callId"], row["legId"]) for row in read.rows] == [("1", "1"), ("1", "2")]


def test_all_rows_of_a_day_have_the_moment_of_its_first_request(api: rm.Mocker) -> None:
    read, _ = read_day(api, page(2, "after-1", 1), page(2, None, 2))
    assert {row["window_read_at"] for row in read.rows} == {"2026-11-24T15:30:00.000000+00:00"}
