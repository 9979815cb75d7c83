"""Decide when each window of a sync can start, and when its state is saved.

The CDK's cursors advance their state with the records they see, so they cannot distinguish a window without
rows, or one that failed, from one that was read; they save state every ten minutes; and they start a PBX that
is added later where the others already are. This cursor advances with windows instead.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

import pendulum
from airbyte_cdk.sources.connector_state_manager import ConnectorStateManager
from airbyte_cdk.sources.message import MessageRepository
from airbyte_cdk.sources.streams.concurrent.cursor import Cursor, CursorField
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.types import Record

from source_8x8_work_analytics import clock
from source_8x8_work_analytics.client.retries import Reader, Retrier
from source_8x8_work_analytics.windows.plan import Plan
from source_8x8_work_analytics.windows.progress import PbxProgress, WindowSlice
from source_8x8_work_analytics.windows.reading import Reading, Tally
from source_8x8_work_analytics.windows.state import SavedState

LOGGER = logging.getLogger("airbyte")

CURSOR_FIELD = CursorField("report_date")
STATE_INTERVAL = 2.0
"""Seconds between two states of a stream: a crash repeats at most this much work, plus the windows being
read."""


class WindowCursor(Cursor):
    """The progress of one stream.

    The CDK calls from several threads: the one that generates the stream's partitions stays in `slices` until
    all are read, and is the only one that saves state along the way; workers report windows as read or as
    failed.

    Args:
        stream: the stream's name.
        plan: returns what to read, given the time at which the stream begins.
        saved: the state to resume from; its `settings` become those of this sync with the first rows.
        retrier: tracks the PBXs that still have windows to read.
        messages: receives the state after the rows that it covers.
    """

    def __init__(
        self,
        stream: str,
        plan: Callable[[pendulum.DateTime], Plan],
        saved: SavedState,
        retrier: Retrier,
        messages: MessageRepository,
    ) -> None:
        self._stream = stream
        self._plan = plan
        self._saved = saved
        self._retrier = retrier
        self._messages = messages
        self._state_manager = ConnectorStateManager()
        self._progress: dict[str, PbxProgress] = {}
        self._ready: OrderedDict[str, PbxProgress] = OrderedDict()
        self._unfinished = 0
        self._changed = threading.Condition()
        self._unsaved = self._moved = False
        self._save_now = False
        self._last_saved = clock.elapsed()
        self._stopped = False
        self._idle = threading.Event()
        self._idle.set()
        self._reported: set[str] = set()
        self._tally = Tally(stream)
        self._row_settings: dict[str, str] = {}

    @property
    def cursor_field(self) -> CursorField:
        """The field of a row that contains its window's first day."""
        return CURSOR_FIELD

    @property
    def state(self) -> MutableMapping[str, Any]:
        """The state to save."""
        return self._saved.dump()

    def slices(self, pbxes: Mapping[str, str | None], listed: bool) -> Iterator[WindowSlice]:
        """Yield each window that this sync has to read once it can start, with PBXs taking turns.

        Ends when all of them have been read or have failed. Saves the state along the way.

        Args:
            pbxes: the names of the PBXs to read, and their ids where rows carry them.
            listed: whether these are all PBXs that 8x8 lists.
        """
        self._idle.clear()
        try:
            self._begin(pbxes, listed)
            while True:
                with self._changed:
                    state = self._state_if_due()
                    ready = self._start_next()
                    if state is None and ready is None:
                        if self._stopped or not self._unfinished:
                            return
                        self._changed.wait(self._seconds_until_due())
                        continue
                if state:
                    self._emit(state)
                if ready:
                    yield ready
        finally:
            self._idle.set()

    def observe(self, record: Record) -> None:
        """Do nothing: progress comes from windows, not from rows."""

    def close_partition(self, partition: Partition) -> None:
        """Do nothing: a partition itself says whether its window was read or failed."""

    def record(self, window_slice: WindowSlice, reading: Reading) -> None:
        """Record that a window was read and its rows were passed on."""
        with self._changed:
            self._tally.add(reading)
            milestone = (self._tally.line(), self._tally.estimate()) if self._tally.is_milestone else None
            self._saved.settings = self._row_settings
            progress = self._progress[window_slice.pbx]
            if progress.record(window_slice, reading.complete) and progress.state:
                self._saved.put(window_slice.pbx, progress.state)
                self._unsaved = self._moved = True
            self._after(progress)
            if milestone:
                LOGGER.info(milestone[0])  # here, so that log lines are in order
        if milestone:
            self._messages.emit_message(milestone[1])

    def fail(self, window_slice: WindowSlice, reading: Reading, problem: str) -> bool:
        """Stop a PBX because one of its windows failed.

        Args:
            window_slice: the window.
            reading: what was read before it failed.
            problem: why it failed.

        Returns:
            Whether the failure still has to be reported.
        """
        with self._changed:
            if reading.rows:
                self._saved.settings = self._row_settings
            progress = self._progress[window_slice.pbx]
            first = problem not in self._reported and not progress.failed
            self._reported.add(problem)
            self._tally.total -= progress.fail(window_slice)
            self._save_now = True
            self._after(progress)
            return first

    def stop(self, save: bool) -> None:
        """Start nothing more.

        Args:
            save: whether to save what was read, which requires that the messages are still being read.
        """
        with self._changed:
            self._stopped = True
            self._save_now = save
            self._unsaved = self._unsaved and save
            for progress in self._progress.values():
                progress.stop()
            self._changed.notify_all()

    def wait_until_saved(self, seconds: float) -> None:
        """After `stop`, wait until the state has been passed on, but no longer than this."""
        self._idle.wait(max(0.0, seconds))

    @property
    def any_progress(self) -> bool:
        """Whether this sync made progress that its state contains."""
        return self._moved

    def ensure_at_least_one_state_emitted(self) -> None:
        """Save the state at the end of the stream, and log what was read."""
        self._emit(self._saved.dump())
        LOGGER.info(self._tally.summary())
        if warning := self._tally.warning():
            LOGGER.warning(warning)

    def should_be_synced(self, record: Record) -> bool:
        """Return whether a row is kept: all are."""
        return True

    def _begin(self, pbxes: Mapping[str, str | None], listed: bool) -> None:
        plan = self._plan(clock.now())
        self._row_settings = plan.check_settings(pbxes)
        if listed:
            plan.warn_of_gone(list(pbxes))
        found = {name: plan.progress_of(name, pbx_id) for name, pbx_id in pbxes.items()}
        for warning in plan.warnings:
            LOGGER.warning(warning)
        for note in plan.notes:
            LOGGER.info(note)
        with self._changed:
            self._tally.began = clock.elapsed()
            for name, progress in found.items():
                self._progress[name] = progress
                self._tally.total += progress.total
                if progress.total:
                    self._unfinished += 1
                    self._ready[name] = progress
                    self._retrier.register(Reader(self._stream, name))

    def _start_next(self) -> WindowSlice | None:
        while self._ready and not self._stopped:
            name, progress = self._ready.popitem(last=False)
            if progress.may_start():
                self._ready[name] = progress
                return progress.start()
        return None

    def _after(self, progress: PbxProgress) -> None:
        """Let a PBX continue, or record that it is finished; wake the thread in `slices`."""
        if progress.is_finished():
            self._unfinished -= 1
            self._retrier.unregister(Reader(self._stream, progress.pbx))
        else:
            self._ready.setdefault(progress.pbx, progress)
        self._changed.notify_all()

    def _seconds_until_due(self) -> float | None:
        if not self._unsaved:
            return None
        return max(0.0, self._last_saved + STATE_INTERVAL - clock.elapsed())

    def _state_if_due(self) -> dict[str, Any] | None:
        """Return the state if it has moved, and the last one is old enough or nothing more will follow."""
        if not self._unsaved or not (self._save_now or self._seconds_until_due() == 0.0):
            return None
        self._unsaved = self._save_now = False
        self._last_saved = clock.elapsed()
        return self._saved.dump()

    def _emit(self, state: dict[str, Any]) -> None:
        self._state_manager.update_state_for_stream(self._stream, None, state)
        self._messages.emit_message(self._state_manager.create_state_message(self._stream, None))
