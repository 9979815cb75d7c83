"""When each window of a sync may start, and when its state is saved.

The CDK's cursors move their state with the records they see, so they cannot tell a window without rows, or
one that failed, from one that was read; they save it every ten minutes; and they start a PBX that is added
later where the others stand. Here progress comes from windows.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any

from airbyte_cdk.sources.connector_state_manager import ConnectorStateManager
from airbyte_cdk.sources.message import MessageRepository
from airbyte_cdk.sources.streams.concurrent.cursor import Cursor, CursorField
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.types import Record

from source_8x8_work_analytics import clock
from source_8x8_work_analytics.client.service import Service, reader_of
from source_8x8_work_analytics.settings import WindowUnit
from source_8x8_work_analytics.windows.counts import Count
from source_8x8_work_analytics.windows.plan import Plan
from source_8x8_work_analytics.windows.progress import PbxProgress
from source_8x8_work_analytics.windows.state import SavedState
from source_8x8_work_analytics.windows.window_read import WindowRead

CURSOR_FIELD = CursorField("report_date")
STATE_INTERVAL = 2.0
"""Seconds between two states of a stream: what a crash may repeat, beside the windows being read."""


class WindowCursor(Cursor):
    """The progress of one stream.

    The CDK calls from several threads: the one that generates the stream's slices stays in `windows` until
    all are read, and is the only one that saves state on the way; workers report windows as read or failed.

    Args:
        stream: the stream's name.
        unit: what one window covers.
        summary: whether rows are totals over their window, which a changed zone or window would make overlap.
        saved: the state to resume from; its `settings` become those of this sync with the first rows.
        service: 8x8; the cursor tells it which PBXs still have windows to read.
        messages: where state goes, behind the rows it covers.
    """

    def __init__(
        self,
        stream: str,
        unit: WindowUnit,
        summary: bool,
        saved: SavedState,
        service: Service,
        messages: MessageRepository,
    ) -> None:
        self._stream = stream
        self._unit = unit
        self._summary = summary
        self._saved = saved
        self._service = service
        self._settings = service.settings
        self._messages = messages
        self._state_manager = ConnectorStateManager()
        self._progress: dict[str, PbxProgress] = {}
        self._ready: OrderedDict[str, PbxProgress] = OrderedDict()
        self._unsettled = 0
        self._changed = threading.Condition()
        self._unsaved = False
        self._save_now = False
        self._last_saved = clock.elapsed()
        self._stopped = False
        self._idle = threading.Event()
        self._idle.set()
        self._reported: set[str] = set()
        self._count = Count()
        self._row_settings: dict[str, str] = {}

    @property
    def cursor_field(self) -> CursorField:
        """The field that rows carry their window's first day in."""
        return CURSOR_FIELD

    @property
    def state(self) -> MutableMapping[str, Any]:
        """What is saved."""
        return self._saved.dump()

    def windows(self, pbx_ids: Sequence[str]) -> Iterator[WindowRead]:
        """Yield each window that this sync has to read when it may start, PBXs taking turns.

        Ends when all of them were read or failed. Saves the state in between.

        Args:
            pbx_ids: the names of the PBXs to read.
        """
        self._idle.clear()
        try:
            self._plan(pbx_ids)
            while True:
                with self._changed:
                    state = self._state_if_due()
                    read = self._start_next()
                    if state is None and read is None:
                        if self._stopped or not self._unsettled:
                            return
                        self._changed.wait(self._seconds_until_due())
                        continue
                if state:
                    self._emit(state)
                if read:
                    yield read
        finally:
            self._idle.set()

    def observe(self, record: Record) -> None:
        """Do nothing: progress comes from windows, not from rows."""

    def close_partition(self, partition: Partition) -> None:
        """Note that a window was read and its rows handed on."""
        read = WindowRead.of(partition)
        if read.outcome:
            return
        with self._changed:
            self._count.add(self._stream, read)
            self._saved.settings = self._row_settings
            progress = self._progress[read.pbx_id]
            if progress.record(read) and progress.state:
                self._saved.put(read.pbx_id, progress.state)
                self._unsaved = True
            self._after(progress)

    def on_window_failed(self, read: WindowRead, error: Exception) -> bool:
        """Stop a PBX, since a window of it failed. Returns whether the error is still to be reported."""
        with self._changed:
            if read.rows:
                self._saved.settings = self._row_settings
            progress = self._progress[read.pbx_id]
            first = str(error) not in self._reported and not progress.failed
            self._reported.add(str(error))
            progress.fail(read)
            self._save_now = True
            self._after(progress)
            return first

    def stop(self, save: bool) -> None:
        """Start nothing more; save what was read if whoever reads our messages still does."""
        with self._changed:
            self._stopped = True
            self._save_now = save
            self._unsaved = self._unsaved and save
            for progress in self._progress.values():
                progress.stop()
            self._changed.notify_all()

    def wait_until_saved(self, seconds: float) -> None:
        """Wait until the state is on its way after `stop`, but no longer than this."""
        self._idle.wait(seconds)

    def ensure_at_least_one_state_emitted(self) -> None:
        """Save the state at the end of the stream, and log what was read."""
        self._emit(self._saved.dump())
        self._count.report(self._stream)

    def should_be_synced(self, record: Record) -> bool:
        """Return whether a row is kept: all are."""
        return True

    def _plan(self, pbx_ids: Sequence[str]) -> None:
        plan = Plan(self._stream, self._unit, self._summary, self._saved, self._settings, clock.now())
        self._row_settings = plan.check_settings(pbx_ids)
        with self._changed:
            for pbx_id in pbx_ids:
                progress = plan.progress_of(pbx_id, self._service.limiter.size)
                self._progress[pbx_id] = progress
                self._count.total += progress.total
                if progress.total:
                    self._unsettled += 1
                    self._ready[pbx_id] = progress
                    self._service.register(reader_of(self._stream, pbx_id))

    def _start_next(self) -> WindowRead | None:
        while self._ready:
            pbx_id, progress = self._ready.popitem(last=False)
            if progress.may_start():
                self._ready[pbx_id] = progress
                return progress.start()
        return None

    def _after(self, progress: PbxProgress) -> None:
        """Let a PBX go on, or note that it has settled; wake the thread in `windows`."""
        if progress.settled():
            self._unsettled -= 1
            self._service.unregister(reader_of(self._stream, progress.pbx_id))
        else:
            self._ready.setdefault(progress.pbx_id, progress)
        self._changed.notify_all()

    def _seconds_until_due(self) -> float | None:
        if not self._unsaved:
            return None
        return max(0.0, self._last_saved + STATE_INTERVAL - clock.elapsed())

    def _state_if_due(self) -> dict[str, Any] | None:
        """Return the state if it moved, and the last one is old enough or nothing more may come."""
        if not self._unsaved or not (self._save_now or self._seconds_until_due() == 0.0):
            return None
        self._unsaved = self._save_now = False
        self._last_saved = clock.elapsed()
        return self._saved.dump()

    def _emit(self, state: dict[str, Any]) -> None:
        self._state_manager.update_state_for_stream(self._stream, None, state)
        self._messages.emit_message(self._state_manager.create_state_message(self._stream, None))
