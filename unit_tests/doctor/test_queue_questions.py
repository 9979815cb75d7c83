"""The questions about the newer queue and agent reports, put to an account that is made up here."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from threading import Event
from typing import Any

import pytest

from sandbox import Sandbox
from source_8x8_work_analytics.doctor import questions
from source_8x8_work_analytics.doctor.fetching import fetch_all
from source_8x8_work_analytics.doctor.findings import Finding, findings
from source_8x8_work_analytics.doctor.late_changes import LateChanges
from source_8x8_work_analytics.doctor.observations import Observations, Reply, Request
from source_8x8_work_analytics.doctor.queue_questions import BY_ID, QUEUES, RING_GROUP_AGENTS
from testing.doctor_account import examine
from unit_tests.conftest import NOW

QUEUE_AGENTS, AGENTS, CALLS = "call_queue_agent_summary", "agent_summary", "queue_calls"
DAY_MS = 86_400_000

Respond = Callable[[dict[str, str], float], Reply]
"""Responds to the query of a report; the second argument is the share of the day that it covers."""


def rows(*found: dict[str, Any]) -> Reply:
    return Reply(200, list(found))


def queue(entered: float, **metrics: float) -> dict[str, Any]:
    counts = {"acceptedCalls": entered, "abandonedInWaitingCalls": 0, "abandonedInHandlingCalls": 0}
    return {"enteredCalls": entered, **counts, "missedCalls": 0, "divertedCalls": 0, **metrics}


def instants(_: dict[str, str], share: float) -> Reply:
    return rows(queue(100 * share, longestTalkTime=300.5, averageTalkTime=45.2))


def whole_days(_: dict[str, str], __: float) -> Reply:
    return rows(queue(100, longestTalkTime=300.5))


def log_ins(total: int) -> Respond:
    return lambda *_: rows({"loggedInDuration": total // 3, "loggedOutDuration": total - total // 3})


@pytest.fixture(scope="module")
def plain() -> Observations:
    return examine(Sandbox(clock=lambda: NOW)).seen


@pytest.fixture
def ask(plain: Observations) -> Callable[..., dict[str, Finding]]:
    """Ask the plain sandbox, whose newer reports respond as given; the others are not there."""

    def responding(responds: dict[str, Respond]) -> dict[str, Finding]:
        def fetch(request: Request) -> Reply:
            query = dict(request.params)
            if request.stream not in responds or "startDate" not in query:
                return Reply(404, problem="HTTP 404")
            first, last = (datetime.fromisoformat(query[name][:-1]) for name in ("startDate", "endDate"))
            share = ((last - first).total_seconds() + 1) / 86_400
            return responds[request.stream](query, share)

        known = {r: reply for r, reply in plain.replies.items() if r.stream not in BY_ID}
        seen = replace(plain, replies=known)
        every = questions(LateChanges())
        fetch_all(every, seen, fetch, lambda _: None, Event())
        return {finding.id: finding for finding in findings(every, seen)}

    return responding


def test_without_these_reports_the_questions_are_open(ask: Any) -> None:
    found = ask({})

    for name in ("queue_window", "queue_units", "queue_identity"):
        assert (found[name].verdict, found[name].evidence) == ("unknown", f"{QUEUES}: HTTP 404")


@pytest.mark.parametrize(
    ("replies", "seen"),
    [
        ({QUEUES: instants}, "instants"),
        ({QUEUES: whole_days}, "whole days"),
        ({QUEUES: instants, RING_GROUP_AGENTS: log_ins(DAY_MS)}, "instants"),
        ({QUEUES: whole_days, RING_GROUP_AGENTS: log_ins(2 * DAY_MS)}, "whole days"),
    ],
)
def test_queue_window_tells_instants_from_whole_days(ask: Any, replies: Any, seen: str) -> None:
    found = ask(replies)["queue_window"]

    assert found.seen == seen
    assert found.verdict == ("holds" if seen == "instants" else "contradicted")


@pytest.mark.parametrize(
    "replies",
    [
        {QUEUES: instants, RING_GROUP_AGENTS: log_ins(2 * DAY_MS)},
        {QUEUES: lambda *_: rows(queue(0))},
        {QUEUES: lambda query, _: rows(queue(50 if query["endDate"].endswith("11:59:59Z") else 100))},
    ],
    ids=["witnesses disagree", "no calls", "neither reading"],
)
def test_queue_window_does_not_guess(ask: Any, replies: Any) -> None:
    found = ask(replies)["queue_window"]

    assert found.verdict == "unknown"
    assert found.evidence


@pytest.mark.parametrize(
    ("endpoint", "metrics", "seen"),
    [
        (QUEUES, {"longestTalkTime": 300.5}, "seconds"),
        (QUEUES, {"longestTalkTime": 300_500}, "milliseconds"),
        (QUEUES, {"averageHandlingTime": 45.79}, "seconds"),
        (QUEUES, {"averageHandlingTime": 45_790}, "milliseconds"),
        (QUEUE_AGENTS, {"agentTotalTalkTime": 2_579, "averageWrapUpTime": 3.1}, "seconds"),
        (QUEUE_AGENTS, {"agentTotalTalkTime": 2_579_000}, "milliseconds"),
        (AGENTS, {"totalInteractionTime": 5_820.5}, "seconds"),
        (AGENTS, {"agentAverageTimeToAnswer": 6_500}, "milliseconds"),
    ],
)
def test_queue_units_tells_seconds_from_milliseconds(
    ask: Any, endpoint: str, metrics: dict[str, float], seen: str
) -> None:
    replies = {QUEUES: lambda *_: rows(queue(10))}
    replies[endpoint] = lambda *_: rows({"enteredCalls": 10, **metrics})

    found = ask(replies)["queue_units"]

    assert (found.seen, found.evidence) == (seen, f"{endpoint}: {seen}")


@pytest.mark.parametrize(("factor", "seen"), [(1, "seconds"), (1000, "milliseconds")])
def test_queue_units_compares_a_calls_duration_with_its_times(ask: Any, factor: int, seen: str) -> None:
    start = 1_750_000_000_000
    call = {"callId": "1", "startTime": start, "stopTime": start + 60_000, "totalDuration": 60.0 * factor}

    assert ask({CALLS: lambda *_: rows(call)})["queue_units"].seen == seen


def test_one_report_in_milliseconds_is_enough_to_contradict(ask: Any) -> None:
    agents = {"agentTotalTalkTime": 2_579_000}

    found = ask({QUEUES: instants, QUEUE_AGENTS: lambda *_: rows(agents)})["queue_units"]

    assert (found.seen, found.verdict) == ("milliseconds", "contradicted")
    assert found.evidence == f"{QUEUES}: seconds; {QUEUE_AGENTS}: milliseconds"


def test_queue_identity_adds_up_what_became_of_the_calls(ask: Any) -> None:
    parts = {"acceptedCalls": 5, "abandonedInWaitingCalls": 2, "missedCalls": 1, "divertedCalls": 1}
    adds_up = queue(10, **parts, abandonedInHandlingCalls=1)
    active = queue(11, **parts, abandonedInHandlingCalls=1, activeCalls=1)
    off = queue(12, **parts, abandonedInHandlingCalls=1)

    assert ask({QUEUES: lambda *_: rows(adds_up, active)})["queue_identity"].seen == "equal"
    found = ask({QUEUES: lambda *_: rows(adds_up, off)})["queue_identity"]
    assert (found.seen, found.verdict) == ("different", "contradicted")
    assert found.evidence == "1 of 2 queues with calls add up"


def test_queue_identity_names_counts_that_are_never_sent(ask: Any) -> None:
    row = queue(10)
    del row["missedCalls"]

    found = ask({QUEUES: lambda *_: rows(row)})["queue_identity"]

    assert found.verdict == "unknown"
    assert found.evidence.endswith("never sent: missedCalls")
