"""The dbt package on tables made by hand: callbacks, clock changes, open days, odd names, empty tables."""

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from integration_tests.dbt_package import (
    MARTS,
    STAGING,
    Build,
    Row,
    Target,
    create_raw,
    opened,
    rows_of,
    staged,
)

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.xdist_group("dbt_cases")]

ZONE = ZoneInfo("America/New_York")
READ = datetime(2026, 3, 10, 16, 10)
"""When the loader read the rows, in UTC: 12:10 of the local day in progress."""
OPEN_DAY = date(2026, 3, 10)
SHORT_DAY = date(2026, 3, 8)
MINUTE = 60_000


def window(day: date) -> Row:
    """Return the window fields of a row."""
    return {
        "report_date": day,
        "window_start": datetime.combine(day, datetime.min.time()) + timedelta(hours=5),
        "window_end": datetime.combine(day, datetime.min.time())
        + timedelta(hours=28, minutes=59, seconds=59),
        "time_zone": ZONE.key,
        "window_complete": day < OPEN_DAY,
        "_airbyte_extracted_at": READ,
    }


def milliseconds(local: str, fold: int = 0) -> int:
    """Return a local time as epoch milliseconds."""
    moment = datetime.fromisoformat(local).replace(tzinfo=ZONE, fold=fold)
    return int(moment.astimezone(timezone.utc).timestamp() * 1000)


def call(number: int, start: str, caller: str | None, callee: str, *marks: str, **more: Any) -> Row:
    """Return a call record of one minute."""
    begin = milliseconds(start, more.pop("fold", 0))
    return {
        **window(date.fromisoformat(start[:10])),
        "pbxId": "acmecorp",
        "callId": str(number),
        "startTimeUTC": begin,
        "disconnectedTimeUTC": begin + MINUTE,
        "talkTimeMS": MINUTE if "Answered" in marks else 0,
        "ringDuration": 4_500,
        "waitTimeMS": 0,
        "direction": "Incoming",
        "caller": caller,
        "callee": callee,
        **{name.lower(): name if name in marks else "-" for name in ("Answered", "Missed", "Abandoned")},
        **more,
    }


def placed(number: int, start: str, caller: str, callee: str, **more: Any) -> Row:
    return call(number, start, caller, callee, "Answered", direction="Outgoing", **more)


CALLS = [
    # Called back within a day, with the number spelled otherwise.
    call(1, "2026-03-02 09:00", "+1 (617) 555-0100", "1001", "Missed", "Abandoned"),
    placed(2, "2026-03-02 10:30", "1001", "6175550100"),
    # Called back too late.
    call(3, "2026-03-02 09:05", "+16175550101", "1001", "Missed"),
    placed(4, "2026-03-03 15:05", "1001", "+16175550101"),
    # Called back by another PBX only; called again, and answered.
    call(5, "2026-03-02 09:10", "+16175550102", "1001", "Missed"),
    placed(6, "2026-03-02 09:20", "3001", "+16175550102", pbxId="acme-apac"),
    call(7, "2026-03-02 11:00", "+16175550102", "1001", "Answered"),
    # A number that was called before it called; a withheld number; a colleague.
    placed(8, "2026-03-02 08:00", "1001", "+16175550103"),
    call(9, "2026-03-02 09:15", "+16175550103", "1001", "Missed"),
    call(10, "2026-03-02 09:20", "Anonymous", "1001", "Missed"),
    call(11, "2026-03-02 09:25", "1002", "1001", "Missed"),
    # Neither answered, missed nor abandoned; only abandoned; no caller; a direction of its own.
    call(12, "2026-03-02 09:30", "+16175550104", "1001"),
    call(13, "2026-03-02 09:31", "+16175550104", "1001", "Abandoned"),
    call(14, "2026-03-02 09:32", None, 'Müller\'s "佐藤"', "Answered", departments=["O'Malley", '"佐藤"']),
    # Just before and just after the hour that the clocks skip.
    call(15, "2026-03-08 01:59:59", "+16175550105", "1001", "Answered"),
    call(16, "2026-03-08 03:00", "+16175550105", "1001", "Answered"),
    # Missed today: there is still time.
    call(17, "2026-03-10 12:00", "+16175550106", "1001", "Missed"),
    # Began before the first day that was loaded.
    {**call(18, "2026-03-01 23:59:30", "+16175550107", "1001", "Answered"), **window(date(2026, 3, 2))},
    # Both in the half hour that the clocks repeat.
    *(
        call(
            19 + fold, "2025-11-02 01:40", "+16175550108", "2001", "Answered", pbxId="acme-europe", fold=fold
        )
        for fold in (0, 1)
    ),
]

NAMES = [("Siobhán", 'Ní "D\'huibhir"'), ("美玲", None), (None, "الهاشمي"), (None, None), ("", "")]
COUNTS = (
    *("Inbound_Total", "Outbound_Total", "Inbound_Answered", "Total_Answered", "Total_Missed"),
    *("Total_Abandoned", "Total_Talk_Time", "Total_Ring_Time", "External_Inbound_Total"),
    *("External_Outbound_Total", "Internal_Inbound_Total"),
)
EXTENSIONS = [
    {
        **window(date(2026, 3, 2)),
        **dict.fromkeys(COUNTS, 0),
        "PbxId": "acmecorp",
        "Extension": f"{number:04d}",
        "FirstName": first,
        "LastName": last,
    }
    for number, (first, last) in enumerate(NAMES)
]


def queue_call(number: int, waited: str, connected: bool, *labels: str, **more: Any) -> Row:
    return {
        **window(date(2026, 3, 2)),
        "pbx": "acmecorp",
        "pbx_id": "p1",
        "callId": str(number),
        "workGroup_id": "q1",
        "workGroup_groupType": "CALL_QUEUE",
        "startTime": milliseconds("2026-03-02 09:00"),
        "connectedTime": milliseconds("2026-03-02 09:01") if connected else 0,
        "waitingDuration": Decimal(waited),
        "labels": list(labels),
        **more,
    }


QUEUE_CALLS = [
    queue_call(1, "20", True, "WAITING", "TALKING", "FINISHED"),
    queue_call(2, "20.5", True, "WAITING", "TALKING", "FINISHED"),
    queue_call(3, "3", False, "WAITING", "ABANDONED"),
    queue_call(4, "60", False, "WAITING", "IN_VOICEMAIL", "FINISHED"),
    queue_call(5, "1", True, "TALKING", workGroup_groupType="RING_GROUP"),
    queue_call(6, "30", False, "WAITING", "ABANDONED", workGroup_id="q2"),
]
QUEUES = [
    {
        **window(date(2026, 3, 2)),
        "pbx": "acmecorp",
        "pbx_id": "p1",
        "id": queue,
        "name": "Ventes d'été",
        "enteredCalls": entered,
        "acceptedCalls": accepted,
        "abandonedInWaitingCalls": waiting,
        "abandonedInHandlingCalls": handling,
        "missedCalls": 1,
        "divertedCalls": 0,
        "totalHandlingTime": Decimal("300.5"),
        "totalWaitingTime": 90,
        "totalTalkTime": 250,
        "totalOnHoldTime": 0,
    }
    for queue, entered, accepted, waiting, handling in (
        ("q1", 9, 4, 2, 2),
        ("q2", 7, 4, 2, None),
        ("q3", 2, 0, 0, 0),
    )
]
AGENTS = [
    {
        **window(date(2026, 3, 2)),
        "pbx": "acmecorp",
        "pbx_id": "p1",
        "queueId": "q1",
        "userId": user,
        "agentName": "João",
        "enteredInteractions": entered,
        "acceptedInteractions": accepted,
        "missedInteractions": 1,
        "rejectedInteractions": 0,
        "agentTotalTalkTime": 90,
        "totalInteractionTime": 100,
    }
    for user, entered, accepted in (("u1", 4, 3), ("u2", 0, 0))
]
TABLES = {
    "call_records": CALLS,
    "extension_summary": EXTENSIONS,
    "queue_calls": QUEUE_CALLS,
    "call_queue_summary": QUEUES,
    "call_queue_agent_summary": AGENTS,
}


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Target:
    """A DuckDB file with four raw schemas."""
    folder = tmp_path_factory.mktemp("cases")
    file = folder / "cases.duckdb"
    with opened(file) as database:
        for stream, rows in TABLES.items():
            create_raw(database, "made", stream, rows)
        for stream in STAGING:
            create_raw(database, "empty", stream, [])
        create_raw(database, "partly", "extension_summary", EXTENSIONS, leave_out=["FirstName", "LastName"])
        create_raw(database, "broken", "extension_summary", EXTENSIONS, leave_out=["Total_Missed"])
    return Target("duckdb", folder, {"WORK_ANALYTICS_DUCKDB": str(file)})


@pytest.fixture(scope="module")
def made(target: Target) -> Build:
    """The package built on the rows above."""
    return target.dbt("build", "made_answers", raw_schema="made", streams=list(TABLES))


@pytest.fixture
def mart(made: Build, target: Target) -> Callable[..., dict[Any, Row]]:
    """Return what reads a mart, its rows by the key named."""

    def read(name: str, *key: str) -> dict[Any, Row]:
        with opened(Path(target.env["WORK_ANALYTICS_DUCKDB"])) as database:
            rows = rows_of(database, f"select * from made_answers.{name}")
        found = {tuple(row[part] for part in key) if len(key) > 1 else row[key[0]]: row for row in rows}
        assert len(found) == len(rows)
        return found

    return read


Mart = Callable[..., dict[Any, Row]]


def test_only_what_may_differ_is_a_warning(made: Build) -> None:
    assert made.success, made.messages
    warned = {name for name, status in made.statuses.items() if status not in ("success", "pass")}
    assert warned == {
        "totals_agree_with_calls",
        "queue_days_entered_is_the_sum_of_its_parts",
        "queue_agent_days_parts_at_most_entered",
    }


def test_streams_that_were_not_loaded_leave_out_their_models(made: Build) -> None:
    models = {name for name in made.statuses if name in MARTS}
    assert models == set(MARTS) - {"ring_group_days"}


def test_missed_calls_are_returned_by_the_same_pbx_to_the_same_number_in_time(mart: Mart) -> None:
    found = mart("unreturned_calls", "call_id")
    assert {number: row["returned"] for number, row in found.items()} == {
        "1": True,
        "3": False,
        "5": False,
        "9": False,
        "10": False,
        "17": False,
    }
    assert found["1"]["hours_to_return"] == 1.5
    assert found["3"]["hours_to_return"] == 30
    assert found["5"]["called_again_at"] == datetime(2026, 3, 2, 16)
    assert found["10"]["caller"] == "Anonymous"
    assert {number for number, row in found.items() if row["pending"]} == {"17"}


def test_outcomes_in_their_order(mart: Mart) -> None:
    found = mart("calls", "pbx", "call_id")
    assert {number: found["acmecorp", number]["outcome"] for number in ("1", "2", "12", "13")} == {
        "1": "missed",
        "2": "answered",
        "12": "other",
        "13": "abandoned",
    }
    assert found["acmecorp", "11"]["external"] is False
    assert found["acmecorp", "10"]["external"] is True
    assert found["acmecorp", "14"]["external"] is False


def test_names_survive(mart: Mart) -> None:
    row = mart("calls", "pbx", "call_id")["acmecorp", "14"]
    assert row["callee"] == 'Müller\'s "佐藤"'
    assert row["department"] == 'O\'Malley, "佐藤"'
    people = {extension: row["person"] for extension, row in mart("extension_days", "extension").items()}
    assert people == {
        "0000": 'Siobhán Ní "D\'huibhir"',
        "0001": "美玲",
        "0002": "الهاشمي",
        "0003": None,
        "0004": None,
    }


def test_an_hour_that_the_clocks_skip_has_no_interval(mart: Mart) -> None:
    found = mart("call_intervals", "pbx", "interval_start", "direction")
    times = sorted(
        start.time().isoformat("minutes")
        for pbx, start, direction in found
        if (pbx, start.date(), direction) == ("acmecorp", SHORT_DAY, "inbound")
    )
    assert len(times) == 46
    assert "01:30" in times
    assert "02:00" not in times
    assert "02:30" not in times
    assert found["acmecorp", datetime(2026, 3, 8, 1, 30), "inbound"]["arrivals"] == 1
    assert found["acmecorp", datetime(2026, 3, 8, 3), "inbound"]["arrivals"] == 1


def test_an_hour_that_the_clocks_repeat_has_its_calls_together(mart: Mart) -> None:
    found = mart("call_intervals", "pbx", "interval_start", "direction")
    row = found["acme-europe", datetime(2025, 11, 2, 1, 30), "inbound"]
    assert (row["arrivals"], row["minutes"]) == (2, 60)
    assert len([1 for pbx, _, _ in found if pbx == "acme-europe"]) == 48, "one day, one direction"


def test_what_has_not_happened_is_not_zero(mart: Mart) -> None:
    found = mart("call_intervals", "pbx", "interval_start", "direction")
    today = [start for pbx, start, name in found if start.date() == OPEN_DAY and name == "inbound"]
    assert max(today) == datetime(2026, 3, 10, 12)
    assert len(today) == 25


def test_a_call_from_before_the_first_day_counts_in_an_interval_that_is_not_complete(mart: Mart) -> None:
    found = mart("call_intervals", "pbx", "interval_start", "direction")
    before = {
        key: row for key, row in found.items() if key[1].date() < date(2026, 3, 2) and key[0] == "acmecorp"
    }
    assert list(before) == [("acmecorp", datetime(2026, 3, 1, 23, 30), "inbound")]
    assert {(row["arrivals"], row["complete"]) for row in before.values()} == {(1, False)}


def test_service_levels_leave_abandoned_calls_in(mart: Mart) -> None:
    found = mart("service_levels", "queue")
    names = ("offered", "answered", "answered_within", "abandoned", "service_level")
    assert {queue: tuple(row[name] for name in names) for queue, row in found.items()} == {
        "q1": (4, 2, 1, 1, 0.25),
        "q2": (1, 0, 0, 1, 0.0),
    }
    assert found["q1"]["average_speed_of_answer_seconds"] == 20.25
    assert found["q2"]["average_speed_of_answer_seconds"] is None


def test_rates_of_queues_are_made_from_totals(mart: Mart) -> None:
    found = mart("queue_days", "queue")
    assert found["q1"]["accepted_rate"] == pytest.approx(4 / 9)
    assert found["q1"]["abandoned"] == 4
    assert found["q1"]["average_handling_seconds"] == pytest.approx(300.5 / 6)
    assert found["q2"]["abandoned"] == 2
    assert found["q2"]["abandoned_in_handling"] is None
    assert found["q3"]["average_handling_seconds"] is None
    agents = mart("queue_agent_days", "agent")
    assert agents["u1"]["average_talk_seconds"] == 30
    assert agents["u2"]["accepted_rate"] is None


def test_empty_tables_make_empty_marts(target: Target) -> None:
    build = target.dbt("run", "empty_answers", raw_schema="empty")
    assert build.success, build.messages
    assert set(MARTS) <= set(build.statuses)
    with opened(Path(target.env["WORK_ANALYTICS_DUCKDB"])) as database:
        for name in MARTS:
            assert rows_of(database, f"select * from empty_answers.{name}") == [], name


def test_fields_of_personal_data_may_be_missing(target: Target) -> None:
    build = target.dbt("run", "partly_answers", raw_schema="partly", streams=["extension_summary"])
    assert build.success, build.messages
    with opened(Path(target.env["WORK_ANALYTICS_DUCKDB"])) as database:
        rows = rows_of(database, "select person from partly_answers.extension_days")
    assert rows == [{"person": None}] * len(EXTENSIONS)


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"raw_schema": "nowhere"},
            "There is no schema nowhere: set the variable raw_schema to the schema that holds the streams'"
            " tables.",
        ),
        (
            {"raw_schema": "made", "streams": ["call_records", "sites", "call_legs"]},
            "The schema made has no table for sites, call_legs: load what is missing, or leave it out of the"
            " variable streams.",
        ),
        (
            {"raw_schema": "broken", "streams": ["extension_summary"]},
            "The table of the stream extension_summary has no column Total_Missed: select the field in the"
            " connection and refresh the stream.",
        ),
        pytest.param(
            {"streams": ["call_record"]},
            "The variable streams names call_record, which is none of agent_summary,",
            marks=pytest.mark.soak,
        ),
        pytest.param(
            {"interval_minutes": 7},
            "The variable interval_minutes is 7: set it to 5, 10, 15, 20, 30 or 60.",
            marks=pytest.mark.soak,
        ),
    ],
    ids=["schema", "tables", "column", "stream", "interval"],
)
def test_what_is_wrong_is_said_in_one_sentence(target: Target, variables: Row, sentence: str) -> None:
    build = target.dbt("run", "refused", **variables)
    assert not build.success
    said = [message for message in build.messages if "Compilation Error" in message]
    assert len(said) == 1
    assert sentence in said[0]


def test_every_staged_field_is_read_by_its_name() -> None:
    for stream in STAGING:
        fields = [column["config"]["meta"]["field"] for column in staged(stream)["columns"]]
        assert len(fields) == len(set(fields)), stream
