"""The correct rows of each report, computed from the company's calls."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from sandbox.calls import LONGEST, Call, CallOptions, calls_ending
from sandbox.company import Pbx, company
from sandbox.queue_truth import QueueWindow
from sandbox.records import legs, record
from sandbox.ring_groups import ring_group_agents
from sandbox.rows import Row, position
from sandbox.summaries import Report, extension_summary
from sandbox.variants import Variant, read_variants
from sandbox.windows import Window, oldest_kept, window

MOMENTS = {
    "start": "startTimeUTC",
    "connect": "connectTimeUTC",
    "disconnect": "disconnectedTimeUTC",
}
"""The field that decides the window of a call, by the value of `call_records_time` or `call_legs_time`."""


def system_clock() -> datetime:
    """Return the current time."""
    return datetime.now(timezone.utc)


@dataclass
class Truth:
    """The company's calls up to the present moment, and the rows of every report on them.

    Args:
        seed: the seed for the generated calls.
        clock: returns the current time; calls that end later do not exist yet.
        busy: how many times as many calls as usual; 300 makes about 100,000 a working day.
        extra_pbxes: how many small PBXs the company has in addition to its three.
        extra_agents: how many former call queue agents, now deleted, each PBX lists.
        revisions: how often the calls of a PBX and UTC day were corrected.
        removed_extensions: PBX names and extensions that no report lists anymore, for any day.
        variants: behavior other than the default, as `end_time=exclusive`. What only changes how a request is
            read or a response is written (`end_time`, `clock_change_day`, `all_pbxes`, `windows_add_up`,
            `fields`, `row_cap`, `summary_pages`, a day that is rejected) leaves the truth as it is.
    """

    seed: int = 8
    clock: Callable[[], datetime] = system_clock
    busy: int = 1
    extra_pbxes: int = 0
    extra_agents: int = 0
    revisions: dict[tuple[str, date], int] = field(default_factory=dict)
    removed_extensions: set[tuple[str, str]] = field(default_factory=set)
    variants: Sequence[str] = ()

    def __post_init__(self) -> None:
        read_variants(tuple(self.variants))

    def correct(self, pbx: str, day: date) -> None:
        """Correct the calls of a PBX and UTC day, as 8x8 does late."""
        self.revisions[pbx, day] = self.revisions.get((pbx, day), 0) + 1

    def pbxes(self) -> dict[str, Pbx]:
        """Return the company's PBXs by name."""
        return company(self.extra_pbxes, self.variant.pbx_list)

    def pbxes_of(self, pbx_id: str) -> list[Pbx]:
        """Return the PBXs of a `pbxId` parameter."""
        pbxes = self.pbxes()
        return list(pbxes.values()) if pbx_id == "allpbxes" else [pbxes[name] for name in pbx_id.split(",")]

    @property
    def variant(self) -> Variant:
        """The variants that are switched on."""
        return read_variants(tuple(self.variants))

    def summary_rows(self, report: Report, pbx_id: str, start: str, end: str, zone: str) -> list[Row]:
        """Return the rows of a summary for a window, from start to end inclusive."""
        return self.summary_in(report, self.pbxes_of(pbx_id), window(start, end, zone))

    def extension_rows(self, pbx_id: str, start: str, end: str, zone: str) -> list[Row]:
        """Return the rows of the extension summary."""
        return self.summary_rows(extension_summary, pbx_id, start, end, zone)

    def call_rows(self, of_legs: bool, pbx_id: str, start: str, end: str, zone: str) -> list[Row]:
        """Return the call records or legs of a window, newest first."""
        return self.calls_in(of_legs, self.pbxes_of(pbx_id), window(start, end, zone))

    def summary_in(self, report: Report, pbxes: Iterable[Pbx], requested: Window) -> list[Row]:
        """Return the rows of a summary for calls that end in a window."""
        first, last = self._known(requested)
        rows: list[Row] = []
        for pbx in pbxes if first < last else ():
            rows += report(pbx, self._calls(pbx, first, last), self.variant)
        return [row for row in rows if _key(row) not in self.removed_extensions]

    def calls_in(self, of_legs: bool, pbxes: Iterable[Pbx], requested: Window) -> list[Row]:
        """Return the call records or legs that belong to a window, newest first."""
        moment = MOMENTS[self.variant.call_legs_time if of_legs else self.variant.call_records_time]
        beyond = LONGEST if of_legs or moment != MOMENTS["disconnect"] else timedelta(0)
        first, last = self._known(requested)
        rows_of, clock = (legs if of_legs else _records), ZoneInfo(requested.zone)
        rows: list[Row] = []
        for pbx in pbxes:
            calls = self._calls(pbx, first, min(last + beyond, self.clock()))
            rows += [row for call in calls for row in rows_of(pbx, call, clock)]
        from_ms, to_ms = _milliseconds(first), _milliseconds(last)
        inside = [row for row in rows if from_ms <= row[moment] < to_ms]
        return sorted(inside, key=position, reverse=True)

    def queue_window(self, pbx: Pbx, first: datetime, last: datetime) -> QueueWindow:
        """Return the calls to a PBX's queues from an instant on and before another."""
        now = self.clock()
        end = min(last, now)
        calls = [call for call in self._calls(pbx, first, max(end + LONGEST, first)) if call.group]
        ms = _milliseconds(end)
        ended = [call for call in calls if call.end < ms]
        active = [call for call in calls if call.start < ms <= call.end]
        return QueueWindow(pbx, pbx.call_queues, ended, active, now, self._removed_from(pbx))

    def ring_group_agents(self, pbx: Pbx, number: str, first: datetime, last: datetime) -> list[Row]:
        """Return how long the members of a ring group were logged in between two instants."""
        end = max(first, min(last, self.clock()))
        window, calls = (_milliseconds(first), _milliseconds(end)), self._calls(pbx, first, end + LONGEST)
        rows = ring_group_agents(pbx, number, calls, window, self.seed)
        return [row for row in rows if row["agentExtension"] not in self._removed_from(pbx)]

    def _known(self, requested: Window) -> tuple[datetime, datetime]:
        """Return the part of a window whose calls are known and kept."""
        now = self.clock()
        first = requested.first
        if self.variant.retention != "rows":
            first = max(first, oldest_kept(now, requested.zone))
        return first, min(requested.last, now)

    def _calls(self, pbx: Pbx, first: datetime, last: datetime) -> Iterator[Call]:
        """Return the calls that end in a period."""
        whole, several = self.variant.call_moments, self.variant.legs_per_call
        options = CallOptions(self.seed, self.busy, whole == "whole seconds", several == "several")
        return calls_ending(pbx, first, last, options, self._revision)

    def _removed_from(self, pbx: Pbx) -> frozenset[str]:
        return frozenset(number for name, number in self.removed_extensions if name == pbx.name)

    def _revision(self, pbx: Pbx, day: date) -> int:
        """Return how often the calls of a PBX and UTC day were corrected."""
        age = (self.clock().astimezone(timezone.utc).date() - day).days
        by_age = min(max(age, 0), self.variant.late_changes)
        return self.revisions.get((pbx.name, day), 0) + by_age


def _key(row: Row) -> tuple[str, str]:
    """Return the PBX name and extension of a row of a summary; the row of a whole PBX has no extension."""
    return row.get("PbxId") or row["pbxId"], row.get("Extension") or row.get("extension", "")


def _records(pbx: Pbx, call: Call, zone: ZoneInfo) -> list[Row]:
    return [record(pbx, call, zone)]


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
