"""The dbt package on numbers in several forms, on several readings of a window, and by the local clock."""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from integration_tests.dbt_numbers import CODES, DAY, SAME, TABLES
from integration_tests.dbt_package import PREFIX, Build, Row, Target, create_raw, opened, rows_of

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.xdist_group("databases")]

SETTINGS: dict[str, Row] = {
    "plain": {"interval_minutes": 10},
    "set": {
        "interval_minutes": 20,
        "country_code": CODES,
        "opening_hours": {
            "monday": ["08:00", "17:30"],
            "tuesday": [["08:00", "12:00"], ["13:00", "17:00"]],
            "holidays": ["2026-03-03"],
        },
    },
}


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Target:
    """A DuckDB file with the raw tables."""
    folder = tmp_path_factory.mktemp("numbers")
    file = folder / "cases.duckdb"
    with opened(file) as database:
        for stream, rows in TABLES.items():
            create_raw(database, "raw", stream, rows)
    return Target("duckdb", folder, {"WORK_ANALYTICS_DUCKDB": str(file)})


@pytest.fixture(scope="module")
def builds(target: Target) -> dict[str, Build]:
    """The package built without and with settings."""
    return {
        name: target.dbt(
            "build" if name == "plain" else "run", name, raw_schema="raw", streams=list(TABLES), **settings
        )
        for name, settings in SETTINGS.items()
    }


@pytest.fixture
def mart(builds: dict[str, Build], target: Target) -> Callable[..., list[Row]]:
    """Return a function that reads a mart of a build."""

    def read(name: str, build: str = "plain", **where: Any) -> list[Row]:
        with opened(Path(target.env["WORK_ANALYTICS_DUCKDB"])) as database:
            rows = rows_of(database, f"select * from {build}.{PREFIX}{name} order by all")
        return [row for row in rows if where.items() <= row.items()]

    return read


Mart = Callable[..., list[Row]]


def test_every_build_succeeds(builds: dict[str, Build]) -> None:
    for build in builds.values():
        assert build.success, build.messages
        assert set(build.statuses.values()) <= {"success", "pass", "warn"}
    warned = {name for name, status in builds["plain"].statuses.items() if status == "warn"}
    assert warned == {"totals_agree_with_company"}


@pytest.mark.parametrize("build", SETTINGS)
def test_a_number_in_national_form_is_the_same_number(mart: Mart, build: str) -> None:
    found = {row["pbx"]: row["returned"] for row in mart("unreturned_calls", build) if row["pbx"] in SAME}
    assert found == dict.fromkeys(SAME, True)


def test_a_country_code_tells_numbers_with_the_same_last_digits_apart(mart: Mart) -> None:
    assert [row["returned"] for row in mart("unreturned_calls", "plain", pbx="same end")] == [True]
    assert [row["returned"] for row in mart("unreturned_calls", "set", pbx="same end")] == [False]
    numbers = {row["outside_number"] for row in mart("calls", "set", pbx="swiss")}
    assert numbers == {"41446681800"}


def test_a_hash_is_a_number_outside_that_equals_itself(mart: Mart) -> None:
    assert [row["returned"] for row in mart("unreturned_calls", pbx="hashed")] == [True]
    assert [row["returned"] for row in mart("unreturned_calls", pbx="other hash")] == [False]
    sides = {row["call_id"]: row["external"] for row in mart("calls", pbx="hashed")}
    assert sides == {"missed": True, "back": True, "inside": False}


def test_no_caller_is_a_withheld_number_in_all_marts(mart: Mart) -> None:
    sides = {row["call_id"]: row["external"] for row in mart("calls", pbx="withheld")}
    assert sides == dict.fromkeys(("null", "empty", "word", "back"), True)
    missed = mart("unreturned_calls", pbx="withheld")
    assert {row["call_id"]: row["caller"] for row in missed} == {
        "null": None,
        "empty": None,
        "word": "Anonymous",
    }
    assert {(row["returned"], row["called_again_at"]) for row in missed} == {(False, None)}
    assert mart("repeat_callers", pbx="withheld") == []


def test_nothing_is_known_of_parties_that_were_removed(mart: Mart) -> None:
    assert [row["external"] for row in mart("calls", pbx="removed")] == [None]
    assert mart("unreturned_calls", pbx="removed") == []


def test_hours_are_exact_to_the_millisecond(mart: Mart) -> None:
    (on_time,) = mart("unreturned_calls", pbx="on time")
    (late,) = mart("unreturned_calls", pbx="late")
    assert (on_time["returned"], on_time["hours_to_return"]) == (True, 24)
    assert (late["returned"], late["hours_to_return"]) == (False, pytest.approx(24 + 1 / 3_600_000, abs=1e-9))
    (same,) = mart("unreturned_calls", pbx="same moment")
    assert (same["returned"], same["returned_at"]) == (False, None)


def test_a_call_without_a_start_counts_in_no_interval(mart: Mart) -> None:
    assert {row["started_at"] is None for row in mart("calls", pbx="no start")} == {True, False}
    intervals = mart("call_intervals", pbx="no start")
    assert sum(row["arrivals"] for row in intervals) == 1
    assert mart("unreturned_calls", pbx="no start") == []


def test_callers_who_call_again_within_a_week(mart: Mart) -> None:
    found = {
        row["local_date"].day: (row["calls"], row["answered"], row["days_to_next_call"], row["called_again"])
        for row in mart("repeat_callers", pbx="again")
    }
    assert found == {2: (2, 2, 6, True), 8: (1, 1, 8, False), 16: (1, 1, None, False)}
    complete = {row["local_date"].day: row["complete"] for row in mart("repeat_callers", pbx="again")}
    assert complete == {2: True, 8: True, 16: False}


@pytest.mark.parametrize(
    ("build", "repeated"),
    [
        ("plain", {"02:40": 15, "02:50": 20, "03:00": 20, "03:30": 20, "03:40": 15, "03:50": 10}),
        ("set", {"02:40": 35, "03:00": 40, "03:20": 40, "03:40": 25}),
    ],
)
def test_intervals_last_as_long_as_the_clock_says(mart: Mart, build: str, repeated: dict[str, int]) -> None:
    minutes = SETTINGS[build]["interval_minutes"]
    found = mart("call_intervals", build, pbx="chatham", direction="inbound")
    long_day = {row["interval_start"]: row["minutes"] for row in found if row["interval_start"].day == 5}
    assert len(long_day) == 1440 // minutes
    assert sum(long_day.values()) == 25 * 60
    assert {key: long_day[datetime.fromisoformat(f"2026-04-05 {key}")] for key in repeated} == repeated
    rest = Counter(lasted for start, lasted in long_day.items() if not 2 <= start.hour < 4)
    assert set(rest) == {minutes}


def test_missed_calls_are_split_by_opening_hours(mart: Mart) -> None:
    intervals = mart("call_intervals", "set", pbx="hours")
    assert sum(row["missed_open"] for row in intervals) == 1
    assert sum(row["missed_closed"] for row in intervals) == 3
    opened_at = {
        row["call_id"]: row["in_opening_hours"] for row in mart("unreturned_calls", "set", pbx="hours")
    }
    assert opened_at == {"479": False, "480": True, "1050": False, "holiday": False}
    assert {row["missed_open"] for row in mart("call_intervals", pbx="hours")} == {None}


def test_rows_that_the_newest_reading_lacks_do_not_count(mart: Mart) -> None:
    assert [row["extension"] for row in mart("extension_days", pbx="reread")] == ["1001"]
    assert [row["extension"] for row in mart("extension_days", pbx="old version")] == ["1001", "1002"]
    assert [row["agent"] for row in mart("agent_days")] == ["u1"]
    members = [(row["ring_group"], row["member"]) for row in mart("ring_group_member_days")]
    assert members == [("2001", "1001"), ("2002", "1002")]


def test_a_period_is_complete_when_days_without_calls_were_read(mart: Mart) -> None:
    def complete(pbx: str, period: str, start: date) -> bool:
        (row,) = mart("extension_periods", pbx=pbx, period=period, period_start=start)
        return bool(row["complete"])

    february, week = date(2026, 2, 1), date(2026, 2, 23)
    assert complete("quiet edges", "month", february)
    assert not complete("partly loaded", "month", february)
    assert complete("reading", "week", week)
    assert not complete("reading", "month", february)
    assert not complete("end date", "week", week)


def test_agents_of_ring_groups_have_logged_in_time_and_calls(mart: Mart) -> None:
    found = {row["agent"]: row for row in mart("ring_group_agent_days")}
    assert found["1001"]["logged_in_seconds"] == 180
    assert (found["1001"]["answered"], found["1001"]["talk_share"]) == (3, 0.5)
    assert (found["1009"]["answered"], found["1009"]["talk_share"]) == (None, None)
    (agent,) = mart("agent_days")
    assert (agent["accepted_rate"], agent["average_talk_seconds"]) == (0.75, 30)


def test_service_levels_by_interval(mart: Mart) -> None:
    names = ("offered", "answered_within", "abandoned", "abandoned_within", "longest_wait_seconds")
    found = {
        row["interval_start"].minute: tuple(row[name] for name in names)
        for row in mart("service_level_intervals", "set")
    }
    assert found == {0: (2, 1, 0, 0, 300), 20: (2, 0, 2, 1, 21)}
    (day,) = mart("service_levels", report_date=DAY)
    assert tuple(day[name] for name in names) == (4, 1, 2, 1, 300)
