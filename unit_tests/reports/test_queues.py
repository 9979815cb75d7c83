"""How queues, agents and their calls are asked for: by the PBX's id, in UTC instants, page by page."""

from collections.abc import Callable
from typing import Any

import pytest
import requests_mock as rm

from testing.builders import PBXES_URL, TOKEN_URL, token
from unit_tests.reading import Read
from unit_tests.test_check import listed

URL = f"{PBXES_URL}/x0"
ONE_DAY: dict[str, Any] = {"start_date": "2026-11-22", "end_date": "2026-11-22"}
LONG_DAY: dict[str, Any] = {"start_date": "2026-11-01", "end_date": "2026-11-01"}
REPORTS: dict[str, tuple[str, Callable[..., Any], dict[str, Any]]] = {
    "call_queue_summary": ("call-queue-metrics", lambda *rows: {"callQueues": list(rows)}, {"id": "q1"}),
    "call_queue_agent_summary": (
        "queue-agent-activity",
        lambda *rows: {"queuesAgentActivity": [{"queueId": "q1", "queueAgentActivity": list(rows)}]},
        {"userId": "u1"},
    ),
    "agent_summary": ("agent-activity", lambda *rows: {"agentActivity": list(rows)}, {"userId": "u1"}),
}
Answer = Callable[[Any, Any], Any]


@pytest.fixture(autouse=True)
def login(api: rm.Mocker) -> None:
    api.get(PBXES_URL, json=listed("acmecorp"))
    api.post(TOKEN_URL, json=token())


def refuses(condition: Callable[[dict[str, list[str]]], bool], otherwise: Answer) -> Answer:
    """Answer 400 to the requests that a condition holds for."""

    def answer(request: Any, context: Any) -> Any:
        if not condition(request.qs):
            return otherwise(request, context)
        context.status_code = 400
        return {"status": 400, "messages": ["no"]}

    return answer


def spans(report: Any) -> list[tuple[str, str]]:
    return [(r.qs["startdate"][0].upper(), r.qs["enddate"][0].upper()) for r in report.request_history]


def call(number: int, **more: Any) -> dict[str, Any]:
    return {"callId": f"{number:03}", "workGroup": {"id": "q1"}, **more}


@pytest.mark.parametrize("stream", REPORTS)
def test_one_request_a_day_by_id_and_utc_instants(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture, stream: str
) -> None:
    endpoint, body, key = REPORTS[stream]
    report = api.get(f"{URL}/{endpoint}", json=body(key))
    read = Read(stream=stream)
    assert sorted(spans(report)) == [
        ("2026-11-22T05:00:00Z", "2026-11-23T04:59:59Z"),
        ("2026-11-23T05:00:00Z", "2026-11-24T04:59:59Z"),
        ("2026-11-24T05:00:00Z", "2026-11-25T04:59:59Z"),
    ]
    assert {"pbx": "acmecorp", "pbx_id": "x0", **key}.items() <= read.rows[0].items()
    assert sorted(row["report_date"] for row in read.rows) == ["2026-11-22", "2026-11-23", "2026-11-24"]
    assert [row["window_complete"] for row in read.rows].count(True) == 2
    assert read.marks == {"acmecorp": "2026-11-23"}
    assert "same key" not in caplog.text


def test_a_pbx_that_is_not_listed_fails_with_stream_and_day(api: rm.Mocker) -> None:
    read = Read(stream="agent_summary", pbx_ids=["nonesuch"], **ONE_DAY)
    assert read.errors[0].message.startswith("agent_summary, PBX nonesuch, 2026-11-22: ")
    assert read.rows == []


def test_a_day_of_25_hours_is_asked_for_whole(api: rm.Mocker) -> None:
    report = api.get(f"{URL}/agent-activity", json={"agentActivity": [{"userId": "u1"}]})
    assert len(Read(stream="agent_summary", **LONG_DAY).rows) == 1
    assert spans(report) == [("2026-11-01T04:00:00Z", "2026-11-02T04:59:59Z")]


def test_a_day_of_25_hours_that_is_refused_is_asked_for_in_two_parts(api: rm.Mocker) -> None:
    queues = [{"id": "q1", "metrics": {"enteredCalls": 2}}, {"id": "q2", "metrics": {"enteredCalls": 0}}]
    body = {"callQueues": queues}
    whole = ("2026-11-01T04:00:00Z", "2026-11-02T04:59:59Z")
    asked_whole = [moment.lower() for moment in whole]
    answer = refuses(lambda qs: [*qs["startdate"], *qs["enddate"]] == asked_whole, lambda *_: body)
    report = api.get(f"{URL}/call-queue-metrics", json=answer)
    read = Read(stream="call_queue_summary", **LONG_DAY)
    assert spans(report) == [
        whole,
        ("2026-11-01T04:00:00Z", "2026-11-01T04:59:59Z"),
        ("2026-11-01T05:00:00Z", "2026-11-02T04:59:59Z"),
    ]
    assert [(row["id"], row["enteredCalls"]) for row in read.rows] == [("q1", 4), ("q2", 0)]


@pytest.mark.parametrize(
    ("first", "second", "fits"),
    [(90_000, 0, True), (45_000, 45_000, True), (90_001, 0, False), (45_000, 45_001, False)],
)
def test_a_call_may_last_longer_than_the_part_of_a_day_in_which_it_ends(
    api: rm.Mocker, first: int, second: int, fits: bool
) -> None:
    def parts(request: Any, _: Any) -> Any:
        seconds = first if request.qs["enddate"] == ["2026-11-01t04:59:59z"] else second
        return {"agentActivity": [{"userId": "u1", "metrics": {"agentTotalTalkTime": seconds}}]}

    def is_whole(qs: dict[str, list[str]]) -> bool:
        return qs["startdate"] == ["2026-11-01t04:00:00z"] and qs["enddate"] > ["2026-11-02"]

    api.get(f"{URL}/agent-activity", json=refuses(is_whole, parts))
    read = Read(stream="agent_summary", **LONG_DAY)
    assert [row["agentTotalTalkTime"] for row in read.rows] == [90_000] * fits
    said = "agent_summary, PBX acmecorp, 2026-11-01: 8x8 sent a time that is longer than the day"
    assert [error.message.startswith(said) for error in read.errors] == [True] * (not fits)
    assert not [error for error in read.errors if error.stack_trace]


@pytest.mark.parametrize("start", ["2026-11-22", "2026-03-08"], ids=["24 hours", "23 hours"])
def test_a_shorter_day_that_is_refused_fails_after_one_request(api: rm.Mocker, start: str) -> None:
    report = api.get(f"{URL}/agent-activity", json=refuses(lambda _: True, pages()))
    read = Read(stream="agent_summary", start_date=start, end_date=start)
    assert read.errors[0].message.startswith(f"agent_summary, PBX acmecorp, {start}: 8x8 did not accept")
    assert report.call_count == 1


@pytest.mark.parametrize(
    ("day", "seconds"), [("2026-11-22", 86_400), ("2026-11-01", 90_000), ("2026-03-08", 82_800)]
)
@pytest.mark.parametrize("beyond", [0, 1])
def test_no_time_is_longer_than_its_day(api: rm.Mocker, day: str, seconds: int, beyond: int) -> None:
    agent = {"userId": "u1", "metrics": {"agentTotalTalkTime": seconds + beyond}}
    api.get(f"{URL}/agent-activity", json={"agentActivity": [agent]})
    read = Read(stream="agent_summary", start_date=day, end_date=day)
    assert (len(read.rows), len(read.errors)) == (1 - beyond, beyond)


@pytest.mark.parametrize(
    ("stream", "numbers", "formula"),
    [
        (
            "call_queue_summary",
            {"transferredToRingGroup": 3, "acceptedCalls": 2},
            "transferredToRingGroup <= acceptedCalls",
        ),
        (
            "call_queue_agent_summary",
            {"missedInteractionsPercentage": 10.0, "missedInteractions": 1, "enteredInteractions": 2},
            "missedInteractionsPercentage = 100 * missedInteractions / enteredInteractions",
        ),
        (
            "agent_summary",
            {"missedInteractionsPercentage": 10.0, "missedInteractions": 1, "enteredInteractions": 2},
            "missedInteractionsPercentage = 100 * missedInteractions / enteredInteractions",
        ),
    ],
)
def test_numbers_that_do_not_add_up_are_one_warning_and_all_rows(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture, stream: str, numbers: dict[str, float], formula: str
) -> None:
    endpoint, body, key = REPORTS[stream]
    api.get(f"{URL}/{endpoint}", json=body({**key, "metrics": numbers}))
    read = Read(stream=stream)
    assert len(read.rows) == 3
    warnings = [line.getMessage() for line in caplog.records if "add up" in line.getMessage()]
    assert warnings == [
        f"{stream}: in some rows 8x8's numbers do not add up as documented ({formula}). The rows are kept; "
        "the doctor command tells more."
    ]


def test_calls_that_have_ended_have_to_add_up(api: rm.Mocker, caplog: pytest.LogCaptureFixture) -> None:
    times = {"handlingDuration": 9, "talkingDuration": 1, "onHoldDuration": 1}
    api.get(f"{URL}/calls", json=pages([call(1, **times)]))
    assert len(Read(stream="queue_calls", **ONE_DAY).rows) == 1
    assert "add up" not in caplog.text
    api.get(f"{URL}/calls", json=pages([call(1, stopTime="2026-11-22T12:00:00Z", **times)]))
    assert len(Read(stream="queue_calls", **ONE_DAY).rows) == 1
    assert "(handlingDuration = talkingDuration + onHoldDuration)" in caplog.text


def pages(*found: list[dict[str, Any]]) -> Answer:
    """Answer with one page after another, by the last call of the page before; the last one is empty."""
    after = {page[-1]["callId"]: i + 1 for i, page in enumerate(found)}

    def answer(request: Any, context: Any) -> Any:
        last = request.qs.get("startingafter", [None])[0]
        number = after[last] if last else 0
        return {"calls": found[number] if number < len(found) else []}

    return answer


def test_pages_of_calls_follow_each_other_until_one_is_empty(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    report = api.get(f"{URL}/calls", json=pages([call(1), call(2)], [call(3)]))
    read = Read(stream="queue_calls", **ONE_DAY)
    assert [row["callId"] for row in read.rows] == ["001", "002", "003"]
    asked = [
        [request.qs.get(name, [None])[0] for name in ("limit", "startingafter", "latestsortingvalue")]
        for request in report.request_history
    ]
    assert asked == [["1000", None, None], ["1000", "002", "002"], ["1000", "003", "003"]]
    assert "limit=1000&startingAfter=002&latestSortingValue=002" in report.request_history[1].url
    assert "same key" not in caplog.text
    assert set(spans(report)) == {("2026-11-22T05:00:00Z", "2026-11-23T04:59:59Z")}


def test_a_page_size_that_is_refused_is_made_smaller_once_and_for_all(api: rm.Mocker) -> None:
    report = api.get(f"{URL}/calls", json=refuses(lambda qs: qs["limit"] == ["1000"], pages([call(1)])))
    days: dict[str, Any] = {"start_date": "2026-11-21", "end_date": "2026-11-22"}
    assert len(Read(stream="queue_calls", num_workers=2, **days).rows) == 2
    sizes = [request.qs["limit"][0] for request in report.request_history]
    assert sizes == ["1000", "100", "100", "100", "100"]


def test_a_smaller_page_that_is_refused_too_fails(api: rm.Mocker) -> None:
    report = api.get(f"{URL}/calls", json=refuses(lambda _: True, pages()))
    read = Read(stream="queue_calls", **ONE_DAY)
    assert "did not accept the request (HTTP 400)" in read.errors[0].message
    assert [request.qs["limit"][0] for request in report.request_history] == ["1000", "100"]


def test_a_later_page_that_is_refused_fails_at_once(api: rm.Mocker) -> None:
    report = api.get(f"{URL}/calls", json=refuses(lambda qs: "startingafter" in qs, pages([call(1)])))
    read = Read(stream="queue_calls", **ONE_DAY)
    assert "did not accept the request (HTTP 400)" in read.errors[0].message
    assert report.call_count == 2
    assert read.rows == []


def test_paging_that_does_not_go_on_fails_without_the_rows_of_the_page(api: rm.Mocker) -> None:
    api.get(f"{URL}/calls", json={"calls": [call(1)]})
    read = Read(stream="queue_calls", **ONE_DAY)
    (error,) = read.errors
    assert error.message.startswith(
        "queue_calls, PBX acmecorp, 2026-11-22: 8x8 sent a page of calls that were all sent before, "
        "so the day does not count as read"
    )
    assert read.rows == []


def test_a_refusal_on_the_way_keeps_the_pages_that_were_proved(api: rm.Mocker) -> None:
    three = pages([call(1)], [call(2)], [call(3)])
    api.get(f"{URL}/calls", json=refuses(lambda qs: qs.get("startingafter") == ["002"], three))
    read = Read(stream="queue_calls", **ONE_DAY)
    assert [row["callId"] for row in read.rows] == ["001"]
    assert len(read.errors) == 1
