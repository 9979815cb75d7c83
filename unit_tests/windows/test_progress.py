"""What may start, and how what was read moves the state of a PBX: one stretch without a hole."""

from collections.abc import Sequence
from itertools import takewhile

import pendulum
from hypothesis import given
from hypothesis import strategies as st

from source_8x8_work_analytics.windows.calendar import Window, window_at
from source_8x8_work_analytics.windows.progress import Lane, PbxProgress, WindowSlice
from source_8x8_work_analytics.windows.state import Days, PbxState

MARK = pendulum.date(2026, 11, 10)
SINCE = pendulum.date(2026, 11, 1)


def days(first: pendulum.Date, count: int) -> list[Window]:
    return [window_at(first.add(days=n), "day", "UTC") for n in range(count)]


def progress(
    new: int = 5,
    earlier: int = 0,
    saved: PbxState | None = None,
    width: int = 3,
    again: Sequence[Window] = (),
    reread: Days | None = None,
) -> PbxProgress:
    """A PBX with windows after MARK, and some before SINCE."""
    before = days(SINCE.subtract(days=earlier), earlier)
    after = days(MARK.add(days=1), new)
    return PbxProgress("acmecorp", None, after, before, again, reread, saved, width)


def finish(pbx: PbxProgress, read: WindowSlice, ended: bool = True) -> bool:
    return pbx.record(read, ended)


def mark_read(*slices: WindowSlice) -> None:
    """Note windows as read after their end."""
    for each in slices:
        each.done = each.counts = True


def test_a_slice_begins_as_neither_read_nor_failed() -> None:
    window_slice = WindowSlice("acmecorp", window_at(MARK, "day", "UTC"))
    assert (window_slice.done, window_slice.counts) == (False, False)
    assert window_slice.as_mapping() == {"pbx_id": "acmecorp", "report_date": "2026-11-10"}


def test_two_slices_of_one_window_are_not_the_same() -> None:
    window = window_at(MARK, "day", "UTC")
    assert WindowSlice("acmecorp", window) != WindowSlice("acmecorp", window)


def test_a_lane_counts_windows_read_without_a_gap() -> None:
    lane = Lane("acmecorp", days(MARK, 4))
    assert (lane.left, lane.started, lane.advance(), lane.is_finished()) == (4, 0, None, False)
    first, second, third = (lane.start() for _ in range(3))
    assert (lane.left, lane.started) == (1, 3)
    mark_read(second, third)
    assert lane.advance() is None
    mark_read(first)
    assert lane.advance() == third.window
    assert (lane.advance(), lane.started) == (None, 0)
    last = lane.start()
    last.done = True
    assert (lane.advance(), lane.started, lane.is_finished()) == (None, 0, True)


def test_a_lane_that_is_stopped_settles_with_its_last_window() -> None:
    lane = Lane("acmecorp", days(MARK, 4))
    read = lane.start()
    lane.stop()
    assert (lane.left, lane.is_finished()) == (0, False)
    read.done = True
    assert lane.is_finished()


def test_one_window_at_a_time_until_the_pbx_has_responded() -> None:
    pbx = progress(new=9, width=3)
    assert (pbx.total, pbx.pbx, pbx.failed) == (9, "acmecorp", False)
    assert pbx.may_start()
    first = pbx.start()
    assert not pbx.may_start()
    assert finish(pbx, first)
    for _ in range(3):
        assert pbx.may_start()
        pbx.start()
    assert not pbx.may_start()


def test_new_windows_and_earlier_ones_share_the_width() -> None:
    pbx = progress(new=2, earlier=5, saved=PbxState(MARK, SINCE), width=3)
    finish(pbx, pbx.start())
    started = []
    while pbx.may_start():
        started.append(pbx.start().window.first_day)
    assert started == [MARK.add(days=2), SINCE.subtract(days=1), SINCE.subtract(days=2)]


def test_the_first_state_names_the_first_window_that_was_to_read() -> None:
    pbx = progress(new=3)
    assert pbx.state is None
    assert finish(pbx, pbx.start())
    assert pbx.state == PbxState(MARK.add(days=1), MARK.add(days=1))
    assert finish(pbx, pbx.start())
    assert pbx.state == PbxState(MARK.add(days=2), MARK.add(days=1))


def test_an_open_window_moves_nothing_and_settles() -> None:
    pbx = progress(new=1, saved=PbxState(MARK, SINCE))
    assert not finish(pbx, pbx.start(), ended=False)
    assert pbx.state == PbxState(MARK, SINCE)
    assert pbx.is_finished()
    assert not pbx.may_start()


def test_windows_that_do_not_count_hold_up_no_others() -> None:
    """An open window, or one that looks open to a clock that was set back."""
    pbx = progress(new=2, earlier=2, saved=PbxState(MARK, SINCE), width=1)
    for ended in (False, False, True, True):
        assert pbx.may_start()
        read = pbx.start()
        assert not pbx.may_start()
        finish(pbx, read, ended)
    assert pbx.is_finished()
    assert pbx.state == PbxState(MARK, SINCE.subtract(days=2))


def test_days_that_are_read_again_move_no_mark_back() -> None:
    saved = PbxState(MARK, SINCE)
    pbx = PbxProgress("acmecorp", None, days(MARK.subtract(days=1), 3), [], [], None, saved, 3)
    assert [finish(pbx, pbx.start()) for _ in range(3)] == [False, False, True]
    assert pbx.state == PbxState(MARK.add(days=1), SINCE)


def test_earlier_windows_are_read_where_nothing_is_new() -> None:
    pbx = progress(new=0, earlier=2, saved=PbxState(MARK, SINCE))
    assert finish(pbx, pbx.start())
    assert pbx.state == PbxState(MARK, SINCE.subtract(days=1))


def test_a_failure_starts_nothing_more_and_lets_the_others_finish() -> None:
    pbx = progress(new=4, earlier=4, saved=PbxState(MARK, SINCE))
    finish(pbx, pbx.start())
    failed, other = pbx.start(), pbx.start()
    assert pbx.fail(failed) == 1 + (8 - 3)
    assert (failed.done, failed.counts, pbx.failed) == (True, False, True)
    assert (pbx.may_start(), pbx.is_finished()) == (False, False)
    assert not finish(pbx, other)
    assert pbx.is_finished()
    assert pbx.state == PbxState(MARK.add(days=1), SINCE)


def test_the_first_state_names_the_id_of_the_pbx() -> None:
    pbx = PbxProgress("acmecorp", "1001", days(MARK, 2), [], [], None, None, 3)
    assert pbx.state is None
    finish(pbx, pbx.start())
    assert pbx.state == PbxState(MARK, MARK, "1001")


def test_a_mark_that_moves_keeps_the_rest_of_the_state() -> None:
    reread = (SINCE, SINCE)
    pbx = progress(new=1, earlier=1, saved=PbxState(MARK, SINCE, "1001", reread))
    finish(pbx, pbx.start())
    finish(pbx, pbx.start())
    assert pbx.state == PbxState(MARK.add(days=1), SINCE.subtract(days=1), "1001", reread)


def counted(windows: Sequence[Window], ended: set[Window]) -> list[Window]:
    """The windows that were read without a gap."""
    return list(takewhile(lambda window: window in ended, windows))


@given(st.data(), st.integers(1, 6), st.integers(0, 6), st.booleans(), st.integers(1, 4))
def test_the_state_is_one_stretch_without_a_hole(
    data: st.DataObject, new: int, earlier: int, fresh: bool, width: int
) -> None:
    """In any order in which windows end, and however they end."""
    saved = None if fresh else PbxState(MARK, SINCE)
    earlier = 0 if fresh else earlier
    pbx = progress(new, earlier, saved, width)
    forward, backward = days(MARK.add(days=1), new), days(SINCE.subtract(days=earlier), earlier)[::-1]
    order = iter([*forward, *backward])
    in_flight: list[WindowSlice] = []
    ended: set[Window] = set()
    responded = False
    while not pbx.is_finished():
        assert in_flight or pbx.may_start(), "nothing goes on"
        assert len(in_flight) <= (width if responded else 1)
        if pbx.may_start() and (not in_flight or data.draw(st.booleans())):
            read = pbx.start()
            assert read.window == next(order)
            in_flight.append(read)
            continue
        read = in_flight.pop(data.draw(st.integers(0, len(in_flight) - 1)))
        before = pbx.state
        how = data.draw(st.sampled_from(["ended", "ended", "ended", "open", "failed"]))
        if how == "failed":
            pbx.fail(read)
        else:
            responded = True
            if how == "ended":
                ended.add(read.window)
            assert finish(pbx, read, ended=how == "ended") == (pbx.state != before)
        newer, older = counted(forward, ended), counted(backward, ended)
        mark = newer[-1].first_day if newer else saved and saved.mark
        since = older[-1].first_day if older else saved.since if saved else forward[0].first_day
        assert pbx.state == (PbxState(mark, since) if mark else None)
