"""Calls of queues come page by page, each page after the last call of the one before."""

from typing import Any

import pytest
import requests_mock as rm

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.reports.queues import group_of
from testing.builders import PBXES_URL, TOKEN_URL, token
from unit_tests.reading import Read
from unit_tests.reports.queue_api import ONE_DAY, URL, Respond, bad_request, rejects, spans, texts
from unit_tests.reports.queue_bodies import listed
from unit_tests.reports.sentences import sentence


@pytest.fixture(autouse=True)
def login(api: rm.Mocker) -> None:
    api.get(PBXES_URL, json=listed("acmecorp"))
    api.post(TOKEN_URL, json=token())


def call(number: int, **more: Any) -> dict[str, Any]:
    return {"callId": f"{number:03}", "workGroup": {"id": "q1"}, **more}


def test_calls_that_have_ended_have_to_add_up(api: rm.Mocker, caplog: pytest.LogCaptureFixture) -> None:
    times = {"handlingDuration": 9, "talkingDuration": 1, "onHoldDuration": 1}
    api.get(f"{URL}/calls", json=pages([call(1, **times)]))
    assert len(Read(stream="queue_calls", **ONE_DAY).rows) == 1
    assert "add up" not in caplog.text
    api.get(f"{URL}/calls", json=pages([call(1, stopTime="2026-11-22T12:00:00Z", **times)]))
    assert len(Read(stream="queue_calls", **ONE_DAY).rows) == 1
    assert "(handlingDuration = talkingDuration + onHoldDuration)" in caplog.text


def pages(*found: list[dict[str, Any]]) -> Respond:
    """Return one page after another, by the last call of the page before; the last one is empty."""
    after = {page[-1]["callId"]: i + 1 for i, page in enumerate(found)}

    def respond(request: Any, context: Any) -> Any:
        last = request.qs.get("startingafter", [None])[0]
        number = after[last] if last else 0
        return {"calls": found[number] if number < len(found) else []}

    return respond


def test_pages_of_calls_follow_each_other_until_one_is_empty(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    report = api.get(f"{URL}/calls", json=pages([call(1), call(2)], [call(3)]))
    read = Read(stream="queue_calls", **ONE_DAY)
    assert [row["callId"] for row in read.rows] == ["001", "002", "003"]
    cursors = [
        [request.qs.get(name, [None])[0] for name in ("limit", "startingafter", "latestsortingvalue")]
        for request in report.request_history
    ]
    assert cursors == [["1000", None, None], ["1000", "002", "002"], ["1000", "003", "003"]]
    assert "limit=1000&startingAfter=002&latestSortingValue=002" in report.request_history[1].url
    assert "same key" not in caplog.text
    assert set(spans(report)) == {("2026-11-22T05:00:00Z", "2026-11-23T04:59:59Z")}


def test_a_page_size_that_is_rejected_is_made_smaller_once(api: rm.Mocker) -> None:
    report = api.get(f"{URL}/calls", json=rejects(lambda qs: qs["limit"] == ["1000"], pages([call(1)])))
    days: dict[str, Any] = {"start_date": "2026-11-21", "end_date": "2026-11-22"}
    assert len(Read(stream="queue_calls", num_workers=2, **days).rows) == 2
    sizes = [request.qs["limit"][0] for request in report.request_history]
    assert sizes == ["1000", "100", "100", "100", "100"]


def test_a_smaller_page_that_is_rejected_too_fails(api: rm.Mocker) -> None:
    report = api.get(f"{URL}/calls", json=rejects(lambda _: True, pages()))
    read = Read(stream="queue_calls", **ONE_DAY)
    assert texts(read) == bad_request("queue_calls")
    assert [request.qs["limit"][0] for request in report.request_history] == ["1000", "100"]


def test_a_later_page_that_is_rejected_fails_at_once(api: rm.Mocker) -> None:
    report = api.get(f"{URL}/calls", json=rejects(lambda qs: "startingafter" in qs, pages([call(1)])))
    read = Read(stream="queue_calls", **ONE_DAY)
    assert texts(read) == bad_request("queue_calls")
    assert report.call_count == 2
    assert read.rows == []


def disagreement(problem: str) -> list[str]:
    subject = "queue_calls, PBX acmecorp, 2026-11-22"
    return [sentence(messages.PAGES_DISAGREE, subject, problem=problem)]


def test_a_page_that_comes_again_fails_without_its_rows(api: rm.Mocker) -> None:
    report = api.get(f"{URL}/calls", json={"calls": [call(1), call(2)]})
    read = Read(stream="queue_calls", **ONE_DAY)
    assert texts(read) == disagreement("sent a page that contained only calls from earlier pages")
    assert (read.rows, report.call_count) == ([], 2)


def test_pages_of_earlier_calls_under_a_new_cursor_fail(api: rm.Mocker) -> None:
    bodies = [[call(1), call(2)], [call(3)], [call(1), call(2)]]
    report = api.get(f"{URL}/calls", [{"json": {"calls": body}} for body in bodies])
    read = Read(stream="queue_calls", **ONE_DAY)
    assert texts(read) == disagreement("sent a page that contained only calls from earlier pages")
    assert report.call_count == 3


def test_a_cursor_may_include_the_call_that_it_names(api: rm.Mocker) -> None:
    bodies = [[call(1), call(2)], [call(2), call(3)], [call(3)]]
    report = api.get(f"{URL}/calls", [{"json": {"calls": body}} for body in bodies])
    read = Read(stream="queue_calls", **ONE_DAY)
    assert (read.error, [row["callId"] for row in read.rows]) == (None, ["001", "002", "003"])
    assert report.call_count == 3


def test_pages_may_overlap_as_long_as_they_go_on(api: rm.Mocker) -> None:
    bodies: list[list[Any]] = [[call(1), call(2)], [call(1), call(2), call(3)], []]
    api.get(f"{URL}/calls", [{"json": {"calls": body}} for body in bodies])
    read = Read(stream="queue_calls", **ONE_DAY)
    assert [row["callId"] for row in read.rows] == ["001", "002", "003"]


def test_one_call_under_two_queues_fails(api: rm.Mocker) -> None:
    bodies = [[call(1), call(2)], [call(2, workGroup={"id": "q2"}), call(3)]]
    api.get(f"{URL}/calls", [{"json": {"calls": body}} for body in bodies])
    read = Read(stream="queue_calls", **ONE_DAY)
    assert texts(read) == disagreement("sent one call under two queues")


def test_the_group_of_a_call_is_its_id_or_else_its_extension() -> None:
    assert group_of({"workGroup_id": "q1", "workGroup_extension": "2201"}) == "q1"
    assert group_of({"workGroup_id": None, "workGroup_extension": "2201"}) == "2201"
    assert group_of({}) is None


def test_pages_before_a_rejected_one_are_kept_once_the_next_one_came(api: rm.Mocker) -> None:
    three = pages([call(1)], [call(2)], [call(3)])
    api.get(f"{URL}/calls", json=rejects(lambda qs: qs.get("startingafter") == ["002"], three))
    read = Read(stream="queue_calls", **ONE_DAY)
    assert [row["callId"] for row in read.rows] == ["001"]
    assert len(read.errors) == 1
