"""How far one PBX has come in a sync: what may start, and how what was read moves its state."""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

import pendulum

from source_8x8_work_analytics.windows.calendar import Window
from source_8x8_work_analytics.windows.slices import Outcome, WindowSlice
from source_8x8_work_analytics.windows.state import Days, PbxState


class Lane:
    """Windows of one PBX in the order in which they are started.

    A window counts once it and all before it in its lane were read after their end: one that failed, or is
    still open, holds back all that come after it.

    Args:
        pbx: the PBX's name.
        windows: neighbors, in either direction of time.
    """

    def __init__(self, pbx: str, windows: Sequence[Window]) -> None:
        self.left = len(windows)
        self._slices = (WindowSlice(pbx, window) for window in windows)
        self._started: deque[WindowSlice] = deque()

    @property
    def started(self) -> int:
        """How many windows were started and may yet count.

        None once all of them were read and the first one does not count: nothing can change that any more.
        """
        return len(self._started) if any(each.outcome is None for each in self._started) else 0

    def start(self) -> WindowSlice:
        """Start the next window."""
        self.left -= 1
        started = next(self._slices)
        self._started.append(started)
        return started

    def advance(self) -> Window | None:
        """Return the last window that counts by now and did not before."""
        last = None
        while self._started and self._started[0].outcome is Outcome.READ and self._started[0].complete:
            last = self._started.popleft().window
        return last

    def stop(self) -> None:
        """Start nothing more."""
        self.left = 0

    def settled(self) -> bool:
        """Return whether nothing is left to start, and nothing is being read."""
        return not self.left and all(each.outcome for each in self._started)


class PbxProgress:
    """One PBX of one stream in a sync.

    New windows come first, the oldest of them first: they move the mark. Then, where the configuration
    reaches further back than what was read, the missing windows, the newest of them first: they move
    `since`. So at any moment the state names one stretch without a hole. Windows that are read again by
    request come last, and move nothing.

    Args:
        pbx: its name.
        pbx_id: its id, where rows carry it.
        new: windows up to the present, oldest first.
        earlier: windows before `saved.since`, oldest first.
        again: windows to read again, oldest first, in addition to those among the others.
        days: the range to read again, if there is one.
        saved: how far the PBX was read before; None for a PBX that is read for the first time, or whose
            stretch does not join the new windows.
        width: how many windows may be started and not count yet.
    """

    def __init__(
        self,
        pbx: str,
        pbx_id: str | None,
        new: Sequence[Window],
        earlier: Sequence[Window],
        again: Sequence[Window],
        days: Days | None,
        saved: PbxState | None,
        width: int,
    ) -> None:
        self.pbx = pbx
        self.total = len(new) + len(earlier) + len(again)
        self.state = saved
        self.failed = False
        self._pbx_id = pbx_id
        self._new = Lane(pbx, new)
        self._earlier = Lane(pbx, earlier[::-1])
        self._again = Lane(pbx, again)
        self._lanes = (self._new, self._earlier, self._again)
        self._first_day = new[0].first_day if new else None
        self._width = width
        self._responded = False
        self._days = days
        self._again_left = {
            window.first_day
            for window in (*new, *earlier, *again)
            if days and window.first_day <= days[1] and window.last_day >= days[0]
        }

    def may_start(self) -> bool:
        """Return whether the next window may start.

        One at a time until the PBX has responded once, so that a refusal costs one request.
        """
        started = sum(lane.started for lane in self._lanes)
        return any(lane.left for lane in self._lanes) and started < (self._width if self._responded else 1)

    def start(self) -> WindowSlice:
        """Start the next window."""
        return next(lane for lane in self._lanes if lane.left).start()

    def record(self, read: WindowSlice, complete: bool) -> bool:
        """Note that a window was read.

        Args:
            read: the window.
            complete: whether it had ended before it was read.

        Returns:
            Whether the state moved.
        """
        self._responded = True
        read.outcome, read.complete = Outcome.READ, complete
        before = self.state
        if newest := self._new.advance():
            self._move_mark(newest.first_day)
        if (oldest := self._earlier.advance()) and self.state:
            self.state = replace(self.state, since=oldest.first_day)
        self._again.advance()
        self._again_left.discard(read.window.first_day)
        if self._days and not self._again_left and self.state and self.state.reread != self._days:
            self.state = replace(self.state, reread=self._days)
        return self.state != before

    def fail(self, read: WindowSlice) -> int:
        """Note that a window failed for good: nothing more of this PBX is started.

        Returns:
            How many windows will not be read because of it, the failed one among them.
        """
        read.outcome = Outcome.FAILED
        self.failed = True
        unread = 1 + sum(lane.left for lane in self._lanes)
        self.stop()
        return unread

    def stop(self) -> None:
        """Start nothing more."""
        for lane in self._lanes:
            lane.stop()

    def settled(self) -> bool:
        """Return whether nothing is left to start, and nothing is being read."""
        return all(lane.settled() for lane in self._lanes)

    def _move_mark(self, day: pendulum.Date) -> None:
        if self.state is None:
            self.state = PbxState(day, self._first_day, self._pbx_id)
        elif day > self.state.mark:
            self.state = replace(self.state, mark=day)
