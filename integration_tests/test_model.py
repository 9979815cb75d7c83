"""Progress, proved: many syncs against a company whose clock moves, and whose numbers are corrected late.

Syncs succeed, are cut off at any message, meet faults, or start from an older state; PBXs come and go. After
each one, what a destination holds is compared with the truth, and the state with what was read.
"""

import json
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from integration_tests.harness import STREAM, Run, State, marks, within
from integration_tests.queue_truth import QUEUE_KEYS
from integration_tests.truth import PATHS, Rows, day_of, deduplicated, pbx_of, truth
from sandbox import Sandbox
from sandbox.company import company
from sandbox.faults import BODIES, CONNECTIONS, Fault
from sandbox.server import running
from source_8x8_work_analytics import clock
from source_8x8_work_analytics.client.retries import Retrier
from testing.builders import catalog_file

PBXES = sorted(company())
# Zones and moments at which clocks change, at midnight too, by an hour and by half of one.
SCENES = [
    ("America/New_York", datetime(2026, 3, 6, 3, 0)),
    ("America/New_York", datetime(2026, 10, 30, 4, 59, 59)),
    ("Australia/Lord_Howe", datetime(2026, 4, 3, 12, 0)),
    ("America/Havana", datetime(2026, 10, 31, 3, 59)),
    ("Africa/Cairo", datetime(2026, 4, 22, 21, 59)),
    ("Asia/Kathmandu", datetime(2026, 6, 30, 18, 14, 59)),
    ("Pacific/Kiritimati", datetime(2026, 12, 31, 9, 59, 30)),
    ("UTC", datetime(2028, 2, 28, 23, 0)),
]
FAULTS = [kind for kind in (*BODIES, *CONNECTIONS) if kind not in ("slow body", "time-out")]
FAULTS += ["500", "503", "429", "403", "401", "revoked token"]


def sinces(state: State) -> dict[str, str | None]:
    """Return the first day that each PBX was read from, where the state says it."""
    return {
        entry["partition"]["pbx_id"]: entry.get("since")
        for one in state
        for entry in one["stream"]["stream_state"]["states"]
    }


def of_version_0_1_0(state: State) -> State:
    """Return the state as version 0.1.0 would have saved it."""
    copied: State = json.loads(json.dumps(state))
    for one in copied:
        for entry in one["stream"]["stream_state"]["states"]:
            entry.pop("since", None)
    return copied


class Syncs(RuleBasedStateMachine):
    """The destination, the state, and the world they are read from."""

    streams: Sequence[str] = (STREAM,)
    """The streams of which one is read."""

    def __init__(self) -> None:
        super().__init__()
        self.moment = datetime(2026, 1, 1, tzinfo=timezone.utc)
        self.sandbox = Sandbox(clock=lambda: self.moment)
        self.server = running(self.sandbox)
        self.address = self.server.__enter__()
        self.table: Rows = {}
        self.state: State = []
        self.older: list[State] = [[]]
        self.patched = pytest.MonkeyPatch()
        self.patched.setattr(clock, "now", lambda: pendulum.instance(self.moment))
        self.patched.setattr(Retrier, "wait", lambda *_: None)

    def teardown(self) -> None:
        self.patched.undo()
        self.server.__exit__(None, None, None)

    @initialize(
        scene=st.sampled_from(SCENES),
        days=st.integers(0, 6),
        lookback=st.integers(0, 4),
        workers=st.sampled_from([2, 3, 10]),
        finished=st.booleans(),
        pbxes=st.sets(st.sampled_from(PBXES), min_size=1, max_size=2),
        data=st.data(),
    )
    def begin(
        self,
        scene: Any,
        days: int,
        lookback: int,
        workers: int,
        finished: bool,
        pbxes: set[str],
        data: st.DataObject,
    ) -> None:
        self.stream = data.draw(st.sampled_from(self.streams))
        self.zone, moment = scene
        self.moment = moment.replace(tzinfo=timezone.utc)
        self.start = self.today - timedelta(days=days)
        self.lookback, self.workers, self.finished = lookback, workers, finished
        self.pbxes = sorted(pbxes)

    @property
    def today(self) -> date:
        return self.moment.astimezone(ZoneInfo(self.zone)).date()

    @property
    def last(self) -> date:
        """The last day that a sync has to read."""
        return self.today - timedelta(days=1) if self.finished else self.today

    @rule(hours=st.integers(1, 60), seconds=st.integers(0, 3599))
    def time_passes(self, hours: int, seconds: int) -> None:
        self.moment += timedelta(hours=hours, seconds=seconds)

    @rule(data=st.data())
    def time_passes_to_the_edge_of_a_day(self, data: st.DataObject) -> None:
        zone = ZoneInfo(self.zone)
        midnight = datetime.combine(self.today + timedelta(days=1), datetime.min.time(), zone)
        self.moment = midnight.astimezone(timezone.utc) + timedelta(seconds=data.draw(st.integers(-1, 1)))

    @rule(data=st.data())
    def a_late_correction_within_the_lookback(self, data: st.DataObject) -> None:
        pbx = data.draw(st.sampled_from(PBXES))
        every = [marks(state, self.stream) for state in self.older]
        known = [found[pbx] for found in every if pbx in found]
        oldest = self.today
        if known:  # whichever of the states comes next
            oldest = date.fromisoformat(max(known)) - timedelta(days=self.lookback - 1)
        day = oldest  # of UTC, all of whose moments lie on local days that will be read again
        while datetime.combine(day, time(), timezone.utc).astimezone(ZoneInfo(self.zone)).date() < oldest:
            day += timedelta(days=1)
        day += timedelta(days=data.draw(st.integers(0, 2)))
        self.sandbox.correct(pbx, day)

    @rule(pbx=st.sampled_from(PBXES))
    def a_pbx_comes_or_goes(self, pbx: str) -> None:
        others = [name for name in self.pbxes if name != pbx]
        self.pbxes = others if others and pbx in self.pbxes else sorted({*self.pbxes, pbx})

    @rule(back=st.integers(0, 5))
    def the_state_is_an_older_one(self, back: int) -> None:
        self.state = self.older[-1 - back % len(self.older)]

    @precondition(lambda self: all(None not in sinces(state).values() for state in self.older))
    @rule(days=st.integers(1, 4))
    def the_start_date_moves_back(self, days: int) -> None:
        self.start -= timedelta(days=days)

    @precondition(lambda self: set(sinces(self.state).values()) == {str(self.start)})
    @rule()
    def the_state_comes_from_version_0_1_0(self) -> None:
        self.state = of_version_0_1_0(self.state)
        self.older.append(self.state)

    @rule()
    def a_sync(self) -> None:
        run = self.sync()
        assert run.code == 0, run.errors
        for pbx in self.pbxes:
            assert sinces(self.state).get(pbx) in (None, str(self.start))
            assert self.loaded(pbx, self.start, self.last) == self.truth(pbx, self.start, self.last)

    @rule(cut=st.floats(0, 1))
    def a_sync_that_is_cut_off(self, cut: float) -> None:
        self.sync(cut=cut)

    @rule(
        kind=st.sampled_from(FAULTS),
        times=st.sampled_from([1, 2, 5, 12]),
        after=st.integers(0, 8),
        at_sign_in=st.sampled_from([False, False, True]),
    )
    def a_sync_with_a_fault(self, kind: str, times: int, after: int, at_sign_in: bool) -> None:
        path = "/token" if at_sign_in else PATHS[self.stream]
        self.sandbox.faults.append(Fault(kind, path=path, times=times, after=after))
        run = self.sync()
        self.sandbox.faults.clear()
        assert (run.code != 0) == bool(run.errors)

    def truth(self, pbx: str, first: date, last: date) -> Rows:
        return truth(self.sandbox, pbx, first, last, self.zone, self.stream)

    def loaded(self, pbx: str, first: date, last: date) -> Rows:
        """Return what the destination holds of a PBX's days."""
        return {
            key: row
            for key, row in self.table.items()
            if pbx_of(row) == pbx and str(first) <= row["report_date"] <= str(last)
        }

    def sync(self, cut: float = 1.0) -> Run:
        """Sync, load the rows that came out before the cut, and keep the last state among them."""
        before = self.state
        self.sandbox.requests.clear()
        config = self.sandbox.config(
            self.address,
            pbx_ids=self.pbxes,
            time_zone=self.zone,
            start_date=str(self.start),
            lookback_days=self.lookback,
            num_workers=self.workers,
            only_finished_windows=self.finished,
        )
        run = within("read", config, self.state, catalog_file(self.stream))
        kept = Run(run.lines[: round(cut * len(run.lines))], run.code)
        self.table |= deduplicated(kept.rows, self.stream)
        if kept.state:
            self.state = json.loads(json.dumps(kept.state))
            self.older.append(self.state)
        tried_again = "retrying in" in run.text or len(self.sandbox.requests_to("/token")) > 1
        self.asked_for_no_more_than_needed(before, retries=run.code != 0 or tried_again)
        return run

    def asked_for_no_more_than_needed(self, before: State, retries: bool) -> None:
        known = marks(before, self.stream)
        asked = [(line.pbx, day_of(line, self.zone)) for line in self.sandbox.requests_to(PATHS[self.stream])]
        if self.stream != STREAM:  # calls come in pages, a day of 25 hours in parts
            asked = list(dict.fromkeys(asked))
        for pbx in self.pbxes:
            days = {str(self.start + timedelta(days=i)) for i in range((self.last - self.start).days + 1)}
            if pbx in known:
                mark = min(date.fromisoformat(known[pbx]), self.today - timedelta(days=1))
                again = str(mark - timedelta(days=self.lookback - 1))
                since = sinces(before)[pbx] or ""
                days = {day for day in days if day >= again or day < since}
            mine = [day for name, day in asked if name == pbx]
            assert set(mine) <= days, "asked outside start and lookback"
            if not retries:
                assert len(mine) <= len(days) + 1
        assert {name for name, _ in asked} <= set(self.pbxes)

    @invariant()
    def no_mark_passes_a_hole(self) -> None:
        """All days from `since` to a mark were loaded as they stood after their end, the lookback aside."""
        for pbx, mark in marks(self.state, self.stream).items():
            since = date.fromisoformat(sinces(self.state)[pbx] or str(self.start))
            settled = date.fromisoformat(mark) - timedelta(days=self.lookback)
            assert mark < str(self.today), "an open day moved the mark"
            assert self.loaded(pbx, since, settled) == self.truth(pbx, since, settled)
            recent = self.truth(pbx, since, date.fromisoformat(mark))
            loaded = {k: v["window_complete"] for k, v in self.table.items() if pbx_of(v) == pbx}
            never_seen = [k for k in recent if k not in loaded and not self.sandbox.revisions]
            assert not never_seen
            assert all(loaded[k] for k in recent if k in loaded)


def prove(streams: Sequence[str], examples: int, steps: int) -> None:
    class Chosen(Syncs):
        """Syncs of one of these streams."""

    Chosen.streams = streams
    run_state_machine_as_test(
        Chosen,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


BOTH = pytest.mark.parametrize("streams", [(STREAM,), tuple(QUEUE_KEYS)], ids=["reports", "queues"])


@BOTH
def test_many_syncs(streams: Sequence[str]) -> None:
    prove(streams, examples=7, steps=12)


@BOTH
@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_very_many_syncs(streams: Sequence[str]) -> None:
    prove(streams, examples=150, steps=25)
