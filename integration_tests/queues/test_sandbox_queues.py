"""The sandbox on call queues: as strict as the documents, and in agreement with the reports."""

from collections.abc import Callable
from datetime import datetime, timezone
from functools import partial
from typing import Any

import pytest
import requests

from integration_tests.queue_truth import QUEUE_KEYS
from sandbox import Sandbox
from sandbox.company import company
from sandbox.lists import child_rows
from sandbox.queue_calls import call_rows
from sandbox.queue_truth import agent_rows, queue_agent_rows, queue_rows
from sandbox.ring_groups import ring_group_members, ring_group_summary
from source_8x8_work_analytics.reports.queue_identities import (
    AGENT_IDENTITIES,
    CALL_IDENTITIES,
    QUEUE_IDENTITIES,
    broken_identity,
)

PBX = company()["acmecorp"]
DAY = {"startDate": "2026-11-02T05:00:00Z", "endDate": "2026-11-03T04:59:59Z"}
SORTED = {"limit": "10", "sortingField": "callId", "sortingDirection": "ASC"}
ENDPOINTS = ("call-queue-metrics", "queue-agent-activity", "agent-activity", "calls")

Ask = Callable[..., requests.Response]


@pytest.fixture
def ask(sandbox: Sandbox, shared: tuple[Sandbox, str]) -> Ask:
    def get(endpoint: str, pbx: str = PBX.opaque_id, **params: str) -> requests.Response:
        url = f"{shared[1]}/analytics/work/v2/pbxes/{pbx}/{endpoint}"
        headers = {"8x8-apikey": sandbox.api_key, "Authorization": f"Bearer {sandbox.issue_token()}"}
        return requests.get(url, params=params, headers=headers, timeout=10)

    return get


REJECTED: list[tuple[str, dict[str, str], int]] = [
    ("call-queue-metrics", {"startDate": DAY["startDate"]}, 400),
    ("call-queue-metrics", {"endDate": DAY["endDate"]}, 400),
    ("call-queue-metrics", {**DAY, "startDate": "2026-11-02 05:00:00"}, 400),
    ("call-queue-metrics", {**DAY, "startDate": "2026-11-02T05:00:00"}, 400),
    ("call-queue-metrics", {**DAY, "startDate": "2026-02-30T05:00:00Z"}, 400),
    ("call-queue-metrics", {**DAY, "startDate": "2026-11-04T05:00:00Z"}, 400),
    ("call-queue-metrics", {**DAY, "timeZone": "UTC"}, 400),
    ("call-queue-metrics", {**DAY, "queueIds": "[queue-1901]"}, 400),
    ("call-queue-metrics", {**DAY, "intraDayStart": "08:00:00Z"}, 400),
    ("call-queue-metrics", {**DAY, "includeSummary": "no"}, 400),
    ("queue-agent-activity", {**DAY, "endDate": "2026-11-03T05:00:01Z"}, 400),
    ("queue-agent-activity", {**DAY, "metrics": "acceptedInteractions,random"}, 400),
    ("queue-agent-activity", {**DAY, "queueStatuses": "BORED"}, 400),
    ("agent-activity", {**DAY, "queueStatuses": "PAUSE"}, 400),
    ("calls", {**DAY}, 400),
    ("calls", {**DAY, **SORTED, "limit": "0"}, 400),
    ("calls", {**DAY, **SORTED, "sortingField": "did"}, 400),
    ("calls", {**DAY, **SORTED, "startingAfter": "7"}, 400),
    *((endpoint, {"pbx": "acmecorp"}, 404) for endpoint in ENDPOINTS),
]


@pytest.mark.parametrize(("endpoint", "params", "status"), REJECTED, ids=str)
def test_invalid_parameters_are_rejected(
    ask: Ask, endpoint: str, params: dict[str, str], status: int
) -> None:
    response = ask(endpoint, **params)
    assert response.status_code == status
    assert response.json()["status"] == status
    (message,) = response.json()["messages"]
    assert message.endswith(".")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_access_can_be_denied_by_stream(sandbox: Sandbox, ask: Ask, endpoint: str) -> None:
    params = {**DAY, **(SORTED if endpoint == "calls" else {})}
    assert ask(endpoint, **params).status_code == 200
    sandbox.variants = [f"access={stream}" for stream in QUEUE_KEYS]
    assert ask(endpoint, **params).status_code == 403
    assert ask("queues").status_code == 200


def rows_of(response: requests.Response) -> list[dict[str, Any]]:
    assert response.status_code == 200
    rows: list[dict[str, Any]] = next(iter(response.json().values()))
    return rows


def test_an_offset_is_as_good_as_utc(ask: Ask) -> None:
    local = {"startDate": "2026-11-02T00:00:00-0500", "endDate": "2026-11-02T23:59:59-0500"}
    for endpoint in ENDPOINTS[:3]:
        assert rows_of(ask(endpoint, **local)) == rows_of(ask(endpoint, **DAY))


def test_filters(ask: Ask) -> None:
    assert [row["id"] for row in rows_of(ask("call-queue-metrics", queueIds="queue-1902"))] == ["queue-1902"]
    assert len(rows_of(ask("call-queue-metrics", queueIds="queue-1902,queue-1901"))) == 2
    assert rows_of(ask("call-queue-metrics", siteIds="nowhere")) == []
    assert {row["userId"] for row in rows_of(ask("agent-activity", userIds="agent-1001"))} == {"agent-1001"}
    (row, *_) = rows_of(ask("call-queue-metrics", metrics="enteredCalls"))
    assert set(row["metrics"]) == {"enteredCalls"}
    assert list(ask("call-queue-metrics", includeSummary="false").json()) == ["callQueues"]


@pytest.mark.parametrize("field", ["callId", "startTime", "stopTime", "handlingDuration"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_pages_of_calls(ask: Ask, field: str, direction: str) -> None:
    params = {**DAY, "limit": "7", "sortingField": field, "sortingDirection": direction}
    calls: list[dict[str, Any]] = []
    page = rows_of(ask("calls", **params))
    while page:
        calls += page
        cursor = {"startingAfter": page[-1]["callId"], "latestSortingValue": str(page[-1][field])}
        page = rows_of(ask("calls", **params, **cursor))
    assert len(calls) > 14
    assert len({call["callId"] for call in calls}) == len(calls)
    values = [call[field] for call in calls]
    assert values == sorted(values, reverse=direction == "DESC")


def test_variants(sandbox: Sandbox, ask: Ask) -> None:
    before = rows_of(ask("call-queue-metrics", **DAY))
    sandbox.variants = ["queue_window=whole days"]
    two_days = {"startDate": "2026-11-02T00:00:00Z", "endDate": "2026-11-03T23:59:59Z"}
    assert (
        rows_of(ask("call-queue-metrics", **DAY)) == rows_of(ask("call-queue-metrics", **two_days)) != before
    )
    sandbox.variants = ["queue_units=milliseconds", "queue_identity=different", "queue_format=older"]
    for row, plain in zip(rows_of(ask("call-queue-metrics", **DAY)), before, strict=True):
        assert row["extension"] == int(plain["extension"])
        assert row["metrics"]["totalTalkTime"] == pytest.approx(1000 * plain["metrics"]["totalTalkTime"])
        assert row["metrics"]["enteredCalls"] == plain["metrics"]["enteredCalls"] + 1
        assert row["metrics"]["diverted"] == plain["metrics"]["divertedCalls"]
    assert list(ask("agent-activity", **DAY).json()) == ["queuesAgentActivity"]
    sandbox.variants = ["queue_cursor=ignored"]
    first = rows_of(ask("calls", **DAY, **SORTED))
    assert rows_of(ask("calls", **DAY, **SORTED, startingAfter="9", latestSortingValue="9")) == first


@pytest.mark.parametrize("pbx", company().values(), ids=lambda pbx: str(pbx.name))
def test_queues_agents_calls_and_ring_groups_agree(sandbox: Sandbox, pbx: Any) -> None:
    first, last = datetime(2026, 10, 30, tzinfo=timezone.utc), datetime(2026, 11, 3, tzinfo=timezone.utc)
    window = sandbox.queue_window(pbx, first, last)
    texts = (pbx.name, "2026-10-30 00:00:00", "2026-11-02 23:59:59", "UTC")
    groups = {row["extension"]: row for row in sandbox.summary_rows(ring_group_summary, *texts)}
    calls = call_rows(window)
    records = {row["callId"]: row for row in sandbox.call_rows(False, *texts)}
    agents = {queue["queueId"]: queue["queueAgentActivity"] for queue in queue_agent_rows(window)}
    assert calls
    for queue in queue_rows(window):
        metrics, group = queue["metrics"], groups[queue["extension"]]
        mine = [call for call in calls if call["workGroup"]["id"] == queue["id"]]
        assert broken_identity([metrics], QUEUE_IDENTITIES) is None
        assert metrics["enteredCalls"] == group["totalCalls"] == len(mine)
        answered = metrics["acceptedCalls"] + metrics["abandonedInHandlingCalls"]
        assert answered == group["totalAnswered"] == sum(call["connectedTime"] > 0 for call in mine)
        assert metrics["abandonedInWaitingCalls"] == group["totalAbandoned"]
        assert metrics["forwardedToVoiceMail"] == group["totalCallsToVM"]
        assert metrics["totalTalkTime"] == group["totalTalkTime"] / 1000
        assert metrics["totalWaitingTime"] == pytest.approx(sum(call["waitingDuration"] for call in mine))
        members = {
            row["extension"]: row
            for row in sandbox.summary_rows(partial(ring_group_members, queue["extension"]), *texts)
        }
        for agent in agents[queue["id"]]:
            numbers, member = agent["metrics"], members.get(agent["agentExtension"], {})
            assert broken_identity([numbers], AGENT_IDENTITIES) is None
            assert numbers["enteredInteractions"] == member.get("offered", 0)
            assert numbers["acceptedInteractions"] == member.get("totalAnswered", 0)
            assert numbers["agentTotalTalkTime"] == member.get("totalTalkTime", 0) / 1000
    for call in calls:
        record = records[call["callId"]]
        assert broken_identity([call], CALL_IDENTITIES) is None
        assert (call["startTime"], call["stopTime"]) == (
            record["startTimeUTC"],
            record["disconnectedTimeUTC"],
        )
        assert call["connectedTime"] == record["connectTimeUTC"]
        assert call["talkingDuration"] == record["talkTimeMS"] / 1000
    for agent in agent_rows(window):
        of_queues = [a["metrics"] for rows in agents.values() for a in rows if a["userId"] == agent["userId"]]
        for name in ("enteredInteractions", "acceptedInteractions", "agentTotalTalkTime"):
            assert agent["metrics"][name] == pytest.approx(sum(numbers[name] for numbers in of_queues))
    listed = (
        {row["id"] for row in child_rows(pbx, "queues")},
        {row["id"] for row in child_rows(pbx, "agents")},
    )
    assert listed == (
        {row["id"] for row in queue_rows(window)},
        {row["userId"] for row in agent_rows(window)},
    )


def test_only_live_fields_depend_on_the_moment(sandbox: Sandbox) -> None:
    first, last = datetime(2026, 11, 1, tzinfo=timezone.utc), datetime(2026, 11, 2, tzinfo=timezone.utc)
    one = sandbox.queue_window(PBX, first, last)
    other = Sandbox(clock=lambda: datetime(2026, 11, 4, 6, 0, 1, tzinfo=timezone.utc))
    two = other.queue_window(PBX, first, last)
    live = {"queueStatus", "userStatus", "interaction"}
    for rows in (queue_rows, queue_agent_rows, agent_rows):
        assert rows(one) != rows(two)
    assert call_rows(one) == call_rows(two)
    for before, after in zip(queue_agent_rows(one), queue_agent_rows(two), strict=True):
        for agent, later in zip(before["queueAgentActivity"], after["queueAgentActivity"], strict=True):
            changed = {name for name in {*agent, *later} - {"metrics"} if agent.get(name) != later.get(name)}
            assert changed <= live
            numbers = {n for n in agent["metrics"] if agent["metrics"][n] != later["metrics"][n]}
            assert all(name.startswith("ongoing") or name.endswith("StatusTime") for name in numbers)
