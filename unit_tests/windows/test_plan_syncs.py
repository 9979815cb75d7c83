"""Any series of syncs with any dates, zones, ranges and failures in between leaves no hole."""

from datetime import datetime, timedelta
from typing import NamedTuple

import pendulum
from hypothesis import assume, given
from hypothesis import strategies as st

from source_8x8_work_analytics.windows.calendar import Window, report_windows, start_of_day
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
    """The settings of one sync, and how far it gets.

    Attributes:
        start: the first day, as days before the last sync.
        length: how many days it requests; None up to the present.
        zone: the time zone.
        lookback: days to read again.
        windows: how many windows are read before one fails.
        later: how many days later the next sync comes.
        reread: first day and length of a range to read again, as days before the last sync.
        pbx_id: the id behind the PBX's name, if that is known.
    """

    start: int
    length: int | None
    zone: str
    lookback: int
    windows: int
    later: int
    reread: tuple[int, int] | None = None
    pbx_id: str | None = None


syncs = st.lists(
    st.builds(
        Sync,
        start=st.integers(0, 30),
        length=st.none() | st.integers(1, 15),
        zone=st.sampled_from(ZONES),
        lookback=st.integers(0, 2),
        windows=st.integers(0, 40),
        later=st.integers(0, 4),
        reread=st.none() | st.tuples(st.integers(0, 40), st.integers(1, 10)),
    ),
    min_size=1,
    max_size=5,
)


class Ran(NamedTuple):
    """The windows that a sync read, and the stretches of time that it read after their end."""

    windows: list[Window]
    complete: Spans


def run(sync: Sync, saved: SavedState, now: pendulum.DateTime) -> Ran:
    """Run a sync until it fails, and change the state as Airbyte would keep it."""
    start = NOW.date().subtract(days=sync.start)
    ran = Ran([], [])
    today = now.in_timezone(sync.zone).date()
    if start > today:
        return ran
    changes: dict[str, object] = {"start_date": str(start), "time_zone": sync.zone}
    if sync.length:
        changes["end_date"] = str(start.add(days=sync.length - 1))
    if sync.reread and (first := NOW.date().subtract(days=sync.reread[0])) <= today:
        changes |= {"reread_from": str(first), "reread_to": str(first.add(days=sync.reread[1] - 1))}
    chosen = settings(lookback_days=sync.lookback, pbx_ids=["acme"], **changes)
    resumed = SavedState.load("call_records", saved.dump())
    plan = Plan("call_records", "day", False, resumed, chosen, {}, now)
    row_settings = plan.check_settings({"acme": sync.pbx_id})
    progress = plan.progress_of("acme", sync.pbx_id)
    for _ in range(min(sync.windows, progress.total)):
        read = progress.start()
        complete = read.window.has_ended(now)
        ran.windows.append(read.window)
        if progress.record(read, complete) and progress.state:
            resumed.put("acme", progress.state)
        resumed.settings = row_settings
        if complete:
            ran.complete.append((read.window.start, read.window.end + timedelta(seconds=1)))
    saved.drop("acme")
    if state := resumed.get("acme"):
        saved.put("acme", state)
    saved.settings = resumed.settings
    return ran


@given(syncs, st.sampled_from(ZONES), st.integers(0, 30))
def test_what_the_last_sync_leaves_out_was_read_by_an_earlier_one(
    earlier: list[Sync], zone: str, start: int
) -> None:
    saved = SavedState()
    read: Spans = []
    now = NOW.subtract(days=sum(sync.later for sync in earlier))
    for sync in earlier:
        read += run(sync, saved, now).complete
        now = now.add(days=sync.later)
    read += run(Sync(start, None, zone, 0, 100, 0), saved, NOW).complete
    first = NOW.date().subtract(days=start)
    assume(first <= NOW.in_timezone(zone).date())
    reached = start_of_day(first, zone)
    for begin, end in sorted(read):
        if begin <= reached:
            reached = max(reached, end)
    assert reached >= start_of_day(NOW.in_timezone(zone).date(), zone)


@given(syncs, st.integers(0, 30))
def test_no_sync_reads_a_window_twice(earlier: list[Sync], start: int) -> None:
    saved = SavedState()
    now = NOW.subtract(days=sum(sync.later for sync in earlier))
    for sync in [*earlier, Sync(start, None, "UTC", 2, 100, 0, (20, 5))]:
        windows = run(sync, saved, now).windows
        assert len(set(windows)) == len(windows)
        now = now.add(days=sync.later)


@given(syncs, st.integers(1, 30), st.tuples(st.integers(1, 40), st.integers(1, 10)))
def test_a_range_is_read_again_by_one_whole_sync_and_not_by_the_next(
    earlier: list[Sync], start: int, reread: tuple[int, int]
) -> None:
    """After any series of syncs: every window of the range that the settings or the state cover."""
    saved = SavedState()
    now = NOW.subtract(days=sum(sync.later for sync in earlier))
    for sync in earlier:
        run(sync._replace(zone="UTC"), saved, now)
        now = now.add(days=sync.later)
    last_sync = Sync(start, None, "UTC", 0, 100, 0, reread)
    first = NOW.date().subtract(days=reread[0])
    last = first.add(days=reread[1] - 1)
    before = saved.get("acme")
    assume(not (before and before.reread == (first, last)))
    windows = run(last_sync, saved, NOW).windows
    after = saved.get("acme")
    assert after
    assert after.since
    days = {window.first_day for window in windows}
    wanted = {
        window.first_day
        for window in report_windows(
            settings(start_date=str(NOW.date().subtract(days=start)), time_zone="UTC"),
            "day",
            NOW,
            after.since,
        )
        if first <= window.first_day <= last
    }
    assert wanted <= days
    assert (after.reread == (first, last)) == bool(wanted)
    repeated = {window.first_day for window in run(last_sync, saved, NOW).windows}
    assert repeated == {NOW.date()}, "only the open window is left"


@given(st.lists(st.sampled_from([None, "1001", "2002"]), min_size=1, max_size=6), st.integers(1, 40))
def test_the_days_of_the_id_that_a_pbx_has_now_were_all_read_under_it(
    ids: list[str | None], windows: int
) -> None:
    """For any series of ids behind one name, and syncs that fail at any window."""
    saved = SavedState()
    found: dict[str | None, set[pendulum.Date]] = {"1001": set(), "2002": set(), None: set()}
    known: str | None = None
    for pbx_id in [*ids, "1001"]:
        most = 100 if pbx_id == "1001" else windows
        read = run(Sync(20, None, "UTC", 0, most, 0, pbx_id=pbx_id), saved, NOW).windows
        known = pbx_id or known
        found[known] |= {window.first_day for window in read}
    days = {NOW.date().subtract(days=n) for n in range(21)}
    assert found["1001"] | found[None] >= days
