"""The sandbox on the agents of ring groups: strict parameters, and times that add up to any window."""

from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest

from integration_tests.queue_truth import bounds
from integration_tests.sandbox_client import NOW
from integration_tests.truth import truth
from sandbox import Sandbox
from sandbox.company import company
from sandbox.faults import Fault
from testing.documented import RING_GROUP_AGENTS
from testing.in_process import InProcessClient, Reply

PBX = company()["acmecorp"]
GROUP = PBX.ring_groups[0]
DAY = {"startDate": "2026-11-02T05:00:00Z", "endDate": "2026-11-03T04:59:59Z"}
NEW_YORK = "America/New_York"
ZONES = [
    *(NEW_YORK, "Europe/London", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"),
    *("America/St_Johns", "Asia/Singapore", "Pacific/Kiritimati", "America/Los_Angeles"),
]
HOUR = 3_600_000


@pytest.fixture
def client() -> InProcessClient:
    return InProcessClient(Sandbox(clock=lambda: NOW))


def request(
    client: InProcessClient, group: str = GROUP.number, pbx: str = PBX.opaque_id, **query: str
) -> Reply:
    return client.get(f"v2/pbxes/{pbx}/ring-group-agent-activity/by-extension/{group}", **query)


def rows_of(reply: Reply) -> list[dict[str, Any]]:
    assert reply.status == 200
    ((name, rows),) = reply.json.items()
    assert name == "ringGroupAgentActivity"
    return list(rows)


def totals(rows: list[dict[str, Any]]) -> set[int]:
    """Return the sums of both durations, one for all agents."""
    return {sum(row["metrics"].values()) for row in rows}


def test_each_member_has_both_durations_in_milliseconds(client: InProcessClient) -> None:
    rows = rows_of(request(client, **DAY))
    assert [row["agentExtension"] for row in rows] == sorted(GROUP.members)
    assert {tuple(row) for row in rows} == {("agentExtension", "metrics")}
    assert {tuple(row["metrics"]) for row in rows} == {("loggedInDuration", "loggedOutDuration")}
    assert totals(rows) == {24 * HOUR}
    assert len({row["metrics"]["loggedInDuration"] for row in rows}) > 2
    (line,) = client.sandbox.requests_to("/by-extension/*")
    assert (line.pbx, line.start, line.end, line.status) == ("acmecorp", *DAY.values(), 200)


def test_an_unknown_ring_group_has_an_empty_list(client: InProcessClient) -> None:
    for unknown in ("1001", "9999", "2901"):
        assert rows_of(request(client, unknown, **DAY)) == []


@pytest.mark.parametrize(("day", "hours"), [("2026-03-08", 23), ("2026-11-02", 24), ("2026-11-01", 25)])
def test_the_durations_add_up_to_the_day(client: InProcessClient, day: str, hours: int) -> None:
    first, last = bounds(date.fromisoformat(day), NEW_YORK)
    dates = {"startDate": f"{first:%Y-%m-%dT%H:%M:%SZ}"}
    dates["endDate"] = f"{last - timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}"
    rows = rows_of(request(client, **dates))
    assert totals(rows) == {hours * HOUR}
    logged_in = [row["metrics"]["loggedInDuration"] for row in rows]
    assert hours * HOUR in logged_in, "somebody never logs out"
    assert min(logged_in) < hours * HOUR / 2


@pytest.mark.parametrize("pbx", company().values(), ids=lambda pbx: str(pbx.name))
def test_hours_add_up_to_days_and_shifts_go_over_midnight(client: InProcessClient, pbx: Any) -> None:
    def logged_in(start: datetime, end: datetime) -> dict[str, int]:
        rows = client.sandbox.ring_group_agents(pbx, pbx.ring_groups[0].number, start, end)
        return {row["agentExtension"]: row["metrics"]["loggedInDuration"] for row in rows}

    midnights = [bounds(date(2026, 11, 1) + timedelta(days=i), pbx.time_zone)[0] for i in range(5)]
    length = midnights[-1] - midnights[0]
    hours = [midnights[0] + timedelta(hours=i) for i in range(int(length.total_seconds()) // 3600 + 1)]
    by_hour = [logged_in(start, end) for start, end in pairwise(hours)]
    whole = logged_in(midnights[0], midnights[-1])
    assert whole == {member: sum(hour[member] for hour in by_hour) for member in whole}
    assert {0, HOUR} < {time for hour in by_hour for time in hour.values()}, "none, whole hours, and parts"
    around = [logged_in(night - timedelta(minutes=1), night + timedelta(minutes=1)) for night in midnights]
    at_night = {member for night in around for member in night if night[member] == 120_000}
    always = {member for member, total in whole.items() if total == length.total_seconds() * 1000}
    assert at_night > always, "a shift goes over midnight"


def test_agents_are_logged_in_while_they_are_offered_a_call(client: InProcessClient) -> None:
    day = ("2026-11-02 00:00:00", "2026-11-02 23:59:59", NEW_YORK)
    legs = client.sandbox.call_rows(True, "acmecorp", *day)
    mine = [leg for leg in legs if leg["lraType"] == 3 and leg["callee"] in GROUP.members]
    assert len(mine) > 5
    for leg in mine:
        start, end = (_instant(leg[name]) for name in ("startTimeUTC", "disconnectedTimeUTC"))
        rows = client.sandbox.ring_group_agents(PBX, GROUP.number, start, end)
        (metrics,) = [row["metrics"] for row in rows if row["agentExtension"] == leg["callee"]]
        assert metrics["loggedOutDuration"] == 0


def _instant(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, timezone.utc)


def test_shifts_depend_on_the_seed_only() -> None:
    def rows(seed: int) -> list[dict[str, Any]]:
        return rows_of(request(InProcessClient(Sandbox(seed=seed, clock=lambda: NOW)), **DAY))

    assert rows(8) == rows(8) != rows(9)


def test_the_future_counts_as_neither(client: InProcessClient) -> None:
    today = {"startDate": "2026-11-24T05:00:00Z", "endDate": "2026-11-25T04:59:59Z"}
    assert totals(rows_of(request(client, **today))) == {int(10.5 * HOUR)}
    assert totals(rows_of(request(client))) == {24 * HOUR}, "without dates: the last 24 hours"
    client.sandbox.variants = ["queue_window=whole days"]
    assert totals(rows_of(request(client, **DAY))) == {48 * HOUR}


REJECTED: list[dict[str, str]] = [
    {"startDate": DAY["startDate"]},
    {**DAY, "startDate": "2026-11-02 05:00:00"},
    {**DAY, "startDate": "2026-11-04T05:00:00Z"},
    {**DAY, "agentExtensions": "[1001]"},
    {**DAY, "agentExtensions": ""},
    {**DAY, "metrics": "loggedInDuration,talkTime"},
    {**DAY, "sortingField": "loggedInDuration"},
    {**DAY, "sortingDirection": "UP"},
    {**DAY, "includeSummary": "false"},
    {**DAY, "userIds": "agent-1001"},
    {**DAY, "timeZone": "UTC"},
    {**DAY, "intraDayStart": "08:00:00Z"},
]


@pytest.mark.parametrize("query", REJECTED, ids=str)
def test_other_parameters_are_rejected(client: InProcessClient, query: dict[str, str]) -> None:
    for group in (GROUP.number, "9999"):
        reply = request(client, group, **query)
        assert (reply.status, reply.json["status"]) == (400, 400)
        (message,) = reply.json["messages"]
        assert message.endswith(".")


def test_agents_metrics_and_order_can_be_chosen(client: InProcessClient) -> None:
    one, other = GROUP.members[2], GROUP.members[0]
    rows = rows_of(request(client, agentExtensions=f"{one},{other},9999", metrics="loggedInDuration", **DAY))
    assert [row["agentExtension"] for row in rows] == [other, one]
    assert {tuple(row["metrics"]) for row in rows} == {("loggedInDuration",)}
    rows = rows_of(request(client, sortingField="agentExtension", sortingDirection="DESC", **DAY))
    assert [row["agentExtension"] for row in rows] == sorted(GROUP.members, reverse=True)


def test_an_offset_is_as_good_as_utc(client: InProcessClient) -> None:
    local = {"startDate": "2026-11-02T00:00:00-0500", "endDate": "2026-11-02T23:59:59-0500"}
    assert rows_of(request(client, **local)) == rows_of(request(client, **DAY))


def test_faults_match_any_ring_group(client: InProcessClient) -> None:
    plain = rows_of(request(client, **DAY))
    path = "/by-extension/*"
    client.sandbox.faults = [
        Fault("row without key", path),
        Fault("row with null key", path),
        Fault("503", path),
    ]
    broken = [rows_of(request(client, **DAY)) for _ in range(2)]
    assert "agentExtension" not in broken[0][0]
    assert broken[1][0]["agentExtension"] is None
    assert broken[0][1:] == broken[1][1:] == plain[1:]
    assert request(client, "1902", **DAY).status == 503
    assert rows_of(request(client, **DAY)) == plain


def test_access_can_be_denied(client: InProcessClient) -> None:
    client.sandbox.hidden_pbxes = {"acme-europe"}
    assert request(client, "2901", company()["acme-europe"].opaque_id, **DAY).status == 403
    assert request(client, pbx="acmecorp", **DAY).status == 404
    client.sandbox.variants = [f"access={RING_GROUP_AGENTS}"]
    assert request(client, **DAY).status == 403
    assert client.get(f"v2/pbxes/{PBX.opaque_id}/agent-activity", **DAY).status == 200


@pytest.mark.parametrize("zone", ZONES)
def test_the_rows_of_the_stream(client: InProcessClient, zone: str) -> None:
    """One row for each local day, agent, and ring group that had a call: from the responses, day by day."""
    first, last = date(2026, 10, 31), date(2026, 11, 2)
    expected = truth(client.sandbox, "acmecorp", first, last, zone, RING_GROUP_AGENTS)
    found = {}
    for day in (first + timedelta(days=i) for i in range(3)):
        start, end = bounds(day, zone)
        dates = {
            "startDate": f"{start:%Y-%m-%dT%H:%M:%SZ}",
            "endDate": f"{end - timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}",
        }
        window = {"startTime": f"{day} 00:00:00", "endTime": f"{day} 23:59:59", "timeZone": zone}
        for group in client.get("v2/rgsum-groups", pbxId="acmecorp", **window).json:
            for row in rows_of(request(client, group["extension"], **dates)):
                key = (PBX.opaque_id, group["extension"], row["agentExtension"], str(day))
                found[key] = row["metrics"]
    names = ("loggedInDuration", "loggedOutDuration")
    assert found == {key: {name: row[name] for name in names} for key, row in expected.items()}
    assert len(found) > 10
    (sample, *_) = expected.values()
    fields = {"pbx", "pbx_id", "ringGroupExtension", "agentExtension", *names}
    assert set(sample) == {*fields, "report_date", "time_zone", "window_complete"}
