"""The questions about the newer queue and agent reports, put to an account that is made up here."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from sandbox import Sandbox
from source_8x8_work_analytics.doctor.examine import ask_all
from source_8x8_work_analytics.doctor.model import Answer, Answers, Finding, Request
from source_8x8_work_analytics.doctor.questions.queues import (
    AGENTS,
    CALLS,
    QUEUE_AGENTS,
    QUEUES,
    RING_GROUP_AGENTS,
)
from testing.doctor_account import examined, outcomes
from unit_tests.conftest import NOW

NEWER = (QUEUES, QUEUE_AGENTS, AGENTS, CALLS, RING_GROUP_AGENTS)
DAY_MS = 86_400_000

Reply = Callable[[dict[str, str], float], Answer]
"""Answers the query of a report; the second argument is the share of the day that it covers."""


def rows(*found: dict[str, Any]) -> Answer:
    return Answer(200, list(found))


def queue(entered: float, **metrics: float) -> dict[str, Any]:
    counts = {"acceptedCalls": entered, "abandonedInWaitingCalls": 0, "abandonedInHandlingCalls": 0}
    return {"metrics": {"enteredCalls": entered, **counts, "missedCalls": 0, "divertedCalls": 0, **metrics}}


def instants(_: dict[str, str], share: float) -> Answer:
    return rows(queue(100 * share, longestTalkTime=300.5, averageTalkTime=45.2))


def whole_days(_: dict[str, str], __: float) -> Answer:
    return rows(queue(100, longestTalkTime=300.5))


def log_ins(total: int) -> Reply:
    return lambda *_: rows(
        {"metrics": {"loggedInDuration": total // 3, "loggedOutDuration": total - total // 3}}
    )


@pytest.fixture(scope="module")
def plain() -> Answers:
    return examined(Sandbox(clock=lambda: NOW))


@pytest.fixture
def ask(plain: Answers) -> Callable[..., dict[str, Finding]]:
    """Ask the plain sandbox, whose newer reports are answered as given; the others are not there."""

    def answered(replies: dict[str, Reply]) -> dict[str, Finding]:
        def fetch(request: Request) -> Answer:
            query = dict(request.params)
            first, last = (datetime.fromisoformat(query[name][:-1]) for name in ("startDate", "endDate"))
            reply = replies.get(request.stream)
            share = ((last - first).total_seconds() + 1) / 86_400
            return reply(query, share) if reply else Answer(404, problem="HTTP 404")

        known = {r: answer for r, answer in plain.by_request.items() if r.stream not in NEWER}
        answers = replace(plain, by_request=known)
        ask_all(answers, fetch, lambda _: None)
        return outcomes(answers)

    return answered


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
    replies[endpoint] = lambda *_: rows({"metrics": {"enteredCalls": 10, **metrics}})

    found = ask(replies)["queue_units"]

    assert (found.seen, found.evidence) == (seen, f"{endpoint}: {seen}")


@pytest.mark.parametrize(("factor", "seen"), [(1, "seconds"), (1000, "milliseconds")])
def test_queue_units_compares_a_calls_duration_with_its_times(ask: Any, factor: int, seen: str) -> None:
    start = 1_750_000_000_000
    call = {"callId": "1", "startTime": start, "stopTime": start + 60_000, "totalDuration": 60.0 * factor}

    assert ask({CALLS: lambda *_: rows(call)})["queue_units"].seen == seen


def test_one_report_in_milliseconds_is_enough_to_contradict(ask: Any) -> None:
    agents = {"metrics": {"agentTotalTalkTime": 2_579_000}}

    found = ask({QUEUES: instants, QUEUE_AGENTS: lambda *_: rows(agents)})["queue_units"]

    assert (found.seen, found.verdict) == ("milliseconds", "contradicted")
    assert found.evidence == f"{QUEUES}: seconds; {QUEUE_AGENTS}: milliseconds"


def test_live_metrics_say_nothing_about_units(ask: Any) -> None:
    live = {"metrics": {"longestOngoingTime": 1e9, "queueStatusTime": 1e9, "ongoingTalkTime": 1e9}}

    found = ask({AGENTS: lambda *_: rows(live)})["queue_units"]

    assert found.verdict == "unknown"


def test_queue_identity_adds_up_what_became_of_the_calls(ask: Any) -> None:
    parts = {"acceptedCalls": 5, "abandonedInWaitingCalls": 2, "missedCalls": 1, "divertedCalls": 1}
    adds_up = queue(10, **parts, abandonedInHandlingCalls=1)
    active = queue(11, **parts, abandonedInHandlingCalls=1, activeCalls=1)
    off = queue(12, **parts, abandonedInHandlingCalls=1)

    assert ask({QUEUES: lambda *_: rows(adds_up, active)})["queue_identity"].seen == "equal"
    found = ask({QUEUES: lambda *_: rows(adds_up, off)})["queue_identity"]
    assert (found.seen, found.verdict) == ("different", "contradicted")
    assert found.evidence == "1 of 2 queues with calls add up"


def test_queue_identity_takes_the_older_spelling(ask: Any) -> None:
    row = queue(10, acceptedCalls=9)
    row["metrics"]["diverted"] = 1
    del row["metrics"]["divertedCalls"]

    assert ask({QUEUES: lambda *_: rows(row)})["queue_identity"].seen == "equal"


def test_queue_identity_names_counts_that_are_never_sent(ask: Any) -> None:
    row = queue(10)
    del row["metrics"]["missedCalls"]

    found = ask({QUEUES: lambda *_: rows(row)})["queue_identity"]

    assert found.verdict == "unknown"
    assert found.evidence.endswith("never sent: missedCalls")
