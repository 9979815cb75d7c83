"""Every stream equals the sandbox's truth, over several zones, with interruptions; and the streams agree."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pendulum
import pytest
from jsonschema import Draft7Validator, FormatChecker

from integration_tests.harness import Row, State, installed, marks, warm_program, within, without_reading
from integration_tests.streams.expected import (
    FIRST,
    KEYS,
    LAST,
    LISTS,
    PBXES,
    STREAMS,
    ZONES,
    expected_of,
    loaded,
)
from sandbox import Sandbox
from sandbox.faults import FOREVER, Fault
from testing.builders import catalog_file
from testing.documented import FIELDS


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("stream", KEYS)
def test_rows_equal_the_truth(
    sandbox: Sandbox, configure: Callable[..., dict[str, Any]], stream: str, zone: str
) -> None:
    run = within("read", configure(time_zone=zone), streams=catalog_file(stream))
    assert run.code == 0
    expected = expected_of(sandbox, stream, zone)
    assert expected
    assert loaded(stream, run.rows) == expected
    assert len(run.rows) == len(expected), "a row came twice"
    assert set(marks(run.state, stream).values()) == {str(LAST)}
    assert all(row["time_zone"] == zone and row["window_complete"] for row in run.rows)
    settings = run.state[0]["stream"]["stream_state"]["settings"]
    assert ("summary_window" in settings) == (not stream.startswith("call_"))


def test_rows_are_of_their_schema_and_hold_every_documented_field(
    sandbox: Sandbox, configure: Callable[..., dict[str, Any]]
) -> None:
    (line,) = within("discover", configure()).of("CATALOG")
    schemas = {stream["name"]: stream["json_schema"] for stream in line["catalog"]["streams"]}
    run = within("read", configure(), streams=catalog_file(*STREAMS))
    seen: dict[str, set[str]] = {name: set() for name in schemas}
    checkers = {
        name: Draft7Validator(schema, format_checker=FormatChecker(["date"]))
        for name, schema in schemas.items()
    }
    for record in (line["record"] for line in run.of("RECORD")):
        checkers[record["stream"]].validate(record["data"])
        seen[record["stream"]] |= set(record["data"])
        for name in ("window_start", "window_end", "startTime", "connectTime", "disconnectedTime"):
            if name in record["data"] and (record["stream"], name) != ("queue_calls", "startTime"):
                assert pendulum.parse(record["data"][name]), name
    for stream, fields in FIELDS.items():
        never_filled = set(fields) - seen[stream]
        assert never_filled <= NULL_IN_EVERY_EXAMPLE, (stream, never_filled)


NULL_IN_EVERY_EXAMPLE = {
    *("aaDestination", "parentCallId", "transferToCallId", "callerDeviceId", "calleeDeviceId"),
    *("callerSvcName", "callerSvcType", "lra"),
    *("averageAnswerTime", "rootCallId", "caller_deviceId", "caller_deviceModel"),
}
"""Null or absent in all of 8x8's own examples, and so in the sandbox; messages leave null out."""


@pytest.mark.parametrize("stream", KEYS)
def test_interruptions_lose_and_repeat_nothing(
    sandbox: Sandbox, configure: Callable[..., dict[str, Any]], stream: str
) -> None:
    """Cut a sync off at some of its messages, and go on from the last state that came out."""
    config = configure(lookback_days=0)
    whole = within("read", config, streams=catalog_file(stream))
    expected = loaded(stream, whole.rows)
    for part in (4, 11, 18):
        kept = whole.lines[: len(whole.lines) * part // 20]
        state: State = [line["state"] for line in kept if line["type"] == "STATE"][-1:]
        rows = [without_reading(line["record"]["data"]) for line in kept if line["type"] == "RECORD"]
        rest = within("read", config, state, catalog_file(stream))
        assert rest.code == 0
        assert loaded(stream, rows + rest.rows) == expected


def test_all_streams_in_one_sync_share_one_login(
    sandbox: Sandbox, configure: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    config = configure(num_workers=10)
    run = installed("read", config, streams=catalog_file(*STREAMS), program=warm_program(tmp_path))
    assert run.code == 0
    assert len(sandbox.requests_to("/token")) == 1
    read = {line["record"]["stream"] for line in run.of("RECORD")}
    assert read == set(STREAMS)
    states = {state["stream"]["stream_descriptor"]["name"] for state in run.states}
    assert states == set(STREAMS)


def test_discover_lists_every_stream_in_order(configure: Callable[..., dict[str, Any]]) -> None:
    (line,) = within("discover", configure()).of("CATALOG")
    assert [stream["name"] for stream in line["catalog"]["streams"]] == STREAMS


def test_sums_of_calls_equal_the_summaries(
    sandbox: Sandbox, configure: Callable[..., dict[str, Any]]
) -> None:
    run = within("read", configure(), streams=catalog_file(*KEYS))
    by_stream: dict[str, list[Row]] = {name: [] for name in KEYS}
    for line in run.of("RECORD"):
        by_stream[line["record"]["stream"]].append(without_reading(line["record"]["data"]))
    records = by_stream["call_records"]
    for company_row in by_stream["company_summary"]:
        mine = [
            r
            for r in records
            if (r["pbxId"], r["report_date"]) == (company_row["pbxId"], company_row["report_date"])
        ]
        assert company_row["totalCall"] == len(mine)
        assert company_row["totalTalkTime"] == sum(r["talkTimeMS"] for r in mine)
        assert company_row["totalAnswered"] == sum(r["answered"] == "Answered" for r in mine)
        people = [
            r
            for r in by_stream["extension_summary"]
            if (r["PbxId"], r["report_date"]) == (company_row["pbxId"], company_row["report_date"])
        ]
        assert sum(r["Inbound_Total"] for r in people) == (
            company_row["inboundTotal"] + company_row["totalExtToExt"]
        )
    legs: dict[tuple[str, str], int] = {}
    for leg in by_stream["call_legs"]:
        call = leg["pbxId"], leg["callId"]
        legs[call] = legs.get(call, 0) + 1
    for record in records:  # the first and the last day aside: a leg may have ended a day earlier
        if FIRST < date.fromisoformat(record["report_date"]) < LAST:
            assert record["callLegCount"] == legs[record["pbxId"], record["callId"]]
    for group in by_stream["ring_group_summary"]:
        members = [
            m
            for m in by_stream["ring_group_member_summary"]
            if (m["pbxId"], m["ringGroupExtension"], m["report_date"])
            == (group["pbxId"], group["extension"], group["report_date"])
        ]
        assert sum(m["totalAnswered"] for m in members) == group["totalAnswered"]
        assert sum(m["totalAdvanced"] for m in members) == group["totalAdvanced"]


def test_a_failing_stream_does_not_stop_the_others(
    sandbox: Sandbox, configure: Callable[..., dict[str, Any]]
) -> None:
    sandbox.faults.append(Fault("no access to category", path="/call-legs", times=FOREVER))
    run = within("read", configure(), streams=catalog_file(*KEYS, *LISTS))
    assert run.code == 1
    assert {error["stream_descriptor"]["name"] for error in run.errors} == {"call_legs"}
    assert all(re.search("Supervisor access", error["message"]) for error in run.errors)
    assert len(sandbox.requests_to("/call-legs")) == len(PBXES)
    for stream in set(KEYS) - {"call_legs"}:
        assert set(marks(run.state, stream).values()) == {str(LAST)}
