"""Ring groups behind the member summary, and the lists of Customer Data."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from integration_tests.harness import Row, within, without_reading
from integration_tests.streams.expected import FIRST, LAST, LISTS, PBXES, expected_of, loaded
from sandbox import Sandbox
from sandbox.company import company
from sandbox.lists import child_rows
from testing.builders import catalog_file


def test_the_ring_groups_of_a_window_are_requested_with_it(
    sandbox: Sandbox, configure: Callable[..., dict[str, Any]]
) -> None:
    within("read", configure(), streams=catalog_file("ring_group_member_summary"))
    groups = sandbox.requests_to("/rgsum-groups")
    days = [FIRST + timedelta(days=i) for i in range((LAST - FIRST).days + 1)]
    assert sorted((line.pbx, line.start, line.end) for line in groups) == sorted(
        (pbx, f"{day} 00:00:00", f"{day} 23:59:59") for pbx in PBXES for day in days
    )
    members = {(line.pbx, line.start) for line in sandbox.requests_to("/rgsum-members")}
    assert members <= {(line.pbx, line.start) for line in groups}
    assert len(sandbox.requests_to("/rgsum-members")) <= 3 * 2 * 5


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
