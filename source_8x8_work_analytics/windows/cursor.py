"""Which windows a sync reads and when each may start, and when its state is saved.

The CDK's cursors move their state with the records they see, so they cannot tell a window without rows, or
one that failed, from one that was read; they save it every ten minutes; and they start a PBX that is added
later where the others stand. Here progress comes from windows.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import pendulum
from airbyte_cdk.sources.connector_state_manager import ConnectorStateManager
from airbyte_cdk.sources.message import MessageRepository
from airbyte_cdk.sources.streams.concurrent.cursor import Cursor, CursorField
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.types import Record

from source_8x8_work_analytics import clock
from source_8x8_work_analytics.client.service import Service, reader_of
from source_8x8_work_analytics.settings import WindowUnit
from source_8x8_work_analytics.windows.calendar import (
    Window,
    follows,
    left_to_read,
    newest_mark,
    oldest_day,
    report_windows,
)
from source_8x8_work_analytics.windows.progress import PbxProgress
from source_8x8_work_analytics.windows.state import PbxState, SavedState
from source_8x8_work_analytics.windows.window_read import WindowRead

CURSOR_FIELD = CursorField("report_date")
STATE_INTERVAL = 2.0
"""Seconds between two states of a stream: what a crash may repeat, beside the windows being read."""

LOGGER = logging.getLogger("airbyte")


class WindowCursor(Cursor):
    """The progress of one stream.

    The CDK calls from several threads: the one that generates the stream's slices stays in `windows` until
    all are read, and is the only one that saves state on the way; workers report windows as read or failed.

    Args:
        stream: the stream's name.
        unit: what one window covers.
        summary: whether rows are totals over their window, which a changed zone or window would make overlap.
        saved: the state to resume from; its `settings` become those of this sync.
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
        self._count = _Count()

    @property
    def cursor_field(self) -> CursorField:
        """The field that rows carry their window's first day in."""
        return CURSOR_FIELD

    @property
    def state(self) -> MutableMapping[str, Any]:
        """What is saved."""
        return self._saved.dump()

    def windows(self) -> Iterator[WindowRead]:
        """Yield each window that this sync has to read when it may start, PBXs taking turns.

        Ends when all of them were read or failed. Saves the state in between.
        """
        self._idle.clear()
        try:
            self._plan()
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
            progress = self._progress[read.pbx_id]
            if progress.record(read) and progress.state:
                self._saved.put(read.pbx_id, progress.state)
                self._unsaved = True
            self._after(progress)

    def on_window_failed(self, read: WindowRead, error: Exception) -> bool:
        """Stop a PBX, since a window of it failed. Returns whether the error is still to be reported."""
        with self._changed:
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

    def _plan(self) -> None:
        now = clock.now()
        self._take_settings()
        windows = report_windows(self._settings, self._unit, now)
        with self._changed:
            for pbx_id in self._settings.pbx_ids:
                progress = self._plan_pbx(pbx_id, windows, now)
                self._progress[pbx_id] = progress
                self._count.total += progress.total
                if progress.total:
                    self._unsettled += 1
                    self._ready[pbx_id] = progress
                    self._service.register(reader_of(self._stream, pbx_id))

    def _plan_pbx(self, pbx_id: str, windows: Sequence[Window], now: pendulum.DateTime) -> PbxProgress:
        saved = self._clamp_mark(pbx_id, now)
        new = left_to_read(windows, saved.mark if saved else None, self._settings, self._unit, now)
        earlier: Sequence[Window] = []
        if saved and new and not follows(new[0].first_day, saved.mark, self._unit, self._settings.time_zone):
            saved = None  # days in between stay unread: the stretch begins anew
        elif saved and saved.since:
            new = [window for window in new if window.first_day >= saved.since]
            earlier = [window for window in windows if window.first_day < saved.since]
        _log_plan(self._stream, pbx_id, new, earlier, self._settings.time_zone)
        width, end = self._service.limiter.size, self._settings.window_end
        return PbxProgress(pbx_id, new, earlier, saved, width, end)

    def _take_settings(self) -> None:
        """Refuse settings that differ from those of the saved rows, and note the present ones."""
        settings = {"time_zone": self._settings.time_zone}
        if self._summary:
            settings["summary_window"] = self._unit
            self._saved.check_compatible(self._stream, settings)
        elif self._saved.settings.get("time_zone", settings["time_zone"]) != settings["time_zone"]:
            LOGGER.warning(
                "%s: the time zone was %s and is now %s, so calls near midnight move to another report_date.",
                self._stream,
                self._saved.settings["time_zone"],
                settings["time_zone"],
            )
        self._saved.settings = settings
        known = [self._saved.get(pbx_id) for pbx_id in self._settings.pbx_ids]
        if any(state and state.since is None for state in known):
            LOGGER.warning(
                "%s: the saved state comes from version 0.1.0, which did not save how far back it read: if "
                "you moved start_date to an earlier day since, refresh the stream to load the days before.",
                self._stream,
            )

    def _clamp_mark(self, pbx_id: str, now: pendulum.DateTime) -> PbxState | None:
        """Return the saved state of a PBX, with a mark that can be true, and warn where it cannot.

        Returns nothing for a stretch that ends before it begins, as such a clock leaves it: it is read anew.
        """
        saved = self._saved.get(pbx_id)
        if saved is None:
            return None
        newest = newest_mark(self._settings.time_zone, self._unit, now).first_day
        oldest = oldest_day(self._settings.time_zone, now)
        if saved.mark > newest:
            LOGGER.warning(
                "%s: the saved state says that PBX %s was read up to %s, which has not ended yet; reading "
                "resumes from %s. If this machine's clock was wrong, refresh the stream.",
                self._stream,
                pbx_id,
                saved.mark,
                newest,
            )
            saved = PbxState(newest, saved.since)
            self._saved.put(pbx_id, saved)
        elif not follows(oldest, saved.mark, self._unit, self._settings.time_zone):
            LOGGER.warning(
                "%s: PBX %s was last read up to %s, and 8x8 keeps nothing before %s: the data in between can "
                "no longer be retrieved.",
                self._stream,
                pbx_id,
                saved.mark,
                oldest,
            )
        return None if saved.since and saved.since > saved.mark else saved

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


def _log_plan(
    stream: str, pbx_id: str, new: Sequence[Window], earlier: Sequence[Window], time_zone: str
) -> None:
    spans = [part for part in (new, earlier) if part]
    stretches = " and ".join(f"from {part[0].report_date} to {part[-1].last_day}" for part in spans)
    LOGGER.info(
        "%s: PBX %s has %s to read%s, in time zone %s.",
        stream,
        pbx_id,
        counted(len(new) + len(earlier), "window"),
        f", {stretches}" if stretches else "",
        time_zone,
    )
    if earlier:
        LOGGER.info(
            "%s: the start date moved back, so the earlier days of PBX %s are read as well.", stream, pbx_id
        )


def counted(number: int, what: str) -> str:
    """Return a number of things, as in "1 window" or "1,200 rows"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


@dataclass
class _Count:
    """What was read so far, for the lines that a person follows in the log."""

    total: int = 0
    windows: int = 0
    rows: int = 0
    requests: int = 0
    repeated: int = 0

    def add(self, stream: str, read: WindowRead) -> None:
        tenths = 10 * self.windows // max(1, self.total)
        self.windows += 1
        self.rows += read.rows
        self.requests += read.requests
        self.repeated += read.repeated
        if self.total >= 20 and 10 * self.windows // self.total > tenths:
            LOGGER.info(
                "%s: %s of %s read, %s.",
                stream,
                f"{self.windows:,}",
                counted(self.total, "window"),
                counted(self.rows, "row"),
            )

    def report(self, stream: str) -> None:
        LOGGER.info(
            "%s: read %s from %s in %s.",
            stream,
            counted(self.rows, "row"),
            counted(self.windows, "window"),
            counted(self.requests, "request"),
        )
        if self.repeated:
            LOGGER.warning(
                "%s: %s had the same key as another row of the same report; all were kept.",
                stream,
                counted(self.repeated, "row"),
            )
