"""Plan one PBX from a saved state, without a sync."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pendulum

from source_8x8_work_analytics.messages import Message
from source_8x8_work_analytics.settings import WindowUnit
from source_8x8_work_analytics.windows.plan import Plan
from source_8x8_work_analytics.windows.progress import PbxProgress
from source_8x8_work_analytics.windows.state import PbxState, SavedState
from testing.builders import settings
from unit_tests.conftest import NOW


def day(text: str) -> pendulum.Date:
    return pendulum.Date.fromisoformat(text)


def state(mark: str, since: str | None = None, **more: Any) -> PbxState:
    return PbxState(day(mark), day(since) if since else None, **more)


@dataclass
class Planned:
    """What one PBX has to read, and what the plan says about it."""

    progress: PbxProgress
    saved: SavedState
    warnings: list[str]
    notes: list[str]
    row_settings: dict[str, str]

    @property
    def windows(self) -> list[str]:
        """The first days of all windows, in the order in which they are started."""
        return [self.progress.start().window.report_date for _ in range(self.progress.total)]

    def says(self, message: Message, **values: Any) -> bool:
        """Whether there is this warning and no other."""
        return self.warnings == [message.text(stream=STREAM, **values)]


STREAM = "call_records"


def planned(
    saved: PbxState | None = None,
    unit: WindowUnit = "day",
    totals: bool = False,
    pbx_id: str | None = None,
    saved_settings: Mapping[str, str] | None = None,
    privacy: Mapping[str, str] | None = None,
    **changes: Any,
) -> Planned:
    """Plan the PBX `acme` in New York, from 1 November 2026 on, without lookback."""
    chosen = settings(**{"start_date": "2026-11-01", "pbx_ids": ["acme"], "lookback_days": 0, **changes})
    zone = {"time_zone": "America/New_York"}
    blob = SavedState(
        {"acme": saved} if saved else {}, dict(zone if saved_settings is None else saved_settings)
    )
    plan = Plan(STREAM, unit, totals, blob, chosen, privacy or {}, NOW)
    row_settings = plan.check_settings({"acme": pbx_id})
    progress = plan.progress_of("acme", pbx_id)
    return Planned(progress, blob, plan.warnings, plan.notes, row_settings)
