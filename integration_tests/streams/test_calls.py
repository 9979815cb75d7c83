"""Call records and call legs: pages are followed to the end, and what is not whole is not taken for whole."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from integration_tests.harness import marks, within
from integration_tests.streams.expected import FIRST, LAST, PBXES, days, expected_of, loaded, raw_rows
from sandbox import Sandbox
from sandbox.faults import FOREVER, Fault
from testing.builders import catalog_file


def test_pages_are_followed_to_the_end_with_every_parameter(
    sandbox: Sandbox, configure: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("source_8x8_work_analytics.reports.calls.PAGE_SIZE", 7)
    run = within("read", configure(pbx_ids=["acmecorp"]), streams=catalog_file("call_records"))
    assert run.code == 0
    expected = {
        k: v
        for k, v in expected_of(sandbox, "call_records", "America/New_York").items()
        if k[0] == "acmecorp"
    }
    assert loaded("call_records", run.rows) == expected
    per_day = {
        day: len(raw_rows(sandbox, "call_records", "acmecorp", day, "America/New_York")) for day in days()
    }
    pages = sum(-(-count // 7) + 1 for count in per_day.values())
    assert len(sandbox.requests_to("/call-records")) == pages


BROKEN_PAGES = ["html", "empty", "null", "error object", "cut JSON", "503", "cut body"]
PAGED = ["call_records", "call_legs", "ring_group_member_summary"]
SOME = {
    *((kind, FOREVER, "call_records") for kind in BROKEN_PAGES),
    *((kind, times, stream) for kind in ("html", "cut body") for times in (1, FOREVER) for stream in PAGED),
}
"""What is run on every change; the rest by `make soak`."""


@pytest.mark.parametrize(
    ("kind", "times", "stream"),
    [
        pytest.param(*case, marks=[] if case in SOME else [pytest.mark.soak])
        for case in itertools.product(BROKEN_PAGES, [1, FOREVER], PAGED)
    ],
)
def test_a_page_that_breaks_fails_its_window_with_a_sentence(
    sandbox: Sandbox,
    configure: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    stream: str,
    kind: str,
    times: int,
) -> None:
    monkeypatch.setattr("source_8x8_work_analytics.reports.calls.PAGE_SIZE", 20)
    path = {"call_records": "/call-records", "call_legs": "/call-legs"}.get(stream, "/rgsum-members")
    day = "2026-11-02"
    sandbox.faults.append(Fault(kind, path=path, pbx="acmecorp", start=day, after=1, times=times))
    run = within("read", configure(), streams=catalog_file(stream), debug=True)
    expected = expected_of(sandbox, stream, "America/New_York")
    names = {str(row["callerName"]) for row in expected.values() if row.get("callerName")}
    logs = "\n".join(line for line in run.text.splitlines() if '"type":"RECORD"' not in line)
    assert not [name for name in names if len(name) > 5 and name in logs]
    if times == 1:
        assert run.code == 0
        assert loaded(stream, run.rows) == expected
        return
    assert run.code == 1
    assert loaded(stream, run.rows).items() <= expected.items()
    assert marks(run.state, stream) == {**dict.fromkeys(PBXES, str(LAST)), "acmecorp": "2026-11-01"}
    assert f"{stream}, PBX acmecorp, {day}: 8x8 " in run.errors[0]["message"]


@pytest.mark.parametrize("stream", ["call_records", "call_legs"])
@pytest.mark.parametrize("how", ["fewer calls than counted", "the same page again"])
def test_a_day_that_is_not_whole_is_not_taken_for_whole(
    sandbox: Sandbox,
    configure: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    stream: str,
    how: str,
) -> None:
    monkeypatch.setattr("source_8x8_work_analytics.reports.calls.PAGE_SIZE", 20)
    path = {"call_records": "/call-records", "call_legs": "/call-legs"}[stream]
    sandbox.faults.append(Fault(how, path=path, pbx="acmecorp", start="2026-11-02", after=1, times=FOREVER))
    run = within("read", configure(), streams=catalog_file(stream))
    assert run.code == 1
    (error,) = run.errors
    assert error["failure_type"] == "transient_error"
    assert f"{stream}, PBX acmecorp, 2026-11-02: 8x8 " in error["message"]
    assert marks(run.state, stream)["acmecorp"] == "2026-11-01"


def test_a_call_in_the_last_second_of_a_day_is_not_lost(sandbox: Sandbox) -> None:
    """The end of a window covers its last second whole: no call falls between two days."""
    zone, pbx = "America/New_York", "acmecorp"
    window = (f"{FIRST} 00:00:00", f"{LAST} 23:59:59", zone)
    together = {row["callId"] for row in sandbox.call_rows(False, pbx, *window)}
    apart = [row["callId"] for day in days() for row in raw_rows(sandbox, "call_records", pbx, day, zone)]
    assert len(apart) == len(set(apart))
    assert set(apart) == together


def test_a_changed_zone_on_a_call_stream_is_a_warning(
    sandbox: Sandbox, configure: Callable[..., dict[str, Any]]
) -> None:
    first = within("read", configure(), streams=catalog_file("call_records"))
    again = within("read", configure(time_zone="Asia/Kathmandu"), first.state, catalog_file("call_records"))
    assert again.code == 0
    assert again.text.count("the time zone was America/New_York and is now Asia/Kathmandu") == 1
    assert again.state[0]["stream"]["stream_state"]["settings"] == {"time_zone": "Asia/Kathmandu"}
