"""The exact requests of the questions about queue and agent reports, and what replies make of them."""

from typing import Any

import pytest

from source_8x8_work_analytics.doctor.findings import Outcome
from source_8x8_work_analytics.doctor.observations import (
    QUEUE_CALLS,
    Observations,
    Reply,
    Request,
    list_request,
)
from source_8x8_work_analytics.doctor.queue_questions import (
    QUEUES,
    RING_GROUP_AGENTS,
    WITH_UNITS,
    QueueIdentity,
    QueueUnits,
    QueueWindow,
    queue_request,
)
from unit_tests.doctor.observed import account, account_with_days

DAY_MS = 86_400_000
WINDOW_ADVICE = "Do not load the queue and agent streams: their days are not local days. Report this."
UNITS_ADVICE = "Syncs of these streams fail rather than store wrong durations. Report this."
IDENTITY_ADVICE = "Do not add these counts up; use each one by itself. Report this."
NO_UNIT = "no report has a duration that is plausible in only one unit"
PATH = "v2/pbxes/id-of-acmecorp"


def request(stream: str, path: str, start: str, end: str, **more: str) -> Request:
    params = {"startDate": f"2026-11-{start}Z", "endDate": f"2026-11-{end}Z", **more}
    return Request(stream, f"{PATH}/{path}", tuple(params.items()), "acmecorp")


def queues(start: str, end: str) -> Request:
    return request(QUEUES, "call-queue-metrics", start, end, includeSummary="false")


WHOLE_DAY = queues("18T00:00:00", "18T23:59:59")
HALVES = [queues("18T00:00:00", "18T11:59:59"), queues("18T12:00:00", "18T23:59:59")]
AGENTS = request(
    RING_GROUP_AGENTS, "ring-group-agent-activity/by-extension/501", "18T00:00:00", "19T00:00:00"
)


def replied(replies: dict[Request, Reply], *groups: str) -> Observations:
    seen = account_with_days(*groups)
    seen.replies |= replies
    return seen


def reply(*rows: dict[str, Any]) -> Reply:
    return Reply(200, list(rows))


def test_the_requests_are_for_the_busiest_day() -> None:
    seen = account_with_days("501", "502")
    first = seen.first_requests()

    assert QueueWindow().requests(seen) == [*first, WHOLE_DAY, *HALVES, AGENTS]
    assert QueueIdentity().requests(seen) == [*first, WHOLE_DAY]
    units = QueueUnits().requests(seen)
    assert [one.stream for one in units[len(first) :]] == list(WITH_UNITS)
    assert all(("startDate", "2026-11-18T00:00:00Z") in one.params for one in units[len(first) :])
    assert all(("endDate", "2026-11-18T23:59:59Z") in one.params for one in units[len(first) :])


def test_nothing_is_requested_before_the_day_is_known() -> None:
    seen = account()

    assert QueueWindow().requests(seen) == QueueUnits().requests(seen) == seen.first_requests()


def test_no_agents_are_requested_without_a_ring_group() -> None:
    assert queue_request(account_with_days(), RING_GROUP_AGENTS) is None


def test_a_run_that_ended_before_the_days_were_known_leaves_the_questions_open() -> None:
    seen = account_with_days()
    seen.replies.pop(seen.week_days()[0])
    seen.stopped = "interrupted"

    for question in (QueueWindow(), QueueUnits(), QueueIdentity()):
        assert question.judge(seen) == Outcome("", "unknown", "not requested: interrupted")


def test_a_pbx_that_is_not_listed_leaves_the_questions_open() -> None:
    seen = account_with_days()
    seen.replies[list_request("pbxes")] = Reply(200)
    reason = "the list of PBXs does not include this PBX, so its id is not known"

    for question in (QueueWindow(), QueueUnits(), QueueIdentity()):
        assert question.judge(seen) == Outcome("", "unknown", reason)


@pytest.mark.parametrize(
    ("replies", "reason"),
    [
        ({}, "call_queue_summary: not requested: not needed"),
        ({WHOLE_DAY: Reply(403, problem="HTTP 403")}, "call_queue_summary: HTTP 403"),
        ({WHOLE_DAY: reply()}, "call_queue_summary: no rows on that day"),
    ],
    ids=["not requested", "denied", "no rows"],
)
def test_a_report_that_is_missing_leaves_the_questions_open(
    replies: dict[Request, Reply], reason: str
) -> None:
    for question in (QueueWindow(), QueueUnits(), QueueIdentity()):
        assert question.judge(replied(replies)) == Outcome("", "unknown", reason)


def test_a_half_that_is_missing_leaves_the_window_open() -> None:
    whole = reply({"enteredCalls": 100})
    seen = replied({WHOLE_DAY: whole, HALVES[0]: whole, HALVES[1]: Reply(0, problem="HTTP 503")})

    assert QueueWindow().judge(seen) == Outcome("", "unknown", "call_queue_summary: HTTP 503")


def halves(whole: int, first: int, second: int) -> dict[Request, Reply]:
    """Return reports whose calls are in two of three queues."""
    return {
        one: reply({"enteredCalls": entered - 1}, {"queueName": "empty"}, {"enteredCalls": "1"})
        for one, entered in zip([WHOLE_DAY, *HALVES], (whole, first, second), strict=True)
    }


def log_ins(*totals: float) -> dict[Request, Reply]:
    return {AGENTS: reply(*({"loggedInDuration": 1000, "loggedOutDuration": t - 1000} for t in totals))}


@pytest.mark.parametrize(
    ("calls", "agents", "seen", "logins"),
    [
        ((2_000, 1_200, 800), {}, "instants", ""),
        ((100, 52, 53), {}, "instants", ""),
        ((100, 53, 53), {}, "", ""),
        ((100, 48, 47), {}, "instants", ""),
        ((100, 47, 47), {}, "", ""),
        ((10, 6, 6), {}, "instants", ""),
        ((10, 7, 6), {}, "", ""),
        ((100, 100, 100), {}, "whole days", ""),
        ((1, 1, 1), {}, "whole days", ""),
        ((100, 100, 50), {}, "", ""),
        ((100, 50, 50), log_ins(DAY_MS, DAY_MS), "instants", "instants"),
        ((100, 50, 50), log_ins(2 * DAY_MS, 2 * DAY_MS), "", "whole days"),
        ((100, 100, 100), log_ins(2 * DAY_MS), "whole days", "whole days"),
        ((100, 70, 70), log_ins(DAY_MS + 2000, DAY_MS - 2000), "instants", "instants"),
        ((100, 70, 70), log_ins(DAY_MS, DAY_MS + 2001), "", ""),
        ((100, 70, 70), log_ins(DAY_MS, DAY_MS - 2001), "", ""),
        ((100, 70, 70), log_ins(2 * DAY_MS + 2000), "whole days", "whole days"),
        ((100, 70, 70), log_ins(DAY_MS, 2 * DAY_MS), "", ""),
        ((100, 70, 70), log_ins(3 * DAY_MS), "", ""),
        ((100, 70, 70), {AGENTS: reply({"loggedInDuration": DAY_MS + 2000})}, "instants", "instants"),
        ((100, 70, 70), {AGENTS: reply({"loggedOutDuration": DAY_MS + 2000})}, "instants", "instants"),
        ((100, 70, 70), {AGENTS: reply()}, "", ""),
    ],
)
def test_halves_of_a_day_and_log_ins_tell_the_window(
    calls: tuple[int, int, int], agents: dict[Request, Reply], seen: str, logins: str
) -> None:
    evidence = f"the halves of a day have {calls[1]:,} and {calls[2]:,} calls, the whole day {calls[0]:,}"
    if logins:
        evidence += f"; ring group log-in and log-out times indicate {logins}"
    expected = {
        "instants": Outcome("instants", "holds", evidence),
        "whole days": Outcome("whole days", "contradicted", evidence, WINDOW_ADVICE),
        "": Outcome("", "unknown", evidence),
    }

    assert QueueWindow().judge(replied(halves(*calls) | agents, "501")) == expected[seen]


def test_a_day_without_calls_tells_nothing_about_the_window() -> None:
    rows = {one: reply({"enteredCalls": 0}) for one in (WHOLE_DAY, *HALVES)}

    evidence = "the halves of a day have 0 and 0 calls, the whole day 0"

    assert QueueWindow().judge(replied(rows)) == Outcome("", "unknown", evidence)


def units(**by_stream: Reply) -> Outcome:
    seen = account_with_days()
    for stream, found in by_stream.items():
        wanted = queue_request(seen, stream)
        assert wanted
        seen.replies[wanted] = found
    return QueueUnits().judge(seen)


def outcome_of_units(unit: str, evidence: str) -> Outcome:
    if not unit:
        return Outcome("", "unknown", NO_UNIT)
    if unit == "seconds":
        return Outcome("seconds", "holds", evidence)
    return Outcome("milliseconds", "contradicted", evidence, UNITS_ADVICE)


@pytest.mark.parametrize(
    ("metrics", "unit"),
    [
        ({"enteredCalls": 90_000}, ""),
        ({"averageHandlingTime": 0, "longestTalkTime": None}, ""),
        ({"averageServicePercentage": 5_000}, ""),
        ({"averageServicePercentage": 5_000, "averageTalkTime": 5}, "seconds"),
        ({"averageTalkTime": 3_600}, "seconds"),
        ({"averageTalkTime": 3_601}, "milliseconds"),
        ({"agentAverageTimeToAnswer": 3_600}, "seconds"),
        ({"agentAverageTimeToAnswer": 3_601}, "milliseconds"),
        ({"longestTalkTime": 86_400}, "seconds"),
        ({"longestTalkTime": 86_401, "averageTalkTime": 1}, "milliseconds"),
        ({"agentTotalTalkTime": 86_401}, "milliseconds"),
        ({"totalInteractionTime": "86401"}, "milliseconds"),
        ({"totalInteractionTime": 1}, "seconds"),
        ({"totalTalkTime": 86_401}, ""),
    ],
)
def test_totals_longest_times_and_averages_tell_the_unit(metrics: dict[str, Any], unit: str) -> None:
    found = units(call_queue_summary=reply({"enteredCalls": 1}, metrics))

    assert found == outcome_of_units(unit, f"call_queue_summary: {unit}")


def call(span: float, total: float | None) -> dict[str, Any]:
    start = 1_750_000_000_000
    return {"startTime": start, "stopTime": start + span, "totalDuration": total}


@pytest.mark.parametrize(
    ("calls", "unit"),
    [
        ([call(60_000, 60)], "seconds"),
        ([call(60_000, 60_000)], "milliseconds"),
        ([call(50_000, 100)], ""),
        ([call(50_100, 100)], "seconds"),
        ([call(199_900, 100)], "seconds"),
        ([call(200_000, 100)], ""),
        ([call(2_000, 1_000)], ""),
        ([call(1_999, 1_000)], "milliseconds"),
        ([call(2_000, 4_000)], ""),
        ([call(2_002, 4_000)], "milliseconds"),
        ([call(1_000, 1)], ""),
        ([call(1_001, 1)], "seconds"),
        ([call(60_000, 0)], ""),
        ([call(1_001, None)], ""),
        ([call(60_000, 0), call(60_000, 60), call(60_000, 60), call(60_000, 60_000)], "seconds"),
        ([{"startTime": 1_750_000_000_000, "totalDuration": 60}], ""),
        ([{"stopTime": 1_001, "totalDuration": 1}], "seconds"),
    ],
)
def test_the_duration_of_a_call_and_its_times_tell_the_unit(calls: list[dict[str, Any]], unit: str) -> None:
    assert units(queue_calls=reply(*calls)) == outcome_of_units(unit, f"{QUEUE_CALLS}: {unit}")


def test_one_report_in_milliseconds_contradicts_and_those_that_tell_nothing_are_not_named() -> None:
    found = units(
        call_queue_summary=reply({"longestTalkTime": 5}),
        call_queue_agent_summary=reply({"answered": 5}),
        agent_summary=reply({"totalInteractionTime": 900_000}),
    )

    evidence = "call_queue_summary: seconds; agent_summary: milliseconds"
    assert found == Outcome("milliseconds", "contradicted", evidence, UNITS_ADVICE)


def counts(entered: float | None, **changes: Any) -> dict[str, Any]:
    """Return a row of a queue in which ten calls ended; a count of None was not sent."""
    ended = {"acceptedCalls": 5, "abandonedInWaitingCalls": 2, "abandonedInHandlingCalls": 0}
    row = {"enteredCalls": entered, **ended, "missedCalls": 2, "divertedCalls": 1, **changes}
    return {name: value for name, value in row.items() if value is not None}


@pytest.mark.parametrize(
    ("rows", "outcome"),
    [
        (
            [counts(10), counts(12, activeCalls=2), counts(10, activeCalls=2), counts(0), counts(None)],
            Outcome("equal", "holds", "3 of 3 queues with calls add up"),
        ),
        (
            [counts(11), counts(9), counts(10), counts(10, missedCalls=None)],
            Outcome("different", "contradicted", "1 of 3 queues with calls add up", IDENTITY_ADVICE),
        ),
        (
            [counts(0), counts(None)],
            Outcome("", "unknown", "no queue with calls and all counts on that day"),
        ),
        (
            [counts(8, missedCalls=None), counts(9, divertedCalls=None), counts(0)],
            Outcome(
                "",
                "unknown",
                "no queue with calls and all counts on that day; never sent: divertedCalls, missedCalls",
            ),
        ),
    ],
    ids=["equal", "different", "no calls", "never sent"],
)
def test_what_became_of_the_calls_of_a_queue(rows: list[dict[str, Any]], outcome: Outcome) -> None:
    assert QueueIdentity().judge(replied({WHOLE_DAY: reply(*rows)})) == outcome
