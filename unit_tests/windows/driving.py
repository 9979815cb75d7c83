"""Drive a cursor by hand."""

from functools import partial
from typing import Any

import pytest
from airbyte_cdk.sources.message import InMemoryMessageRepository

from source_8x8_work_analytics import clock
from source_8x8_work_analytics.client.client import Client
from source_8x8_work_analytics.windows.cursor import WindowCursor
from source_8x8_work_analytics.windows.plan import Plan
from source_8x8_work_analytics.windows.progress import WindowSlice
from source_8x8_work_analytics.windows.reading import Reading
from source_8x8_work_analytics.windows.state import SavedState
from testing.builders import settings

STREAM = "extension_summary"


class Sync:
    """A cursor that is driven by hand, a window at a time, on a clock that is set by hand."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        saved: SavedState | None = None,
        privacy: dict[str, str] | None = None,
        ids: dict[str, str | None] | None = None,
        listed: bool = False,
        **changes: Any,
    ) -> None:
        self.elapsed = 1000.0
        monkeypatch.setattr(clock, "elapsed", lambda: self.elapsed)
        self.messages = InMemoryMessageRepository()
        chosen = settings(**{"start_date": "2026-11-01", "lookback_days": 0, **changes})
        self.retrier = Client(chosen, num_workers=chosen.num_workers).retrier
        saved = saved or SavedState()
        plan = partial(Plan, STREAM, "day", True, saved, chosen, privacy or {})
        self.cursor = WindowCursor(STREAM, plan, saved, self.retrier, self.messages)
        self.slices = self.cursor.slices(ids or dict.fromkeys(chosen.pbx_ids), listed)

    def start(self) -> WindowSlice:
        return next(self.slices)

    def finish(self, read: WindowSlice, rows: int = 0) -> None:
        """End the reading of a window, with a request that is sent now."""
        reading = Reading(rows=rows, size=100 * rows)
        reading.add_request(read.window, clock.now())
        self.cursor.record(read, reading)

    def fail(self, read: WindowSlice, problem: str, rows: int = 0) -> bool:
        return self.cursor.fail(read, Reading(rows=rows), problem)

    def states(self) -> list[str]:
        """The marks of the states since the last look."""
        return [
            ",".join(
                entry["cursor"]["report_date"][5:]
                for entry in vars(message.state.stream.stream_state)["states"]
            )
            for message in self.messages.consume_queue()
            if message.state and message.state.stream
        ]
