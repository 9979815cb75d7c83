"""Where 8x8 leaves the last second of a window out, `window_end` gives it back."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pendulum
import pytest

from integration_tests.harness import within
from integration_tests.streams.expected import KEYS, NOW, converted, loaded, raw_rows
from sandbox import Sandbox
from sandbox.server import running
from source_8x8_work_analytics import clock
from testing.builders import catalog_file

PBX, ZONE = "acmecorp", "Asia/Kolkata"
FIRST, LAST = date(2026, 10, 20), date(2026, 10, 23)
IN_THE_LAST_SECOND = "2026-10-22T23:59:59.368+0530"
"""When a call of this PBX ends."""
STREAMS = [stream for stream in KEYS if stream != "ring_group_member_summary"]


@pytest.fixture(scope="module")
def exclusive() -> Iterator[tuple[Sandbox, str]]:
    sandbox = Sandbox(clock=lambda: NOW, variants=["end_time=exclusive"])
    with running(sandbox) as address:
        yield sandbox, address


def truth(stream: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Return each local day whole, as a sandbox that takes the last second in tells it."""
    plain = Sandbox(clock=lambda: NOW)
    found = {}
    for i in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=i)
        for row in raw_rows(plain, stream, PBX, day, ZONE):
            whole = {**(converted(row) if stream.startswith("call_") else row), "report_date": str(day)}
            key = tuple(whole[name] for name in KEYS[stream])
            found[key] = {name: value for name, value in whole.items() if value is not None}
    return found


def read(exclusive: tuple[Sandbox, str], stream: str, window_end: str) -> dict[tuple[Any, ...], Any]:
    sandbox, address = exclusive
    config = sandbox.config(
        address,
        pbx_ids=[PBX],
        time_zone=ZONE,
        start_date=str(FIRST),
        end_date=str(LAST),
        window_end=window_end,
    )
    run = within("read", config, streams=catalog_file(stream))
    assert run.code == 0
    assert len(loaded(stream, run.rows)) == len(run.rows), "a row came twice"
    return loaded(stream, run.rows)


@pytest.mark.parametrize("stream", STREAMS)
def test_next_midnight_tiles_where_an_end_is_exclusive(
    exclusive: tuple[Sandbox, str], stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: pendulum.instance(NOW))
    assert read(exclusive, stream, "next_midnight") == truth(stream)


def test_without_it_the_call_in_the_last_second_is_lost(
    exclusive: tuple[Sandbox, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: pendulum.instance(NOW))
    expected, found = truth("call_records"), read(exclusive, "call_records", "last_second")
    lost = [expected[key] for key in expected.keys() - found.keys()]
    assert [row["disconnectedTime"] for row in lost] == [f"{IN_THE_LAST_SECOND[:-2]}:30"]
