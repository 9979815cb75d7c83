"""Plans are made of shared windows, and no window read exists before its turn."""

import tracemalloc

import pytest

from source_8x8_work_analytics.windows import progress
from source_8x8_work_analytics.windows.plan import Plan
from source_8x8_work_analytics.windows.state import SavedState
from source_8x8_work_analytics.windows.window_read import WindowRead
from testing.builders import settings
from unit_tests.conftest import NOW

PBXES = [f"pbx-{n}" for n in range(100)]


def plan() -> Plan:
    chosen = settings(start_date=..., pbx_ids=PBXES)
    return Plan("extension_summary", "day", True, SavedState(), chosen, NOW)


def test_plans_of_six_streams_and_a_hundred_pbxs_over_two_years_are_small() -> None:
    tracemalloc.start()
    try:
        plans = [plan() for _ in range(6)]
        made = [[each.progress_of(pbx_id, 4) for pbx_id in PBXES] for each in plans]
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert {pbx.total for stream in made for pbx in stream} == {731}
    assert held < 20e6


def test_no_window_read_exists_before_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def count(*args: object) -> WindowRead:
        made.append(args)
        return WindowRead(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(progress, "WindowRead", count)
    pbx = plan().progress_of("pbx-0", 4)
    assert pbx.total == 731
    assert made == []
    first = pbx.start()
    assert len(made) == 1
    assert first.window.report_date == "2024-11-24"
