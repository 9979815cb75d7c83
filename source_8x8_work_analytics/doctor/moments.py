"""Which moment of a call decides the window it is reported in, and where a window ends.

Both are told from one answered call whose start, connect and disconnect lie far apart. Windows of a few
seconds around each moment show which one decides. Then windows that end at the second of that moment, and
one second before it, show what an `endTime` covers. Windows are asked for in UTC, where no second comes
twice. The moments compared have milliseconds, or "to the millisecond" would look like "inclusive".
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone

from source_8x8_work_analytics.doctor.account import EXTENSIONS, day_text, main_pbx, utc_text
from source_8x8_work_analytics.doctor.model import Answers, Request, Row
from source_8x8_work_analytics.doctor.rows import calls_in
from source_8x8_work_analytics.doctor.samples import Sample, key_of, moments_of, sample_of, week_calls
from source_8x8_work_analytics.doctor.streams import calls, report

BEFORE_END = 3
"""Seconds that the windows which test the end begin before it."""
OLDER_PAGES = 4
"""How many months back a call at a whole second is looked for."""
LARGEST_PAGE = 7_000
NOT_INCLUSIVE = "not inclusive"


def window(answers: Answers, stream: str, moment: int, first: int, last: int) -> Request:
    """Return the request for a window around a moment, in whole seconds before and after its own second."""
    second = datetime.fromtimestamp(moment // 1000, timezone.utc)
    start, end = (utc_text(second + timedelta(seconds=by)) for by in (first, last))
    pbx = main_pbx(answers) or ""
    if stream == EXTENSIONS:
        return report(stream, pbx, start, end, "UTC")
    return calls(stream, pbx, start, end, "UTC")


def found_in(answers: Answers, request: Request, sample: Sample) -> bool:
    """Return whether the sample is reported in a window that was answered."""
    rows = answers.get(request).rows
    if request.stream == EXTENSIONS:
        return any(str(row.get("Extension")) == sample.extension and calls_in(row) for row in rows)
    return any(key_of(row, request.stream) == sample.key for row in rows)


def around(answers: Answers, stream: str, sample: Sample) -> dict[str, Request]:
    """Return the windows around each moment, a second wider than the moment's own on either side."""
    return {name: window(answers, stream, moment, -1, 2) for name, moment in sample.moments}


def deciding(answers: Answers, stream: str) -> list[str]:
    """Return the moments in whose windows the sample is reported, once all are answered."""
    sample = sample_of(answers, stream)
    if sample is None:
        return []
    windows = around(answers, stream, sample)
    if any(answers.get(request).status != 200 for request in windows.values()):
        return []
    return [name for name, request in windows.items() if found_in(answers, request, sample)]


def up_to(answers: Answers, stream: str, sample: Sample, moment: str) -> tuple[Request, Request]:
    """Return the windows that end at the second of a moment, and one second before it."""
    at = sample.moment(moment)
    return (
        window(answers, stream, at, -BEFORE_END, 0),
        window(answers, stream, at, -BEFORE_END, -1),
    )


def covers_last_second(answers: Answers, stream: str) -> bool | None:
    """Return whether an `endTime` covers its whole last second; None if that could not be told."""
    sample, moments = sample_of(answers, stream), deciding(answers, stream)
    if sample is None or len(moments) != 1:
        return None
    requests = up_to(answers, stream, sample, moments[0])
    if any(answers.get(request).status != 200 for request in requests):
        return None
    at, before = (found_in(answers, request, sample) for request in requests)
    return None if before else at


def older_pages(answers: Answers, stream: str) -> list[Request]:
    """Return the requests for large pages of calls, month by month back."""
    pbx, zone = main_pbx(answers) or "", answers.settings.time_zone
    last = answers.today.subtract(days=1)
    months = [(last.subtract(days=30 * i + 29), last.subtract(days=30 * i)) for i in range(OLDER_PAGES)]
    return [
        calls(stream, pbx, day_text(first)[0], day_text(end)[1], zone, LARGEST_PAGE) for first, end in months
    ]


def whole_second(answers: Answers, stream: str, moment: str) -> Sample | None:
    """Return a call whose deciding moment has no milliseconds, out of all pages that were answered."""
    first = week_calls(answers, stream)
    for page in [*([first] if first else []), *older_pages(answers, stream)]:
        sample = next(_at_whole_second(answers.get(page).rows, stream, moment), None)
        if sample:
            return sample
    return None


def _at_whole_second(rows: Iterable[Row], stream: str, moment: str) -> Iterator[Sample]:
    for row in rows:
        moments = moments_of(row)
        if moments.get(moment, 1) % 1000 == 0:
            yield Sample(key_of(row, stream), "", tuple(moments.items()))


def ends(answers: Answers, stream: str) -> str:
    """Return how far an `endTime` reaches: a word of the report, or nothing if that could not be told.

    Only a call at a whole second tells "exclusive" from "to the millisecond"; `NOT_INCLUSIVE` is either.
    """
    covers = covers_last_second(answers, stream)
    if covers is None:
        return ""
    if covers:
        return "inclusive"
    moment = deciding(answers, stream)[0]
    sample = whole_second(answers, stream, moment) if stream == "call_legs" else None
    if sample is None:
        return NOT_INCLUSIVE
    at, _ = up_to(answers, stream, sample, moment)
    return "to the millisecond" if found_in(answers, at, sample) else "exclusive"


def end_requests(answers: Answers, stream: str) -> list[Request]:
    """Return the requests that tell moment and end, as far as the answers so far name them."""
    sample = sample_of(answers, stream)
    if sample is None:
        return []
    wanted = list(around(answers, stream, sample).values())
    moments = deciding(answers, stream)
    if len(moments) != 1:
        return wanted
    wanted += up_to(answers, stream, sample, moments[0])
    if covers_last_second(answers, stream) is False and stream == "call_legs":
        wanted += _telling_requests(answers, stream, moments[0])
    return wanted


def _telling_requests(answers: Answers, stream: str, moment: str) -> list[Request]:
    """Return the requests that tell "exclusive" from "to the millisecond"."""
    wanted: list[Request] = []
    for page in older_pages(answers, stream):
        sample = whole_second(answers, stream, moment)
        if sample:
            return [*wanted, up_to(answers, stream, sample, moment)[0]]
        wanted.append(page)
        if page not in answers.by_request:
            return wanted
    sample = whole_second(answers, stream, moment)
    return [*wanted, up_to(answers, stream, sample, moment)[0]] if sample else wanted
