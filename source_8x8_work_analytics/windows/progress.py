"""The windows of one PBX in a sync: which can start, and how the PBX's state moves."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pendulum

from source_8x8_work_analytics.windows.calendar import Window
from source_8x8_work_analytics.windows.state import Days, PbxState


@dataclass(eq=False)
class WindowSlice:
    """One window of one PBX in this sync.

    Attributes:
        done: whether it was read, or has failed; set by `PbxProgress`, as is `counts`.
        counts: whether it was read after it had ended.
    """

    pbx: str
    window: Window
    done: bool = False
    counts: bool = False

    def as_mapping(self) -> dict[str, str]:
        """Return what the CDK logs about a slice at debug level."""
        return {"pbx_id": self.pbx, "report_date": self.window.report_date}


class Lane:
    """Windows of one PBX, in the order in which they start.

    A window counts once it and all windows before it in its lane were read after their end: one that failed,
    or is still open, holds back all those after it.

    Args:
        pbx: the PBX's name.
        windows: adjacent windows, oldest or newest first.
    """

    def __init__(self, pbx: str, windows: Sequence[Window]) -> None:
        self.left = len(windows)
        self._slices = (WindowSlice(pbx, window) for window in windows)
        self._started: deque[WindowSlice] = deque()

    @property
    def started(self) -> int:
        """How many windows were started and may still count.

        Zero once all of them were read and the first one does not count: nothing can change that anymore.
        """
        return len(self._started) if any(not each.done for each in self._started) else 0

    def start(self) -> WindowSlice:
        """Start the next window."""
        self.left -= 1
        started = next(self._slices)
        self._started.append(started)
        return started

    def advance(self) -> Window | None:
        """Return the last window that now counts and did not before."""
        last = None
        while self._started and self._started[0].counts:
            last = self._started.popleft().window
        return last

    def stop(self) -> None:
        """Start nothing more."""
        self.left = 0

    def is_finished(self) -> bool:
        """Return whether nothing is left to start, and nothing is being read."""
        return not self.left and all(each.done for each in self._started)


class PbxProgress:
    """One PBX of one stream in a sync.

    New windows come first, oldest first: they move the mark. Then, if the configuration reaches further back
    than what was read, come the missing windows, newest first: they move `since`. So at any moment, the state
    describes one range without gaps. Windows that are read again on request come last, and move nothing.

    Args:
        pbx: its name.
        pbx_id: its id, where rows carry it.
        new: windows up to the present, oldest first.
        earlier: windows before `saved.since`, oldest first.
        reread: windows to read again that are not among the others, oldest first.
        reread_range: the days to read again, if any.
        saved: how far the PBX was read before; None for a PBX that is read for the first time, or whose range
            is not adjacent to the new windows.
        width: how many windows can be started without counting yet.
    """

    def __init__(
        self,
        pbx: str,
        pbx_id: str | None,
        new: Sequence[Window],
        earlier: Sequence[Window],
        reread: Sequence[Window],
        reread_range: Days | None,
        saved: PbxState | None,
        width: int,
    ) -> None:
        self.pbx = pbx
        self.total = len(new) + len(earlier) + len(reread)
        self.state = saved
        self.failed = False
        self._pbx_id = pbx_id
        self._new = Lane(pbx, new)
        self._earlier = Lane(pbx, earlier[::-1])
        self._reread = Lane(pbx, reread)
        self._lanes = (self._new, self._earlier, self._reread)
        self._first_day = new[0].first_day if new else None
        self._width = width
        self._responded = False
        self._range = reread_range
        self._reread_left = {
            window.first_day
            for window in (*new, *earlier, *reread)
            if reread_range and window.first_day <= reread_range[1] and window.last_day >= reread_range[0]
        }

    def may_start(self) -> bool:
        """Return whether the next window can start.

        Windows start one at a time until the PBX has responded once, so that a denial costs only one request.
        """
        started = sum(lane.started for lane in self._lanes)
        return any(lane.left for lane in self._lanes) and started < (self._width if self._responded else 1)

    def start(self) -> WindowSlice:
        """Start the next window."""
        return next(lane for lane in self._lanes if lane.left).start()

    def record(self, window_slice: WindowSlice, complete: bool) -> bool:
        """Record that a window was read.

        Args:
            window_slice: the window.
            complete: whether it had ended before it was read.

        Returns:
            Whether the state moved.
        """
        self._responded = True
        window_slice.done, window_slice.counts = True, complete
        before = self.state
        if newest := self._new.advance():
            self._move_mark(newest.first_day)
        if (oldest := self._earlier.advance()) and self.state:
            self.state = replace(self.state, since=oldest.first_day)
        self._reread.advance()
        self._reread_left.discard(window_slice.window.first_day)
        if self._range and not self._reread_left and self.state and self.state.reread != self._range:
            self.state = replace(self.state, reread=self._range)
        return self.state != before

    def fail(self, window_slice: WindowSlice) -> int:
        """Record that a window failed for good: no more windows of this PBX start.

        Returns:
            How many windows will not be read because of it, including the failed one.
        """
        window_slice.done = True
        self.failed = True
        unread = 1 + sum(lane.left for lane in self._lanes)
        self.stop()
        return unread

    def stop(self) -> None:
        """Start nothing more."""
        for lane in self._lanes:
            lane.stop()

    def is_finished(self) -> bool:
        """Return whether nothing is left to start, and nothing is being read."""
        return all(lane.is_finished() for lane in self._lanes)

    def _move_mark(self, day: pendulum.Date) -> None:
        if self.state is None:
            self.state = PbxState(day, self._first_day, self._pbx_id)
        elif day > self.state.mark:
            self.state = replace(self.state, mark=day)
