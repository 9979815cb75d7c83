"""Syncs of the four streams, and the rows they must return."""

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from typing import Any

from integration_tests.harness import Row, Run, State, marks, within, without_reading
from integration_tests.queue_truth import QUEUE_KEYS
from integration_tests.truth import Rows, deduplicated, truth
from sandbox import Sandbox
from testing.builders import catalog_file

PBXES = ["acmecorp", "acme-europe", "acme-apac"]
NEW_YORK = "America/New_York"
NOW = datetime(2026, 11, 4, 6, 0, tzinfo=timezone.utc)
FIRST, LAST = date(2026, 10, 30), date(2026, 11, 3)
Configure = Callable[..., dict[str, Any]]


def days() -> list[date]:
    return [FIRST + timedelta(days=i) for i in range((LAST - FIRST).days + 1)]


def rows_of(run: Run) -> dict[str, Rows]:
    """Return the rows of each stream."""
    by_stream: dict[str, list[Row]] = {}
    for line in run.of("RECORD"):
        by_stream.setdefault(line["record"]["stream"], []).append(without_reading(line["record"]["data"]))
    found = {name: deduplicated(rows, name) for name, rows in by_stream.items() if name in QUEUE_KEYS}
    assert all(len(rows) == len(by_stream[name]) for name, rows in found.items()), "a row came twice"
    return found


def truths(
    sandbox: Sandbox, pbxes: list[str], first: date = FIRST, last: date = LAST, zone: str = NEW_YORK
) -> dict[str, Rows]:
    return {
        stream: {
            key: row for pbx in pbxes for key, row in truth(sandbox, pbx, first, last, zone, stream).items()
        }
        for stream in QUEUE_KEYS
    }


def read_all(config: dict[str, Any], state: State | None = None, **more: Any) -> Run:
    """Read all four streams in one sync."""
    return within("read", config, state, catalog_file(*QUEUE_KEYS), **more)


def all_marks(run: Run) -> dict[str, dict[str, str]]:
    return {stream: marks(run.state, stream) for stream in QUEUE_KEYS}
