"""A DuckDB file with marts as the dbt package builds them, from a few rows of each."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from scripts.dashboard.database import PREFIX

Row = dict[str, Any]
EVIL = "</script><img src=x onerror=\"document.title='owned'\">\u2028'é佐藤"
OVERRIDE = "\u202eevil\u2069"
LAST = date(2026, 11, 27)
FIRST = LAST - timedelta(days=27)
BEFORE = LAST - timedelta(days=55)
TYPES = {
    "day": "date", "local_date": "date", "report_date": "date", "missed_local": "timestamp",
    "returned_at": "timestamp", "called_again_at": "timestamp", "interval_start": "timestamp",
    "extracted_at": "timestamp", "window_complete": "boolean", "external": "boolean", "returned": "boolean",
    "pending": "boolean", "in_opening_hours": "boolean", "average_speed_of_answer_seconds": "double",
}  # fmt: skip
TEXT = {
    "pbx", "call_id", "department", "branch", "direction", "outcome", "caller", "extension", "person",
    "queue", "queue_name", "queue_extension", "ring_group", "agent", "name", "outside_number",
}  # fmt: skip


def call(day: date, direction: str = "inbound", outcome: str = "answered", **values: Any) -> Row:
    """Return a row of the calls."""
    return {
        "pbx": "acmecorp",
        "call_id": "1",
        "report_date": day,
        "local_date": day,
        "local_hour": 9,
        "weekday": day.isoweekday(),
        "direction": direction,
        "external": True,
        "outcome": outcome,
        "in_opening_hours": None,
        "talk_seconds": 60 if outcome == "answered" else 0,
        "department": "Sales",
        "branch": "Boston",
        "window_complete": True,
        "extracted_at": datetime(2026, 11, 28, 8),
        **values,
    }


def missed(day: date, **values: Any) -> Row:
    """Return a row of the missed calls, which nobody returned."""
    return {
        "pbx": "acmecorp",
        "call_id": "1",
        "caller": "+16175550100",
        "department": "Sales",
        "branch": "Boston",
        "missed_local": datetime.combine(day, datetime.min.time()).replace(hour=9),
        "returned": False,
        "returned_at": None,
        "called_again_at": None,
        "pending": False,
        **values,
    }


def extension(day: date, **values: Any) -> Row:
    """Return a row of the extensions."""
    return {
        "pbx": "acmecorp",
        "extension": "1001",
        "report_date": day,
        "person": "Ada",
        "department": "Sales",
        "inbound": 4,
        "inbound_answered": 3,
        "outbound": 2,
        "missed": 1,
        "answered": 5,
        "talk_seconds": 300,
        "window_complete": True,
        **values,
    }


def queue(day: date, **values: Any) -> Row:
    """Return a row of the service levels."""
    return {
        "pbx": "acmecorp",
        "queue": "q-1",
        "report_date": day,
        "queue_extension": "1901",
        "offered": 10,
        "answered": 9,
        "answered_within": 8,
        "abandoned": 1,
        "average_speed_of_answer_seconds": 12.0,
        "longest_wait_seconds": 40,
        "window_complete": True,
        **values,
    }


def queue_day(day: date, **values: Any) -> Row:
    """Return a row of the queues' days."""
    return {
        "pbx": "acmecorp",
        "queue": "q-1",
        "report_date": day,
        "queue_name": "Sales",
        "queue_extension": "1901",
        "entered": 10,
        "handled": 9,
        "abandoned": 1,
        "window_complete": True,
        **values,
    }


def file_of(path: Path, **marts: list[Row]) -> str:
    """Write the marts to a file, and return its path."""
    with duckdb.connect(str(path)) as database:
        database.execute("create schema answers")
        for mart, rows in marts.items():
            columns = list(rows[0])
            types = [TYPES.get(name, "varchar" if name in TEXT else "bigint") for name in columns]
            described = ", ".join(f"{name} {kind}" for name, kind in zip(columns, types, strict=True))
            database.execute(f"create table answers.{PREFIX}{mart} ({described})")
            marks = ", ".join("?" for _ in columns)
            database.executemany(
                f"insert into answers.{PREFIX}{mart} values ({marks})",
                [[row[name] for name in columns] for row in rows],
            )
    return str(path)
