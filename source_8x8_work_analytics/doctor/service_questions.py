"""What the user can read, and how the service behaves: access, names, speed, limits, clock, sign-ins."""

from collections.abc import Collection
from math import ceil
from statistics import median

from source_8x8_work_analytics.doctor.findings import Outcome, Question
from source_8x8_work_analytics.doctor.observations import (
    EXTENSIONS,
    GROUPS,
    LIST_PAGES,
    MEMBERS,
    OTHER_LIMIT,
    SESSIONS,
    Observations,
    Request,
    Unsettled,
    call_count,
    list_request,
)
from source_8x8_work_analytics.doctor.queue_questions import queue_request
from source_8x8_work_analytics.messages import counted
from source_8x8_work_analytics.reports.calls import PAGE_SIZE, CallReport
from source_8x8_work_analytics.reports.queues import QueueCallReport
from source_8x8_work_analytics.reports.ring_groups import RingGroupAgentReport, RingGroupMemberReport
from source_8x8_work_analytics.settings import WindowUnit, pbx_key
from source_8x8_work_analytics.streams import STREAM_TYPES, StreamType
from source_8x8_work_analytics.windows.calendar import RETENTION_YEARS, report_windows

FEWEST = 3
"""Reports needed, alone and two at once, to compare their response times."""
WORTHWHILE = 1.3
"""How many times as fast two requests at once must be for more workers to be worth it."""
FAST = 0.05
"""Seconds: if a report takes less than this, more workers make no noticeable difference."""
FIRST_LOAD = 1_800
"""Seconds in which a first load of the reports by name should be done."""
REPORTS_BY_NAME = sum(bool(kind.report and not kind.report.by_id) for kind in STREAM_TYPES)
DEFAULT_WORKERS, MOST_WORKERS = 4, 10
CLOCK_TOLERANCE = 5.0
"""Seconds: the `Date` header has no fractions, and its response takes time to arrive."""


class Access(Question, id="access", assumed="all", needs_calls=False):
    """Which reports and lists can this user read?"""

    def _requests(self, seen: Observations) -> list[Request]:
        return list(self._by_stream(seen).values())

    def _judge(self, seen: Observations) -> Outcome:
        tried = {stream: seen.reply(request) for stream, request in self._by_stream(seen).items()}
        denied = [f"{stream} ({reply.problem})" for stream, reply in tried.items() if reply.rejected]
        failed = [stream for stream, reply in tried.items() if reply.problem and not reply.rejected]
        readable = [stream for stream, reply in tried.items() if not reply.problem]
        evidence = f"{len(readable)} of {len(STREAM_TYPES)} streams can be read"
        if failed:
            evidence += f"; no report for {', '.join(failed)} ({tried[failed[0]].problem})"
        if not_tried := [kind.name for kind in STREAM_TYPES if kind.name not in tried]:
            evidence += f"; nothing to request for {', '.join(not_tried)}"
        if failed and not denied:
            raise Unsettled(evidence)
        advice = (
            "Give the user (username) Supervisor access to Analytics for Work, or deselect these streams."
        )
        return self.compared(", ".join(denied) or "all", evidence, advice)

    def _by_stream(self, seen: Observations) -> dict[str, Request]:
        """Return the request that tries each stream, as far as there is one."""
        if seen.main_pbx is None:
            return {EXTENSIONS: seen.first_requests()[-1], "pbxes": list_request("pbxes")}
        found = {kind.name: self._request(seen, kind) for kind in STREAM_TYPES}
        return {stream: request for stream, request in found.items() if request}

    def _request(self, seen: Observations, kind: StreamType) -> Request | None:
        if kind.report is None:
            reachable = seen.main_pbx_id or not kind.list_of.by_pbx
            return list_request(kind.name, seen.main_pbx_id) if reachable else None
        if kind.report.by_id:
            return queue_request(seen, kind.name)
        if kind.report is CallReport:
            return seen.week_calls(kind.name)
        if kind.name != MEMBERS:
            return seen.week_request(kind.name)
        groups = seen.reply(seen.week_request(GROUPS)).rows
        extension = str(groups[0].get("extension")) if groups else ""
        return seen.week_request(MEMBERS, collapse="true", extId=extension) if groups else None


class PbxNames(Question, id="pbx_names", assumed="all", needs_calls=False):
    """Can the user see all configured PBX names?"""

    def _judge(self, seen: Observations) -> Outcome:
        last = seen.reply(seen.pbx_pages()[-1])
        if last.problem:
            raise Unsettled(f"the list of PBXs was not read: {last.problem}")
        listed = seen.listed_pbxes()
        evidence = f"this user can see {counted(len(listed), 'PBX')}"
        if seen.settings.all_pbxes:
            return self.compared("all", f"{evidence}, and allpbxes is configured")
        names = seen.settings.pbx_ids
        missing = [f"pbx-{i}" for i, name in enumerate(names, 1) if pbx_key(name) not in listed]
        if not missing:
            return self.compared("all", evidence)
        if last.more:
            raise Unsettled(f"the list of PBXs has more than {LIST_PAGES} pages")
        return self.compared(
            f"{len(missing)} of {len(names)} missing",
            f"{evidence}; missing: {', '.join(missing)}",
            "Correct the PBX names (pbx_ids), or give the user access to these PBXs.",
        )


class ResponseTimes(Question, id="response_times", needs_calls=False):
    """How long does a report take, and how many workers are worth using?"""

    def _judge(self, seen: Observations) -> Outcome:
        one, two = _times(seen)
        configured, pbxes = seen.settings.num_workers, len(seen.pbx_names())
        requests = ceil(365.25 * RETENTION_YEARS) * pbxes * REPORTS_BY_NAME
        workers = min(MOST_WORKERS, max(DEFAULT_WORKERS, ceil(requests * two / FIRST_LOAD)))
        workers = workers if _in_parallel(one, two) else 2
        evidence = f"a report takes {one:.1f} s alone, {two:.1f} s with two at once"
        if workers == configured:
            return Outcome(str(workers), "holds", evidence)
        if not _in_parallel(one, two):
            advice = "Set num_workers to 2: more concurrent requests do not speed up a load."
            return Outcome(str(workers), "holds", evidence, advice)
        enough = ", which is enough" if workers < configured else ""
        total = counted(requests, "request")
        advice = f"Set num_workers to {workers}{enough}: two years of the reports are about {total}"
        if two >= FAST:
            minutes, now = (ceil(requests * two / n / 60) for n in (workers, configured))
            advice += f", which take {counted(minutes, 'minute')}"
            advice += f" instead of {now:,}" if workers > configured else ""
        return Outcome(str(workers), "holds", evidence, f"{advice}.")


def _in_parallel(one: float, two: float) -> bool:
    """Return whether requests at once are faster than one after the other, or too fast to tell."""
    return two < FAST or one * 2 / two >= WORTHWHILE


def _times(seen: Observations) -> tuple[float, float]:
    """Return how long a report takes alone, and with two at once; `Unsettled` if too few were."""
    reports = [e for e in seen.exchanges if e.stream == EXTENSIONS and e.status == 200]
    alone = [exchange.seconds for exchange in reports if exchange.alone]
    together = [exchange.seconds for exchange in reports if not exchange.alone]
    if len(alone) < FEWEST or len(together) < FEWEST:
        raise Unsettled("too few reports were read to tell")
    return median(alone), median(together)


def estimate(seen: Observations, streams: Collection[str]) -> str:
    """Return how many requests and minutes a first load of some streams (none for all) takes, as a sentence.

    It is empty if too few response times were measured.
    """
    try:
        times = _times(seen)
    except Unsettled:
        return ""
    kinds = [kind for kind in STREAM_TYPES if not streams or kind.name in streams]
    requests = {kind.name: _requests_of(seen, kind) for kind in kinds}
    seconds = 0.0
    for stream, count in requests.items():
        own = [e.seconds for e in seen.exchanges if e.stream == stream and e.status == 200]
        seconds += count * (median(own) if own else times[1])
    workers = seen.settings.num_workers
    minutes = ceil(seconds / (workers if _in_parallel(*times) else 2) / 60)
    since = report_windows(seen.settings, "day", seen.started_at)[:1]
    total = counted(sum(requests.values()), "request")
    first_day = f" from {since[0].report_date}," if since else ""
    return (
        f"A first load of {counted(len(kinds), 'stream')}{first_day} "
        f"for {counted(len(seen.pbx_names()), 'PBX')} with {workers} workers, takes an "
        f"estimated {total} and {counted(minutes, 'minute')}, plus the time to write to a database."
    )


def _requests_of(seen: Observations, kind: StreamType) -> int:
    """Return how many requests a first load of a stream takes, if each day is like those of the week."""
    settings, pbxes = seen.settings, len(seen.pbx_names())
    if kind.report is None:
        return pbxes if kind.list_of.by_pbx else 1
    unit: WindowUnit = "day" if kind.by_day else settings.summary_window
    per_window = 1
    if kind.report in (RingGroupMemberReport, RingGroupAgentReport):
        per_window += len(seen.reply(seen.week_request(GROUPS)).rows)
    elif kind.report is CallReport:
        calls = call_count(seen.reply(seen.week_request(EXTENSIONS))) / len(seen.week)
        per_window = max(1, ceil(calls / PAGE_SIZE))
    elif kind.report is QueueCallReport:
        per_window = 2  # the last page is one without calls
    by_pbx = 1 if settings.all_pbxes and not kind.report.by_id else pbxes
    return len(report_windows(settings, unit, seen.started_at)) * by_pbx * per_window


class RateLimit(Question, id="rate_limit", assumed="none", needs_calls=False):
    """Does any header or status indicate a rate limit?"""

    def _judge(self, seen: Observations) -> Outcome:
        if not seen.exchanges:
            raise Unsettled(f"not requested: {seen.stopped}")
        limits = {name: value for exchange in seen.exchanges for name, value in exchange.limits}
        rejections = sum(exchange.status == 429 for exchange in seen.exchanges)
        limits.pop(OTHER_LIMIT, None)
        names = ([name for name, _ in exchange.limits] for exchange in seen.exchanges)
        others = max(each.count(OTHER_LIMIT) for each in names)
        words = [*sorted(limits), *([counted(others, "header") + " of another name"] if others else [])]
        words += ["HTTP 429"] if rejections else []
        evidence = f"headers of {counted(len(seen.exchanges), 'response')}, {rejections} of them HTTP 429"
        if values := [f"{name}: {value}" for name, value in sorted(limits.items()) if value]:
            evidence += f"; last values: {', '.join(values)}"
        advice = "Keep num_workers within this limit. Report this: 8x8 does not document a limit."
        return self.compared(", ".join(words) or "none", evidence, advice)


class Clock(Question, id="clock", assumed=f"at most {CLOCK_TOLERANCE:g} seconds apart", needs_calls=False):
    """Does this machine's clock agree with 8x8's?"""

    def _judge(self, seen: Observations) -> Outcome:
        ahead = [exchange.ahead for exchange in seen.exchanges if exchange.ahead is not None]
        if not ahead:
            raise Unsettled("no response had a Date header" if seen.exchanges else "no response")
        apart = min(ahead, key=abs)
        words, evidence = f"{abs(round(apart)):,} seconds apart", counted(len(ahead), "Date header")
        if abs(apart) <= CLOCK_TOLERANCE:
            return Outcome(words, "holds", evidence)
        evidence += f"; 8x8's clock is {'ahead' if apart > 0 else 'behind'}"
        return Outcome(words, "contradicted", evidence, "Correct this machine's clock.")


class Sessions(Question, id="sessions", assumed="no", needs_calls=False, phase=1):
    """Does a new sign-in invalidate the previous token?"""

    def _requests(self, seen: Observations) -> list[Request]:
        readable = (request for request, reply in seen.replies.items() if reply.status == 200)
        return [Request(SESSIONS, first.path, first.params) for first in list(readable)[:1]]

    def _judge(self, seen: Observations) -> Outcome:
        requests = self._requests(seen)
        if not requests:
            raise Unsettled("no report or list could be read")
        reply = seen.reply(requests[0])
        if reply.status not in (200, 401):
            raise Unsettled(reply.problem)
        evidence = (
            f"after a second sign-in, the first token was {'accepted' if reply.status == 200 else 'rejected'}"
        )
        advice = "Give each connection its own user (username), or they invalidate each other's tokens."
        return self.compared("no" if reply.status == 200 else "yes", evidence, advice)
