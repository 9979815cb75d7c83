"""What each PBX of a stream has to read, given its saved state."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pendulum

from source_8x8_work_analytics.settings import Settings, WindowUnit
from source_8x8_work_analytics.windows.calendar import (
    Window,
    follows,
    left_to_read,
    newest_mark,
    oldest_day,
    report_windows,
)
from source_8x8_work_analytics.windows.counts import counted
from source_8x8_work_analytics.windows.progress import PbxProgress
from source_8x8_work_analytics.windows.state import HOW_TO_RELOAD, PbxState, SavedState

LOGGER = logging.getLogger("airbyte")

ZONE_MARGIN = 2
"""Days at either end of what was read in one time zone that may not be covered in another: zones are up to 26
hours apart."""


@dataclass
class Plan:
    """The windows of one stream in one sync.

    Attributes:
        stream: the stream's name.
        unit: what one window covers.
        summary: whether rows are totals over their window, which a changed zone or window would make overlap.
        saved: the state to resume from.
        settings: the configuration.
        now: the moment of the sync.
    """

    stream: str
    unit: WindowUnit
    summary: bool
    saved: SavedState
    settings: Settings
    now: pendulum.DateTime

    @cached_property
    def _windows(self) -> Sequence[Window]:
        return report_windows(self.settings, self.unit, self.now)

    def check_settings(self, pbx_ids: Sequence[str]) -> dict[str, str]:
        """Compare the settings with those of the saved rows. Returns those that new rows are read with.

        Raises:
            AirbyteTracedException: a config error for a summary stream whose zone or window changed.
        """
        settings = {"time_zone": self.settings.time_zone}
        if self.summary:
            settings["summary_window"] = self.unit
            self.saved.check_compatible(self.stream, settings)
        elif self.saved.settings.get("time_zone", settings["time_zone"]) != settings["time_zone"]:
            LOGGER.warning(
                "%s: the time zone was %s and is now %s, so calls near midnight move to another report_date.",
                self.stream,
                self.saved.settings["time_zone"],
                settings["time_zone"],
            )
            self.saved.narrow(ZONE_MARGIN)
            self.saved.settings = {**self.saved.settings, **settings}  # what is left holds in both zones
        known = [self.saved.get(pbx_id) for pbx_id in pbx_ids]
        if any(state and state.since is None for state in known):
            LOGGER.warning(
                "%s: the saved state comes from version 0.1.0, which did not save how far back it read: if "
                "you moved start_date to an earlier day since, load the history again to get the days before "
                "(%s).",
                self.stream,
                HOW_TO_RELOAD,
            )
        return settings

    def progress_of(self, pbx_id: str, width: int) -> PbxProgress:
        """Return what a PBX has to read.

        Args:
            pbx_id: its name.
            width: how many windows may be started and not count yet.
        """
        windows = self._windows
        saved = self._clamp_mark(pbx_id)
        mark = saved.mark if saved else None
        new: Sequence[Window] = left_to_read(windows, mark, self.settings, self.unit, self.now)
        earlier: Sequence[Window] = []
        if saved and saved.since:
            new = [window for window in new if window.first_day >= saved.since]
            earlier = [window for window in windows if window.first_day < saved.since]
        if saved and not self._joins(saved, new, earlier):
            saved, new, earlier = None, windows, []  # days in between stay unread: the stretch begins anew
        _log_plan(self.stream, pbx_id, new, earlier, self.settings.time_zone)
        return PbxProgress(pbx_id, new, earlier, saved, width, self.settings.window_end)

    def _joins(self, saved: PbxState, new: Sequence[Window], earlier: Sequence[Window]) -> bool:
        """Return whether no day lies between what was read and the windows after and before it."""
        unit, time_zone = self.unit, self.settings.time_zone
        if new and not follows(new[0].first_day, saved.mark, unit, time_zone):
            return False
        return not (saved.since and earlier) or follows(saved.since, earlier[-1].first_day, unit, time_zone)

    def _clamp_mark(self, pbx_id: str) -> PbxState | None:
        """Return the saved state of a PBX, with a mark that can be true, and warn where it cannot.

        Returns nothing for a stretch that ends before it begins, as such a clock leaves it: it is read anew.
        """
        saved = self.saved.get(pbx_id)
        if saved is None:
            return None
        newest = newest_mark(self.settings.time_zone, self.unit, self.now).first_day
        oldest = oldest_day(self.settings.time_zone, self.now)
        if saved.mark > newest:
            LOGGER.warning(
                "%s: the saved state says that PBX %s was read up to %s, which has not ended yet; reading "
                "resumes from %s. If this machine's clock was wrong, load the history again (%s).",
                self.stream,
                pbx_id,
                saved.mark,
                newest,
                HOW_TO_RELOAD,
            )
            saved = PbxState(newest, saved.since)
            self.saved.put(pbx_id, saved)
        elif not follows(oldest, saved.mark, self.unit, self.settings.time_zone):
            LOGGER.warning(
                "%s: PBX %s was last read up to %s, and 8x8 keeps nothing before %s: the data in between can "
                "no longer be retrieved.",
                self.stream,
                pbx_id,
                saved.mark,
                oldest,
            )
        return None if saved.since and saved.since > saved.mark else saved


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
