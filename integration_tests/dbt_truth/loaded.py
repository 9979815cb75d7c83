"""A database with the streams that the package is built on, and how rows are compared."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine, text

from integration_tests.dbt_package import PREFIX, Build, Row, Target
from integration_tests.harness import NOW, program_at
from sandbox import Sandbox

if TYPE_CHECKING:
    from airbyte import Source

ZONE = "America/New_York"
CLOCK = ZoneInfo(ZONE)
STREAMS = [
    *("extension_summary", "company_summary", "ring_group_summary", "ring_group_member_summary"),
    *("call_records", "call_queue_summary", "call_queue_agent_summary", "agent_summary", "queue_calls"),
]
PBXES = ("acmecorp", "acme-europe")


def midnight(day: date) -> datetime:
    """Return the first moment of a local day."""
    return datetime.combine(day, datetime.min.time(), CLOCK).astimezone(timezone.utc)


LONG_DAY = date(2026, 11, 1)
"""The clocks go back."""
DAYS = [LONG_DAY + timedelta(days=n) for n in range(-6, 3)]
"""A whole week, from Monday on, and the turn of a month."""


def source_of(sandbox: Sandbox, address: str, folder: Path, streams: list[str], **changes: Any) -> "Source":
    """Return PyAirbyte's source of some streams of the sandbox, over `DAYS` and `PBXES`."""
    import airbyte

    return airbyte.get_source(
        "source-8x8-work-analytics",
        local_executable=program_at(NOW, folder),
        config=sandbox.config(
            address,
            time_zone=ZONE,
            pbx_ids=list(PBXES),
            start_date=str(DAYS[0]),
            end_date=str(DAYS[-1]),
            **changes,
        ),
        streams=streams,
    )


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
        return self.rows(f"select * from {schema}.{PREFIX}{name} order by 1, 2, 3, 4")


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
