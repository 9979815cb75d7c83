"""Kinds of accounts: sessions, names and ids of PBXs, deleted PBXs, removed extensions, kinds of calls."""

from itertools import combinations
from typing import Any

import pytest

from integration_tests.sandbox_client import NOW, WINDOW
from sandbox import Sandbox
from sandbox.company import company
from sandbox.faults import FOREVER, Fault
from sandbox.variants import described, read_variants
from testing.in_process import InProcessClient, Reply

DAY = dict(zip(("startTime", "endTime", "timeZone"), WINDOW, strict=True))
FIRST, SECOND, LAST = company().values()


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(clock=lambda: NOW)


@pytest.fixture
def client(sandbox: Sandbox) -> InProcessClient:
    return InProcessClient(sandbox)


def extsum(client: InProcessClient, pbx: str = "acmecorp") -> Reply:
    return client.get("v2/extsum", pbxId=pbx, **DAY)


def listed(client: InProcessClient) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = client.get("v2/pbxes").json["_embedded"]["pbxList"]
    return rows


def children(client: InProcessClient, opaque_id: str, what: str = "sites") -> Reply:
    return client.get(f"v2/pbxes/{opaque_id}/{what}")


@pytest.mark.parametrize(("sessions", "status"), [("no", 200), ("yes", 401)])
def test_a_new_sign_in_can_end_the_token_before(
    client: InProcessClient, sandbox: Sandbox, sessions: str, status: int
) -> None:
    sandbox.variants = [f"sessions={sessions}"]
    before = client.token
    client.sign_in()
    assert extsum(client).status == 200
    client.token = before
    assert extsum(client).status == status


def test_one_endpoint_that_rejects_every_token(client: InProcessClient, sandbox: Sandbox) -> None:
    sandbox.faults = [Fault("401", path="/v2/extsum", times=FOREVER)]
    for _ in range(3):
        assert extsum(client).status == 401
        assert client.get("v1/compsum", pbxId="acmecorp", **DAY).status == 200
        client.sign_in()


FORMS = [
    ("trailing blank", "acme-europe", "acme-europe "),
    ("decomposed", "acme-z\u00fcrich", "acme-zu\u0308rich"),
]


@pytest.mark.parametrize(("form", "name", "in_list"), FORMS)
def test_names_are_listed_in_another_form(
    client: InProcessClient, sandbox: Sandbox, form: str, name: str, in_list: str
) -> None:
    sandbox.variants = [f"pbx_list={form}"]
    assert listed(client)[1]["name"] == in_list
    assert extsum(client, in_list).status == 403
    assert {row["PbxId"] for row in extsum(client, name).json} == {name}
    assert sandbox.config("")["pbx_ids"][1] == name


def _without_pbx(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "PbxId"} for row in rows]


def test_two_pbxs_swap_their_names(client: InProcessClient, sandbox: Sandbox) -> None:
    before = {pbx: extsum(client, pbx).json for pbx in company()}
    ids = {row["name"]: row["id"] for row in listed(client)}
    sandbox.variants = ["pbx_list=swapped names"]
    one, other = FIRST.name, SECOND.name
    swapped = {row["name"]: row["id"] for row in listed(client)}
    assert swapped == {**ids, one: ids[other], other: ids[one]}
    for name, former in ((one, other), (other, one)):
        rows = extsum(client, name).json
        assert _without_pbx(rows) == _without_pbx(before[former]), "its calls stay those of the PBX"
        assert {row["PbxId"] for row in rows} == {name}
        assert rows == sandbox.extension_rows(name, *WINDOW)
    assert extsum(client, LAST.name).json == before[LAST.name]


def test_the_id_of_a_pbx_changes(client: InProcessClient, sandbox: Sandbox) -> None:
    before = extsum(client).json
    sandbox.variants = ["pbx_list=new id"]
    (first, *others) = listed(client)
    assert (first["name"], [row["id"] for row in others]) == ("acmecorp", [SECOND.opaque_id, LAST.opaque_id])
    assert first["id"] != FIRST.opaque_id
    assert extsum(client).json == before
    assert children(client, FIRST.opaque_id).status == 404
    assert children(client, first["id"]).json["_embedded"]["siteList"][0]["pbxId"] == first["id"]


def test_deleted_pbxs_of_one_name(client: InProcessClient, sandbox: Sandbox) -> None:
    before = extsum(client, "allpbxes").json
    sandbox.variants = ["deleted_pbxes=same name", "deleted_pbxes=twice", "deleted_pbxes=nameless"]
    deleted = [row for row in listed(client) if row["deleted"]]
    assert [row.get("name") for row in deleted] == ["acmecorp", "acme-closed", "acme-closed", None]
    assert len({row["id"] for row in listed(client)}) == 7
    assert extsum(client, "allpbxes").json == before
    assert extsum(client, "acme-closed").status == 403
    for row in deleted:
        assert children(client, row["id"]).json["page"]["totalElements"] == 0
        assert children(client, row["id"], "call-queue-metrics").json["callQueues"] == []
    assert children(client, FIRST.opaque_id).json["page"]["totalElements"] > 0


def test_a_deleted_pbx_that_is_denied(client: InProcessClient, sandbox: Sandbox) -> None:
    sandbox.variants = ["deleted_pbxes=denied"]
    assert [(row["name"], row["deleted"]) for row in listed(client)] == [
        ("acmecorp", False),
        ("acme-europe", False),
        ("acme-apac", True),
    ]
    assert extsum(client, "acme-apac").status == 403
    assert {row["PbxId"] for row in extsum(client, "allpbxes").json} == {"acmecorp", "acme-europe"}
    for what in ("sites", "queues", "agents", "call-queue-metrics", "agent-activity"):
        assert children(client, LAST.opaque_id, what).status == 403
        assert children(client, FIRST.opaque_id, what).status == 200


def test_an_extension_that_is_removed_is_no_longer_in_any_report(
    client: InProcessClient, sandbox: Sandbox
) -> None:
    number = "1001"

    def reports() -> list[list[dict[str, Any]]]:
        group = {"extId": "1901", "collapse": "true"}
        agents = children(client, FIRST.opaque_id, "queue-agent-activity").json["queuesAgentActivity"]
        path = "ring-group-agent-activity/by-extension/1901"
        return [
            extsum(client).json,
            client.get("v2/rgsum-members", pbxId="acmecorp", **DAY, **group).json,
            agents[0]["queueAgentActivity"],
            children(client, FIRST.opaque_id, "agent-activity").json["agentActivity"],
            children(client, FIRST.opaque_id, path).json["ringGroupAgentActivity"],
        ]

    def extension(row: dict[str, Any]) -> str:
        return str(next(row[name] for name in ("Extension", "extension", "agentExtension") if name in row))

    before, company_before = reports(), client.get("v1/compsum", pbxId="acmecorp", **DAY).json
    sandbox.removed_extensions = {("acmecorp", number), ("acme-europe", "2001")}
    for old, new in zip(before, reports(), strict=True):
        assert new == [row for row in old if extension(row) != number]
        assert len(new) == len(old) - 1
    assert client.get("v1/compsum", pbxId="acmecorp", **DAY).json == company_before
    assert number not in {row["Extension"] for row in sandbox.extension_rows("acmecorp", *WINDOW)}


MOMENTS = ("startTimeUTC", "connectTimeUTC", "disconnectedTimeUTC")


@pytest.mark.parametrize("legs", ["one or more", "several"])
def test_calls_at_whole_seconds(sandbox: Sandbox, legs: str) -> None:
    def parts() -> set[int]:
        rows = (row for of_legs in (False, True) for row in sandbox.call_rows(of_legs, "acmecorp", *WINDOW))
        return {row[name] % 1000 for row in rows for name in (*MOMENTS, "talkTimeMS")}

    sandbox.variants = [f"legs_per_call={legs}"]
    assert len(parts()) > 100
    sandbox.variants = [f"legs_per_call={legs}", "call_moments=whole seconds"]
    assert parts() == {0}
    sandbox.variants = [*sandbox.variants, "late_changes=40"]
    assert parts() == {0}


def test_calls_of_several_legs(sandbox: Sandbox) -> None:
    def legs_per_call() -> dict[str, int]:
        records = sandbox.call_rows(False, "acmecorp", *WINDOW)
        return {row["callId"]: int(row["callLegCount"]) for row in records}

    plain = legs_per_call()
    assert min(plain.values()) == 1
    sandbox.variants = ["legs_per_call=several"]
    several = legs_per_call()
    assert min(several.values()) == 2
    ids = {row["callId"] for row in sandbox.call_rows(True, "acmecorp", *WINDOW)}
    assert set(several) <= ids
    assert len(set(plain) ^ set(several)) < 5, "the same calls, of which a few end on another day"
    for row in sandbox.call_rows(True, "acmecorp", *WINDOW):
        assert row["caller"] != row["callee"]
        assert row["startTimeUTC"] <= row["disconnectedTimeUTC"]


def test_variants_of_the_doctor_can_be_switched_on_in_pairs(
    client: InProcessClient, sandbox: Sandbox
) -> None:
    """Each report still responds, with a status that the variant allows."""
    texts = []
    for name, _ in described("doctor", "account"):
        known, _, value = name.partition("=")
        texts.append(f"{known}=2" if value.isupper() else name)
    new = ("sessions", "row_cap", "call_moments", "legs_per_call")
    for pair in combinations(texts, 2):
        if not any(text.startswith(new) for text in pair):
            continue
        sandbox.variants = pair
        reply = extsum(client)
        assert reply.status == (400 if "access=extension_summary" in pair else 200), pair
        if "row_cap=2" in pair and reply.status == 200:
            assert len(reply.json) == 2, pair
    assert read_variants(("call_moments=whole seconds", "row_cap=2")).row_cap == 2
