"""A 25-hour day is put together from two parts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from source_8x8_work_analytics.reports.queue_parts import add_parts
from source_8x8_work_analytics.reports.queue_payload import QUEUE_AGENT_KEY
from source_8x8_work_analytics.reports.rows import Row

numbers = st.none() | st.integers(0, 10**6) | st.floats(0, 10**6)


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


def test_active_calls_are_those_of_the_last_part() -> None:
    one, other = {"id": "q1", "activeCalls": 2}, {"id": "q1", "activeCalls": 3}
    assert add_parts([[one], [other]], ["id"]) == [{"id": "q1", "activeCalls": 3}]
    assert add_parts([[dict(one)], []], ["id"]) == [{"id": "q1"}]
    assert add_parts([[dict(one)], [{"id": "q1"}]], ["id"]) == [{"id": "q1"}]


METRICS = (
    *("acceptedInteractions", "totalInteractionTime", "enteredCalls", "totalTalkTime"),
    *("longestTalkTime", "averageWrapUpTime"),
)
parts = st.lists(
    st.dictionaries(
        st.sampled_from("abc"),
        st.dictionaries(st.sampled_from(METRICS), numbers),
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
        for name in METRICS[:-1]:
            each = [value.get(name) for value in values]
            known = [value for value in each if value is not None]
            combined = max if name == "longestTalkTime" else sum
            whole = pytest.approx(combined(known), abs=1e-5) if len(known) == len(each) else None
            assert day.get(name) == whole
        assert day.get("averageWrapUpTime") is None


def test_the_parts_of_a_queues_long_day() -> None:
    first = {
        "id": "q1",
        "activeCalls": 2,
        "completedCalls": 1,
        "enteredCalls": 2,
        "totalTalkTime": 3.5000001,
        "longestTalkTime": 3.0,
        "missedCalls": 1,
    }
    second = {"id": "q1", "enteredCalls": 3, "totalTalkTime": 2.0, "longestTalkTime": 2, "activeCalls": 1}
    second["completedCalls"] = 4
    assert add_parts([[first], [second]], ["id"]) == [
        {
            "id": "q1",
            "completedCalls": 5,
            "enteredCalls": 5,
            "totalTalkTime": 5.5,
            "longestTalkTime": 3.0,
            "missedCalls": None,
            "activeCalls": 1,
        }
    ]
