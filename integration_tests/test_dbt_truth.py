"""The dbt package on what PyAirbyte loads into DuckDB and PostgreSQL: marts equal the sandbox's calls."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine, text

from integration_tests.dbt_package import MARTS, Build, Row, Target, raw_types
from integration_tests.harness import NOW, program_at
from integration_tests.postgres_server import postgres_server
from integration_tests.truth import truth
from sandbox import Sandbox
from sandbox.company import company
from sandbox.queue_truth import QueueWindow, queue_agent_rows, queue_rows
from sandbox.queue_truth import call_rows as queue_calls
from sandbox.ring_groups import ring_group_summary
from sandbox.server import running

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.xdist_group("databases")]

ZONE = "America/New_York"
CLOCK = ZoneInfo(ZONE)
STREAMS = [
    *("extension_summary", "company_summary", "ring_group_summary", "call_records"),
    *("call_queue_summary", "call_queue_agent_summary", "queue_calls"),
]
PBXES = ("acmecorp", "acme-europe")


def midnight(day: date) -> datetime:
    """Return the first moment of a local day."""
    return datetime.combine(day, datetime.min.time(), CLOCK).astimezone(timezone.utc)


LONG_DAY = date(2026, 11, 1)
"""The clocks go back."""
DAYS = [LONG_DAY + timedelta(days=n) for n in range(-6, 3)]
"""A whole week, from Monday on, and the turn of a month."""


@dataclass
class Warehouse:
    """A database with the loaded streams, in which the package is built."""

    target: Target
    url: str

    def number(self, text: str) -> str:
        """Return a number as loaded: PyAirbyte writes to PostgreSQL through pandas, which drops the +."""
        return text.removeprefix("+") if self.target.name == "postgres" else text

    def build(self, command: str, schema: str, raw_schema: str) -> Build:
        return self.target.dbt(command, schema, raw_schema=raw_schema, streams=STREAMS)

    def rows(self, query: str) -> list[Row]:
        engine = create_engine(self.url)
        with engine.connect() as connection:
            found = [dict(row._mapping) for row in connection.execute(text(query))]
        engine.dispose()
        return found

    def execute(self, *statements: str) -> None:
        engine = create_engine(self.url)
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()

    def mart(self, name: str, schema: str = "answers") -> list[Row]:
        return self.rows(f"select * from {schema}.{name} order by 1, 2, 3, 4")


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    """A sandbox at NOW."""
    return Sandbox(clock=lambda: NOW)


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def warehouse(
    request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Warehouse]:
    """The streams as PyAirbyte loads them, and the package built on them."""
    import airbyte
    from airbyte.caches import DuckDBCache, PostgresCache

    folder = tmp_path_factory.mktemp(request.param)
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch, running(sandbox) as address:
        config = sandbox.config(
            address,
            time_zone=ZONE,
            pbx_ids=list(PBXES),
            start_date=str(DAYS[0]),
            end_date=str(DAYS[-1]),
        )
        source = airbyte.get_source(
            "source-8x8-work-analytics",
            local_executable=program_at(NOW, folder),
            config=config,
            streams=STREAMS,
        )
        cache: DuckDBCache | PostgresCache
        if request.param == "duckdb":
            file = folder / "loaded.duckdb"
            cache = DuckDBCache(db_path=file, schema_name="phone")
            target = Target("duckdb", folder, {"WORK_ANALYTICS_DUCKDB": str(file)})
            url = f"duckdb:///{file}"
        else:
            socket = stack.enter_context(postgres_server())
            # PyAirbyte's URL has no place for a socket's folder; the client library takes it from here.
            patch.setenv("PGHOST", socket)
            cache = PostgresCache(
                host="", port=5432, username="postgres", password="", database="postgres", schema_name="phone"
            )
            target = Target("postgres", folder, {"PGHOST": socket})
            url = f"postgresql://postgres@/postgres?host={socket}"
        source.read(cache=cache)
        cache.get_sql_engine().dispose()
        found = Warehouse(target, url)
        # The package's own tests run here on PostgreSQL, and on DuckDB in test_dbt_cases.py.
        build = found.build("run" if request.param == "duckdb" else "build", "answers", "phone")
        assert build.success, build.messages
        assert set(build.statuses.values()) <= {"success", "pass"}, build.statuses
        yield found


@pytest.fixture(scope="module")
def extension_rows(sandbox: Sandbox) -> list[Row]:
    """The rows of the extension summary, one a day."""
    return [row for pbx in PBXES for row in truth(sandbox, pbx, DAYS[0], DAYS[-1], ZONE).values()]


@pytest.fixture(scope="module")
def call_rows(sandbox: Sandbox) -> list[Row]:
    """The call records, each with the day that it is reported under."""
    return [
        {**row, "report_date": day}
        for pbx in PBXES
        for day in DAYS
        for row in sandbox.call_rows(False, pbx, f"{day} 00:00:00", f"{day} 23:59:59", ZONE)
    ]


def seconds(milliseconds: int) -> Decimal:
    return Decimal(milliseconds) / 1000


def ratio(part: Decimal | int, whole: int) -> Any:
    return pytest.approx(float(part) / whole, rel=1e-12) if whole else None


def by_key(rows: list[Row], *key: str) -> dict[tuple[Any, ...], Row]:
    found = {tuple(row[name] for name in key): row for row in rows}
    assert len(found) == len(rows)
    return found


def assert_rows(found: dict[tuple[Any, ...], Row], expected: dict[tuple[Any, ...], Row]) -> None:
    assert found.keys() == expected.keys()
    for key, row in expected.items():
        assert {name: found[key][name] for name in row} == row, key


def test_extension_days(warehouse: Warehouse, extension_rows: list[Row]) -> None:
    expected = {
        (row["PbxId"], row["Extension"], date.fromisoformat(row["report_date"])): {
            "person": f"{row['FirstName']} {row['LastName']}".strip(),
            "department": row["Department"],
            "branch": row["Branch"],
            "calls": row["Inbound_Total"] + row["Outbound_Total"],
            "inbound": row["Inbound_Total"],
            "outbound": row["Outbound_Total"],
            "answered": row["Total_Answered"],
            "missed": row["Total_Missed"],
            "abandoned": row["Total_Abandoned"],
            "talk_seconds": seconds(row["Total_Talk_Time"]),
            "ring_seconds": seconds(row["Total_Ring_Time"]),
            "average_talk_seconds": ratio(seconds(row["Total_Talk_Time"]), row["Total_Answered"]),
            "answered_rate": ratio(row["Inbound_Answered"], row["Inbound_Total"]),
            "window_complete": True,
        }
        for row in extension_rows
    }
    assert_rows(by_key(warehouse.mart("extension_days"), "pbx", "extension", "report_date"), expected)


def test_extension_periods(warehouse: Warehouse, extension_rows: list[Row]) -> None:
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in extension_rows:
        day = date.fromisoformat(row["report_date"])
        monday, first = day - timedelta(days=day.weekday()), day.replace(day=1)
        groups[row["PbxId"], row["Extension"], "week", monday].append(row)
        groups[row["PbxId"], row["Extension"], "month", first].append(row)
    expected = {}
    for key, rows in groups.items():
        total = {name: sum(row[name] for row in rows) for name in rows[0] if isinstance(rows[0][name], int)}
        expected[key] = {
            "days": len(rows),
            "calls": total["Inbound_Total"] + total["Outbound_Total"],
            "answered": total["Total_Answered"],
            "missed": total["Total_Missed"],
            "talk_seconds": seconds(total["Total_Talk_Time"]),
            "average_talk_seconds": ratio(seconds(total["Total_Talk_Time"]), total["Total_Answered"]),
            "answered_rate": ratio(total["Inbound_Answered"], total["Inbound_Total"]),
            "complete": key[2] == "week" and key[3] >= DAYS[0] and key[3] + timedelta(days=6) <= DAYS[-1],
        }
    found = by_key(warehouse.mart("extension_periods"), "pbx", "extension", "period", "period_start")
    assert_rows(found, expected)
    assert any(row["complete"] for row in found.values())
    naive: dict[tuple[Any, ...], list[float]] = defaultdict(list)
    for key, rows in groups.items():
        naive[key] = [row["Avg_Talk_Time"] / 1000 for row in rows if row["Total_Answered"]]
    wrong = [
        key
        for key, averages in naive.items()
        if averages and abs(sum(averages) / len(averages) - found[key]["average_talk_seconds"]) > 1
    ]
    assert wrong, "an average of averages would have done"


def outcome(row: Row) -> str:
    if row["answered"] == "Answered":
        return "answered"
    return (
        "missed" if row["missed"] == "Missed" else "abandoned" if row["abandoned"] == "Abandoned" else "other"
    )


def local_start(row: Row) -> datetime:
    return datetime.fromtimestamp(row["startTimeUTC"] / 1000, CLOCK).replace(tzinfo=None)


def direction(row: Row) -> str:
    return {"Incoming": "inbound", "Outgoing": "outbound"}[row["direction"]]


def test_calls(warehouse: Warehouse, call_rows: list[Row]) -> None:
    expected = {}
    for row in call_rows:
        start = local_start(row)
        other = row["callee"] if row["direction"] == "Outgoing" else row["caller"]
        expected[row["pbxId"], row["callId"]] = {
            "report_date": row["report_date"],
            "started_at": datetime(1970, 1, 1) + timedelta(milliseconds=row["startTimeUTC"]),
            "started_local": start,
            "local_date": start.date(),
            "local_hour": start.hour,
            "weekday": start.isoweekday(),
            "direction": direction(row),
            "external": other.startswith("+"),
            "outcome": outcome(row),
            "wait_seconds": seconds(row["waitTimeMS"]),
            "talk_seconds": seconds(row["talkTimeMS"]),
            "ring_seconds": seconds(row["ringDuration"]),
            "department": ", ".join(row["departments"] or []) or None,
            "branch": ", ".join(row["branches"] or []) or None,
            "caller": warehouse.number(row["caller"]),
            "callee": warehouse.number(row["callee"]),
        }
    assert_rows(by_key(warehouse.mart("calls"), "pbx", "call_id"), expected)
    assert len({row["local_date"] for row in expected.values()}) >= len(DAYS)


def half_hours(day: date) -> dict[datetime, int]:
    """Return the half hours that the local clock shows on a day, and the minutes that each lasts."""
    found: dict[datetime, int] = defaultdict(int)
    moment, end = midnight(day), midnight(day + timedelta(days=1))
    while moment < end:
        local = moment.astimezone(CLOCK).replace(tzinfo=None)
        found[local.replace(minute=local.minute // 30 * 30)] += 5
        moment += timedelta(minutes=5)
    return found


def test_call_intervals(warehouse: Warehouse, call_rows: list[Row]) -> None:
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in call_rows:
        start = local_start(row)
        interval = start.replace(minute=start.minute // 30 * 30, second=0, microsecond=0)
        groups[row["pbxId"], interval, direction(row)].append(row)
    minutes = {interval: lasted for day in DAYS for interval, lasted in half_hours(day).items()}
    days = {
        pbx: (min(reported), max(reported))
        for pbx in PBXES
        if (reported := {row["report_date"] for row in call_rows if row["pbxId"] == pbx})
    }
    for pbx, (first, last) in days.items():
        for interval in minutes:
            if first <= interval.date() <= last:
                for name in ("inbound", "outbound"):
                    groups.setdefault((pbx, interval, name), [])
    expected = {}
    for (pbx, interval, name), rows in groups.items():
        answered = [row for row in rows if outcome(row) == "answered"]
        expected[pbx, interval, name] = {
            "minutes": minutes.get(interval, 30),
            "arrivals": len(rows),
            "answered": len(answered),
            "missed": sum(outcome(row) == "missed" for row in rows),
            "abandoned": sum(outcome(row) == "abandoned" for row in rows),
            "average_handle_seconds": ratio(
                sum((seconds(row["talkTimeMS"]) for row in answered), Decimal(0)), len(answered)
            ),
            "complete": days[pbx][0] <= interval.date() < days[pbx][1],
        }
    found = by_key(warehouse.mart("call_intervals"), "pbx", "interval_start", "direction")
    assert_rows(found, expected)
    assert sum(row["arrivals"] for row in found.values()) == len(call_rows)
    long_day = [
        row
        for (pbx, interval, name), row in found.items()
        if interval.date() == LONG_DAY and (pbx, name) == ("acmecorp", "inbound")
    ]
    assert len(long_day) == 48
    assert sum(row["minutes"] for row in long_day) == 25 * 60


def test_unreturned_calls(warehouse: Warehouse, call_rows: list[Row]) -> None:
    outside = [row for row in call_rows if "+" in row["caller"] + row["callee"]]
    expected = {}
    for row in outside:
        if outcome(row) != "missed" or row["direction"] != "Incoming":
            continue
        later = [
            other
            for other in outside
            if other["pbxId"] == row["pbxId"] and other["startTimeUTC"] > row["startTimeUTC"]
        ]
        returned = [other["startTimeUTC"] for other in later if other["callee"] == row["caller"]]
        again = [
            other["startTimeUTC"]
            for other in later
            if other["caller"] == row["caller"] and outcome(other) == "answered"
        ]
        after = (min(returned) - row["startTimeUTC"]) / 3_600_000 if returned else None
        expected[row["pbxId"], row["callId"]] = {
            "caller": warehouse.number(row["caller"]),
            "returned": after is not None and after <= 24,
            "returned_at": datetime(1970, 1, 1) + timedelta(milliseconds=min(returned)) if returned else None,
            "hours_to_return": None if after is None else pytest.approx(after, abs=1 / 3600),
            "called_again_at": datetime(1970, 1, 1) + timedelta(milliseconds=min(again)) if again else None,
            "pending": False,
        }
    assert_rows(by_key(warehouse.mart("unreturned_calls"), "pbx", "call_id"), expected)


def test_ring_group_days(warehouse: Warehouse, sandbox: Sandbox) -> None:
    expected = {
        (row["pbxId"], row["extension"], day): {
            "name": row["name"],
            "calls": row["totalCalls"],
            "answered": row["totalAnswered"],
            "missed": row["totalMissed"],
            "voicemail": row["totalCallsToVM"],
            "talk_seconds": seconds(row["totalTalkTime"]),
            "answered_rate": ratio(row["totalAnswered"], row["totalCalls"]),
        }
        for pbx in PBXES
        for day in DAYS
        for row in sandbox.summary_rows(ring_group_summary, pbx, f"{day} 00:00:00", f"{day} 23:59:59", ZONE)
    }
    assert_rows(by_key(warehouse.mart("ring_group_days"), "pbx", "ring_group", "report_date"), expected)


def queue_windows(sandbox: Sandbox) -> Iterator[tuple[str, date, QueueWindow]]:
    """Yield what the queues of each PBX did on each day."""
    for pbx in PBXES:
        for day in DAYS:
            last = midnight(day + timedelta(days=1))
            yield pbx, day, sandbox.queue_window(company()[pbx], midnight(day), last)


def test_service_levels(warehouse: Warehouse, sandbox: Sandbox) -> None:
    expected = {}
    for pbx, day, window in queue_windows(sandbox):
        queues: dict[str, list[Row]] = defaultdict(list)
        for row in queue_calls(window):
            queues[row["workGroup"]["id"]].append(row)
        for queue, rows in queues.items():
            waited = [Decimal(str(row["waitingDuration"])) for row in rows if row["connectedTime"]]
            within = sum(seconds <= 20 for seconds in waited)
            expected[pbx, queue, day] = {
                "offered": len(rows),
                "answered": len(waited),
                "answered_within": within,
                "abandoned": sum("ABANDONED" in row["labels"] for row in rows),
                "service_level": ratio(within, len(rows)),
                "average_speed_of_answer_seconds": ratio(sum(waited, Decimal(0)), len(waited)),
            }
    assert_rows(by_key(warehouse.mart("service_levels"), "pbx", "queue", "report_date"), expected)


def test_queue_days(warehouse: Warehouse, sandbox: Sandbox) -> None:
    expected = {}
    for pbx, day, window in queue_windows(sandbox):
        for row in queue_rows(window):
            metrics = row["metrics"]
            handled = metrics["acceptedCalls"] + metrics["abandonedInHandlingCalls"]
            expected[pbx, row["id"], day] = {
                "queue_name": row["name"],
                "entered": metrics["enteredCalls"],
                "accepted": metrics["acceptedCalls"],
                "abandoned": metrics["abandonedInWaitingCalls"] + metrics["abandonedInHandlingCalls"],
                "missed": metrics["missedCalls"],
                "diverted": metrics["divertedCalls"],
                "accepted_rate": ratio(metrics["acceptedCalls"], metrics["enteredCalls"]),
                "average_handling_seconds": ratio(Decimal(str(metrics["totalHandlingTime"])), handled),
                "average_waiting_seconds": ratio(
                    Decimal(str(metrics["totalWaitingTime"])), metrics["enteredCalls"]
                ),
            }
    assert_rows(by_key(warehouse.mart("queue_days"), "pbx", "queue", "report_date"), expected)


def test_queue_agent_days(warehouse: Warehouse, sandbox: Sandbox) -> None:
    expected = {}
    for pbx, day, window in queue_windows(sandbox):
        for queue in queue_agent_rows(window):
            for agent in queue["queueAgentActivity"]:
                metrics = agent["metrics"]
                accepted, talked = metrics["acceptedInteractions"], metrics["agentTotalTalkTime"]
                expected[pbx, queue["queueId"], agent["userId"], day] = {
                    "agent_name": agent["agentName"],
                    "entered": metrics["enteredInteractions"],
                    "accepted": accepted,
                    "missed": metrics["missedInteractions"],
                    "rejected": metrics["rejectedInteractions"],
                    "talk_seconds": pytest.approx(Decimal(str(talked)), abs=Decimal("0.001")),
                    "accepted_rate": ratio(accepted, metrics["enteredInteractions"]),
                    "average_talk_seconds": ratio(Decimal(str(talked)), accepted),
                }
    found = by_key(warehouse.mart("queue_agent_days"), "pbx", "queue", "agent", "report_date")
    assert_rows(found, expected)


CAPITALS: dict[str, Callable[[str], str]] = {"duckdb": str, "postgres": str.upper}
KEYS = {
    *("pbxid", "extension", "callid", "pbx_id", "id", "queueid", "userid"),
    *("report_date", "window_start", "window_end", "time_zone"),
}


def test_append_and_capitals(warehouse: Warehouse) -> None:
    """Older readings of each key, and columns as 8x8 spells them or in capitals, change no mart."""
    spelled = CAPITALS[warehouse.target.name]
    statements = ["create schema appended"]
    for stream in STREAMS:
        columns = warehouse.rows(
            "select column_name as name, data_type as type from information_schema.columns"
            f" where table_schema = 'phone' and table_name = '{stream}'"
        )
        fields = {name.lower(): name for name in raw_types(stream)}
        names = {str(column["name"]): fields.get(str(column["name"])) or column["name"] for column in columns}
        start = "create table {} as"
        for hours in (1, 0, 3):
            selected = ", ".join(
                f'{_earlier(column, hours)} as "{spelled(names[column["name"]])}"' for column in columns
            )
            statements.append(f"{start.format(f'appended.{stream}')} select {selected} from phone.{stream}")
            start = "insert into {}"
    warehouse.execute(*statements)
    build = warehouse.build("run", "answers_again", "appended")
    assert build.success, build.messages
    loaded = [name for name in MARTS if name in build.statuses]
    assert loaded
    for name in loaded:
        assert warehouse.mart(name, "answers_again") == warehouse.mart(name), name


def _earlier(column: Row, hours: int) -> str:
    """Return a column as a reading so many hours earlier had it."""
    name, kind = column["name"], column["type"].lower()
    if name == "_airbyte_extracted_at":
        return f"{name} - interval '{hours} hours'"
    if not hours or name in KEYS:
        return f"{name}"
    if kind == "bigint":
        return f"{name} * 3 + 7"
    return "false" if kind == "boolean" else f"{name}"
