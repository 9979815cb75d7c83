"""Items 7, 9, 13 and 28 of the strangers' list: states as platforms write them, zones, and odd dates."""

from collections.abc import Callable
from typing import Any

import pytest

from integration_tests.harness import TODAY, State, marks
from integration_tests.strangers.account import Account
from integration_tests.strangers.reading import contains, messages, read, warnings

STREAM = "extension_summary"
YESTERDAY = "2026-11-23"
EVERYTHING: dict[str, Any] = {"start_date": ..., "pbx_ids": ["alpha"]}
"""Without state, two years are read: 731 windows."""


def blob(time_zone: str = "America/New_York", **settings: str) -> dict[str, Any]:
    """Return what a sync of yesterday saved, since two years ago."""
    entry = {"partition": {"pbx_id": "alpha"}, "cursor": {"report_date": YESTERDAY}, "since": "2024-11-24"}
    return {
        "use_global_cursor": False,
        "states": [entry],
        "settings": {"time_zone": time_zone, **settings},
    }


def state_of(name: str = STREAM, **descriptor: Any) -> dict[str, Any]:
    """Return a state of the protocol."""
    saved = blob(summary_window="day") if name == STREAM else blob()
    return {"stream_descriptor": {"name": name, **descriptor}, "stream_state": saved}


NAMESPACES: dict[str, Callable[[], dict[str, Any]]] = {
    "empty namespace": lambda: {"type": "STREAM", "stream": state_of(namespace="")},
    "other namespace": lambda: {"type": "STREAM", "stream": state_of(namespace="phone")},
    "without type": lambda: {"stream": state_of()},
    "without type, null namespace": lambda: {"stream": state_of(namespace=None)},
    "legacy data beside it": lambda: {"type": "STREAM", "stream": state_of(namespace=""), "data": {}},
}


@pytest.mark.parametrize("kind", NAMESPACES)
def test_a_state_belongs_to_the_stream_that_it_names(account: Account, kind: str) -> None:
    run = read(account, STREAM, state=[NAMESPACES[kind]()], **EVERYTHING)
    assert run.code == 0, messages(run)
    assert len(account.received("/extsum")) <= 3, "two days of lookback and today"
    assert marks(run.state) == {"alpha": YESTERDAY}


def test_every_stream_finds_its_own_state_in_any_namespace(account: Account) -> None:
    state = [
        {"stream": state_of(name, namespace="phone")} for name in (STREAM, "call_records", "agent_summary")
    ]
    run = read(account, STREAM, "call_records", "agent_summary", state=state, **EVERYTHING)
    assert run.code == 0, messages(run)
    assert len(account.received("/extsum")) + len(account.received("/agent-activity")) <= 6


def camel(name: str = STREAM) -> dict[str, Any]:
    return {"streamDescriptor": {"name": name}, "streamState": blob(summary_window="day")}


CAMEL: dict[str, Any] = {
    "list of states": [{"type": "STREAM", "stream": camel()}],
    "API": {"connectionId": "c", "stateType": "stream", "streamState": [camel()]},
    "bare list": [camel()],
    "lower-case type": [{"type": "stream", "stream": camel()}],
}


@pytest.mark.parametrize("kind", CAMEL)
def test_the_form_of_airbytes_api_is_read_or_refused_with_the_way_to_convert_it(
    account: Account, kind: str
) -> None:
    state: State = CAMEL[kind]
    run = read(account, STREAM, state=state, **EVERYTHING)
    assert len(account.received("/extsum")) <= 3
    if run.code == 0:
        assert marks(run.state) == {"alpha": YESTERDAY}
        return
    (error,) = run.errors
    assert error["failure_type"] == "config_error"
    assert contains(error["message"], "streamDescriptor", "stream_descriptor"), error["message"]


@pytest.mark.parametrize("stream", ["call_records", "call_legs"])
def test_a_zone_further_west_says_that_exact_days_need_a_refresh(account: Account, stream: str) -> None:
    state = [{"type": "STREAM", "stream": {**state_of(stream), "stream_state": blob("Europe/London")}}]
    run = read(account, stream, state=state, pbx_ids=["alpha"], start_date="2026-11-20")
    assert run.code == 0, messages(run)
    (warning,) = warnings(run, stream, "time zone")
    assert "refresh" in warning.casefold()


SAME_ZONES = [
    ("US/Eastern", "America/New_York"),
    ("America/New_York", "US/Eastern"),
    ("Asia/Calcutta", "Asia/Kolkata"),
    ("Etc/UTC", "UTC"),
]


@pytest.mark.parametrize(("old", "new"), SAME_ZONES)
def test_two_names_of_one_zone_are_one_zone(account: Account, old: str, new: str) -> None:
    stream = {**state_of(), "stream_state": blob(old, summary_window="day")}
    calls = {**state_of("call_records"), "stream_state": blob(old)}
    state = [{"type": "STREAM", "stream": one} for one in (stream, calls)]
    run = read(account, STREAM, "call_records", state=state, time_zone=new, **EVERYTHING)
    assert run.code == 0, messages(run)
    assert len(account.received("/extsum")) <= 3
    assert warnings(run) == []


@pytest.mark.parametrize(("old", "new"), [("America/New_York", "America/Toronto"), ("UTC", "Europe/London")])
def test_two_zones_are_still_refused(account: Account, old: str, new: str) -> None:
    """A guard, which held before: they are told apart although their clocks agree today."""
    state = [{"type": "STREAM", "stream": {**state_of(), "stream_state": blob(old, summary_window="day")}}]
    run = read(account, STREAM, state=state, time_zone=new, pbx_ids=["alpha"])
    assert run.code == 1
    (error,) = run.errors
    assert error["failure_type"] == "config_error"
    assert contains(error["message"], old, new)


DATES = [
    {"end_date": "2020-01-01", "start_date": ...},
    {"end_date": "2020-01-31", "start_date": "2020-01-01"},
    {"end_date": "2024-11-23", "start_date": ...},
]


@pytest.mark.parametrize("dates", DATES, ids=["long ago", "both long ago", "the day before the first"])
@pytest.mark.parametrize("stream", [STREAM, "call_queue_summary"])
def test_an_end_before_everything_is_said(account: Account, stream: str, dates: dict[str, Any]) -> None:
    assert str(TODAY) == "2026-11-24"
    run = read(account, stream, **dates)
    said = messages(run) if run.code else "\n".join(warnings(run))
    assert "end_date" in said
    assert len(account.received("/extsum")) == 0
