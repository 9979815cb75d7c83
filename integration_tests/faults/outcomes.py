"""How a sync that met a fault may end: with the exact truth, or with a failure that says what to do."""

from datetime import date, datetime, timedelta, timezone
from typing import Any

from integration_tests.harness import Row, Run, deduplicated, marks

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=timezone.utc)
FIRST, LAST = date(2026, 3, 5), date(2026, 3, 9)
POSITIONS = {"first": FIRST, "middle": date(2026, 3, 7), "last": LAST}
ZONE = "America/New_York"
STRUCK, OTHER = "acmecorp", "acme-europe"
SLOW = ("slow body", "time-out")
"""Faults that a test waits for: time-outs are short while they last."""

Expected = dict[tuple[Any, ...], Row]


def whole(run: Run, expected: Expected) -> None:
    """The run succeeded, and its rows are the truth."""
    assert run.code == 0, run.errors
    assert deduplicated(run.rows) == expected
    assert len(run.rows) == len(expected), "a row came twice"
    assert marks(run.state) == {STRUCK: str(LAST), OTHER: str(LAST)}


def held_back(run: Run, expected: Expected, day: date) -> None:
    """The run failed on a day of one PBX, in a sentence; the state stands before it; the other is whole."""
    assert run.code == 1
    found = deduplicated(run.rows)
    assert found.items() <= expected.items(), "a row that is not the truth"
    standing = {OTHER: str(LAST)}
    if day > FIRST:
        standing[STRUCK] = str(day - timedelta(days=1))
    assert marks(run.state) == standing
    assert {k for k in expected if k[0] == OTHER or k[2] < str(day)} <= set(found)
    (error,) = run.errors
    assert f"extension_summary, PBX {STRUCK}, {day}: 8x8 " in error["message"]
    assert error["message"].endswith(".")
    assert "\n" not in error["message"]
    assert "stack_trace" not in error
    assert "Traceback" not in run.text


def nobody_in(text: str, config: dict[str, Any], expected: Expected) -> None:
    """No secret and nobody's name, number or address is in an output, rows aside."""
    logs = "\n".join(line for line in text.splitlines() if not line.startswith('{"type":"RECORD"'))
    secrets = [config["api_key"], config["password"], config["username"], "sandbox."]
    people = {
        str(row[name]) for row in expected.values() for name in ("Email", "UserName", "FirstName", "LastName")
    }
    for private in [*secrets, "jane.doe", "Jane Doe", "+1555", *(people - {"N/A", "", "Phone", "Lobby"})]:
        assert private not in logs, private
