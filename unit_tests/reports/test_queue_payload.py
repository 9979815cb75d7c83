"""Rows of queues, agents and calls: flat, typed, and without what is true only now."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.errors import RetryableError
from source_8x8_work_analytics.reports.queue_parts import ADDED
from source_8x8_work_analytics.reports.queue_payload import agent_rows, queue_agent_rows
from source_8x8_work_analytics.reports.rows import Row
from unit_tests.reports.queue_bodies import EVERY, OURS, PBX, key_of, parse, read

LIVE_METRICS = {"ongoingWaitingCalls": 1, "userStatusTime": 5.0, "queueStatusTime": 6.0}
LIVE_FIELDS = {
    "queueStatus": "HANDLING",
    "userStatus": "ON_CALL",
    "activityStatus": "BUSY",
    "interaction": {"caller": "Jane Doe"},
    "loggedInQueues": ["2201"],
}


@EVERY
def test_metrics_become_fields_of_the_row(kind: str) -> None:
    row = {**key_of(kind), "site": "Lyon", "metrics": {"acceptedCalls": 7, "average": 6.5, "none": None}}
    assert read(kind, row) == [
        {**key_of(kind), **OURS, "site": "Lyon", "acceptedCalls": 7, "average": 6.5, "none": None}
    ]


@EVERY
def test_what_is_true_only_now_is_dropped(kind: str) -> None:
    row = {
        **key_of(kind),
        **LIVE_FIELDS,
        "status": "COMPLETED",
        "metrics": {**LIVE_METRICS, "activeCalls": 2},
    }
    assert read(kind, row) == [{**key_of(kind), **OURS, "status": "COMPLETED", "activeCalls": 2}]


@EVERY
@pytest.mark.parametrize("row", [{}, {"metrics": None}, {"metrics": {}}])
def test_absent_metrics_are_absent_and_never_zero(kind: str, row: Row) -> None:
    assert read(kind, {**key_of(kind), **row}) == [{**key_of(kind), **OURS}]


@EVERY
def test_no_rows_is_a_report(kind: str) -> None:
    assert read(kind) == []


@EVERY
@pytest.mark.parametrize("pbx", ["acmecorp", "AcmeCorp", PBX.id, None])
def test_rows_carry_the_name_and_the_id_of_the_pbx(kind: str, pbx: str | None) -> None:
    (row,) = read(kind, {**key_of(kind), "pbx": pbx})
    assert row["pbx"] == (pbx if pbx == "AcmeCorp" else "acmecorp")
    assert row["pbx_id"] == PBX.id
    with pytest.raises(RetryableError) as error:
        read(kind, {**key_of(kind), "pbx": "other"})
    assert error.value.problem is messages.ROW_OF_ANOTHER_PBX


@pytest.mark.parametrize(
    ("metrics", "diverted"),
    [
        ({"diverted": 3}, 3),
        ({"divertedCalls": 3}, 3),
        ({"diverted": 4, "divertedCalls": 3}, 3),
        ({"diverted": 4, "divertedCalls": None}, 4),
        ({"diverted": None}, None),
        ({}, ...),
    ],
)
def test_the_older_name_of_diverted_calls(metrics: Row, diverted: Any) -> None:
    (row,) = read("queues", {"id": "q1", "metrics": metrics})
    assert row.get("divertedCalls", ...) == diverted
    assert "diverted" not in row


@pytest.mark.parametrize("extension", [2201, "2201"])
def test_extensions_and_ids_are_text(extension: Any) -> None:
    assert read("queues", {"id": 7, "extension": extension}) == [{"id": "7", "extension": "2201", **OURS}]
    (row,) = read(
        "queue agents", {**key_of("queue agents"), "queueExtension": extension, "agentExtension": extension}
    )
    assert row["queueExtension"] == row["agentExtension"] == "2201"
    (row,) = read("calls", {"callId": 7, "did": extension, "caller": {"address": extension}})
    assert (row["callId"], row["did"], row["caller_address"]) == ("7", "2201", "2201")


def test_parties_of_a_call_are_flat() -> None:
    call = {
        "callId": "7",
        "workGroup": {"id": "q1", "extension": 2201, "groupType": "CALL_QUEUE"},
        "caller": {"id": "Leo,3310", "address": "3310", "name": "Leo", "deviceId": None},
        "latestCallee": None,
        "labels": ["WAITING", "FINISHED"],
        "connectedTime": 0,
    }
    assert read("calls", call) == [
        {
            **OURS,
            "callId": "7",
            "workGroup_id": "q1",
            "workGroup_extension": "2201",
            "workGroup_groupType": "CALL_QUEUE",
            "caller_id": "Leo,3310",
            "caller_address": "3310",
            "caller_name": "Leo",
            "caller_deviceId": None,
            "labels": ["WAITING", "FINISHED"],
            "connectedTime": 0,
        }
    ]


def test_a_party_that_is_not_an_object_is_kept_as_it_came() -> None:
    assert read("calls", {"callId": "7", "caller": "Leo"}) == [{"callId": "7", "caller": "Leo", **OURS}]


def test_an_agent_without_metrics_does_not_get_those_of_the_queue() -> None:
    queue = {
        "queueId": "q1",
        "metrics": {"acceptedInteractions": 9},
        "queueAgentActivity": [{"userId": "u1"}],
    }
    rows = parse(queue_agent_rows, orjson.dumps({"queuesAgentActivity": [queue]}))
    assert rows == [{"queueId": "q1", "userId": "u1", **OURS}]


def test_an_agent_inside_a_queue_has_the_pbx_of_the_queue() -> None:
    for pbx, named in ((PBX.id, "acmecorp"), ("AcmeCorp", "AcmeCorp"), (None, "acmecorp")):
        queue = {"pbx": pbx, "agentActivity": [{"userId": "u1"}]}
        (row,) = parse(agent_rows, orjson.dumps({"queuesAgentActivity": [queue]}))
        assert row == {"userId": "u1", "pbx": named, "pbx_id": PBX.id}


@pytest.mark.parametrize(
    ("name", "live"),
    [
        ("ongoingCalls", True),
        ("queueStatus", True),
        ("queueStatusTime", True),
        ("interaction", True),
        ("loggedInQueues", True),
        ("status", False),
        ("averageStatusTimes", False),
        ("callsOngoing", False),
    ],
)
def test_point_in_time_fields_are_recognized_by_name(name: str, live: bool) -> None:
    (row,) = read("queues", {"id": "q1", "metrics": {name: 5}})
    assert (name not in row) is live


numbers = st.none() | st.integers(0, 10**6) | st.floats(0, 10**6)
metric_names = st.sampled_from(
    [
        *sorted(ADDED),
        "averageWrapUpTime",
        "acceptedInteractionsPercentage",
        "ongoingTalkingInteractions",
        "new",
    ]
)


@settings(deadline=None)
@given(st.dictionaries(metric_names, numbers))
def test_any_metrics_are_kept_as_they_come(metrics: Row) -> None:
    (row,) = read("agents", {"userId": "u1", "metrics": metrics})
    expected = {name: value for name, value in metrics.items() if not name.startswith("ongoing")}
    assert row == {"userId": "u1", **OURS, **expected}
