"""Which moment of a call decides the window it is reported in, and where a window ends.

Both are determined from one answered call whose start, connect and disconnect are far enough apart. Windows
of a few seconds around each moment show which one decides. Then windows that end at the second of that
moment, and one second before it, show what an end time covers. Windows are requested in UTC, where no second
occurs twice.

A moment within a second reveals an inclusive end; a moment at a whole second reveals an exclusive end.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from functools import lru_cache

from source_8x8_work_analytics.doctor.findings import REPORT_THIS, Outcome, Question
from source_8x8_work_analytics.doctor.observations import (
    CALLS_PER_PAGE,
    EXTENSIONS,
    LEGS,
    QUEUE_CALLS,
    RECORDS,
    Observations,
    Reply,
    Request,
    Unsettled,
    calls_in,
    number,
    utc_text,
)
from source_8x8_work_analytics.doctor.queue_questions import queue_request
from source_8x8_work_analytics.reports.rows import Row

MOMENTS = ("start", "connect", "disconnect")
FIELDS = dict(zip(MOMENTS, ("startTimeUTC", "connectTimeUTC", "disconnectedTimeUTC"), strict=True))
QUEUE_FIELDS = dict(zip(MOMENTS, ("startTime", "connectedTime", "stopTime"), strict=True))
TRIED = (LEGS, RECORDS, EXTENSIONS, QUEUE_CALLS)
AROUND = (-1, 2)
"""Seconds before and after the second of a moment that the windows around it begin and end."""
APART, FAR_APART = 4_000, 8_000
"""Milliseconds between the moments of a sample, so that the windows around them do not overlap."""
QUIET = 30_000
"""Milliseconds around a sample without another call of its extension."""
BEFORE_END = 3
"""Seconds before their end at which the windows that test it begin."""
OLDER_PAGES, LARGEST_PAGE = 4, "7000"
"""Number of months to search for a call, and how many calls to request for each."""
NOT_INCLUSIVE = "not inclusive"
NO_SAMPLE = "no answered call was found whose start, connect and disconnect are at least 4 seconds apart"
COARSE = "8x8 does not apply windows of a few seconds to the exact second"
NEXT_MIDNIGHT = (
    'Set "window_end": "next_midnight" in the configuration; otherwise, calls in the last second of a day '
    "are lost. Airbyte's form hides this setting, so set it through Airbyte's API."
)
APART_FROM = (
    'Load {exclusive} in a separate connection with "window_end": "next_midnight"; otherwise, calls in the '
    "last second of a day are lost. Leave the other streams as they are."
)
LATE_CALLS = (
    "Nothing is lost as long as lookback_days is at least 1: a call that lasts past midnight is added to "
    "the previous day, and its report_date is that day."
)
MOVED_CALLS = (
    "The report_date of a call that lasts past midnight is not the day that the connector assumes. "
    f"{REPORT_THIS}"
)


@dataclass(frozen=True)
class Sample:
    """A call to look for: its ids, the one extension that took part (if it matters), and its moments."""

    key: tuple[str, ...]
    extension: str
    moments: Mapping[str, int]
    single: bool

    @property
    def quality(self) -> tuple[int, bool, bool]:
        """How useful the sample is; of two samples, the more useful one is used."""
        within_second = sum(moment % 1000 > 0 for moment in self.moments.values())
        return within_second, self.single, _are_apart(self.moments, FAR_APART)


def moments_of(row: Row, stream: str) -> dict[str, int]:
    """Return the moments of a call that came, as epoch milliseconds."""
    names = QUEUE_FIELDS if stream == QUEUE_CALLS else FIELDS
    found = {name: int(number(row.get(field)) or 0) for name, field in names.items()}
    return {name: moment for name, moment in found.items() if moment}


def _are_apart(moments: Mapping[str, int], milliseconds: int) -> bool:
    start, connect, disconnect = (moments.get(name, 0) for name in MOMENTS)
    return 0 < start <= connect - milliseconds and connect <= disconnect - milliseconds


def _key_of(row: Row, stream: str) -> tuple[str, ...]:
    """Return what identifies a call, or a leg, on its PBX."""
    return tuple(str(row.get(name)) for name in (("callId", "legId") if stream == LEGS else ("callId",)))


def _samples(rows: Sequence[Row], stream: str) -> Iterator[Sample]:
    """Yield the calls with three moments apart."""
    legs = Counter(str(row.get("callId")) for row in rows)
    for row in rows:
        moments = moments_of(row, stream)
        if _are_apart(moments, APART):
            first = str(row.get("legId", "1")) == "1" and legs[str(row.get("callId"))] == 1
            single = first and str(row.get("callLegCount", "1")) == "1"
            yield Sample(_key_of(row, stream), "", moments, single)


@lru_cache(maxsize=16)
def _best(page: Reply, stream: str) -> Sample | None:
    return max(_samples(page.rows, stream), key=lambda sample: sample.quality, default=None)


@lru_cache(maxsize=4)
def _best_quiet(records: Reply, legs: Reply, week: Reply) -> Sample | None:
    """Return a call between the outside and an extension that has no other call at that time."""
    known = {str(row.get("Extension")) for row in week.rows}
    by_key = {_key_of(row, RECORDS): _parties(row) & known for row in records.rows}
    spans = [
        (str(row.get("callId")), _parties(row), moments_of(row, RECORDS))
        for row in (*records.rows, *legs.rows)
    ]

    def is_quiet(sample: Sample) -> bool:
        inside = by_key[sample.key]
        begin, end = sample.moments["start"] - QUIET, sample.moments["disconnect"] + QUIET
        return len(inside) == 1 and not any(
            call != sample.key[0]
            and parties & inside
            and moments.get("start", 0) < end
            and moments.get("disconnect", 0) > begin
            for call, parties, moments in spans
        )

    found = sorted(_samples(records.rows, RECORDS), key=lambda sample: sample.quality, reverse=True)
    best = next(filter(is_quiet, found), None)
    return best and replace(best, extension=min(by_key[best.key]))


def _parties(row: Row) -> set[str]:
    return {str(row.get("caller")), str(row.get("callee"))}


class Probe:
    """What the windows of one stream of `TRIED` show."""

    def __init__(self, seen: Observations, stream: str) -> None:
        self.seen = seen
        self.stream = stream
        self._source = RECORDS if stream == EXTENSIONS else stream

    def pages(self) -> list[Request]:
        """Return the pages of calls in which a sample is looked for: each one if those before have none."""
        if self._source == QUEUE_CALLS:
            request = queue_request(self.seen, QUEUE_CALLS)
            return [request] if request else []
        last = self.seen.today.subtract(days=1)
        months = [(last.subtract(days=30 * i + 29), last.subtract(days=30 * i)) for i in range(OLDER_PAGES)]
        bounds = ((f"{first} 00:00:00", f"{end} 23:59:59") for first, end in months)
        older = (self.seen.report(self._source, *both, pageSize=LARGEST_PAGE) for both in bounds)
        return [self.seen.week_calls(self._source), *older]

    def sample(self) -> Sample | None:
        """Return the call whose windows are requested, the same one for the same replies."""
        for page in filter(self.seen.replies.get, self.pages()):
            reply = self.seen.reply(page)
            legs = self.seen.reply(self.seen.week_calls(LEGS))
            week = self.seen.reply(self.seen.week_request(EXTENSIONS))
            quiet = self.stream == EXTENSIONS
            if sample := _best_quiet(reply, legs, week) if quiet else _best(reply, self.stream):
                return sample
        return None

    def around(self, sample: Sample) -> dict[str, Request]:
        """Return the windows around each moment."""
        return {name: self._window(moment, *AROUND) for name, moment in sample.moments.items()}

    def up_to(self, sample: Sample, moment: str) -> list[Request]:
        """Return the windows that end at the second of a moment, and one second before it."""
        at = sample.moments[moment]
        return [self._window(at, -BEFORE_END, 0), self._window(at, -BEFORE_END, -1)]

    def _window(self, moment: int, first: int, last: int) -> Request:
        second = datetime.fromtimestamp(moment // 1000, timezone.utc)
        start, end = (second + timedelta(seconds=by) for by in (first, last))
        if request := self.seen.by_id(self.stream, start, end) if self.stream == QUEUE_CALLS else None:
            return request
        size = {} if self.stream == EXTENSIONS else {"pageSize": CALLS_PER_PAGE}
        return self.seen.report(self.stream, utc_text(start), utc_text(end), "UTC", **size)

    def _is_in(self, request: Request, sample: Sample) -> bool:
        """Return whether a sample is reported in a window."""
        rows = self.seen.reply(request).rows
        if self.stream == EXTENSIONS:
            return any(str(row.get("Extension")) == sample.extension and calls_in(row) for row in rows)
        return any(_key_of(row, self.stream) == sample.key for row in rows)

    def deciding(self) -> list[str]:
        """Return the moments in whose windows the sample is reported, once all were read."""
        sample = self.sample()
        windows = self.around(sample) if sample else {}
        if sample is None or any(self.seen.reply(request).status != 200 for request in windows.values()):
            return []
        return [name for name, request in windows.items() if self._is_in(request, sample)]

    def _covered(self, sample: Sample, moment: str) -> bool | None:
        """Return whether a window that ends at the second of a moment contains it; None if unknown."""
        requests = self.up_to(sample, moment)
        if any(self.seen.reply(request).status != 200 for request in requests):
            return None
        at, before = (self._is_in(request, sample) for request in requests)
        return None if before else at

    def _other_kind(self, moment: str, whole: bool) -> Sample | None:
        """Return a leg whose moment is at a whole second, or is not."""
        for page in self.pages() if self.stream == LEGS else ():
            for row in self.seen.reply(page).rows:
                moments = moments_of(row, LEGS)
                if moment in moments and (moments[moment] % 1000 == 0) is whole:
                    return Sample(_key_of(row, LEGS), "", moments, single=False)
        return None

    def end(self) -> str:
        """Return how far an end time reaches, in the words of the findings; empty if unknown."""
        sample, moments = self.sample(), self.deciding()
        if sample is None or len(moments) != 1:
            return ""
        whole = sample.moments[moments[0]] % 1000 == 0
        covered = self._covered(sample, moments[0])
        if covered is None:
            return ""
        other = self._other_kind(moments[0], not whole) if covered is whole else None
        other_covered = self._covered(other, moments[0]) if other else None
        if other_covered is not None and other_covered is not covered:
            return "to the millisecond"
        told = whole or covered or other_covered is not None
        return ("inclusive" if covered else "exclusive") if told else NOT_INCLUSIVE

    def requests(self) -> list[Request]:
        """Return the requests that show moment and end and can be determined from the replies so far."""
        sample = self.sample()
        if sample is None:
            return self._next_page()
        needed = list(self.around(sample).values())
        moments = self.deciding()
        if len(moments) != 1:
            return needed
        moment = moments[0]
        needed += self.up_to(sample, moment)
        whole = sample.moments[moment] % 1000 == 0
        if self._covered(sample, moment) is not whole:
            return needed
        if other := self._other_kind(moment, not whole):
            return [*needed, *self.up_to(other, moment)]
        return needed if whole or self.stream != LEGS else [*needed, *self._next_page()]

    def _next_page(self) -> list[Request]:
        return [page for page in self.pages() if page not in self.seen.replies][:1]

    def require_moment(self) -> None:
        """Raise `Unsettled` with the reason why the deciding moment is not known, if it is not."""
        sample, pages = self.sample(), self.pages()
        if sample is None:
            raise Unsettled((self.seen.reply(pages[0]).problem if pages else "") or NO_SAMPLE)
        self.seen.read(self.around(sample).values())
        if not self.deciding():
            raise Unsettled("none of the windows around the call's start, connect and disconnect contains it")


class EndTime(Question, id="end_time", assumed="inclusive"):
    """Does an endTime include its whole last second?"""

    def _requests(self, seen: Observations) -> list[Request]:
        return [request for stream in TRIED for request in Probe(seen, stream).requests()]

    def _judge(self, seen: Observations) -> Outcome:
        found = {stream: word for stream in TRIED if (word := Probe(seen, stream).end())}
        if not found:
            Probe(seen, LEGS).require_moment()
            raise Unsettled(COARSE)
        evidence = ", ".join(f"{stream}: {word}" for stream, word in found.items())
        if untold := [stream for stream in TRIED if stream not in found]:
            evidence += f"; not known for {', '.join(untold)}"
        early = [stream for stream, word in found.items() if word != self.assumed]
        words = [found[stream] for stream in early]
        word = min(words, key=lambda word: word == NOT_INCLUSIVE, default=self.assumed)
        if word == NOT_INCLUSIVE:
            word = "exclusive"
            evidence += '; it may be "to the millisecond": no call at a whole second was found'
        alone = APART_FROM.format(exclusive=" and ".join(early))
        return self.compared(word, evidence, NEXT_MIDNIGHT if len(early) == len(found) else alone)


class CallRecordsTime(Question, id="call_records_time", assumed="disconnect"):
    """Which moment of a call determines the window of its record?"""

    stream = RECORDS

    def _requests(self, seen: Observations) -> list[Request]:
        return Probe(seen, self.stream).requests()

    def _judge(self, seen: Observations) -> Outcome:
        probe = Probe(seen, self.stream)
        probe.require_moment()
        moments = probe.deciding()
        evidence = f"one call, searched for in 4-second windows around {', '.join(MOMENTS)}"
        advice = LATE_CALLS if moments in (["start"], ["connect"]) else MOVED_CALLS
        return self.compared(" and ".join(moments), evidence, advice)


class CallLegsTime(CallRecordsTime, id="call_legs_time", assumed="disconnect"):
    """Which moment of a leg determines its window?"""

    stream = LEGS
