"""Progress: which windows a sync reads, how far each PBX has come, and when to stop.

The CDK's cursors move their state with the records they see, so they cannot tell a window without rows, or
one that failed, from one that was read; they save it every ten minutes; and they start a PBX that is added
later where the others stand. Here progress comes from windows.
"""

import logging
import threading
from collections import deque
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import pendulum
from airbyte_cdk.sources.connector_state_manager import ConnectorStateManager
from airbyte_cdk.sources.message import MessageRepository
from airbyte_cdk.sources.streams.concurrent.cursor import Cursor, CursorField
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.types import Record

from source_8x8_work_analytics import clock
from source_8x8_work_analytics.client.service import Service, unit_of
from source_8x8_work_analytics.settings import Settings, Unit
from source_8x8_work_analytics.windows.calendar import left_to_read, newest_mark, oldest_day, window_at
from source_8x8_work_analytics.windows.router import WindowRead
from source_8x8_work_analytics.windows.state import SavedState

CURSOR_FIELD = CursorField("report_date")
LOGGER = logging.getLogger("airbyte")


def reading_of(partition: Partition) -> WindowRead:
    """Return the window that a partition reads."""
    reading = getattr(partition.to_slice(), "extra_fields", {})["reading"]
    if not isinstance(reading, WindowRead):
        raise TypeError("a report stream's partitions come from WindowRouter")
    return reading


@dataclass
class PbxProgress:
    """How far one PBX has come in this sync.

    `queue` holds what has not been started; `under_way` what was started, in order, from the oldest window
    on that has not been read. A window leaves `under_way` once it and all before it were read, so one that
    failed, or was still open, holds back all that come after it. `unsaved` counts those that have left it
    and whose state is on its way out.
    """

    queue: deque[Partition]
    width: int
    under_way: deque[WindowRead] = field(default_factory=deque)
    unsaved: int = 0
    answered: bool = False
    stopped: bool = False

    def may_start(self) -> bool:
        """Whether the next window may be started.

        One at a time until the PBX has answered once, so that a refusal costs one request. After that as
        many as there are workers, counted from the oldest window whose state has not come out: a crash
        never repeats more.
        """
        return bool(self.queue) and len(self.under_way) + self.unsaved < (self.width if self.answered else 1)

    def start(self) -> Partition:
        """Take the next window."""
        partition = self.queue.popleft()
        self.under_way.append(reading_of(partition))
        return partition

    def done(self, reading: WindowRead) -> list[WindowRead]:
        """Note that a window was read. Returns those that all is now read up to, oldest first."""
        self.answered = True
        reading.read = True
        passed = []
        while self.under_way and self.under_way[0].read and self.under_way[0].complete:
            passed.append(self.under_way.popleft())
        return passed

    def stop(self) -> None:
        """Start nothing more."""
        self.stopped = True
        self.queue.clear()

    def ended(self) -> bool:
        """Whether nothing will be started any more, and nothing is waited for."""
        return not self.queue and all(reading.failed or reading.read for reading in self.under_way)


class WindowCursor(Cursor):
    """Decides which windows of a stream are read, and saves a PBX's mark each time it moves.

    Args:
        stream: the stream's name.
        settings: the configuration.
        unit: what one window covers.
        saved: the state to go on from; its `settings` become those of this sync.
        service: what the streams share; the cursor tells it which PBXs still have windows to read.
        messages: where state goes, behind the rows it covers.
        summary: whether rows are sums over their window, which a changed zone or window would make overlap.
    """

    def __init__(
        self,
        stream: str,
        settings: Settings,
        unit: Unit,
        saved: SavedState,
        service: Service,
        messages: MessageRepository,
        summary: bool,
    ) -> None:
        self._stream = stream
        self._settings = settings
        self._unit = unit
        self._saved = saved
        self._service = service
        self._messages = messages
        self._summary = summary
        self._state_manager = ConnectorStateManager()
        self._progress: dict[str, PbxProgress] = {}
        self._turn: deque[str] = deque()
        self._changed = threading.Condition()
        self._saving = threading.Lock()
        self._coming_out: deque[tuple[PbxProgress, int]] = deque()
        self._said: set[str] = set()
        self._count = _Count()

    @property
    def cursor_field(self) -> CursorField:
        """The field that rows carry their window's first day in."""
        return CURSOR_FIELD

    @property
    def state(self) -> MutableMapping[str, Any]:
        """What is saved."""
        return self._saved.dump()

    def plan(self, partitions: Iterable[Partition]) -> None:
        """Keep, of all windows of the settings, those that this sync has to read."""
        now = clock.now()
        self._take_settings()
        by_pbx: dict[str, list[Partition]] = {pbx_id: [] for pbx_id in self._settings.pbx_ids}
        for partition in partitions:
            by_pbx[reading_of(partition).pbx_id].append(partition)
        for pbx_id, mine in by_pbx.items():
            windows = [reading_of(partition).window for partition in mine]
            left = left_to_read(windows, self._saved.mark(pbx_id), self._settings, self._unit, now)
            queue = deque(mine[len(mine) - len(left) :])
            for partition in queue:
                reading_of(partition).span = (left[0].start_time, left[-1].end_time)
            self._mend_mark(pbx_id, now)
            self._count.total += len(queue)
            self._progress[pbx_id] = PbxProgress(queue, self._settings.num_workers)
            self._turn.append(pbx_id)
            if queue:
                self._service.join(unit_of(self._stream, pbx_id))
            LOGGER.info(
                "%s: PBX %s has %d windows to read%s, in time zone %s.",
                self._stream,
                pbx_id,
                len(queue),
                f", from {left[0].report_date} to {left[-1].last_day}" if left else "",
                self._settings.time_zone,
            )

    def _take_settings(self) -> None:
        """Refuse settings that differ from those of the saved rows, and note the present ones."""
        settings = {"time_zone": self._settings.time_zone}
        if self._summary:
            settings["summary_window"] = self._unit
            self._saved.refuse_other(self._stream, settings)
        elif self._saved.settings.get("time_zone", settings["time_zone"]) != settings["time_zone"]:
            LOGGER.warning(
                "%s: the time zone was %s and is now %s, so calls near midnight move to another report_date.",
                self._stream,
                self._saved.settings["time_zone"],
                settings["time_zone"],
            )
        self._saved.settings = settings

    def _mend_mark(self, pbx_id: str, now: pendulum.DateTime) -> None:
        """Set back a mark that no window can have reached, and say where state and 8x8 do not meet."""
        mark = self._saved.mark(pbx_id)
        if mark is None:
            return
        newest = newest_mark(self._settings.time_zone, self._unit, now).first_day
        if mark > newest:
            LOGGER.warning(
                "%s: the saved state says that PBX %s was read up to %s, which has not ended yet; reading "
                "goes on from %s. If this machine's clock was wrong, refresh the stream.",
                self._stream,
                pbx_id,
                mark,
                newest,
            )
            self._saved.move(pbx_id, newest)
        oldest = oldest_day(self._settings.time_zone, now)
        if window_at(mark, self._unit, self._settings.time_zone).last_day.add(days=1) < oldest:
            LOGGER.warning(
                "%s: PBX %s was last read up to %s, and 8x8 keeps nothing before %s: what lies "
                "between is lost.",
                self._stream,
                pbx_id,
                mark,
                oldest,
            )

    def next_partition(self) -> Partition | None:
        """Return the next window to read, PBXs taking turns; waits until one may start, None at the end."""
        with self._changed:
            while True:
                for _ in range(len(self._turn)):
                    self._turn.rotate(-1)
                    progress = self._progress[self._turn[-1]]
                    if progress.may_start():
                        return progress.start()
                if all(not progress.queue for progress in self._progress.values()):
                    return None
                self._changed.wait()

    def observe(self, record: Record) -> None:
        """Do nothing: progress comes from windows, not from rows."""

    def close_partition(self, partition: Partition) -> None:
        """Note that a window was read and its rows handed on; save the mark if it moved."""
        reading = reading_of(partition)
        if reading.failed:
            return
        with self._saving:
            with self._changed:
                self._count.add(self._stream, reading)
                progress = self._progress[reading.pbx_id]
                passed = progress.done(reading)
                mark = self._saved.mark(reading.pbx_id)
                moved = bool(passed) and (mark is None or passed[-1].window.first_day > mark)
                if moved:
                    self._saved.move(reading.pbx_id, passed[-1].window.first_day)
                    progress.unsaved += len(passed)
                    self._coming_out.append((progress, len(passed)))
                self._after(reading)
            if moved:
                self._save()

    def came_out(self) -> None:
        """Note that one more state of this stream was written: the windows it covers will not be repeated."""
        with self._changed:
            if self._coming_out:
                progress, windows = self._coming_out.popleft()
                progress.unsaved -= windows
                self._changed.notify_all()

    def give_up(self, partition: Partition, error: Exception) -> bool:
        """Stop a PBX, since a window of it failed. Returns whether the error is still to be said."""
        reading = reading_of(partition)
        reading.failed = True
        with self._changed:
            progress = self._progress[reading.pbx_id]
            first = str(error) not in self._said and not progress.stopped
            self._said.add(str(error))
            progress.stop()
            self._after(reading)
            return first

    def _after(self, reading: WindowRead) -> None:
        if self._progress[reading.pbx_id].ended():
            self._service.leave(unit_of(self._stream, reading.pbx_id))
        self._changed.notify_all()

    def stop(self) -> None:
        """Start nothing more, whatever is left: nobody reads what would come."""
        with self._changed:
            for progress in self._progress.values():
                progress.stop()
            self._changed.notify_all()

    def ensure_at_least_one_state_emitted(self) -> None:
        """Save the state at the end of the stream, and say what was read."""
        with self._saving:
            self._save()
        self._count.say(self._stream)

    def should_be_synced(self, record: Record) -> bool:
        """Whether a row is kept: all are."""
        return True

    def _save(self) -> None:
        """Emit the state.

        The caller holds `_saving`, so that states come out in order, but not `_changed`: this waits while the
        CDK's queue is full, and the thread that empties it comes by `came_out`.
        """
        self._state_manager.update_state_for_stream(self._stream, None, self._saved.dump())
        self._messages.emit_message(self._state_manager.create_state_message(self._stream, None))


@dataclass
class _Count:
    """What was read so far, for the lines that a person follows in the log."""

    total: int = 0
    windows: int = 0
    rows: int = 0
    requests: int = 0
    repeated: int = 0

    def add(self, stream: str, reading: WindowRead) -> None:
        tenths = 10 * self.windows // max(1, self.total)
        self.windows += 1
        self.rows += reading.rows
        self.requests += reading.requests
        self.repeated += reading.repeated
        if self.total >= 20 and 10 * self.windows // self.total > tenths:
            LOGGER.info("%s: %d of %d windows read, %d rows.", stream, self.windows, self.total, self.rows)

    def say(self, stream: str) -> None:
        LOGGER.info(
            "%s: read %d rows of %d windows in %d requests.", stream, self.rows, self.windows, self.requests
        )
        if self.repeated:
            LOGGER.warning(
                "%s: %d rows came with the same key as another row of the same report; all were kept.",
                stream,
                self.repeated,
            )
