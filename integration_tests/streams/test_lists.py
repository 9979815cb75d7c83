"""Ring groups behind the member summary, and the lists of Customer Data."""

from collections.abc import Callable
from typing import Any

import pytest

from integration_tests.harness import Row, within, without_reading
from integration_tests.streams.expected import FIRST, LAST, LISTS, PBXES, expected_of, loaded
from sandbox import Sandbox
from sandbox.company import company
from sandbox.lists import child_rows
from testing.builders import catalog_file


def test_ring_groups_are_asked_for_once_a_pbx(
    sandbox: Sandbox, configure: Callable[..., dict[str, Any]]
) -> None:
    within("read", configure(), streams=catalog_file("ring_group_member_summary"))
    groups = sandbox.requests_to("/rgsum-groups")
    assert sorted(line.pbx for line in groups) == sorted(PBXES)
    assert {(line.start, line.end) for line in groups} == {(f"{FIRST} 00:00:00", f"{LAST} 23:59:59")}
    assert len(sandbox.requests_to("/rgsum-members")) == 3 * 2 * 5


def test_ring_group_members_of_all_pbxes(sandbox: Sandbox, configure: Callable[..., dict[str, Any]]) -> None:
    run = within("read", configure(pbx_ids=["allpbxes"]), streams=catalog_file("ring_group_member_summary"))
    assert loaded("ring_group_member_summary", run.rows) == expected_of(
        sandbox, "ring_group_member_summary", "America/New_York"
    )


@pytest.mark.parametrize("names", [["ACMECORP"], ["allpbxes"]])
def test_lists(sandbox: Sandbox, configure: Callable[..., dict[str, Any]], names: list[str]) -> None:
    run = within("read", configure(pbx_ids=names), streams=catalog_file(*LISTS, mode="full_refresh"))
    assert run.code == 0
    read: dict[str, list[Row]] = {name: [] for name in LISTS}
    for line in run.of("RECORD"):
        read[line["record"]["stream"]].append(without_reading(line["record"]["data"]))
    assert [row["name"] for row in read["pbxes"]] == list(company())
    chosen = [pbx for pbx in company().values() if names == ["allpbxes"] or pbx.name == "acmecorp"]
    for stream, what in (("sites", "sites"), ("call_queues", "queues"), ("call_queue_agents", "agents")):
        expected = [row for pbx in chosen for row in child_rows(pbx, what)]
        for row in expected:
            if "extensionNumber" in row:
                row["extension"] = row.pop("extensionNumber")
        assert sorted(read[stream], key=lambda r: str(r["id"])) == sorted(
            expected, key=lambda r: str(r["id"])
        )
    assert any(row["deleted"] for row in read["sites"])
