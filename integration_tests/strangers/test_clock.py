"""Item 6 of the strangers' list: a clock that disagrees with 8x8's loses no day."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pendulum
import pytest

from integration_tests.harness import Run, marks
from integration_tests.strangers.account import Account
from integration_tests.strangers.exchange import Reply, Request
from integration_tests.strangers.reading import messages, read, rows_of, warnings
from integration_tests.strangers.rows import report_row
from source_8x8_work_analytics import clock

NEAR_MIDNIGHT = datetime(2026, 11, 25, 4, 50, tzinfo=timezone.utc)
"""23:50 on 24 November in New York, by 8x8's clock."""
STREAMS = ("extension_summary", "call_records", "call_queue_summary")
AHEAD = {
    "a quarter of an hour": timedelta(minutes=15),
    "a day": timedelta(days=1),
}

Set = Callable[[datetime, timedelta], None]


@pytest.fixture
def set_clocks(account: Account, monkeypatch: pytest.MonkeyPatch) -> Set:
    """Return what sets 8x8's clock, and by how much this machine's is ahead of it."""

    def set_both(theirs: datetime, ahead: timedelta) -> None:
        account.clock = lambda: theirs
        monkeypatch.setattr(clock, "now", lambda: pendulum.instance(theirs + ahead))

    return set_both


def calls_so_far(account: Account) -> None:
    """Let the extension summary count more calls as 8x8's day goes on."""

    def reply(request: Request) -> Reply:
        now = account.clock()
        assert now is not None
        end_of_day = datetime.fromisoformat(f"{request.day}T05:00:00+00:00") + timedelta(days=1)
        minutes = max(0, int((min(now, end_of_day) - NEAR_MIDNIGHT).total_seconds()) // 60)
        return Reply([report_row(request, request.query["pbxId"], Inbound_Total=100 + minutes)])

    account.on("/extsum", reply)


def read_on(account: Account, stream: str, state: Any = None) -> Run:
    return read(account, stream, state=state, lookback_days=0, pbx_ids=["alpha"])


@pytest.mark.parametrize(
    ("stream", "ahead"),
    [("extension_summary", "a day"), *((stream, "a quarter of an hour") for stream in STREAMS)],
)
def test_a_day_that_8x8_has_not_ended_is_read_again(
    account: Account, set_clocks: Set, stream: str, ahead: str
) -> None:
    calls_so_far(account)
    set_clocks(NEAR_MIDNIGHT, AHEAD[ahead])
    one = read_on(account, stream)
    assert one.code == 0, messages(one)
    open_day = [row for row in rows_of(one, stream) if row["report_date"] >= "2026-11-24"]
    assert open_day
    assert not any(row["window_complete"] for row in open_day)
    assert marks(one.state, stream) == {"alpha": "2026-11-23"}
    assert len(warnings(one, "clock")) == len(warnings(one)) == 1

    set_clocks(NEAR_MIDNIGHT + timedelta(days=1), timedelta(0))
    two = read_on(account, stream, one.state)
    (again,) = [row for row in rows_of(two, stream) if row["report_date"] == "2026-11-24"]
    assert again["window_complete"] is True
    if stream == "extension_summary":
        assert again["Inbound_Total"] == 110, "the calls of the last ten minutes"


def test_several_streams_and_pbxes_are_one_warning(account: Account, set_clocks: Set) -> None:
    set_clocks(NEAR_MIDNIGHT, timedelta(hours=2))
    run = read(account, *STREAMS, "pbxes", lookback_days=0)
    assert run.code == 0, messages(run)
    assert len(warnings(run)) == 1


def test_a_clock_that_is_behind_is_one_warning(account: Account, set_clocks: Set) -> None:
    set_clocks(NEAR_MIDNIGHT, -timedelta(hours=2))
    run = read_on(account, "extension_summary")
    assert run.code == 0, messages(run)
    assert len(warnings(run, "clock")) == len(warnings(run)) == 1


@pytest.mark.parametrize("date", ["right", "missing", "a few seconds off"])
def test_clocks_that_agree_say_nothing(account: Account, set_clocks: Set, date: str) -> None:
    """A guard, which held before; without a date from 8x8 this machine's clock is all there is."""
    set_clocks(
        NEAR_MIDNIGHT + timedelta(minutes=11), timedelta(seconds=20 if date == "a few seconds off" else 0)
    )
    if date == "missing":
        account.clock = lambda: None
    run = read_on(account, "extension_summary")
    assert run.code == 0, messages(run)
    assert warnings(run) == []
    assert marks(run.state) == {"alpha": "2026-11-24"}
