"""Every stream equals the sandbox's truth, over several zones, with interruptions; and the streams agree."""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from functools import partial
from typing import Any

import pendulum
import pytest
from jsonschema import Draft7Validator, FormatChecker

from integration_tests.harness import Row, State, installed, marks, within
from integration_tests.queue_truth import QUEUE_KEYS
from sandbox import Sandbox
from sandbox.company import company
from sandbox.faults import FOR_EVER, Fault
from sandbox.ring_groups import ring_group_summary
from sandbox.server import running
from sandbox.summaries import company_summary, extension_summary
from sandbox.truth import child_rows, members_of
from source_8x8_work_analytics import clock
from source_8x8_work_analytics.client.service import Service
from testing.builders import catalog_file
from testing.documented import FIELDS

NOW = datetime(2026, 11, 4, 6, 0, tzinfo=timezone.utc)
FIRST, LAST = date(2026, 10, 30), date(2026, 11, 3)
ZONES = ["America/New_York", "Europe/London", "Asia/Kathmandu", "Australia/Lord_Howe"]
PBXES = ["acmecorp", "acme-europe", "acme-apac"]
KEYS = {
    "extension_summary": ("PbxId", "Extension", "report_date"),
    "company_summary": ("pbxId", "report_date"),
    "ring_group_summary": ("pbxId", "extension", "report_date"),
    "ring_group_member_summary": ("pbxId", "ringGroupExtension", "extension", "report_date"),
    "call_records": ("pbxId", "callId"),
    "call_legs": ("pbxId", "callId", "legId"),
}
LISTS = ["pbxes", "sites", "call_queues", "call_queue_agents"]
STREAMS = [*KEYS, *LISTS, *QUEUE_KEYS]
WINDOW = ("report_date", "window_start", "window_end", "time_zone", "window_complete")


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[Sandbox, str]]:
    sandbox = Sandbox(clock=lambda: NOW)
    with running(sandbox) as address:
        yield sandbox, address


@pytest.fixture
def sandbox(shared: tuple[Sandbox, str], monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    shared[0].faults.clear()
    shared[0].requests.clear()
    shared[0].hidden_pbxes.clear()
    monkeypatch.setattr(clock, "now", lambda: pendulum.instance(NOW))
    monkeypatch.setattr(Service, "rest", lambda *_: None)
    return shared[0]


@pytest.fixture
def configure(shared: tuple[Sandbox, str]) -> Callable[..., dict[str, Any]]:
    options = {"pbx_ids": PBXES, "start_date": str(FIRST), "only_finished_windows": True}
    return lambda **more: shared[0].config(shared[1], **{**options, **more})


def days() -> list[date]:
    return [FIRST + timedelta(days=i) for i in range((LAST - FIRST).days + 1)]


def raw_rows(sandbox: Sandbox, stream: str, pbx: str, day: date, zone: str) -> list[Row]:
    window = (pbx, f"{day} 00:00:00", f"{day} 23:59:59", zone)
    if stream in ("call_records", "call_legs"):
        return sandbox.call_rows(stream == "call_legs", *window)
    if stream == "ring_group_member_summary":
        return [
            row
            for group in company()[pbx].ring_groups
            for row in sandbox.summary_rows(partial(members_of, group.number), *window)
        ]
    reports = {
        "extension_summary": extension_summary,
        "company_summary": company_summary,
        "ring_group_summary": ring_group_summary,
    }
    return sandbox.summary_rows(reports[stream], *window)


def converted(row: Row) -> Row:
    """Return a call as its schema says, by other means than the connector's."""
    changed = dict(row)
    for name in ("startTime", "connectTime", "disconnectedTime"):
        text = changed[name]
        changed[name] = None if text == "0" else f"{text[:-2]}:{text[-2:]}"
    for name in ("startTimeUTC", "connectTimeUTC", "disconnectedTimeUTC", "answeredTime"):
        if name in changed:
            changed[name] = changed[name] or None
    if "callLegCount" in changed:
        changed["callLegCount"] = int(changed["callLegCount"])
    return changed


def expected_of(sandbox: Sandbox, stream: str, zone: str) -> dict[tuple[Any, ...], Row]:
    calls = stream.startswith("call_")
    found = {}
    for pbx in PBXES:
        for day in days():
            for row in raw_rows(sandbox, stream, pbx, day, zone):
                whole = {**(converted(row) if calls else row), "report_date": str(day)}
                # the protocol's messages leave a null out
                kept = {name: value for name, value in whole.items() if value is not None}
                found[tuple(whole[name] for name in KEYS[stream])] = kept
    return found


def loaded(stream: str, rows: list[Row]) -> dict[tuple[Any, ...], Row]:
    extra = set(WINDOW) - {"report_date"}
    return {
        tuple(row[name] for name in KEYS[stream]): {k: v for k, v in row.items() if k not in extra}
        for row in rows
    }


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
    """Cut a sync off at every twentieth of its messages, and go on from the last state that came out."""
    config = configure(lookback_days=0)
    whole = within("read", config, streams=catalog_file(stream))
    expected = loaded(stream, whole.rows)
    for part in range(0, 21, 4):
        kept = whole.lines[: len(whole.lines) * part // 20]
        state: State = [line["state"] for line in kept if line["type"] == "STATE"][-1:]
        rows = [line["record"]["data"] for line in kept if line["type"] == "RECORD"]
        rest = within("read", config, state, catalog_file(stream))
        assert rest.code == 0
        assert loaded(stream, rows + rest.rows) == expected


def test_all_streams_in_one_sync_share_one_login(
    sandbox: Sandbox, configure: Callable[..., dict[str, Any]]
) -> None:
    run = installed("read", configure(num_workers=10), streams=catalog_file(*STREAMS))
    assert run.code == 0
    assert len(sandbox.asked("/token")) == 1
    read = {line["record"]["stream"] for line in run.of("RECORD")}
    assert read == set(STREAMS)
    states = {state["stream"]["stream_descriptor"]["name"] for state in run.states}
    assert states == set(STREAMS)


def test_discover_lists_all_fourteen_streams(configure: Callable[..., dict[str, Any]]) -> None:
    (line,) = within("discover", configure()).of("CATALOG")
    assert [stream["name"] for stream in line["catalog"]["streams"]] == STREAMS
    assert len(STREAMS) == 14


def test_sums_of_calls_equal_the_summaries(
    sandbox: Sandbox, configure: Callable[..., dict[str, Any]]
) -> None:
    run = within("read", configure(), streams=catalog_file(*KEYS))
    by_stream: dict[str, list[Row]] = {name: [] for name in KEYS}
    for line in run.of("RECORD"):
        by_stream[line["record"]["stream"]].append(line["record"]["data"])
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


def test_ring_groups_are_asked_for_once_a_pbx(
    sandbox: Sandbox, configure: Callable[..., dict[str, Any]]
) -> None:
    within("read", configure(), streams=catalog_file("ring_group_member_summary"))
    groups = sandbox.asked("/rgsum-groups")
    assert sorted(line.pbx for line in groups) == sorted(PBXES)
    assert {(line.start, line.end) for line in groups} == {(f"{FIRST} 00:00:00", f"{LAST} 23:59:59")}
    assert len(sandbox.asked("/rgsum-members")) == 3 * 2 * 5


def test_ring_group_members_of_all_pbxes(sandbox: Sandbox, configure: Callable[..., dict[str, Any]]) -> None:
    run = within("read", configure(pbx_ids=["allpbxes"]), streams=catalog_file("ring_group_member_summary"))
    assert loaded("ring_group_member_summary", run.rows) == expected_of(
        sandbox, "ring_group_member_summary", "America/New_York"
    )


def test_pages_are_followed_to_the_end_with_every_parameter(
    sandbox: Sandbox, configure: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("source_8x8_work_analytics.retrievers.calls.PAGE_SIZE", 7)
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
    assert len(sandbox.asked("/call-records")) == pages


BROKEN_PAGES = ["html", "empty", "null", "error object", "cut JSON", "503", "cut body"]


@pytest.mark.parametrize("kind", BROKEN_PAGES)
@pytest.mark.parametrize("times", [1, FOR_EVER])
@pytest.mark.parametrize("stream", ["call_records", "call_legs", "ring_group_member_summary"])
def test_a_page_that_breaks_fails_its_window_with_a_sentence(
    sandbox: Sandbox,
    configure: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    stream: str,
    kind: str,
    times: int,
) -> None:
    monkeypatch.setattr("source_8x8_work_analytics.retrievers.calls.PAGE_SIZE", 20)
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
    monkeypatch.setattr("source_8x8_work_analytics.retrievers.calls.PAGE_SIZE", 20)
    path = {"call_records": "/call-records", "call_legs": "/call-legs"}[stream]
    sandbox.faults.append(Fault(how, path=path, pbx="acmecorp", start="2026-11-02", after=1, times=FOR_EVER))
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


@pytest.mark.parametrize("names", [["ACMECORP"], ["allpbxes"]])
def test_lists(sandbox: Sandbox, configure: Callable[..., dict[str, Any]], names: list[str]) -> None:
    run = within("read", configure(pbx_ids=names), streams=catalog_file(*LISTS, mode="full_refresh"))
    assert run.code == 0
    read: dict[str, list[Row]] = {name: [] for name in LISTS}
    for line in run.of("RECORD"):
        read[line["record"]["stream"]].append(line["record"]["data"])
    assert [row["name"] for row in read["pbxes"]] == list(company())
    chosen = [pbx for pbx in company().values() if names == ["allpbxes"] or pbx.name == "acmecorp"]
    for stream, what in (("sites", "sites"), ("call_queues", "queues"), ("call_queue_agents", "agents")):
        expected = [row for pbx in chosen for row in child_rows(pbx, what)]
        for row in expected:
            if "extensionNumber" in row:
                row["extension"] = row.pop("extensionNumber")
        assert sorted(read[stream], key=lambda r: str(r["id"])) == sorted(
            expected, key=lambda r: str(r["id"])
        )
    assert any(row["deleted"] for row in read["sites"])


def test_a_failing_stream_does_not_stop_the_others(
    sandbox: Sandbox, configure: Callable[..., dict[str, Any]]
) -> None:
    sandbox.faults.append(Fault("no access to category", path="/call-legs", times=FOR_EVER))
    run = within("read", configure(), streams=catalog_file(*KEYS, *LISTS))
    assert run.code == 1
    assert {error["stream_descriptor"]["name"] for error in run.errors} == {"call_legs"}
    assert all(re.search("Supervisor access", error["message"]) for error in run.errors)
    assert len(sandbox.asked("/call-legs")) == len(PBXES)
    for stream in set(KEYS) - {"call_legs"}:
        assert set(marks(run.state, stream).values()) == {str(LAST)}
