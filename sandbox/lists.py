"""The lists of Customer Data: PBXs, and the sites, call queues and agents of each."""

import unicodedata
from collections.abc import Iterable

from sandbox.company import Pbx, deleted_pbxes
from sandbox.queue_truth import queue_agents
from sandbox.rows import Row
from sandbox.variants import Variant


def pbx_rows(pbxes: Iterable[Pbx], visible: set[str], variant: Variant) -> list[Row]:
    """Return the list of PBXs.

    Args:
        pbxes: those of the company.
        visible: the names of those that the user can see.
        variant: how names are written, and which deleted PBXs there are.
    """
    company = list(pbxes)
    rows = [
        {"id": pbx.opaque_id, "name": pbx.name, "deleted": False} for pbx in company if pbx.name in visible
    ]
    if "denied" in variant.deleted_pbxes:
        rows.append({"id": company[-1].opaque_id, "name": company[-1].name, "deleted": True})
    for pbx in deleted_pbxes(variant.deleted_pbxes, company[0].name):
        name = {"name": pbx.name} if pbx.name else {}
        rows.append({"id": pbx.opaque_id, **name, "deleted": True})
    for row in rows:
        if "decomposed" in variant.pbx_list and "name" in row:
            row["name"] = unicodedata.normalize("NFD", str(row["name"]))
        if "trailing blank" in variant.pbx_list and "name" in row:
            row["name"] = f"{row['name']} "
    return rows


def site_ids(pbx: Pbx) -> dict[str, str]:
    """Return the opaque ids of a PBX's sites, by name."""
    names = sorted({extension.branch for extension in pbx.extensions})
    return {name: f"site-{pbx.opaque_id[:4]}-{i}" for i, name in enumerate(names)}


def child_rows(pbx: Pbx, what: str, extra_agents: int = 0) -> list[Row]:
    """Return the sites, queues or agents of a PBX; a site and the extra agents are deleted."""
    sites = site_ids(pbx)
    if not sites:
        return []
    common = {"pbxId": pbx.opaque_id, "deleted": False}
    if what == "sites":
        former = {"id": f"site-{pbx.opaque_id[:4]}-gone", "name": "Old town", **common, "deleted": True}
        return [*({"id": key, "name": name, **common} for name, key in sites.items()), former]
    if what == "queues":
        return [
            {
                "id": queue.id,
                "siteId": sites[queue.site],
                "name": queue.name,
                "extensionNumber" if i % 2 else "extension": queue.number,
                **common,
            }
            for i, queue in enumerate(pbx.call_queues)
        ]
    agents = [
        {
            "id": extension.agent_id,
            "siteId": sites[extension.branch],
            "firstName": extension.first_name,
            "lastName": extension.last_name,
            "extension": extension.number,
            **common,
        }
        for extension in queue_agents(pbx, pbx.call_queues)
    ]
    former_agents = [
        {
            "id": f"agent-{pbx.opaque_id[:4]}-former-{i}",
            "siteId": min(sites.values()),
            "firstName": "Former",
            "lastName": f"Agent {i}",
            "extension": "",
            **common,
            "deleted": True,
        }
        for i in range(extra_agents)
    ]
    return [*agents, *former_agents]
