"""What is right: the rows that reports and lists must give, computed from the company's calls."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from sandbox.calls import LONGEST, Call, calls_ending
from sandbox.company import Pbx, company
from sandbox.dialects import Dialect, read_dialects
from sandbox.queue_truth import QueueWindow, queue_agents
from sandbox.records import legs, record
from sandbox.ring_groups import ring_group_members
from sandbox.summaries import extension_summary
from sandbox.variants import Report, in_dialect
from sandbox.windows import Window, oldest_kept, window
from sandbox.wire import Row, position

FOUND_BY = {
    "start": "startTimeUTC",
    "connect": "connectTimeUTC",
    "disconnect": "disconnectedTimeUTC",
}
"""The field that decides the window of a call, by the word of `call_records_time` or `call_legs_time`."""


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
        dialects: answers other than the plain ones, as `end_time=exclusive`. What only changes how a request
            is read or worded (`end_time`, `clock_change_day`, `all_pbxes`, `windows_add_up`, `fields`, a day
            that is refused) leaves the truth as it is.
    """

    seed: int = 8
    clock: Callable[[], datetime] = system_clock
    busy: int = 1
    extra_pbxes: int = 0
    extra_agents: int = 0
    revisions: dict[tuple[str, date], int] = field(default_factory=dict)
    dialects: Sequence[str] = ()

    def __post_init__(self) -> None:
        read_dialects(tuple(self.dialects))

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

    @property
    def dialect(self) -> Dialect:
        """The dialect that is spoken."""
        return read_dialects(tuple(self.dialects))

    def summary_rows(self, report: Report, pbx_id: str, start: str, end: str, zone: str) -> list[Row]:
        """Return the rows of a summary for a window, from start to end inclusive."""
        return self.summary_in(report, self.pbxes_of(pbx_id), window(start, end, zone))

    def extension_rows(self, pbx_id: str, start: str, end: str, zone: str) -> list[Row]:
        """Return the rows of the extension summary."""
        return self.summary_rows(extension_summary, pbx_id, start, end, zone)

    def call_rows(self, of_legs: bool, pbx_id: str, start: str, end: str, zone: str) -> list[Row]:
        """Return the call records or legs of a window, newest first."""
        return self.calls_in(of_legs, self.pbxes_of(pbx_id), window(start, end, zone))

    def summary_in(self, report: Report, pbxes: Iterable[Pbx], asked: Window) -> list[Row]:
        """Return the rows of a summary for calls that end in a window."""
        report = in_dialect(report, self.dialect)
        first, last = self._known(asked)
        rows: list[Row] = []
        for pbx in pbxes if first < last else ():
            rows += report(pbx, self._calls(pbx, first, last))
        return rows

    def calls_in(self, of_legs: bool, pbxes: Iterable[Pbx], asked: Window) -> list[Row]:
        """Return the call records or legs that belong to a window, newest first."""
        found_by = self.dialect.call_legs_time if of_legs else self.dialect.call_records_time
        beyond = LONGEST if of_legs or found_by != "disconnect" else timedelta(0)
        first, last = self._known(asked)
        rows_of, clock = (legs if of_legs else _records), ZoneInfo(asked.zone)
        rows: list[Row] = []
        for pbx in pbxes:
            calls = self._calls(pbx, first, min(last + beyond, self.clock()))
            rows += [row for call in calls for row in rows_of(pbx, call, clock)]
        from_ms, to_ms = _milliseconds(first), _milliseconds(last)
        inside = [row for row in rows if from_ms <= row[FOUND_BY[found_by]] < to_ms]
        return sorted(inside, key=position, reverse=True)

    def queue_window(self, pbx: Pbx, first: datetime, last: datetime) -> QueueWindow:
        """Return the calls of a PBX's queues from an instant on and before another."""
        now = self.clock()
        end = min(last, now)
        calls = [call for call in self._calls(pbx, first, max(end + LONGEST, first)) if call.group]
        ms = int(end.timestamp() * 1000)
        over = [call for call in calls if call.end < ms]
        active = [call for call in calls if call.start < ms <= call.end]
        return QueueWindow(pbx, pbx.call_queues, over, active, now)

    def _known(self, asked: Window) -> tuple[datetime, datetime]:
        """Return the part of a window whose calls are known and kept."""
        now = self.clock()
        first = asked.first
        if self.dialect.retention != "rows":
            first = max(first, oldest_kept(now, asked.zone))
        return first, min(asked.last, now)

    def _calls(self, pbx: Pbx, first: datetime, last: datetime) -> Iterator[Call]:
        """Return the calls that end in a stretch of time."""
        return calls_ending(pbx, first, last, self.seed, self._revision, self.busy)

    def _revision(self, pbx: Pbx, day: date) -> int:
        """Return how often the calls of a PBX and UTC day were corrected."""
        age = (self.clock().astimezone(timezone.utc).date() - day).days
        by_age = min(max(age, 0), self.dialect.late_changes)
        return self.revisions.get((pbx.name, day), 0) + by_age


def members_of(group: str, pbx: Pbx, calls: Iterable[Call]) -> list[Row]:
    """Return the member summary of one ring group."""
    return ring_group_members(pbx, group, calls)


def site_ids(pbx: Pbx) -> dict[str, str]:
    """Return the opaque ids of a PBX's sites, by name."""
    names = sorted({extension.branch for extension in pbx.extensions})
    return {name: f"site-{pbx.opaque_id[:4]}-{i}" for i, name in enumerate(names)}


def child_rows(pbx: Pbx, what: str, extra_agents: int = 0) -> list[Row]:
    """Return the sites, call queues or agents of a PBX; a site and the extra agents are deleted."""
    sites = site_ids(pbx)
    common = {"pbxId": pbx.opaque_id, "deleted": False}
    if what == "sites":
        gone = {"id": f"site-{pbx.opaque_id[:4]}-gone", "name": "Old town", **common, "deleted": True}
        return [*({"id": key, "name": name, **common} for name, key in sites.items()), gone]
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
    former = [
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
    return [*agents, *former]


def _records(pbx: Pbx, call: Call, zone: ZoneInfo) -> list[Row]:
    return [record(pbx, call, zone)]


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
