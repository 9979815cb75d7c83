"""What one run of the doctor remembers for the next."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from source_8x8_work_analytics import clock
from unit_tests.conftest import NOW
from unit_tests.doctor.outcome import Outcome


def test_the_memory_of_one_run_shows_late_changes_to_the_next(
    run: Callable[..., Outcome], sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = ["--memory", str(tmp_path / "memory.json"), "--days", "8"]
    assert run(*memory).verdict("late_changes") == "unknown"
    assert run(*memory).seen("late_changes") == "none"

    later = NOW.add(days=1)
    sandbox.clock = lambda: later
    monkeypatch.setattr(clock, "now", lambda: later)
    sandbox.correct("acmecorp", date(2026, 11, 19))
    done = run(*memory)

    assert done.code == 1
    late = done.finding("late_changes")
    assert late["verdict"] == "contradicted"
    assert late["seen"] in ("6 days back", "7 days back")  # a UTC day is part of two local days
    assert late["advice"] == f"Set lookback_days to {late['seen'].split()[0]}."
    assert run(*memory, lookback_days=10).seen("late_changes") == "none"


def test_a_change_within_the_lookback_contradicts_nothing(
    run: Callable[..., Outcome], sandbox: Sandbox, tmp_path: Path
) -> None:
    memory = ["--memory", str(tmp_path / "memory.json"), "--days", "8"]
    run(*memory)
    sandbox.correct("acmecorp", date(2026, 11, 20))

    done = run(*memory, lookback_days=5)

    assert (done.code, done.verdict("late_changes")) == (0, "holds")
    assert done.seen("late_changes") in ("4 days back", "5 days back")


@pytest.mark.parametrize("change", [{"time_zone": "Europe/Paris"}, {"pbx_ids": ["acme-europe"]}])
def test_a_memory_of_other_settings_is_not_compared(
    run: Callable[..., Outcome], tmp_path: Path, change: dict[str, Any]
) -> None:
    memory = ["--memory", str(tmp_path / "memory.json"), "--days", "3"]
    run(*memory)

    late = run(*memory, **change).finding("late_changes")

    assert late["verdict"] == "unknown"
    assert "another account, PBX or time zone" in late["evidence"]


def test_a_file_that_is_not_a_memory_is_left_as_it_is(
    run: Callable[..., Outcome], sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "memory.json"
    path.write_text('{"api_key": "secret"}', encoding="utf-8")

    done = run("--memory", str(path))

    assert (done.code, done.out, sandbox.requests) == (2, "", [])
    assert done.err.count("exists and is not a doctor memory file") == 1
    assert path.read_text(encoding="utf-8") == '{"api_key": "secret"}'


def test_days_that_do_not_fit_the_limit_are_cut(run: Callable[..., Outcome], tmp_path: Path) -> None:
    memory = ["--memory", str(tmp_path / "memory.json"), "--days", "90"]
    assert run(*memory).sent == 120

    done = run(*memory)

    assert done.sent == done.report["requests"] == 120
    late = done.finding("late_changes")
    assert (late["seen"], late["verdict"]) == ("none", "holds")
    assert 60 <= int(late["evidence"].split()[0]) < 90
