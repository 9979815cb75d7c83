"""A range that is read again: what starts, in which order, and when the state says that it was done."""

from collections.abc import Sequence

import pendulum
from hypothesis import given
from hypothesis import strategies as st

from source_8x8_work_analytics.windows.calendar import Window, window_at
from source_8x8_work_analytics.windows.progress import WindowSlice
from source_8x8_work_analytics.windows.state import Days, PbxState
from unit_tests.windows.test_progress import MARK, SINCE, days, finish, progress

RANGE: Days = (SINCE.add(days=2), SINCE.add(days=4))
SAVED = PbxState(MARK, SINCE)
DONE = PbxState(MARK, SINCE, reread=RANGE)


def again(first: int = 2, count: int = 3) -> list[Window]:
    return days(SINCE.add(days=first), count)


def test_the_range_comes_last_and_is_noted_with_its_last_window() -> None:
    pbx = progress(new=1, earlier=1, saved=SAVED, again=again(), reread=RANGE)
    assert pbx.total == 5
    reads = [pbx.start() for _ in range(5)]
    assert [read.window for read in reads[2:]] == again()
    assert {read.pbx for read in reads} == {"acmecorp"}
    assert [finish(pbx, read) for read in reads] == [True, True, False, False, True]
    assert pbx.state == PbxState(MARK.add(days=1), SINCE.subtract(days=1), reread=RANGE)
    assert pbx.is_finished()


def test_the_order_in_which_its_windows_end_does_not_matter() -> None:
    pbx = progress(new=0, saved=SAVED, again=again(), reread=RANGE)
    reads = [pbx.start() for _ in range(3)]
    assert [finish(pbx, read) for read in reads[::-1]] == [False, False, True]
    assert pbx.state == DONE


def test_it_moves_no_mark() -> None:
    """Not even beyond the mark, where a window of the range is still open."""
    pbx = progress(new=0, saved=SAVED, again=days(MARK.add(days=1), 2), reread=(MARK, MARK.add(days=2)))
    finish(pbx, pbx.start())
    assert pbx.state == SAVED
    finish(pbx, pbx.start(), ended=False)
    assert pbx.state == PbxState(MARK, SINCE, reread=(MARK, MARK.add(days=2)))


def test_a_failure_in_it_leaves_it_to_be_read_again_and_keeps_the_mark() -> None:
    pbx = progress(new=1, saved=SAVED, again=again(), reread=RANGE)
    for _ in range(3):
        finish(pbx, pbx.start())
    pbx.fail(pbx.start())
    assert pbx.is_finished()
    assert pbx.state == PbxState(MARK.add(days=1), SINCE)


def test_a_failure_before_it_leaves_it_unread() -> None:
    pbx = progress(new=2, saved=SAVED, again=again(), reread=RANGE)
    finish(pbx, pbx.start())
    pbx.fail(pbx.start())
    assert not pbx.may_start()
    assert pbx.state == PbxState(MARK.add(days=1), SINCE)


def test_new_and_earlier_windows_in_the_range_belong_to_it() -> None:
    """They are read once, and the range is done when they were read as well."""
    reread = (SINCE.subtract(days=1), MARK.add(days=1))
    pbx = progress(new=2, earlier=2, saved=SAVED, again=days(SINCE, 10), reread=reread)
    assert pbx.total == 14
    reads = [pbx.start() for _ in range(14)]
    in_range = [read for read in reads if reread[0] <= read.window.first_day <= reread[1]]
    assert len(in_range) == 12
    for read in in_range[:-1]:
        finish(pbx, read)
        assert pbx.state
        assert pbx.state.reread is None
    finish(pbx, in_range[-1])
    assert pbx.state
    assert pbx.state.reread == reread


def test_weeks_that_the_range_touches_belong_to_it() -> None:
    weeks = [window_at(pendulum.date(2026, 11, day), "week", "UTC") for day in (2, 9, 16, 23)]
    reread = (weeks[1].last_day, weeks[2].first_day)
    saved = PbxState(SINCE, SINCE)
    for order in ((0, 1, 2), (0, 2, 1), (1, 2), (2, 1)):
        pbx = type(progress())("acme", None, weeks, [], [], reread, saved, 4)
        reads = [pbx.start() for _ in weeks]
        for n in order:
            assert pbx.state
            assert pbx.state.reread is None
            finish(pbx, reads[n])
        assert pbx.state
        assert pbx.state.reread == reread


def test_another_range_replaces_the_one_before() -> None:
    other = (SINCE, SINCE)
    pbx = progress(new=0, saved=PbxState(MARK, SINCE, "1001", other), again=again(), reread=RANGE)
    assert [finish(pbx, pbx.start()) for _ in range(3)] == [False, False, True]
    assert pbx.state == PbxState(MARK, SINCE, "1001", RANGE)


def test_a_first_sync_notes_the_range_with_its_mark() -> None:
    first = MARK.add(days=1)
    pbx = progress(new=3, saved=None, reread=(first, first.add(days=1)))
    reads = [pbx.start() for _ in range(3)]
    finish(pbx, reads[1])
    assert pbx.state is None
    finish(pbx, reads[0])
    assert pbx.state == PbxState(first.add(days=1), first, reread=(first, first.add(days=1)))


@given(st.data(), st.integers(0, 3), st.integers(0, 3), st.integers(0, 5), st.integers(1, 4))
def test_the_range_is_done_only_when_all_its_windows_were_read(
    data: st.DataObject, new: int, earlier: int, count: int, width: int
) -> None:
    """In any order of responses and failures; marks move as if there were no range."""
    reread = (SINCE.subtract(days=2), SINCE.add(days=count))
    extra = days(SINCE, count)
    pbx = progress(new, earlier, SAVED, width, extra, reread)
    order: Sequence[Window] = [
        *days(MARK.add(days=1), new),
        *days(SINCE.subtract(days=earlier), earlier)[::-1],
        *extra,
    ]
    due = {window for window in order if reread[0] <= window.last_day and window.first_day <= reread[1]}
    started: list[Window] = []
    in_flight: list[WindowSlice] = []
    read: set[Window] = set()
    while not pbx.is_finished():
        if pbx.may_start() and (not in_flight or data.draw(st.booleans())):
            in_flight.append(pbx.start())
            started.append(in_flight[-1].window)
            continue
        each = in_flight.pop(data.draw(st.integers(0, len(in_flight) - 1)))
        if data.draw(st.integers(0, 5)) == 0:
            pbx.fail(each)
        else:
            read.add(each.window)
            finish(pbx, each)
        assert pbx.state
        assert (pbx.state.reread == reread) == (due <= read and bool(read))
    assert started == order[: len(started)]
