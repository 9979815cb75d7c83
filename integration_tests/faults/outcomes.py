"""How a sync that met a fault may end: with the exact truth, or with a failure that says what to do."""

from datetime import date, datetime, timedelta, timezone
from typing import Any

from integration_tests.harness import STREAM, Run, marks
from integration_tests.truth import Rows, deduplicated, pbx_of

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=timezone.utc)
FIRST, LAST = date(2026, 3, 5), date(2026, 3, 9)
POSITIONS = {"first": FIRST, "middle": date(2026, 3, 7), "last": LAST}
ZONE = "America/New_York"
STRUCK, OTHER = "acmecorp", "acme-europe"
SLOW = ("slow body", "time-out")
"""Faults that a test waits for: time-outs are short while they last."""

PRIVATE = (
    *("Email", "UserName", "FirstName", "LastName"),
    *("agentName", "caller_name", "caller_address", "latestCallee_name"),
)
"""Fields that say who somebody is."""
NOBODY = {"None", "N/A", "", "Phone", "Lobby", "Outside"}


def whole(run: Run, expected: Rows, stream: str = STREAM) -> None:
    """The run succeeded, and its rows are the truth."""
    assert run.code == 0, run.errors
    assert deduplicated(run.rows, stream) == expected
    assert len(run.rows) == len(expected), "a row came twice"
    assert marks(run.state, stream) == {STRUCK: str(LAST), OTHER: str(LAST)}


def held_back(run: Run, expected: Rows, day: date, stream: str = STREAM) -> None:
    """The run failed on a day of one PBX, in a sentence; the state stands before it; the other is whole."""
    assert run.code == 1
    found = deduplicated(run.rows, stream)
    assert found.items() <= expected.items(), "a row that is not the truth"
    standing = {OTHER: str(LAST)}
    if day > FIRST:
        standing[STRUCK] = str(day - timedelta(days=1))
    assert marks(run.state, stream) == standing
    for key, row in expected.items():
        assert key in found or (pbx_of(row) == STRUCK and row["report_date"] >= str(day))
    (error,) = run.errors
    assert f"{stream}, PBX {STRUCK}, {day}: 8x8 " in error["message"]
    assert error["message"].endswith(".")
    assert "\n" not in error["message"]
    assert "stack_trace" not in error
    assert "Traceback" not in run.text


def nobody_in(text: str, config: dict[str, Any], expected: Rows) -> None:
    """No secret and nobody's name, number or address is in an output, rows aside."""
    logs = "\n".join(line for line in text.splitlines() if not line.startswith('{"type":"RECORD"'))
    secrets = [config["api_key"], config["password"], config["username"], "sandbox."]
    people = {str(row.get(name)) for row in expected.values() for name in PRIVATE}
    for private in [*secrets, "jane.doe", "Jane Doe", "+1555", *(people - NOBODY)]:
        assert private not in logs, private
