"""Items 12 and 14 of the strangers' list: ends of windows and units of times in queue and agent reports."""

from typing import Any

import pytest

from integration_tests.strangers.account import Account
from integration_tests.strangers.exchange import Reply
from integration_tests.strangers.reading import contains, failed, messages, read, rows_of, warnings
from integration_tests.strangers.rows import agent_row, queue_row

QUEUES = {
    "call_queue_summary": "/call-queue-metrics",
    "call_queue_agent_summary": "/queue-agent-activity",
    "agent_summary": "/agent-activity",
    "queue_calls": "/calls",
}
ONE_DAY: dict[str, Any] = {"pbx_ids": ["alpha"], "start_date": "2026-11-23", "end_date": "2026-11-23"}
HOUR = 3600


@pytest.mark.parametrize(
    ("day", "end"),
    [("2026-11-23", "2026-11-24T05:00:00Z"), ("2026-11-01", "2026-11-02T05:00:00Z")],
    ids=["24 hours", "25 hours"],
)
def test_window_end_reaches_the_queue_streams(account: Account, day: str, end: str) -> None:
    dates: dict[str, Any] = {"start_date": day, "end_date": day}
    run = read(account, *QUEUES, "extension_summary", pbx_ids=["alpha"], window_end="next_midnight", **dates)
    assert run.code == 0, messages(run)
    assert {request.query["endTime"][11:] for request in account.received("/extsum")} == {"00:00:00"}
    for stream, path in QUEUES.items():
        assert {request.query["endDate"] for request in account.received(path)} == {end}, stream


def queues(*longest: float) -> Any:
    """Return a handler of the queue report, with the longest time of each queue."""
    return lambda request: Reply(
        {
            "callQueues": [
                queue_row(request, "alpha", f"q{i}", longestHandlingTime=time, totalHandlingTime=time)
                for i, time in enumerate(longest)
            ]
        }
    )


def agents(*total: float) -> Any:
    """Return a handler of the agent report, with the talk time of each agent."""
    return lambda _: Reply(
        {"agentActivity": [agent_row(f"u{i}", agentTotalTalkTime=time) for i, time in enumerate(total)]}
    )


@pytest.mark.parametrize("long_call", [25 * HOUR, 24 * HOUR + 1, 31.5 * HOUR])
def test_a_call_that_is_longer_than_a_day_is_kept(account: Account, long_call: float) -> None:
    account.on("/call-queue-metrics", queues(40.0, long_call, 300.5, 0.0))
    run = read(account, "call_queue_summary", **ONE_DAY)
    assert run.code == 0, messages(run)
    rows = {row["id"]: row for row in rows_of(run, "call_queue_summary")}
    assert len(rows) == 4
    assert rows["q1"]["longestHandlingTime"] == long_call
    (warning,) = warnings(run)
    assert contains(warning, "call_queue_summary", "longestHandlingTime")


def test_the_only_queue_of_an_account_may_have_such_a_call(account: Account) -> None:
    """Its other times are short, as no milliseconds are."""
    account.on(
        "/call-queue-metrics",
        lambda request: Reply(
            {
                "callQueues": [
                    queue_row(
                        request,
                        "alpha",
                        enteredCalls=40,
                        acceptedCalls=40,
                        longestHandlingTime=90_000,
                        totalHandlingTime=97_000.5,
                        longestWaitingTime=31.2,
                        averageWaitingTime=8.4,
                    )
                ]
            }
        ),
    )
    run = read(account, "call_queue_summary", **ONE_DAY)
    assert run.code == 0, messages(run)
    assert [row["longestHandlingTime"] for row in run.rows] == [90_000]


def test_an_agent_may_talk_longer_than_a_day(account: Account) -> None:
    """Where one who has two calls at once, or one from before midnight."""
    account.on("/agent-activity", agents(400.0, 90_000, 5_000.5))
    run = read(account, "agent_summary", **ONE_DAY)
    assert run.code == 0, messages(run)
    assert len(run.rows) == 3
    (warning,) = warnings(run)
    assert contains(warning, "agent_summary", "agentTotalTalkTime")


@pytest.mark.parametrize(
    "times",
    [(2_579_000, 90_000, 181_000), (9_000_000_000, 40.0, 31.0), (2_579_000,)],
    ids=["most rows", "beyond any call", "one row"],
)
def test_milliseconds_are_still_refused(account: Account, times: tuple[float, ...]) -> None:
    """A guard, which held before: nothing is stored, and nothing is rescaled."""
    account.on("/call-queue-metrics", queues(*times))
    account.on("/agent-activity", agents(*times))
    run = read(account, "call_queue_summary", "agent_summary", **ONE_DAY)
    failed(run, "call_queue_summary", "alpha", failure_type="system_error")
    failed(run, "agent_summary", "alpha", failure_type="system_error")
    assert run.rows == []
