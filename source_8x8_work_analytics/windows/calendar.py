"""Report windows: the periods of the customer's calendar that one row covers.

Pure functions of the settings and a moment in time. A window consists of whole local days: a day, a week that
begins on Monday, or a month. Windows tile the calendar: each one begins the second after the previous one
ends, even on 23- and 25-hour days.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from typing import Any

import pendulum

from source_8x8_work_analytics.settings import Settings, WindowEnd, WindowUnit

RETENTION_YEARS = 2
"""8x8 keeps two years; for older days it returns nothing, and no error."""

_SECOND = timedelta(seconds=1)
_INSTANT = "%Y-%m-%dT%H:%M:%SZ"
_LONG_AGO = pendulum.date(1970, 1, 1)


@dataclass(frozen=True)
class Window:
    """A range of local days, including the first and the last, and its bounds as UTC instants.

    `end` is the window's last second.
    """

    first_day: pendulum.Date
    last_day: pendulum.Date
    start: datetime
    end: datetime
    time_zone: str

    @property
    def report_date(self) -> str:
        """The first day, as in 2026-11-01: the cursor value of the window's rows."""
        return str(self.first_day)

    def has_ended(self, moment: datetime) -> bool:
        """Return whether the window's last second had passed at a moment."""
        return moment >= self.end + _SECOND

    @property
    def seconds(self) -> float:
        """The length of the window: 82,800, 86,400 or 90,000 for most days."""
        return (self.end + _SECOND - self.start).total_seconds()

    def fields(self) -> dict[str, Any]:
        """Return the fields that say which window a row belongs to."""
        return {
            "report_date": self.report_date,
            "window_start": self.start.isoformat(),
            "window_end": self.end.isoformat(),
            "time_zone": self.time_zone,
        }


def local_bounds(window: Window, window_end: WindowEnd) -> tuple[str, str]:
    """Return `startTime` and `endTime` of a report: wall-clock times, without an offset."""
    if window_end == "next_midnight":
        return f"{window.first_day} 00:00:00", f"{window.last_day.add(days=1)} 00:00:00"
    return f"{window.first_day} 00:00:00", f"{window.last_day} 23:59:59"


def utc_bounds(start: datetime, end: datetime, window_end: WindowEnd) -> dict[str, str]:
    """Return the bounds that reports by a PBX's id accept: UTC instants."""
    last = end + _SECOND if window_end == "next_midnight" else end
    return {"startDate": start.strftime(_INSTANT), "endDate": last.strftime(_INSTANT)}


@lru_cache(maxsize=8192)
def start_of_day(day: pendulum.Date, time_zone: str) -> datetime:
    """Return the first instant of a local day, in UTC.

    If midnight occurs twice, it is the first one (fold 0). If it does not exist, the standard library
    interprets fold 0 with the offset before the change, which is exactly the instant of the change.
    """
    midnight = datetime(day.year, day.month, day.day, tzinfo=_zone(time_zone), fold=0)
    return midnight.astimezone(timezone.utc)


@cache
def _zone(name: str) -> tzinfo:
    """Return a time zone, cached, since pendulum takes 0.1 ms to reload one that nothing references."""
    return pendulum.timezone(name)


@lru_cache(maxsize=8192)
def window_at(day: pendulum.Date, unit: WindowUnit, time_zone: str) -> Window:
    """Return the window that contains a local day."""
    first, last = (day, day) if unit == "day" else (day.start_of(unit), day.end_of(unit))
    return Window(
        first_day=first,
        last_day=last,
        start=start_of_day(first, time_zone),
        end=start_of_day(day_after(last), time_zone) - _SECOND,
        time_zone=time_zone,
    )


def day_after(day: pendulum.Date) -> pendulum.Date:
    """Return the next day, in a tenth of the time that pendulum's `add` takes."""
    return pendulum.Date.fromordinal(day.toordinal() + 1)


def oldest_day(time_zone: str, now: pendulum.DateTime) -> pendulum.Date:
    """Return the first local day that 8x8 still keeps in full."""
    return now.in_timezone(time_zone).date().subtract(years=RETENTION_YEARS)


def report_windows(
    settings: Settings, unit: WindowUnit, now: pendulum.DateTime, first: pendulum.Date | None = None
) -> list[Window]:
    """Return every window that the settings include and that has begun, oldest first.

    The first one contains `start_date`; a week or month that begins before the two years that 8x8 keeps would
    be incomplete, so it is left out. The last one contains `end_date` or the current time.

    Args:
        settings: the configuration.
        unit: what one window covers.
        now: the current time.
        first: the first day to read, instead of `start_date`.
    """
    oldest = oldest_day(settings.time_zone, now)
    last = now.in_timezone(settings.time_zone).date()
    if settings.end_date:
        last = min(last, settings.end_date)
    found = _tile(max(first or settings.start_date or oldest, oldest), last, unit, settings.time_zone)
    return [
        window
        for window in found
        if window.first_day >= oldest and (not settings.only_finished_windows or window.has_ended(now))
    ]


def _tile(first: pendulum.Date, last: pendulum.Date, unit: WindowUnit, time_zone: str) -> Iterator[Window]:
    day = first
    while day <= last:
        window = window_at(day, unit, time_zone)
        if window.start <= window.end:  # some zones once skipped a whole day
            yield window
        day = day_after(window.last_day)


def left_to_read(
    windows: Sequence[Window],
    mark: pendulum.Date | None,
    settings: Settings,
    unit: WindowUnit,
    now: pendulum.DateTime,
) -> list[Window]:
    """Return the windows that a sync has to read, given how far a PBX was read.

    Args:
        windows: all windows of the settings, oldest first.
        mark: the report date up to which all windows were read after their end; None before the first sync.
        settings: for `lookback_days`, the completed days up to the mark that are read again.
        unit: what one window covers.
        now: the current time. A mark that no window can have reached yet, due to a wrong clock or a zone
            further east, counts as the newest window that has ended.
    """
    if mark is None:
        return list(windows)
    mark = max(mark, _LONG_AGO)  # so that no date runs out of the calendar
    newest = newest_mark(settings.time_zone, unit, now)
    if mark >= newest.first_day:
        covered = newest.last_day
    else:
        at_mark = window_at(mark, unit, settings.time_zone)
        covered = at_mark.last_day if at_mark.first_day == mark else mark
    settled_until = covered.subtract(days=settings.lookback_days)
    return [window for window in windows if window.last_day > settled_until]


def newest_mark(time_zone: str, unit: WindowUnit, now: pendulum.DateTime) -> Window:
    """Return the newest window that has ended: no valid mark lies beyond it."""
    current = window_at(now.in_timezone(time_zone).date(), unit, time_zone)
    return window_at(current.first_day.subtract(days=1), unit, time_zone)


def leaves_no_gap(day: pendulum.Date, mark: pendulum.Date, unit: WindowUnit, time_zone: str) -> bool:
    """Return whether no day lies between the window at a mark and the window that begins on a day."""
    return day <= window_at(max(mark, _LONG_AGO), unit, time_zone).last_day.add(days=1)
