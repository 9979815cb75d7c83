"""The queue and agent streams equal the truth over clock changes, and a bad answer is never a row."""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pendulum
import pytest

from integration_tests.harness import Row, State, marks, within
from integration_tests.queue_truth import ENDPOINTS, QUEUE_KEYS, Key, queue_truth
from sandbox import Sandbox
from sandbox.company import company
from sandbox.faults import FOR_EVER, Fault
from sandbox.queue_dialect import QueueDialect
from sandbox.server import running
from source_8x8_work_analytics import clock
from source_8x8_work_analytics.client import service
from testing.builders import catalog_file

PBXES = ["acmecorp", "acme-europe", "acme-apac"]
NEW_YORK = "America/New_York"
NOW = datetime(2026, 11, 4, 6, 0, tzinfo=timezone.utc)
FIRST, LAST = date(2026, 10, 30), date(2026, 11, 3)
CLOCK_CHANGES = [
    (NEW_YORK, date(2026, 10, 31), 25),
    (NEW_YORK, date(2026, 3, 7), 23),
    ("Europe/London", date(2026, 10, 24), 25),
    ("Australia/Lord_Howe", date(2026, 4, 4), 24.5),
    ("America/Havana", date(2026, 10, 31), 25),
    ("Asia/Kathmandu", date(2026, 6, 1), 24),
]
"""Zones, the day before their clocks change, and the length of the day on which they do."""

Configure = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[Sandbox, str]]:
    sandbox = Sandbox()
    with running(sandbox) as address:
        yield sandbox, address


@pytest.fixture
def at(shared: tuple[Sandbox, str], monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Set the clock of the sandbox and of the connector."""

    def set_clock(now: datetime) -> None:
        shared[0].clock = lambda: now
        monkeypatch.setattr(clock, "now", lambda: pendulum.instance(now))

    return set_clock


@pytest.fixture
def sandbox(
    shared: tuple[Sandbox, str], at: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch
) -> Sandbox:
    sandbox, _ = shared
    at(NOW)
    sandbox.faults.clear()
    sandbox.requests.clear()
    sandbox.hidden_pbxes.clear()
    sandbox.queue_dialect = QueueDialect()
    monkeypatch.setattr(service.Service, "rest", lambda *_: None)
    return sandbox


@pytest.fixture
def configure(shared: tuple[Sandbox, str]) -> Configure:
    options = {"pbx_ids": PBXES, "start_date": str(FIRST), "only_finished_windows": True}
    return lambda **more: shared[0].config(shared[1], **{**options, **more})


def days(first: date = FIRST, last: date = LAST) -> list[date]:
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]


def loaded(stream: str, rows: list[Row]) -> dict[Key, Row]:
    """Return rows by key, without the four window fields beside report_date."""
    window = ("window_start", "window_end", "time_zone", "window_complete")
    return {
        tuple(row[name] for name in QUEUE_KEYS[stream]): {k: v for k, v in row.items() if k not in window}
        for row in rows
    }


@pytest.mark.parametrize(("zone", "before", "hours"), CLOCK_CHANGES, ids=str)
@pytest.mark.parametrize("stream", QUEUE_KEYS)
def test_rows_equal_the_truth_over_a_clock_change(
    sandbox: Sandbox,
    configure: Configure,
    at: Callable[[datetime], None],
    stream: str,
    zone: str,
    before: date,
    hours: float,
) -> None:
    last = before + timedelta(days=2)
    at(datetime(last.year, last.month, last.day, tzinfo=timezone.utc) + timedelta(days=2))
    config = configure(time_zone=zone, start_date=str(before), end_date=str(last), summary_window="month")
    run = within("read", config, streams=catalog_file(stream))
    assert run.code == 0, run.errors
    expected = queue_truth(sandbox, stream, PBXES, days(before, last), zone)
    assert expected
    assert loaded(stream, run.rows) == expected
    assert len(run.rows) == len(expected), "a row came twice"
    assert set(marks(run.state, stream).values()) == {str(last)}
    lengths = {
        datetime.fromisoformat(row["window_end"]) - datetime.fromisoformat(row["window_start"])
        for row in run.rows
        if row["report_date"] == str(before + timedelta(days=1))
    }
    assert lengths <= {timedelta(hours=hours, seconds=-1)}
    assert all(row["time_zone"] == zone and row["window_complete"] for row in run.rows)
    settings = run.state[0]["stream"]["stream_state"]["settings"]
    assert settings.get("summary_window") == (None if stream == "queue_calls" else "day")


def test_a_day_of_25_hours_is_asked_for_in_parts_only_if_it_is_refused(
    sandbox: Sandbox, configure: Configure
) -> None:
    stream = "call_queue_agent_summary"
    config = configure(start_date="2026-11-01", end_date="2026-11-01", pbx_ids=["acmecorp"])
    within("read", config, streams=catalog_file(stream))
    asked = [(line.start, line.end, line.status) for line in sandbox.asked(ENDPOINTS[stream])]
    assert asked == [
        ("2026-11-01T04:00:00Z", "2026-11-02T04:59:59Z", 0),
        ("2026-11-01T04:00:00Z", "2026-11-01T04:59:59Z", 200),
        ("2026-11-01T05:00:00Z", "2026-11-02T04:59:59Z", 200),
    ]
    sandbox.requests.clear()
    sandbox.queue_dialect.long_days = True
    run = within("read", config, streams=catalog_file(stream))
    assert len(sandbox.asked(ENDPOINTS[stream])) == 1
    expected = queue_truth(sandbox, stream, ["acmecorp"], [date(2026, 11, 1)], NEW_YORK, long_days=True)
    assert loaded(stream, run.rows) == expected


@pytest.mark.parametrize("names", [["allpbxes"], ["ACMECORP", "acme-europe", "Acme-Apac"]])
@pytest.mark.parametrize("stream", QUEUE_KEYS)
def test_names_are_matched_to_ids_by_one_list(
    sandbox: Sandbox, configure: Configure, stream: str, names: list[str]
) -> None:
    run = within("read", configure(pbx_ids=names), streams=catalog_file(stream))
    assert run.code == 0, run.errors
    assert loaded(stream, run.rows) == queue_truth(sandbox, stream, PBXES, days(), NEW_YORK)
    assert set(marks(run.state, stream)) == set(PBXES if names == ["allpbxes"] else names)
    assert len(sandbox.asked("/pbxes")) == 1


def test_all_four_share_one_list_and_one_login(sandbox: Sandbox, configure: Configure) -> None:
    run = within("read", configure(), streams=catalog_file(*QUEUE_KEYS))
    assert run.code == 0, run.errors
    assert len(sandbox.asked("/pbxes")) == 1
    assert len(sandbox.asked("/token")) == 1
    for stream in ("call_queue_summary", "agent_summary"):
        assert len(sandbox.asked(ENDPOINTS[stream])) == len(PBXES) * len(days())
    rows: dict[str, list[Row]] = {stream: [] for stream in QUEUE_KEYS}
    for line in run.of("RECORD"):
        rows[line["record"]["stream"]].append(line["record"]["data"])
    for queue in rows["call_queue_summary"]:
        key = (queue["pbx_id"], queue["id"], queue["report_date"])
        calls = [
            row
            for row in rows["queue_calls"]
            if (row["pbx_id"], row["workGroup_id"], row["report_date"]) == key
        ]
        assert queue["enteredCalls"] == len(calls)
        agents = [
            row
            for row in rows["call_queue_agent_summary"]
            if (row["pbx_id"], row["queueId"], row["report_date"]) == key
        ]
        assert queue["acceptedCalls"] + queue["abandonedInHandlingCalls"] == sum(
            agent["acceptedInteractions"] for agent in agents
        )


def test_a_pbx_that_is_not_listed_fails_alone(sandbox: Sandbox, configure: Configure) -> None:
    run = within("read", configure(pbx_ids=["acmecorp", "nobodys"]), streams=catalog_file("agent_summary"))
    assert run.code == 1
    (error,) = run.errors
    assert error["failure_type"] == "config_error"
    assert error["message"].startswith(f"agent_summary, PBX nobodys, {FIRST}: 8x8 lists no PBX of this name")
    assert marks(run.state, "agent_summary") == {"acmecorp": str(LAST)}


@pytest.mark.parametrize("stream", QUEUE_KEYS)
def test_a_refusal_of_these_endpoints_has_a_sentence_of_its_own(
    sandbox: Sandbox, configure: Configure, stream: str
) -> None:
    sandbox.queue_dialect.refused = True
    run = within("read", configure(), streams=catalog_file(stream, "extension_summary"))
    assert run.code == 1
    assert {error["failure_type"] for error in run.errors} == {"config_error"}
    assert all("call queues and agents" in error["message"] for error in run.errors)
    assert len(sandbox.asked(ENDPOINTS[stream])) == len(PBXES)
    assert set(marks(run.state, "extension_summary").values()) == {str(LAST)}


def test_pages_of_calls(sandbox: Sandbox, configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("source_8x8_work_analytics.retrievers.queues.PAGE_SIZES", (7, 7))
    run = within("read", configure(pbx_ids=["acmecorp"]), streams=catalog_file("queue_calls"))
    expected = queue_truth(sandbox, "queue_calls", ["acmecorp"], days(), NEW_YORK)
    assert loaded("queue_calls", run.rows) == expected
    per_day = [sum(row["report_date"] == str(day) for row in expected.values()) for day in days()]
    assert len(sandbox.asked("/calls")) == sum(-(-count // 7) + 1 for count in per_day)


def test_a_smaller_page_is_asked_for_where_the_larger_is_refused(
    sandbox: Sandbox, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox.queue_dialect, "largest_page", 100)
    run = within("read", configure(), streams=catalog_file("queue_calls"))
    assert loaded("queue_calls", run.rows) == queue_truth(sandbox, "queue_calls", PBXES, days(), NEW_YORK)


GUARDS: list[tuple[str, QueueDialect, str]] = [
    ("call_queue_summary", QueueDialect(milliseconds=True), "longer than the report window"),
    ("call_queue_agent_summary", QueueDialect(milliseconds=True), "longer than the report window"),
    ("agent_summary", QueueDialect(milliseconds=True), "longer than the report window"),
    ("queue_calls", QueueDialect(ignores_cursor=True), "all sent before"),
]


@pytest.mark.parametrize(("stream", "dialect", "said"), GUARDS, ids=lambda part: str(part)[:24])
def test_what_cannot_be_right_is_never_a_row(
    sandbox: Sandbox, configure: Configure, stream: str, dialect: QueueDialect, said: str
) -> None:
    sandbox.queue_dialect = dialect
    run = within("read", configure(start_date="2026-11-02"), streams=catalog_file(stream))
    assert run.code == 1
    struck = {match[1] for error in run.errors if (match := re.search(r"PBX (\S+), ", error["message"]))}
    assert struck == set(PBXES)
    assert all(said in error["message"] for error in run.errors)
    assert run.rows == []


def test_older_spellings_give_the_same_rows(sandbox: Sandbox, configure: Configure) -> None:
    sandbox.queue_dialect.older = True
    for stream in QUEUE_KEYS:
        run = within("read", configure(pbx_ids=["acmecorp"]), streams=catalog_file(stream))
        assert run.code == 0, run.errors
        assert loaded(stream, run.rows) == queue_truth(sandbox, stream, ["acmecorp"], days(), NEW_YORK)


def test_numbers_that_do_not_add_up_are_one_warning(sandbox: Sandbox, configure: Configure) -> None:
    sandbox.queue_dialect.unequal = True
    run = within("read", configure(), streams=catalog_file(*QUEUE_KEYS))
    assert run.code == 0
    assert run.text.count("do not add up as documented") == 1
    assert "call_queue_summary: in some rows" in run.text


@pytest.mark.parametrize("stream", QUEUE_KEYS)
def test_interruptions_lose_and_repeat_nothing(sandbox: Sandbox, configure: Configure, stream: str) -> None:
    config = configure(lookback_days=0)
    whole = within("read", config, streams=catalog_file(stream))
    expected = loaded(stream, whole.rows)
    for part in (0, 7, 14, 20):
        kept = whole.lines[: len(whole.lines) * part // 20]
        state: State = [line["state"] for line in kept if line["type"] == "STATE"][-1:]
        rows = [line["record"]["data"] for line in kept if line["type"] == "RECORD"]
        rest = within("read", config, state, catalog_file(stream))
        assert rest.code == 0
        assert loaded(stream, rows + rest.rows) == expected


@pytest.mark.parametrize("stream", QUEUE_KEYS)
def test_the_open_day_is_read_again_and_so_is_the_lookback(
    sandbox: Sandbox, configure: Configure, at: Callable[[datetime], None], stream: str
) -> None:
    config = configure(only_finished_windows=False, pbx_ids=["acmecorp"], lookback_days=1)
    at(datetime(2026, 11, 3, 18, 0, tzinfo=timezone.utc))
    first = within("read", config, streams=catalog_file(stream))
    assert {row["report_date"] for row in first.rows if not row["window_complete"]} == {"2026-11-03"}
    assert marks(first.state, stream) == {"acmecorp": "2026-11-02"}
    at(NOW)
    sandbox.correct("acmecorp", date(2026, 11, 2))
    again = within("read", config, first.state, catalog_file(stream))
    assert {row["report_date"] for row in again.rows} <= {"2026-11-02", "2026-11-03", "2026-11-04"}
    rows = {**loaded(stream, first.rows), **loaded(stream, again.rows)}
    rows = {key: row for key, row in rows.items() if row["report_date"] <= str(LAST)}
    assert rows == queue_truth(sandbox, stream, ["acmecorp"], days(), NEW_YORK)
    sandbox.revisions.clear()


def test_a_changed_zone(sandbox: Sandbox, configure: Configure) -> None:
    """Daily sums of another zone overlap those already loaded; calls only move to another day."""
    for stream in QUEUE_KEYS:
        first = within("read", configure(), streams=catalog_file(stream))
        again = within("read", configure(time_zone="Asia/Kathmandu"), first.state, catalog_file(stream))
        if stream == "queue_calls":
            assert again.code == 0
            assert "the time zone was America/New_York and is now Asia/Kathmandu" in again.text
        else:
            assert [error["failure_type"] for error in again.errors] == ["config_error"]
        weekly = within("read", configure(summary_window="week"), first.state, catalog_file(stream))
        assert weekly.code == 0, "these streams have days, whatever summary_window says"


SPOILED = ["html", "null", "error object", "row without key", "null row", "row of another PBX", "cut JSON"]
SPOILED += ["503", "cut body", "429"]


@pytest.mark.parametrize("kind", SPOILED)
@pytest.mark.parametrize("stream", QUEUE_KEYS)
def test_a_spoiled_answer_is_tried_again_and_never_a_row(
    sandbox: Sandbox, configure: Configure, stream: str, kind: str
) -> None:
    expected = queue_truth(sandbox, stream, PBXES, days(), NEW_YORK)
    names = {str(row.get("agentName") or row.get("latestCallee_name")) for row in expected.values()} - {
        "None"
    }
    for times in (2, FOR_EVER):
        sandbox.faults[:] = [
            Fault(kind, path=ENDPOINTS[stream], pbx="acmecorp", start="2026-11-02", times=times)
        ]
        run = within("read", configure(), streams=catalog_file(stream), debug=True)
        logs = "\n".join(line for line in run.text.splitlines() if '"type":"RECORD"' not in line)
        assert not [name for name in names if name in logs]
        if times == 2:
            assert run.code == 0, run.errors
            assert loaded(stream, run.rows) == expected
            continue
        assert run.code == 1
        assert marks(run.state, stream) == {**dict.fromkeys(PBXES, str(LAST)), "acmecorp": "2026-11-01"}
        rows = loaded(stream, run.rows)
        assert rows.items() <= expected.items()
        assert not [
            row for row in rows.values() if (row["pbx"], row["report_date"]) == ("acmecorp", "2026-11-02")
        ]
        (error,) = run.errors
        assert error["message"].startswith(f"{stream}, PBX acmecorp, 2026-11-02: 8x8 ")
        assert error["failure_type"] == "transient_error"


def test_the_list_of_pbxes_may_fail_for_a_while(sandbox: Sandbox, configure: Configure) -> None:
    sandbox.faults.append(Fault("503", path="/pbxes", times=2))
    run = within("read", configure(), streams=catalog_file("agent_summary"))
    assert run.code == 0
    sandbox.faults[:] = [Fault("503", path="/pbxes", times=FOR_EVER)]
    run = within("read", configure(), streams=catalog_file("agent_summary"))
    assert run.code == 1
    (error,) = run.errors
    assert error["failure_type"] == "transient_error"
    assert error["message"].startswith("the list of PBXs: 8x8 answered")


def test_check_warns_where_these_endpoints_are_refused_and_reports_are_not(
    sandbox: Sandbox, configure: Configure
) -> None:
    assert within("check", configure()).status == {"status": "SUCCEEDED"}
    sandbox.queue_dialect.refused = True
    for names in (PBXES, ["allpbxes"]):
        run = within("check", configure(pbx_ids=names))
        assert run.code == 0
        assert run.status["status"] == "SUCCEEDED"
        assert "call queues and agents" in run.status["message"]
    sandbox.queue_dialect.refused = False
    for kind in ("503", "html"):
        sandbox.faults[:] = [Fault(kind, path="/call-queue-metrics", times=FOR_EVER)]
        assert within("check", configure()).status == {"status": "SUCCEEDED"}
    assert set(company()) == set(PBXES)
