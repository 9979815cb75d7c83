"""How far one PBX has come in a sync: what may start, and how what was read moves its state."""

from collections import deque
from collections.abc import Sequence

import pendulum

from source_8x8_work_analytics.settings import WindowEnd
from source_8x8_work_analytics.windows.calendar import Window, request_spans
from source_8x8_work_analytics.windows.state import PbxState
from source_8x8_work_analytics.windows.window_read import Outcome, WindowRead


class Lane:
    """Windows of one PBX in the order in which they are started.

    A window counts once it and all before it in its lane were read after their end: one that failed, or is
    still open, holds back all that come after it.

    Args:
        pbx_id: the PBX.
        windows: neighbors, in either direction of time.
        window_end: how the end of a window is asked for.
    """

    def __init__(self, pbx_id: str, windows: Sequence[Window], window_end: WindowEnd) -> None:
        self.left = len(windows)
        self._reads = (
            WindowRead(pbx_id, window, span, window_end) for window, span in request_spans(windows)
        )
        self._started: deque[WindowRead] = deque()

    @property
    def started(self) -> int:
        """How many windows were started and may yet count.

        None once all of them were read and the first one does not count: nothing can change that any more.
        """
        return len(self._started) if any(read.outcome is None for read in self._started) else 0

    def start(self) -> WindowRead:
        """Start the next window."""
        self.left -= 1
        read = next(self._reads)
        self._started.append(read)
        return read

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
        return not self.left and all(read.outcome for read in self._started)


class PbxProgress:
    """One PBX of one stream in a sync.

    New windows come first, the oldest of them first: they move the mark. Then, where the configuration
    reaches further back than what was read, the missing windows, the newest of them first: they move
    `since`. So at any moment the state names one stretch without a hole.

    Args:
        pbx_id: the PBX.
        new: windows up to the present, oldest first.
        earlier: windows before `saved.since`, oldest first.
        saved: how far the PBX was read before; None for a PBX that is read for the first time, or whose
            stretch does not join the new windows.
        width: how many windows may be started and not count yet.
        window_end: how the end of a window is asked for.
    """

    def __init__(
        self,
        pbx_id: str,
        new: Sequence[Window],
        earlier: Sequence[Window],
        saved: PbxState | None,
        width: int,
        window_end: WindowEnd,
    ) -> None:
        self.pbx_id = pbx_id
        self.total = len(new) + len(earlier)
        self.state = saved
        self._new = Lane(pbx_id, new, window_end)
        self._earlier = Lane(pbx_id, earlier[::-1], window_end)
        self._first_day = new[0].first_day if new else None
        self._width = width
        self._responded = False
        self.failed = False

    def may_start(self) -> bool:
        """Return whether the next window may start.

        One at a time until the PBX has responded once, so that a refusal costs one request.
        """
        started = self._new.started + self._earlier.started
        return bool(self._new.left or self._earlier.left) and started < (
            self._width if self._responded else 1
        )

    def start(self) -> WindowRead:
        """Start the next window."""
        return (self._new if self._new.left else self._earlier).start()

    def record(self, read: WindowRead) -> bool:
        """Note that a window was read. Returns whether the state moved."""
        self._responded = True
        read.outcome = Outcome.READ
        before = self.state
        if newest := self._new.advance():
            self._move_mark(newest.first_day)
        if (oldest := self._earlier.advance()) and self.state:
            self.state = PbxState(self.state.mark, oldest.first_day)
        return self.state != before

    def fail(self, read: WindowRead) -> None:
        """Note that a window failed for good: nothing more of this PBX is started."""
        read.outcome = Outcome.FAILED
        self.failed = True
        self.stop()

    def stop(self) -> None:
        """Start nothing more."""
        self._new.stop()
        self._earlier.stop()

    def settled(self) -> bool:
        """Return whether nothing is left to start, and nothing is being read."""
        return self._new.settled() and self._earlier.settled()

    def _move_mark(self, day: pendulum.Date) -> None:
        if self.state is None:
            self.state = PbxState(day, self._first_day)
        elif day > self.state.mark:
            self.state = PbxState(day, self.state.since)
