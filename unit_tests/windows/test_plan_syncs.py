"""Any series of syncs with any dates, zones and failures in between leaves no hole."""

from datetime import datetime, timedelta
from typing import NamedTuple

import pendulum
from hypothesis import assume, given
from hypothesis import strategies as st

from source_8x8_work_analytics.windows.calendar import start_of_day
from source_8x8_work_analytics.windows.plan import Plan
from source_8x8_work_analytics.windows.state import SavedState
from testing.builders import settings
from unit_tests.conftest import NOW

ZONES = [
    *("Pacific/Kiritimati", "Asia/Tokyo", "Asia/Kathmandu", "UTC"),
    *("America/New_York", "America/Los_Angeles", "Etc/GMT+12"),
]
Spans = list[tuple[datetime, datetime]]


class Sync(NamedTuple):
    """What one sync is told, and how far it gets.

    Attributes:
        start: the first day, as days before the last sync.
        length: how many days it asks for; None up to the present.
        zone: the time zone.
        lookback: days to read again.
        windows: how many windows are read before one fails.
        later: how many days later the next sync comes.
    """

    start: int
    length: int | None
    zone: str
    lookback: int
    windows: int
    later: int


syncs = st.lists(
    st.builds(
        Sync,
        start=st.integers(0, 30),
        length=st.none() | st.integers(1, 15),
        zone=st.sampled_from(ZONES),
        lookback=st.integers(0, 2),
        windows=st.integers(0, 40),
        later=st.integers(0, 4),
    ),
    min_size=1,
    max_size=5,
)


def run(sync: Sync, state: SavedState, now: pendulum.DateTime) -> Spans:
    """Run a sync until it fails; returns the stretches of time that it read after their end."""
    start = NOW.date().subtract(days=sync.start)
    end = str(start.add(days=sync.length - 1)) if sync.length else ...
    if start > now.in_timezone(sync.zone).date():
        return []
    chosen = settings(
        start_date=str(start),
        end_date=end,
        time_zone=sync.zone,
        lookback_days=sync.lookback,
        pbx_ids=["acme"],
    )
    plan = Plan("call_records", "day", False, state, chosen, now)
    row_settings = plan.check_settings(["acme"])
    progress = plan.progress_of("acme", 1)
    found: Spans = []
    for _ in range(min(sync.windows, progress.total)):
        read = progress.start()
        read.record_response(now)
        progress.record(read)
        if progress.state:
            state.put("acme", progress.state)
        state.settings = row_settings
        if read.complete:
            found.append((read.window.start, read.window.end + timedelta(seconds=1)))
    return found


@given(syncs, st.sampled_from(ZONES), st.integers(0, 30))
def test_what_the_last_sync_leaves_out_was_read_by_an_earlier_one(
    earlier: list[Sync], zone: str, start: int
) -> None:
    state = SavedState()
    read: Spans = []
    now = NOW.subtract(days=sum(sync.later for sync in earlier))
    for sync in earlier:
        read += run(sync, state, now)
        now = now.add(days=sync.later)
    read += run(Sync(start, None, zone, 0, 100, 0), state, NOW)
    first = NOW.date().subtract(days=start)
    assume(first <= NOW.in_timezone(zone).date())
    reached = start_of_day(first, zone)
    for begin, end in sorted(read):
        if begin <= reached:
            reached = max(reached, end)
    assert reached >= start_of_day(NOW.in_timezone(zone).date(), zone)
