"""How reports on queues and agents are requested: by the PBX's id, in UTC instants."""

from collections.abc import Callable
from typing import Any

import pytest
import requests_mock as rm

from source_8x8_work_analytics import messages
from testing.builders import PBXES_URL, TOKEN_URL, token
from unit_tests.reading import Read
from unit_tests.reports.queue_api import ONE_DAY, URL, bad_request, rejects, spans, texts
from unit_tests.reports.queue_bodies import listed
from unit_tests.reports.sentences import sentence

LONG = messages.LONG_TIMES.text(stream="agent_summary", name="agentTotalTalkTime")
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


@pytest.fixture(autouse=True)
def login(api: rm.Mocker) -> None:
    api.get(PBXES_URL, json=listed("acmecorp"))
    api.post(TOKEN_URL, json=token())


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
    assert texts(read) == [sentence(messages.PBX_NOT_LISTED, "agent_summary, PBX nonesuch, 2026-11-22")]
    assert read.rows == []


def test_a_pbx_is_found_in_one_normal_form_and_keeps_its_configured_name_in_the_state(api: rm.Mocker) -> None:
    api.get(PBXES_URL, json=listed(" Z\u00fcrich "))
    api.get(f"{URL}/agent-activity", json={"agentActivity": [{"userId": "u1"}]})
    read = Read(stream="agent_summary", pbx_ids=["zu\u0308rich"], **ONE_DAY)
    assert [(row["pbx"], row["pbx_id"]) for row in read.rows] == [("Z\u00fcrich", "x0")]
    assert [(entry["partition"], entry["id"]) for entry in read.states[-1]["states"]] == [
        ({"pbx_id": "zu\u0308rich"}, "x0")
    ]


@pytest.mark.parametrize(
    ("stream", "endpoint"), [(name, REPORTS[name][0]) for name in REPORTS] + [("queue_calls", "calls")]
)
def test_a_deleted_pbx_that_is_denied_is_skipped_with_one_warning(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture, stream: str, endpoint: str
) -> None:
    _, body, key = REPORTS.get(stream, ("", lambda *rows: {"calls": []}, {}))
    api.get(PBXES_URL, json=listed("acmecorp", deleted=("old",)))
    api.get(f"{URL}/{endpoint}", json=body(key))
    denied = api.get(f"{PBXES_URL}/x1/{endpoint}", status_code=403, json={})
    read = Read(stream=stream, pbx_ids=["allpbxes"])
    assert (read.error, read.errors) == (None, [])
    assert read.marks == {"acmecorp": "2026-11-23"}
    assert denied.call_count == 1
    assert caplog.messages.count(messages.DELETED_PBX_SKIPPED.text(name="old")) == 1


def test_a_pbx_in_use_or_one_that_is_named_is_not_skipped(api: rm.Mocker) -> None:
    subject = "agent_summary, PBX acmecorp, 2026-11-22"
    api.get(f"{URL}/agent-activity", status_code=403, json={})
    assert texts(Read(stream="agent_summary", pbx_ids=["allpbxes"], **ONE_DAY)) == [
        sentence(messages.QUEUES_DENIED, subject)
    ]
    api.get(PBXES_URL, json=listed(deleted=("acmecorp",)))
    assert texts(Read(stream="agent_summary", **ONE_DAY)) == [sentence(messages.QUEUES_DENIED, subject)]


@pytest.mark.parametrize(
    ("stream", "endpoint"), [(name, REPORTS[name][0]) for name in REPORTS] + [("queue_calls", "calls")]
)
def test_the_end_of_a_window_is_requested_as_configured(api: rm.Mocker, stream: str, endpoint: str) -> None:
    _, body, key = REPORTS.get(stream, ("", lambda *rows: {"calls": []}, {}))
    report = api.get(f"{URL}/{endpoint}", json=body(key))
    Read(stream=stream, window_end="next_midnight", **ONE_DAY)
    assert set(spans(report)) == {("2026-11-22T05:00:00Z", "2026-11-23T05:00:00Z")}


def test_a_summary_in_pages_fails_after_one_request(api: rm.Mocker) -> None:
    link = {"Link": '<https://x/?page=1>; rel="next"'}
    report = api.get(f"{URL}/agent-activity", json={"agentActivity": []}, headers=link)
    read = Read(stream="agent_summary", **ONE_DAY)
    assert texts(read) == [sentence(messages.PAGED_SUMMARY, "agent_summary, PBX acmecorp, 2026-11-22")]
    assert report.call_count == 1


def test_a_25_hour_day_is_requested_whole(api: rm.Mocker) -> None:
    report = api.get(f"{URL}/agent-activity", json={"agentActivity": [{"userId": "u1"}]})
    assert len(Read(stream="agent_summary", **LONG_DAY).rows) == 1
    assert spans(report) == [("2026-11-01T04:00:00Z", "2026-11-02T04:59:59Z")]


WHOLE = ("2026-11-01T04:00:00Z", "2026-11-02T04:59:59Z")


def is_whole(qs: dict[str, list[str]]) -> bool:
    return qs["startdate"] == ["2026-11-01t04:00:00z"] and qs["enddate"] > ["2026-11-02"]


@pytest.mark.parametrize(
    ("window_end", "parts"),
    [
        (
            "last_second",
            [
                WHOLE,
                ("2026-11-01T04:00:00Z", "2026-11-01T04:59:59Z"),
                ("2026-11-01T05:00:00Z", "2026-11-02T04:59:59Z"),
            ],
        ),
        (
            "next_midnight",
            [
                ("2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"),
                ("2026-11-01T04:00:00Z", "2026-11-01T05:00:00Z"),
                ("2026-11-01T05:00:00Z", "2026-11-02T05:00:00Z"),
            ],
        ),
    ],
)
def test_a_25_hour_day_that_is_rejected_is_requested_in_two_parts(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture, window_end: str, parts: list[tuple[str, str]]
) -> None:
    queues = [{"id": "q1", "metrics": {"enteredCalls": 2}}, {"id": "q2", "metrics": {"enteredCalls": 0}}]
    report = api.get(f"{URL}/call-queue-metrics", json=rejects(is_whole, lambda *_: {"callQueues": queues}))
    read = Read(stream="call_queue_summary", window_end=window_end, **LONG_DAY)
    assert spans(report) == parts
    assert [(row["id"], row["enteredCalls"]) for row in read.rows] == [("q1", 4), ("q2", 0)]
    assert "call_queue_summary: read 2 rows from 1 window in 3 requests." in caplog.messages


@pytest.mark.parametrize(("first", "second", "warned"), [(90_000, 0, 0), (45_000, 45_001, 1)])
def test_times_of_two_parts_are_compared_with_the_whole_day(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture, first: int, second: int, warned: int
) -> None:
    def parts(request: Any, _: Any) -> Any:
        seconds = first if request.qs["enddate"] == ["2026-11-01t04:59:59z"] else second
        return {"agentActivity": [{"userId": "u1", "metrics": {"agentTotalTalkTime": seconds}}]}

    api.get(f"{URL}/agent-activity", json=rejects(is_whole, parts))
    read = Read(stream="agent_summary", **LONG_DAY)
    assert [row["agentTotalTalkTime"] for row in read.rows] == [first + second]
    assert caplog.messages.count(LONG) == warned


@pytest.mark.parametrize("start", ["2026-11-22", "2026-03-08"], ids=["24 hours", "23 hours"])
def test_a_shorter_day_that_is_rejected_fails_after_one_request(api: rm.Mocker, start: str) -> None:
    report = api.get(f"{URL}/agent-activity", json=rejects(lambda _: True, lambda *_: {}))
    read = Read(stream="agent_summary", start_date=start, end_date=start)
    assert texts(read) == bad_request("agent_summary", start)
    assert report.call_count == 1


@pytest.mark.parametrize(
    ("day", "seconds"), [("2026-11-22", 86_400), ("2026-11-01", 90_000), ("2026-03-08", 82_800)]
)
@pytest.mark.parametrize("beyond", [0, 1])
def test_a_time_longer_than_its_day_is_kept_with_one_warning(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture, day: str, seconds: int, beyond: int
) -> None:
    agent = {"userId": "u1", "metrics": {"agentTotalTalkTime": seconds + beyond}}
    api.get(f"{URL}/agent-activity", json={"agentActivity": [agent]})
    read = Read(stream="agent_summary", start_date=day, end_date=day)
    assert (read.error, [row["agentTotalTalkTime"] for row in read.rows]) == (None, [seconds + beyond])
    assert caplog.messages.count(LONG) == beyond


def test_long_times_on_several_days_are_one_warning(api: rm.Mocker, caplog: pytest.LogCaptureFixture) -> None:
    agent = {"userId": "u1", "metrics": {"agentTotalTalkTime": 90_000}}
    api.get(f"{URL}/agent-activity", json={"agentActivity": [agent]})
    assert len(Read(stream="agent_summary").rows) == 3
    assert caplog.messages.count(LONG) == 1


def test_milliseconds_fail_the_day_after_one_request(api: rm.Mocker) -> None:
    agent = {"userId": "u1", "metrics": {"agentTotalTalkTime": 20_000_000}}
    report = api.get(f"{URL}/agent-activity", json={"agentActivity": [agent]})
    read = Read(stream="agent_summary", **ONE_DAY)
    assert texts(read) == [
        sentence(messages.NOT_SECONDS, "agent_summary, PBX acmecorp, 2026-11-22", name="agentTotalTalkTime")
    ]
    assert (read.rows, read.states[-1]["states"], report.call_count) == ([], [], 1)
    assert not [error for error in read.errors if error.stack_trace]


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
def test_numbers_that_do_not_add_up_are_kept_with_one_warning(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture, stream: str, numbers: dict[str, float], formula: str
) -> None:
    endpoint, body, key = REPORTS[stream]
    api.get(f"{URL}/{endpoint}", json=body({**key, "metrics": numbers}))
    read = Read(stream=stream)
    assert len(read.rows) == 3
    assert caplog.messages.count(messages.BROKEN_IDENTITY.text(stream=stream, formula=formula)) == 1
    assert caplog.text.count("add up") == 1
