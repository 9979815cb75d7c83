"""Calls to tell the moments by: answered ones whose start, connect and disconnect lie far apart."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from source_8x8_work_analytics.doctor.account import EXTENSIONS, day_text, main_pbx, week, week_report
from source_8x8_work_analytics.doctor.model import Answer, Answers, Request, Row
from source_8x8_work_analytics.doctor.rows import number
from source_8x8_work_analytics.doctor.streams import CALLS_A_PAGE, calls

MOMENTS = {"start": "startTimeUTC", "connect": "connectTimeUTC", "disconnect": "disconnectedTimeUTC"}
APART = 8_000
"""Milliseconds between the moments of a sample, so that the windows around them do not meet."""
QUIET = 30_000
"""Milliseconds around a sample without another call of its extension."""


@dataclass(frozen=True)
class Sample:
    """A call to look for.

    Attributes:
        key: its call id, and leg id for a leg.
        extension: the one extension that took part, empty if it does not matter.
        moments: epoch milliseconds by name.
    """

    key: tuple[str, ...]
    extension: str
    moments: tuple[tuple[str, int], ...]

    def moment(self, name: str) -> int:
        """Return one of its moments."""
        return dict(self.moments)[name]


def week_calls(answers: Answers, stream: str) -> Request | None:
    """Return the request for a page of calls of the week."""
    pbx = main_pbx(answers)
    if pbx is None:
        return None
    days = week(answers)
    start, end = day_text(days[0])[0], day_text(days[-1])[1]
    return calls(stream, pbx, start, end, answers.settings.time_zone, CALLS_A_PAGE)


def sample_of(answers: Answers, stream: str) -> Sample | None:
    """Return the call whose windows are asked for, the same one for the same answers."""
    pbx = main_pbx(answers)
    source = week_calls(answers, "call_legs" if stream == "call_legs" else "call_records")
    if pbx is None or source not in answers.by_request:
        return None
    page = answers.by_request[source]
    if stream == EXTENSIONS:
        return _first_quiet(page, answers.get(week_report(answers, EXTENSIONS, pbx)))
    return _first_suitable(page, stream)


@lru_cache(maxsize=4)
def _first_suitable(page: Answer, stream: str) -> Sample | None:
    return next(_suitable(page.rows, stream), None)


@lru_cache(maxsize=4)
def _first_quiet(page: Answer, week_of_extensions: Answer) -> Sample | None:
    known = {str(row.get("Extension")) for row in week_of_extensions.rows}
    return next(_quiet(page.rows, known), None)


def _suitable(rows: list[Row], stream: str) -> Iterator[Sample]:
    """Yield the calls of one leg with three moments far apart."""
    legs: dict[str, int] = {}
    for row in rows:
        legs[str(row.get("callId"))] = legs.get(str(row.get("callId")), 0) + 1
    for row in rows:
        moments = moments_of(row)
        start, connect, disconnect = (moments.get(name, 0) for name in MOMENTS)
        single = legs[str(row.get("callId"))] == 1 and str(row.get("legId", "1")) == "1"
        if stream != "call_legs":
            single = str(row.get("callLegCount", "1")) == "1"
        apart = start and start + APART <= connect and connect + APART <= disconnect
        if single and apart and all(moment % 1000 for moment in (start, connect, disconnect)):
            yield Sample(key_of(row, stream), "", tuple(moments.items()))


def _quiet(rows: list[Row], known: set[str]) -> Iterator[Sample]:
    """Yield calls between the outside and a known extension that has no other call at that time."""
    spans = [(set(_parties(row)) & known, moments_of(row)) for row in rows]
    by_key = {key_of(row, "call_records"): parties for row, (parties, _) in zip(rows, spans, strict=True)}
    for sample in _suitable(rows, "call_records"):
        inside = by_key[sample.key]
        if len(inside) != 1:
            continue
        begin, end = sample.moment("start") - QUIET, sample.moment("disconnect") + QUIET
        others = sum(
            1
            for parties, moments in spans
            if parties & inside and moments.get("start", 0) < end and moments.get("disconnect", 0) > begin
        )
        if others == 1:  # itself
            yield Sample(sample.key, inside.pop(), sample.moments)


def _parties(row: Row) -> list[str]:
    return [str(row.get("caller")), str(row.get("callee"))]


def moments_of(row: Row) -> dict[str, int]:
    """Return the moments of a call that came, as epoch milliseconds."""
    found = {name: int(number(row.get(field)) or 0) for name, field in MOMENTS.items()}
    return {name: moment for name, moment in found.items() if moment}


def key_of(row: Row, stream: str) -> tuple[str, ...]:
    """Return what identifies a call, or a leg, on its PBX."""
    names = ("callId", "legId") if stream == "call_legs" else ("callId",)
    return tuple(str(row.get(name)) for name in names)
