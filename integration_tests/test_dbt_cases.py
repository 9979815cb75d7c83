"""The dbt package on tables made by hand: callbacks, clock changes, open days, odd names, empty tables."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from integration_tests.dbt_cases import CALLS, EXTENSIONS, OPEN_DAY, SHORT_DAY, TABLES
from integration_tests.dbt_package import (
    MARTS,
    PREFIX,
    STAGING,
    Build,
    Row,
    Target,
    create_raw,
    opened,
    rows_of,
    staged,
)

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.xdist_group("databases")]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Target:
    """A DuckDB file with raw schemas."""
    folder = tmp_path_factory.mktemp("cases")
    file = folder / "cases.duckdb"
    with opened(file) as database:
        for stream, rows in TABLES.items():
            create_raw(database, "made", stream, rows)
        for stream in STAGING:
            create_raw(database, "empty", stream, [])
        create_raw(database, "partly", "extension_summary", EXTENSIONS, leave_out=["FirstName", "LastName"])
        create_raw(database, "broken", "extension_summary", EXTENSIONS, leave_out=["Total_Missed"])
        create_raw(database, "weekly", "extension_summary", EXTENSIONS, leave_out=["window_start"])
        create_raw(database, "nowhen", "call_records", [{**CALLS[0], "time_zone": None}])
        create_raw(database, "mars", "call_records", [{**CALLS[0], "time_zone": "Mars/Phobos"}])
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
            rows = rows_of(database, f"select * from made_answers.{PREFIX}{name}")
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
    assert models == set(MARTS) - {
        *("ring_group_days", "ring_group_member_days", "ring_group_agent_days", "agent_days", "company_days"),
    }


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
    assert found["acmecorp", "14"]["external"] is True, "a withheld number"


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
            assert rows_of(database, f"select * from empty_answers.{PREFIX}{name}") == [], name


def test_fields_of_personal_data_may_be_missing(target: Target) -> None:
    build = target.dbt("run", "partly_answers", raw_schema="partly", streams=["extension_summary"])
    assert build.success, build.messages
    with opened(Path(target.env["WORK_ANALYTICS_DUCKDB"])) as database:
        rows = rows_of(database, f"select person from partly_answers.{PREFIX}extension_days")
    assert rows == [{"person": None}] * len(EXTENSIONS)


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"raw_schema": "nowhere", "streams": ["pbxes"]},
            "There is no schema nowhere: set the variable raw_schema to the schema that contains the streams'"
            " tables, and raw_database to its database.",
        ),
        (
            {"raw_schema": "made", "streams": ["sites"], "table_prefix": "x_"},
            "The schema made has no table x_sites for the stream sites: load it, or remove it from the"
            " variable streams.",
        ),
        (
            {"raw_schema": "broken", "streams": ["extension_summary"]},
            "The table of the stream extension_summary has no column Total_Missed: select the field in the"
            " connection and refresh the stream.",
        ),
        pytest.param(
            {"raw_schema": "made", "streams": ["call_record", "call_records"]},
            "The variable streams lists call_record, which is none of agent_summary,",
            marks=pytest.mark.soak,
        ),
        pytest.param(
            {"raw_schema": "made", "streams": ["call_records"], "interval_minutes": 7},
            "The variable interval_minutes is 7: set it to 5, 10, 15, 20, 30 or 60.",
            marks=pytest.mark.soak,
        ),
        (
            {"raw_schema": "nowhen", "streams": ["call_records"]},
            'Rows of the table "cases"."nowhen"."call_records" have no time zone: set the variable time_zone'
            " to the one in the connector's configuration.",
        ),
        (
            {"raw_schema": "mars", "streams": ["call_records"]},
            'Mars/Phobos in the table "cases"."mars"."call_records" is not a known time zone: use an IANA'
            " name such as America/New_York.",
        ),
        pytest.param(
            {"raw_schema": "made", "streams": ["call_records"], "time_zone": "New York"},
            "New York in the variable time_zone is not a known time zone: use an IANA name such as"
            " America/New_York.",
            marks=pytest.mark.soak,
        ),
        pytest.param(
            {"raw_schema": "made", "streams": ["call_records"], "country_code": "Switzerland"},
            "The variable country_code contains Switzerland: use the digits of a country's code",
            marks=pytest.mark.soak,
        ),
        pytest.param(
            {"raw_schema": "made", "streams": ["call_records"], "opening_hours": {"Monday": ["8", "17"]}},
            "The variable opening_hours contains Monday: use weekdays with times, such as",
            marks=pytest.mark.soak,
        ),
        pytest.param(
            {"raw_schema": "weekly", "streams": ["extension_summary"]},
            "The table of the stream extension_summary has no column window_start: select the field",
            marks=pytest.mark.soak,
        ),
    ],
    ids=[
        *("schema", "table", "column", "stream", "interval", "no-zone", "unknown-zone", "zone", "country"),
        *("hours", "window"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(target: Target, variables: Row, sentence: str) -> None:
    build = target.dbt("run", "refused", **variables)
    assert not build.success
    errors = {message for message in build.messages if "Compilation Error" in message}
    assert errors
    assert all(sentence in message for message in errors)


def test_every_staged_field_is_read_by_its_name() -> None:
    for stream in STAGING:
        metas = [column["config"]["meta"] for column in staged(stream)["columns"]]
        fields = [meta["field"] for meta in metas if meta.get("unit") != "presence"]
        assert len(fields) == len(set(fields)), stream
