"""What is right: the rows that reports and lists must give, computed from the company's calls."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pendulum

from sandbox.calls import LONGEST, Call, calls_ending
from sandbox.company import Pbx, company
from sandbox.records import legs, record
from sandbox.ring_groups import ring_group_members
from sandbox.summaries import extension_summary
from sandbox.wire import instant, position

Row = dict[str, Any]
Report = Callable[[Pbx, Iterable[Call]], list[Row]]


def system_clock() -> datetime:
    """Return the present moment."""
    return datetime.now(timezone.utc)


@dataclass
class Truth:
    """The company's calls up to the present moment, and the rows of every report on them.

    Args:
        seed: what the calls are made from.
        clock: tells the moment; calls that end later do not exist yet.
        busy: how many times as many calls as usual; 300 makes about 100,000 a working day.
        extra_pbxes: how many small PBXs the company has beside its three.
        extra_agents: how many former call queue agents, now deleted, each PBX lists.
        revisions: how often the calls of a PBX and UTC day were corrected.
    """

    seed: int = 8
    clock: Callable[[], datetime] = system_clock
    busy: int = 1
    extra_pbxes: int = 0
    extra_agents: int = 0
    revisions: dict[tuple[str, date], int] = field(default_factory=dict)

    def correct(self, pbx: str, day: date) -> None:
        """Correct the calls of a PBX and UTC day, as 8x8 does late."""
        self.revisions[pbx, day] = self.revisions.get((pbx, day), 0) + 1

    def pbxes(self) -> dict[str, Pbx]:
        """Return the company's PBXs by name."""
        return company(self.extra_pbxes)

    def pbxes_of(self, pbx_id: str) -> list[Pbx]:
        """Return the PBXs of a `pbxId` parameter."""
        pbxes = self.pbxes()
        return list(pbxes.values()) if pbx_id == "allpbxes" else [pbxes[name] for name in pbx_id.split(",")]

    def summary_rows(self, report: Report, pbx_id: str, start: str, end: str, zone: str) -> list[Row]:
        """Return the rows of a summary for a window, from start to end inclusive."""
        rows: list[Row] = []
        for pbx in self.pbxes_of(pbx_id):
            rows += report(pbx, self._calls(pbx, start, end, zone))
        return rows

    def extension_rows(self, pbx_id: str, start: str, end: str, zone: str) -> list[Row]:
        """Return the rows of the extension summary."""
        return self.summary_rows(extension_summary, pbx_id, start, end, zone)

    def call_rows(self, of_legs: bool, pbx_id: str, start: str, end: str, zone: str) -> list[Row]:
        """Return the call records or legs that end in a window, newest first."""
        clock = ZoneInfo(zone)
        rows: list[Row] = []
        for pbx in self.pbxes_of(pbx_id):
            calls = self._calls(pbx, start, end, zone, beyond=of_legs)
            rows += [row for call in calls for row in (legs if of_legs else _records)(pbx, call, clock)]
        first, last = self._bounds(start, end, zone)
        inside = [row for row in rows if first <= row["disconnectedTimeUTC"] < last]
        return sorted(inside, key=position, reverse=True)

    def _bounds(self, start: str, end: str, zone: str) -> tuple[int, int]:
        """Return the part of a window whose calls are known and kept, as epoch milliseconds."""
        now = self.clock()
        first, last = instant(start, zone, fold=0), instant(end, zone, fold=1) + timedelta(seconds=1)
        kept = pendulum.instance(now).in_timezone(zone).date().subtract(years=2)
        first = max(first, instant(f"{kept} 00:00:00", zone, fold=0))
        return int(first.timestamp() * 1000), int(min(last, now).timestamp() * 1000)

    def _calls(self, pbx: Pbx, start: str, end: str, zone: str, beyond: bool = False) -> Iterator[Call]:
        """Return the calls that end in a window; `beyond` adds those that end soon after it."""
        first, last = self._bounds(start, end, zone)
        more = int(LONGEST.total_seconds() * 1000) if beyond else 0
        last = min(last + more, int(self.clock().timestamp() * 1000))
        begin, finish = (datetime.fromtimestamp(ms / 1000, timezone.utc) for ms in (first, last))
        return calls_ending(pbx, begin, finish, self.seed, self.revisions, self.busy)


def members_of(group: str, pbx: Pbx, calls: Iterable[Call]) -> list[Row]:
    """Return the member summary of one ring group."""
    return ring_group_members(pbx, group, calls)


def child_rows(pbx: Pbx, what: str, extra_agents: int = 0) -> list[Row]:
    """Return the sites, call queues or agents of a PBX; a site and the extra agents are deleted."""
    names = sorted({extension.branch for extension in pbx.extensions})
    sites = {name: f"site-{pbx.opaque_id[:4]}-{i}" for i, name in enumerate(names)}
    common = {"pbxId": pbx.opaque_id, "deleted": False}
    if what == "sites":
        gone = {"id": f"site-{pbx.opaque_id[:4]}-gone", "name": "Old town", **common, "deleted": True}
        return [*({"id": key, "name": name, **common} for name, key in sites.items()), gone]
    if what == "queues":
        return [
            {
                "id": f"queue-{group.number}",
                "siteId": sites[group.site],
                "name": group.name,
                "extensionNumber" if i % 2 else "extension": group.number,
                **common,
            }
            for i, group in enumerate(pbx.ring_groups)
        ]
    former = [
        {
            "id": f"agent-{pbx.opaque_id[:4]}-former-{i}",
            "siteId": sites[names[0]],
            "firstName": "Former",
            "lastName": f"Agent {i}",
            "extension": "",
            **common,
            "deleted": True,
        }
        for i in range(extra_agents)
    ]
    agents = [
        {
            "id": f"agent-{extension.number}",
            "siteId": sites[extension.branch],
            "firstName": extension.first_name,
            "lastName": extension.last_name,
            "extension": extension.number,
            **common,
        }
        for extension in pbx.extensions
        if extension.is_user
    ]
    return [*agents, *former]


def _records(pbx: Pbx, call: Call, zone: ZoneInfo) -> list[Row]:
    return [record(pbx, call, zone)]
