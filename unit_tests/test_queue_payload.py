from collections.abc import Callable
from typing import Any

import orjson
import pytest
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from hypothesis import given, settings
from hypothesis import strategies as st

from source_8x8_work_analytics.errors import RetryableError
from source_8x8_work_analytics.retrievers.queue_parts import ADDABLE, add_parts
from source_8x8_work_analytics.retrievers.queue_payload import (
    QUEUE_AGENT_KEY,
    WITHIN_WINDOW,
    PagesRepeat,
    Pbx,
    Row,
    agent_rows,
    call_rows,
    new_calls,
    queue_agent_rows,
    queue_rows,
)

PBX = Pbx("acmecorp", "Kx2vQe9RT7uPZsLwB4mJ0g")
DAY = 86_400.0
OURS = {"pbx": "acmecorp", "pbx_id": PBX.id}
LIVE_METRICS = {"ongoingWaitingCalls": 1, "userStatusTime": 5.0, "queueStatusTime": 6.0}
LIVE_FIELDS = {
    "queueStatus": "HANDLING",
    "userStatus": "ON_CALL",
    "activityStatus": "BUSY",
    "interaction": {"caller": "Jane Doe"},
    "loggedInQueues": ["2201"],
}

Build = Callable[[list[Row]], Any]


def in_queues(inner: str, rows: list[Row]) -> Any:
    """Put agents into one queue object each; the queue's own fields are those named `queue…`."""
    queues = []
    for row in rows:
        queue = {name: value for name, value in row.items() if name.startswith("queueE") or name == "queueId"}
        agent = {name: value for name, value in row.items() if name not in queue}
        queues.append({**queue, inner: [agent], "metricsSummary": {"acceptedInteractions": 9}})
    return {"queuesAgentActivity": queues}


REPORTS: dict[str, tuple[Callable[[bytes, Pbx, float], list[Row]], Build, Row]] = {
    "queues": (
        queue_rows,
        lambda rows: {"callQueues": rows, "metricsSummary": {"enteredCalls": 1}},
        {"id": "q1"},
    ),
    "queue agents": (
        queue_agent_rows,
        lambda rows: in_queues("queueAgentActivity", rows),
        {"queueId": "q1", "userId": "u1"},
    ),
    "agents": (agent_rows, lambda rows: {"agentActivity": rows, "summary": {}}, {"userId": "u1"}),
    "agents in queues": (agent_rows, lambda rows: in_queues("agentActivity", rows), {"userId": "u1"}),
    "calls": (lambda body, pbx, _: call_rows(body, pbx), lambda rows: {"calls": rows}, {"callId": "7"}),
}
EVERY = pytest.mark.parametrize("kind", REPORTS)


def read(kind: str, *rows: Any, seconds: float = DAY) -> list[Row]:
    parse, build, _ = REPORTS[kind]
    return parse(orjson.dumps(build(list(rows))), PBX, seconds)


def key_of(kind: str) -> Row:
    return dict(REPORTS[kind][2])


@EVERY
def test_metrics_stand_beside_the_fields_of_the_row(kind: str) -> None:
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
    with pytest.raises(RetryableError, match="another PBX"):
        read(kind, {**key_of(kind), "pbx": "other"})


@EVERY
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"null", b"[]", b"{}", b'{"error": "x"}', b"42", b"[" * 5000]
)
def test_what_is_not_a_report_is_never_rows(kind: str, body: bytes) -> None:
    with pytest.raises(RetryableError):
        REPORTS[kind][0](body, PBX, DAY)


@EVERY
@pytest.mark.parametrize("value", [None, True, 1.5, {}, []], ids=str)
def test_a_row_without_its_key_is_refused(kind: str, value: Any) -> None:
    for name in key_of(kind):
        with pytest.raises(RetryableError, match=f"no {name}"):
            read(kind, {**key_of(kind), name: value})


@EVERY
def test_a_key_twice_is_refused(kind: str) -> None:
    with pytest.raises(RetryableError, match="two rows for one"):
        read(kind, {**key_of(kind), "site": "Lyon"}, {**key_of(kind), "site": "Nice"})
    for name in key_of(kind):
        assert len(read(kind, key_of(kind), {**key_of(kind), name: "other"})) == 2


@pytest.mark.parametrize("kind", ["queues", "agents", "calls"])
@pytest.mark.parametrize("row", [None, "Jane Doe", [1], 7])
def test_a_row_that_is_not_an_object_is_refused(kind: str, row: Any) -> None:
    with pytest.raises(RetryableError, match="not an object"):
        read(kind, key_of(kind), row)


def test_a_queue_without_its_list_of_agents_is_refused() -> None:
    for name in ("queueAgentActivity", "agentActivity"):
        for queue in ({"queueId": "q1"}, {"queueId": "q1", name: None}, {"queueId": "q1", name: {}}):
            body = orjson.dumps({"queuesAgentActivity": [queue]})
            with pytest.raises(RetryableError, match="not a report"):
                (queue_agent_rows if name.startswith("queue") else agent_rows)(body, PBX, DAY)


@EVERY
def test_metrics_that_are_not_an_object_are_refused(kind: str) -> None:
    with pytest.raises(RetryableError, match="metrics"):
        read(kind, {**key_of(kind), "metrics": [1]})


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


@pytest.mark.parametrize("kind", [kind for kind in REPORTS if kind != "calls"])
@pytest.mark.parametrize("name", sorted(WITHIN_WINDOW))
@pytest.mark.parametrize("seconds", [82_800.0, 86_400.0, 90_000.0])
def test_times_longer_than_the_window_are_not_seconds(kind: str, name: str, seconds: float) -> None:
    for value in (0, None, seconds, seconds - 0.5, "n/a"):
        (row,) = read(kind, {**key_of(kind), "metrics": {name: value}}, seconds=seconds)
        assert row[name] == value, "nothing is rescaled"
    for value in (seconds + 0.5, 1000 * seconds):
        with pytest.raises(AirbyteTracedException, match=rf"longer than the day \({name}\)"):
            read(kind, {**key_of(kind), "metrics": {name: value}}, seconds=seconds)


def test_totals_of_a_queue_may_exceed_the_window() -> None:
    (row,) = read("queues", {"id": "q1", "metrics": {"totalTalkTime": 200_000.0}})
    assert row["totalTalkTime"] == 200_000.0


def page(*ids: str, group: str = "q1") -> list[Row]:
    return [{"callId": call, "workGroup_id": group} for call in ids]


def test_pages_may_overlap_but_must_bring_something_new() -> None:
    groups = {"1": "q1", "2": "q1"}
    assert new_calls(page("2", "3"), groups) == page("3")
    assert new_calls([], groups) == []
    with pytest.raises(PagesRepeat, match="all sent before"):
        new_calls(page("2"), groups)
    with pytest.raises(PagesRepeat, match="two queues"):
        new_calls(page("2", "3", group="q2"), groups)


numbers = st.none() | st.integers(0, 10**6) | st.floats(0, 10**6)
metric_names = st.sampled_from(
    [
        *sorted(ADDABLE),
        "averageWrapUpTime",
        "acceptedInteractionsPercentage",
        "ongoingTalkingInteractions",
        "new",
    ]
)


@settings(deadline=None)
@given(st.dictionaries(metric_names, numbers))
def test_any_metrics_are_kept_as_they_come(metrics: Row) -> None:
    (row,) = read("agents", {"userId": "u1", "metrics": metrics}, seconds=10**6)
    expected = {name: value for name, value in metrics.items() if not name.startswith("ongoing")}
    assert row == {"userId": "u1", **OURS, **expected}


def test_the_parts_of_a_long_day_become_one() -> None:
    one = {"queueId": "q1", "userId": "u1", "agentName": "Ana", "overflowAgent": False}
    first = {**one, "acceptedInteractions": 2, "totalInteractionTime": 60.5, "averageWrapUpTime": 3.0}
    second = {**first, "agentName": "Ana Ruiz", "acceptedInteractions": 5, "agentAverageTimeToAnswer": None}
    alone = {**one, "userId": "u2", "acceptedInteractions": 1, "acceptedInteractionsPercentage": 50.0}
    both, only = add_parts([[first], [second, alone]], QUEUE_AGENT_KEY)
    assert {name: value for name, value in both.items() if value is not None} == {
        "queueId": "q1",
        "userId": "u1",
        "agentName": "Ana Ruiz",
        "overflowAgent": False,
        "acceptedInteractions": 7,
        "totalInteractionTime": 121.0,
    }
    assert both["averageWrapUpTime"] is None
    assert both["agentAverageTimeToAnswer"] is None
    assert only == {**alone, "acceptedInteractionsPercentage": None}


parts = st.lists(
    st.dictionaries(
        st.sampled_from("abc"),
        st.dictionaries(st.sampled_from([*sorted(ADDABLE)[:3], "averageWrapUpTime"]), numbers),
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=50)
@given(parts)
def test_counts_of_parts_add_up_and_an_unknown_part_makes_the_sum_unknown(
    found: list[dict[str, Row]],
) -> None:
    rows = [[{"queueId": "q1", "userId": user, **row} for user, row in part.items()] for part in found]
    days = {row["userId"]: row for row in add_parts(rows, QUEUE_AGENT_KEY)}
    assert set(days) == {user for part in found for user in part}
    for user, day in days.items():
        values = [part[user] for part in found if user in part]
        for name in ADDABLE:
            each = [value.get(name) for value in values]
            known = [value for value in each if value is not None]
            assert day.get(name) == (pytest.approx(sum(known), abs=1e-5) if len(known) == len(each) else None)
        assert day.get("averageWrapUpTime") is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "callQueues",
                    "queuesAgentActivity",
                    "queueAgentActivity",
                    "agentActivity",
                    "calls",
                    "id",
                    "queueId",
                    "userId",
                    "callId",
                    "metrics",
                    "pbx",
                    "caller",
                    "ongoingCalls",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=16,
)


@settings(deadline=None)
@given(json_values | st.binary(max_size=100))
def test_any_body_is_a_report_or_refused(value: object) -> None:
    body = value if isinstance(value, bytes) else orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    for parse, _, key in REPORTS.values():
        try:
            rows = parse(body, PBX, DAY)
        except RetryableError as refusal:
            assert "\n" not in refusal.problem
            continue
        for row in rows:
            assert all(isinstance(row[name], str) for name in key)
            assert row["pbx_id"] == PBX.id
            assert not [name for name in row if name.startswith("ongoing")]
