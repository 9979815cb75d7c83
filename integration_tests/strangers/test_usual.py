"""The account of these tests is one that the connector reads without a word: the others start from it."""

import pytest

from integration_tests.strangers.account import Account
from integration_tests.strangers.reading import read, rows_of, warnings

STREAMS = (
    *("extension_summary", "company_summary", "ring_group_summary", "ring_group_member_summary"),
    *("call_records", "call_legs", "pbxes", "sites", "call_queues", "call_queue_agents"),
    *("call_queue_summary", "call_queue_agent_summary", "agent_summary", "queue_calls"),
)


@pytest.mark.parametrize("pbx_ids", [["alpha", "beta"], ["allpbxes"]], ids=["named", "allpbxes"])
def test_every_stream_is_read_without_a_warning(account: Account, pbx_ids: list[str]) -> None:
    run = read(account, *STREAMS, pbx_ids=pbx_ids)
    assert run.code == 0, run.errors
    assert warnings(run) == []
    for stream in STREAMS:
        days = 1 if stream in ("pbxes", "sites", "call_queues", "call_queue_agents") else 2
        assert len(rows_of(run, stream)) == 2 * days, stream
