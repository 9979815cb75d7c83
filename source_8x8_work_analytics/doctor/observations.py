"""What the doctor requested and saw, and what it tells about the account: its PBXs, and a week to look at."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cache, cached_property, lru_cache
from math import isfinite
from typing import Any

import pendulum

from source_8x8_work_analytics.messages import counted
from source_8x8_work_analytics.reports.list_pages import PAGE_SIZE
from source_8x8_work_analytics.reports.pbx_directory import Pbx
from source_8x8_work_analytics.reports.rows import Row
from source_8x8_work_analytics.settings import ALL_PBXES, Settings, pbx_key
from source_8x8_work_analytics.streams import stream_type
from source_8x8_work_analytics.windows.calendar import oldest_day, start_of_day

EXTENSIONS, GROUPS, MEMBERS = "extension_summary", "ring_group_summary", "ring_group_member_summary"
RECORDS, LEGS, QUEUE_CALLS = "call_records", "call_legs", "queue_calls"
SESSIONS = "sessions"
"""Not a stream: a request that signs in again."""
OTHER_LIMIT = "other"
"""Placeholder for a rate-limit header with an unusual name."""
PBXES_TRIED = 5
"""Maximum number of PBXs to search for a week with calls."""
LIST_PAGES = 3
CALLS_PER_PAGE = "500"
"""Enough calls for a good sample, and a small request."""
ROUND_FROM, ROUND_REPORTS = 100, 3
"""Three reports with the same round number of rows, 100 or more, count as truncated."""
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
NO_CALLS = f"no calls in the last completed week on the PBXs tried (at most {PBXES_TRIED})"


class Unsettled(Exception):
    """A question cannot be settled: the reason, and how to settle it."""

    def __init__(self, reason: str, advice: str = "") -> None:
        super().__init__(reason)
        self.advice = advice


@dataclass(frozen=True)
class Request:
    """One request for a stream. Equal requests are sent once, and their reply serves every question.

    `pbx` is the name of the PBX whose id the path has; empty for other requests.
    """

    stream: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    pbx: str = ""


@dataclass(frozen=True, eq=False)
class Reply:
    """The reply to a request, after all tries. Compared by identity, so it can be a cache key.

    Attributes:
        status: the HTTP status; 0 if there was no response.
        rows: the rows of a report or list.
        problem: why there is no report, without any of 8x8's own words; empty if there is one.
        more: whether there are more pages.
        page_rows: how many rows the first page has, of a summary that 8x8 sends in pages.
    """

    status: int
    rows: list[Row] = field(default_factory=list)
    problem: str = ""
    more: bool = False
    page_rows: int = 0

    @property
    def rejected(self) -> bool:
        """Whether 8x8 rejected the request."""
        return 400 <= self.status < 500


@dataclass(frozen=True)
class Exchange:
    """One HTTP exchange, sign-ins (of no stream) and failed tries included.

    `limits` are headers that concern a rate limit, with values that are numbers; `ahead` is by how many
    seconds the server's clock is ahead of this machine's, if it says.
    """

    stream: str
    status: int
    seconds: float
    alone: bool
    limits: tuple[tuple[str, str], ...] = ()
    ahead: float | None = None


@dataclass
class Observations:
    """All that is known so far. `stopped` is why nothing more is requested, if that is so."""

    settings: Settings
    started_at: pendulum.DateTime
    replies: dict[Request, Reply] = field(default_factory=dict)
    exchanges: list[Exchange] = field(default_factory=list)
    stopped: str = ""
    _main_pbx: str | None = field(default=None, init=False)

    @cached_property
    def today(self) -> pendulum.Date:
        """The present day in the configuration's time zone."""
        return self.started_at.in_timezone(self.settings.time_zone).date()

    @cached_property
    def week(self) -> list[pendulum.Date]:
        """The days of the last week that ended at least one whole day ago, Monday first."""
        monday = self.today.subtract(days=1).start_of("week").subtract(weeks=1)
        return [monday.add(days=i) for i in range(7)]

    def reply(self, request: Request) -> Reply:
        """Return what came back for a request, or a reply that says why nothing did."""
        return self.replies.get(request) or Reply(0, problem=f"not requested: {self.stopped or 'not needed'}")

    def of_stream(self, stream: str) -> dict[Request, Reply]:
        """Return the replies that concern a stream."""
        return {request: reply for request, reply in self.replies.items() if request.stream == stream}

    def has(self, requests: Iterable[Request]) -> bool:
        """Return whether there is a reply to all of these requests."""
        return all(request in self.replies for request in requests)

    def failures(self, requests: Iterable[Request]) -> str:
        """Return why some of these requests have no whole report; empty if all have one."""
        problems = [self.reply(request).problem or self._cut(request) for request in requests]
        return "; ".join(dict.fromkeys(filter(None, problems)))

    def _cut(self, request: Request) -> str:
        cap = self.row_cap(request.stream)
        cut = 0 < cap <= len(self.reply(request).rows)
        return f"{request.stream} returns only {counted(cap, 'row')} (see row_cap)" if cut else ""

    def read(self, requests: Iterable[Request]) -> list[Reply]:
        """Return the replies to these requests; raises `Unsettled` if some have no whole report."""
        sent = list(requests)
        if problems := self.failures(sent):
            raise Unsettled(problems)
        return [self.reply(request) for request in sent]

    def row_cap(self, stream: str) -> int:
        """Return after how many rows a report ends although it has more; 0 if there is no sign of it.

        A report that contains another one, but not all of its keys, was cut; so were reports of exactly the
        same round number of rows.
        """
        kind, replies = stream_type(stream), self.of_stream(stream)
        most = max((len(reply.rows) for reply in replies.values()), default=0)
        full = [request for request, reply in replies.items() if len(reply.rows) == most]
        if stream in (RECORDS, LEGS, QUEUE_CALLS) or not kind.report or most == 0:
            return 0
        is_round = most >= ROUND_FROM and (most % 50 == 0 or most & (most - 1) == 0)
        if is_round and len(full) >= ROUND_REPORTS:
            return most
        keys = {
            request: {tuple(str(row.get(name)).casefold() for name in kind.row_key) for row in reply.rows}
            for request, reply in replies.items()
        }
        pairs = ((outer, inner) for outer in full for inner in replies if _contains(outer, inner))
        cut = any(_is_cut(keys[outer], keys[inner], inner in full) for outer, inner in pairs)
        return most if len(full) > 1 and cut else 0

    # --- PBXs

    def pbx_pages(self) -> list[Request]:
        """Return the requests for the list of PBXs, page by page."""
        pages = [list_request("pbxes")]
        while len(pages) < LIST_PAGES and self.reply(pages[-1]).more:
            pages.append(list_request("pbxes", page=len(pages)))
        return pages

    def listed_pbxes(self) -> dict[str, Pbx]:
        """Return the PBXs that the user can see, by the key of their names; deleted ones are left out."""
        rows = [row for page in self.pbx_pages() for row in self.reply(page).rows if not row.get("deleted")]
        names = [
            (row["name"].strip(), str(row.get("id"))) for row in rows if isinstance(row.get("name"), str)
        ]
        return {pbx_key(name): Pbx(name, key) for name, key in names if name}

    def pbx_names(self) -> list[str]:
        """Return the PBXs to look at: those of the configuration, or those of the list for `allpbxes`."""
        listed = [pbx.name for pbx in self.listed_pbxes().values()] if self.settings.all_pbxes else []
        return listed or list(self.settings.pbx_ids)

    def label(self, pbx: str) -> str:
        """Return how the findings call a PBX."""
        return f"pbx-{self.pbx_names().index(pbx) + 1}"

    def first_requests(self) -> list[Request]:
        """Return the requests that find the main PBX: the list, then the week of one PBX after another."""
        needed = self.pbx_pages()
        for pbx in self.pbx_names()[:PBXES_TRIED] if self.has(needed) else ():
            needed.append(self.week_request(EXTENSIONS, pbx))
            if call_count(self.reply(needed[-1])) or needed[-1] not in self.replies:
                break
        return needed

    @property
    def main_pbx(self) -> str | None:
        """The first PBX with calls, or else the first that is not denied; None before it is known."""
        if self._main_pbx is None and self.has(self.first_requests()):
            names = self.pbx_names()[:PBXES_TRIED]
            tried = {pbx: self.reply(self.week_request(EXTENSIONS, pbx)) for pbx in names}
            with_calls = [pbx for pbx, reply in tried.items() if call_count(reply)]
            readable = [pbx for pbx, reply in tried.items() if reply.status != 403]
            self._main_pbx = next(iter(with_calls or readable), None)
        return self._main_pbx

    @property
    def main_pbx_id(self) -> str:
        """The opaque id of the main PBX; empty where it is not known."""
        pbx = self.listed_pbxes().get(pbx_key(self.main_pbx or ""))
        return pbx.id if pbx else ""

    def no_calls(self) -> str:
        """Return why there is no PBX with calls to look at; empty if there is one."""
        reply = self.reply(self.week_request(EXTENSIONS))
        if self.main_pbx and call_count(reply):
            return ""
        if self.stopped:
            return f"not requested: {self.stopped}"
        return (reply.problem or NO_CALLS) if self.main_pbx else "no PBX could be read"

    # --- the main PBX

    def report(
        self, stream: str, start: str, end: str, zone: str = "", pbx: str = "", **more: str
    ) -> Request:
        """Return the request for a report by PBX name, with the parameters that the connector sends."""
        zone = zone or self.settings.time_zone
        params = {"pbxId": pbx or self.main_pbx or "", "startTime": start, "endTime": end, "timeZone": zone}
        return Request(stream, stream_type(stream).endpoint, tuple({**params, **more}.items()))

    def week_request(self, stream: str, pbx: str = "", **more: str) -> Request:
        """Return the request for a report on the week."""
        return self.report(stream, f"{self.week[0]} 00:00:00", f"{self.week[-1]} 23:59:59", pbx=pbx, **more)

    def day_request(self, day: pendulum.Date, stream: str = EXTENSIONS, **more: str) -> Request:
        """Return the request for a report on a day, the very one that a sync sends."""
        return self.report(stream, f"{day} 00:00:00", f"{day} 23:59:59", **more)

    def week_days(self) -> list[Request]:
        """Return the requests for the extension summaries of the days of the week."""
        return [self.day_request(day) for day in self.week]

    def week_calls(self, stream: str) -> Request:
        """Return the request for the newest calls of the week."""
        return self.week_request(stream, pageSize=CALLS_PER_PAGE)

    def by_id(self, stream: str, start: datetime, end: datetime, last: str = "") -> Request | None:
        """Return the request for a report that takes the PBX's id and UTC instants; None without an id."""
        params = {"startDate": f"{start:%Y-%m-%dT%H:%M:%SZ}", "endDate": f"{end:%Y-%m-%dT%H:%M:%SZ}"}
        if stream == QUEUE_CALLS:
            params |= {"sortingField": "callId", "sortingDirection": "ASC", "limit": "1000"}
        elif not last:
            params |= {"includeSummary": "false"}
        path = "/".join(filter(None, ("v2/pbxes", self.main_pbx_id, stream_type(stream).endpoint, last)))
        return Request(stream, path, tuple(params.items()), self.main_pbx or "") if self.main_pbx_id else None

    def busiest_day(self) -> pendulum.Date | None:
        """Return the 24-hour day of the week with the most calls; None before the days are known."""
        if self.main_pbx is None or not self.has(self.week_days()):
            return None
        usual = [day for day in self.week if hours_of(day, self.settings.time_zone) == 24]
        return max(usual, key=lambda day: call_count(self.reply(self.day_request(day))))

    def clock_change_days(self) -> list[pendulum.Date]:
        """Return the newest days within the two years on which clocks change."""
        zone, last = self.settings.time_zone, self.today.subtract(days=1)
        return list(_clock_change_days(zone, oldest_day(zone, self.started_at), last))


def _is_cut(outer: set[tuple[str, ...]], inner: set[tuple[str, ...]], is_full: bool) -> bool:
    """Return whether a report lacks keys of one that it contains because it was cut.

    Where it lacks all keys of a PBX whose own report has fewer rows, it may just not cover that PBX.
    """
    pbxes = {key[0] for key in outer}
    return any(is_full or key[0] in pbxes for key in inner - outer)


def _contains(outer: Request, inner: Request) -> bool:
    """Return whether a report is about all that another one is about."""
    one, other = dict(outer.params), dict(inner.params)
    first, last = ("startTime", "endTime") if "startTime" in one else ("startDate", "endDate")
    if outer.path != inner.path or one.keys() != other.keys():
        return False
    same = all(one[name] == other[name] for name in one if name not in (first, last, "pbxId"))
    all_pbxes = one.get("pbxId") in (other.get("pbxId"), ALL_PBXES)
    return same and all_pbxes and one[first] <= other[first] and other[last] <= one[last]


def list_request(stream: str, opaque_id: str = "", page: int = 0) -> Request:
    """Return the request for a page of a list; those of one PBX take its opaque id."""
    path = stream_type(stream).list_of.path.format(pbx=f"v2/pbxes/{opaque_id}")
    return Request(stream, path, (("page", str(page)), ("size", str(PAGE_SIZE))))


def utc_text(moment: datetime) -> str:
    """Return a moment as the reports by name accept it in the time zone UTC."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


@lru_cache(maxsize=2048)
def hours_of(day: pendulum.Date, zone: str) -> float:
    """Return how many hours a local day has."""
    return (start_of_day(day.add(days=1), zone) - start_of_day(day, zone)) / HOUR


@lru_cache
def _clock_change_days(zone: str, first: pendulum.Date, last: pendulum.Date) -> tuple[pendulum.Date, ...]:
    days = (last.subtract(days=i) for i in range((last - first).days))
    return tuple(day for day in days if hours_of(day, zone) != 24)


def number(value: Any) -> float | None:
    """Return a number, also where it came as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (OverflowError, ValueError):
        return None
    return found if isfinite(found) else None


@cache
def additive_fields() -> tuple[str, ...]:
    """Return the fields of an extension summary that add up over days: counts and total times."""
    properties = stream_type(EXTENSIONS).schema["properties"].items()
    numeric = (name for name, about in properties if {"integer", "number"} & set(about["type"]))
    return tuple(name for name in numeric if not name.startswith(("Avg_", "Percent_")))


def calls_in(row: Row) -> float:
    """Return how many calls an extension's row counts."""
    return (number(row.get("Inbound_Total")) or 0) + (number(row.get("Outbound_Total")) or 0)


@lru_cache(maxsize=256)
def call_count(reply: Reply) -> int:
    """Return how many calls a report of extensions counts; a call between colleagues counts for both."""
    return int(sum(calls_in(row) for row in reply.rows))
