"""Report windows: from wall-clock times in a zone to instants."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from sandbox.errors import bad_request
from sandbox.variants import PLAIN, Variant

BEYOND_END = {
    "inclusive": timedelta(seconds=1),
    "to the millisecond": timedelta(milliseconds=1),
    "exclusive": timedelta(0),
}
"""How far a window reaches beyond its `endTime`, by the value of `end_time`."""


@dataclass(frozen=True)
class Window:
    """A window: from `first` to just before `last`, requested in a zone."""

    first: datetime
    last: datetime
    zone: str


def parse_time(text: str) -> datetime:
    """Read a startTime or endTime, which has no zone."""
    try:
        moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        moment = None
    if moment is None or f"{moment:%Y-%m-%d %H:%M:%S}" != text:
        raise bad_request("a time is not of the form YYYY-MM-DD HH:MM:SS")
    return moment


def window(start: str, end: str, zone: str, variant: Variant = PLAIN) -> Window:
    """Return the window of a request as a variant reads it."""
    first = _instant(parse_time(start), zone, fold=0)
    if variant.clock_change_day == "equal":
        last = _instant(parse_time(end), zone, fold=1)
    else:
        last = first + (parse_time(end) - parse_time(start))
    return Window(first, last + BEYOND_END[variant.end_time], zone)


def oldest_kept(now: datetime, zone: str) -> datetime:
    """Return the instant from which data is kept: two years, by days of the zone."""
    today = now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    leap_day = (today.month, today.day) == (2, 29)
    return _instant(today.replace(year=today.year - 2, day=28 if leap_day else today.day), zone, fold=0)


def _instant(moment: datetime, zone: str, fold: int) -> datetime:
    """Return a wall-clock time in a zone as UTC; `fold` 1 is the second of a repeated hour."""
    return moment.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(timezone.utc)
