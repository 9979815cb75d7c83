from typing import Any

import orjson
import pytest
from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from hypothesis import given, settings
from hypothesis import strategies as st

from source_8x8_work_analytics.errors import RetryableError
from source_8x8_work_analytics.retrievers.queue_payload import WITHIN_WINDOW, agent_rows, queue_agent_rows
from unit_tests.queue_bodies import DAY, EVERY, PBX, REPORTS, key_of, read


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
    key = " and ".join(key_of(kind))
    with pytest.raises(RetryableError, match=f"two rows for one {key}$"):
        read(kind, {**key_of(kind), "site": "Lyon"}, {**key_of(kind), "site": "Nice"})
    for name in key_of(kind):
        assert len(read(kind, key_of(kind), {**key_of(kind), name: "other"})) == 2


@pytest.mark.parametrize("kind", ["queues", "agents", "calls"])
@pytest.mark.parametrize("row", [None, "Jane Doe", [1], 7])
def test_a_row_that_is_not_an_object_is_refused(kind: str, row: Any) -> None:
    with pytest.raises(RetryableError, match=r"^8x8 sent a report with a row that is not an object$"):
        read(kind, key_of(kind), row)


def test_a_queue_without_its_list_of_agents_is_refused() -> None:
    for name in ("queueAgentActivity", "agentActivity"):
        for queue in ({"queueId": "q1"}, {"queueId": "q1", name: None}, {"queueId": "q1", name: {}}):
            body = orjson.dumps({"queuesAgentActivity": [queue]})
            with pytest.raises(RetryableError, match=r"^8x8 sent JSON that is not a report$"):
                (queue_agent_rows if name.startswith("queue") else agent_rows)(body, PBX, DAY)


@EVERY
def test_metrics_that_are_not_an_object_are_refused(kind: str) -> None:
    with pytest.raises(RetryableError, match=r"^8x8 sent a report with metrics that are not an object$"):
        read(kind, {**key_of(kind), "metrics": [1]})


@pytest.mark.parametrize("kind", [kind for kind in REPORTS if kind != "calls"])
@pytest.mark.parametrize("name", sorted(WITHIN_WINDOW))
@pytest.mark.parametrize("seconds", [82_800.0, 86_400.0, 90_000.0])
def test_times_longer_than_the_window_are_not_seconds(kind: str, name: str, seconds: float) -> None:
    for value in (0, None, seconds, seconds - 0.5, "n/a"):
        (row,) = read(kind, {**key_of(kind), "metrics": {name: value}}, seconds=seconds)
        assert row[name] == value, "nothing is rescaled"
    for value in (seconds + 0.5, 1000 * seconds):
        with pytest.raises(AirbyteTracedException) as caught:
            read(kind, {**key_of(kind), "metrics": {name: value}}, seconds=seconds)
        assert caught.value.failure_type is FailureType.system_error
        assert caught.value.internal_message == caught.value.message
        assert caught.value.message == (
            f"8x8 sent a time that is longer than the day ({name}), so its times are not in seconds as "
            "documented, and nothing of this day is stored; run the doctor command and report its findings."
        )


@pytest.mark.parametrize("kind", [kind for kind in REPORTS if kind != "calls"])
def test_rows_without_times_fit_a_window_of_zero_seconds(kind: str) -> None:
    assert read(kind, key_of(kind), seconds=0.0)


def test_totals_of_a_queue_may_exceed_the_window() -> None:
    (row,) = read("queues", {"id": "q1", "metrics": {"totalTalkTime": 200_000.0}})
    assert row["totalTalkTime"] == 200_000.0


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
