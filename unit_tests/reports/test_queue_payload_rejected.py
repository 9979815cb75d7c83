"""What is not a report on queues, agents or calls is never rows."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.errors import ConnectorError, RetryableError
from source_8x8_work_analytics.messages import Message
from source_8x8_work_analytics.reports.queue_payload import agent_rows, queue_agent_rows
from unit_tests.reports.queue_bodies import EVERY, PBX, REPORTS, key_of, parse, read


def rejection(kind: str, *rows: Any) -> tuple[Message, dict[str, Any]]:
    with pytest.raises(RetryableError) as error:
        read(kind, *rows)
    return error.value.problem, error.value.values


@EVERY
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"null", b"[]", b"{}", b'{"error": "x"}', b"42", b"[" * 5000]
)
def test_what_is_not_a_report_is_never_rows(kind: str, body: bytes) -> None:
    with pytest.raises(RetryableError):
        parse(REPORTS[kind][0], body)


@EVERY
@pytest.mark.parametrize("value", [None, True, 1.5, {}, []], ids=str)
def test_a_row_without_its_key_is_rejected(kind: str, value: Any) -> None:
    for name in key_of(kind):
        row = {**key_of(kind), name: value}
        assert rejection(kind, row) == (messages.ROW_WITHOUT_KEY, {"name": name})


@EVERY
def test_two_rows_for_one_key_are_rejected(kind: str) -> None:
    key = " and ".join(key_of(kind))
    rows = {**key_of(kind), "site": "Lyon"}, {**key_of(kind), "site": "Nice"}
    assert rejection(kind, *rows) == (messages.TWO_ROWS_FOR_KEY, {"names": key})
    for name in key_of(kind):
        assert len(read(kind, key_of(kind), {**key_of(kind), name: "other"})) == 2


@pytest.mark.parametrize("kind", ["queues", "agents", "calls"])
@pytest.mark.parametrize("row", [None, "Jane Doe", [1], 7])
def test_a_row_that_is_not_an_object_is_rejected(kind: str, row: Any) -> None:
    assert rejection(kind, key_of(kind), row) == (messages.ROW_NOT_AN_OBJECT, {})


def test_a_queue_without_its_list_of_agents_is_rejected() -> None:
    for name in ("queueAgentActivity", "agentActivity"):
        for queue in ({"queueId": "q1"}, {"queueId": "q1", name: None}, {"queueId": "q1", name: {}}):
            body = orjson.dumps({"queuesAgentActivity": [queue]})
            parser = queue_agent_rows if name.startswith("queue") else agent_rows
            with pytest.raises(RetryableError) as error:
                parse(parser, body)
            assert error.value.problem is messages.NOT_A_REPORT


@EVERY
def test_metrics_that_are_not_an_object_are_rejected(kind: str) -> None:
    row = {**key_of(kind), "metrics": [1]}
    assert rejection(kind, row) == (messages.METRICS_NOT_AN_OBJECT, {})


SUMMARIES = [kind for kind in REPORTS if kind != "calls"]


@pytest.mark.parametrize("kind", SUMMARIES)
def test_a_summary_in_pages_is_rejected_for_good(kind: str) -> None:
    parser, build, _ = REPORTS[kind]
    with pytest.raises(ConnectorError) as error:
        parse(parser, orjson.dumps(build([key_of(kind)])), link='<https://x/?page=1>; rel="next"')
    assert error.value.problem is messages.PAGED_SUMMARY


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


@given(json_values | st.binary(max_size=100))
def test_any_body_is_a_report_or_rejected(value: object) -> None:
    body = value if isinstance(value, bytes) else orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    for parser, _, key in REPORTS.values():
        try:
            rows = parse(parser, body)
        except RetryableError as error:
            assert "\n" not in str(error)
            continue
        for row in rows:
            assert all(isinstance(row[name], str) for name in key)
            assert row["pbx_id"] == PBX.id
            assert not [name for name in row if name.startswith("ongoing")]
