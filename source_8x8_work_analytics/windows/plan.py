"""Plan what each PBX of a stream has to read, given its saved state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import pendulum

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.messages import Message, counted
from source_8x8_work_analytics.settings import Settings, WindowUnit, pbx_key
from source_8x8_work_analytics.time_zones import same_zone
from source_8x8_work_analytics.windows.calendar import (
    Window,
    leaves_no_gap,
    left_to_read,
    newest_mark,
    oldest_day,
    report_windows,
)
from source_8x8_work_analytics.windows.progress import PbxProgress
from source_8x8_work_analytics.windows.state import HOW_TO_RELOAD, Days, PbxState, SavedState

ZONE_MARGIN = 2
"""Days at either end of what was read in one time zone that may not be covered in another, since zones are up
to 26 hours apart."""


@dataclass
class Plan:
    """The windows of one stream in one sync.

    Attributes:
        stream: the stream's name.
        unit: what one window covers.
        totals: whether rows are totals over their window, which would overlap if the zone or window changed.
        saved: the state to resume from.
        settings: the configuration.
        privacy: what the state records about how personal data is treated.
        now: the time of the sync.
        warnings: what a person should know about the plan.
        notes: log lines about the plan.
    """

    stream: str
    unit: WindowUnit
    totals: bool
    saved: SavedState
    settings: Settings
    privacy: Mapping[str, str]
    now: pendulum.DateTime
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @cached_property
    def _windows(self) -> Sequence[Window]:
        return report_windows(self.settings, self.unit, self.now)

    def check_settings(self, pbxes: Mapping[str, str | None]) -> dict[str, str]:
        """Compare the settings with those of the saved rows, and return the ones for new rows.

        Args:
            pbxes: the names of the PBXs to read, and their ids where rows carry them.

        Raises:
            ConnectorError: a config error for a stream of totals whose zone or window changed.
        """
        settings = {"time_zone": self.settings.time_zone}
        old_zone = self.saved.settings.get("time_zone", self.settings.time_zone)
        if self.totals:
            settings["summary_window"] = self.unit
            self.saved.check_compatible(self.stream, settings)
        elif not same_zone(old_zone, self.settings.time_zone):
            self._warn(messages.ZONE_CHANGED, old=old_zone, new=self.settings.time_zone)
            self.saved.narrow(ZONE_MARGIN)
            self.saved.settings = {**self.saved.settings, **settings}  # valid in both zones
        self._check_privacy()
        known = [self.saved.get(name) for name in pbxes]
        if any(state and state.since is None for state in known):
            self._warn(messages.STATE_WITHOUT_SINCE, reload=HOW_TO_RELOAD)
        return {**settings, **self.privacy}

    def progress_of(self, name: str, pbx_id: str | None) -> PbxProgress:
        """Return what a PBX has to read.

        Args:
            name: the name of the PBX.
            pbx_id: its id, where rows carry it.
        """
        windows = self._windows
        saved = self._resumable(name, pbx_id)
        new: Sequence[Window] = left_to_read(
            windows, saved.mark if saved else None, self.settings, self.unit, self.now
        )
        earlier: Sequence[Window] = []
        if saved and saved.since:
            since = saved.since
            new = [window for window in new if window.first_day >= since]
            earlier = [window for window in windows if window.first_day < since]
        if saved and not self._is_adjacent(saved, new, earlier):
            saved, new, earlier = None, windows, []  # days in between stay unread, so the range starts over
        reread, reread_range = self._reread(name, saved, [*new, *earlier])
        self._describe(name, new, earlier, reread)
        return PbxProgress(name, pbx_id, new, earlier, reread, reread_range, saved, self.settings.num_workers)

    def warn_of_gone(self, names: Sequence[str]) -> None:
        """Warn about PBXs that were read before and are no longer listed."""
        listed = {pbx_key(name) for name in names}
        for name in self.saved.pbxes:
            if pbx_key(name) not in listed:
                self._warn(messages.PBX_GONE, name=name)

    def _warn(self, message: Message, **values: Any) -> None:
        self.warnings.append(message.text(stream=self.stream, **values))

    def _check_privacy(self) -> None:
        if not self.saved.settings:
            return
        old, new = (of.get("personal_data", "keep") for of in (self.saved.settings, self.privacy))
        if old != new:
            self._warn(messages.HASHES_CHANGED, old=old, new=new)
        elif self.saved.settings.get("personal_data_key") != self.privacy.get("personal_data_key"):
            self._warn(messages.HASH_KEY_CHANGED)

    def _is_adjacent(self, saved: PbxState, new: Sequence[Window], earlier: Sequence[Window]) -> bool:
        """Return whether there is no gap between what was read and the windows before and after it."""
        unit, time_zone = self.unit, self.settings.time_zone
        if new and not leaves_no_gap(new[0].first_day, saved.mark, unit, time_zone):
            return False
        return not (saved.since and earlier) or leaves_no_gap(
            saved.since, earlier[-1].first_day, unit, time_zone
        )

    def _resumable(self, name: str, pbx_id: str | None) -> PbxState | None:
        """Return the saved state of a PBX if reading can resume from it, with a plausible mark.

        Returns None for a range that ends before it begins, which a wrong clock can cause, and for a PBX
        whose id has changed: these are read from the start.
        """
        saved = self.saved.get(name)
        if saved is None:
            return None
        if pbx_id and saved.id and saved.id != pbx_id:
            self._warn(messages.PBX_ID_CHANGED, name=name, old=saved.id, new=pbx_id)
            self.saved.drop(name)
            return None
        newest = newest_mark(self.settings.time_zone, self.unit, self.now).first_day
        oldest = oldest_day(self.settings.time_zone, self.now)
        if saved.since is None:
            first = self._windows[0].first_day if self._windows else self.settings.start_date or oldest
            saved = replace(saved, since=min(first, saved.mark))
        saved = replace(saved, id=pbx_id or saved.id)
        if saved.mark > newest:
            self._warn(
                messages.MARK_IN_FUTURE, name=name, mark=saved.mark, newest=newest, reload=HOW_TO_RELOAD
            )
            saved = replace(saved, mark=newest)
        elif not leaves_no_gap(oldest, saved.mark, self.unit, self.settings.time_zone):
            self._warn(messages.DATA_LOST, name=name, mark=saved.mark, oldest=oldest)
        self.saved.correct(name, saved)
        return None if saved.since and saved.since > saved.mark else saved

    def _reread(
        self, name: str, saved: PbxState | None, planned: Sequence[Window]
    ) -> tuple[list[Window], Days | None]:
        """Return the windows to read again that are not already planned, and the range that they belong to.

        A range is read again once. It may begin before `start_date` if those days were read before.
        """
        first, last = self.settings.reread_from, self.settings.reread_to
        if first is None or last is None or (saved and saved.reread == (first, last)):
            return [], None
        windows = self._windows
        if saved and saved.since and not (windows and windows[0].first_day <= saved.since):
            windows = report_windows(self.settings, self.unit, self.now, saved.since)
        in_range = [window for window in windows if window.first_day <= last and window.last_day >= first]
        if not in_range:
            self._warn(messages.REREAD_OUTSIDE, name=name, first=first, last=last)
            return [], None
        days = {window.first_day for window in planned}
        return [window for window in in_range if window.first_day not in days], (first, last)

    def _describe(
        self, name: str, new: Sequence[Window], earlier: Sequence[Window], reread: Sequence[Window]
    ) -> None:
        parts = [part for part in (new, earlier, reread) if part]
        stretches = " and ".join(f"from {part[0].report_date} to {part[-1].last_day}" for part in parts)
        count = counted(sum(map(len, parts)), "window")
        self.notes.append(
            f"{self.stream}: PBX {name} has {count} to read{', ' + stretches if stretches else ''}, "
            f"in time zone {self.settings.time_zone}."
        )
        if earlier:
            self.notes.append(
                f"{self.stream}: the start date moved back, so earlier days of PBX {name} are read as well."
            )
        if reread:
            self.notes.append(
                f"{self.stream}: PBX {name} has {counted(len(reread), 'window')} to read again (reread_from)."
            )
