"""What the doctor knows of an account after its first requests."""

from typing import Any

from source_8x8_work_analytics.doctor.observations import (
    EXTENSIONS,
    GROUPS,
    Observations,
    Reply,
    list_request,
)
from source_8x8_work_analytics.doctor.row_questions import ADDED
from source_8x8_work_analytics.streams import stream_type
from testing.builders import settings
from unit_tests.conftest import NOW

_VALUES = {"string": "x", "integer": 1, "number": 1.5, "boolean": True, "array": []}


def account(calls: int = 3, **changes: Any) -> Observations:
    """Return what is known of an account whose first PBX had so many calls in the week."""
    seen = Observations(settings(**changes), NOW)
    names = seen.settings.pbx_ids
    listed = [{"name": name, "id": f"id-of-{name}"} for name in names]
    seen.replies[list_request("pbxes")] = Reply(200, listed)
    seen.replies[seen.week_request(EXTENSIONS, names[0])] = Reply(200, [{"Inbound_Total": calls}])
    return seen


def account_with_days(*groups: str) -> Observations:
    """Return what is known after the days of the week, of which 18 November has the most calls."""
    seen = account()
    for day in seen.week:
        seen.replies[seen.day_request(day)] = Reply(200, [{"Inbound_Total": 9 if day.day == 18 else 3}])
    seen.replies[seen.week_request(GROUPS)] = Reply(200, [{"extension": group} for group in groups])
    return seen


def documented(stream: str, **changes: Any) -> dict[str, Any]:
    """Return a row with a value for each documented field; a value of `...` removes a field."""
    properties = stream_type(stream).schema["properties"].items()
    kinds = {
        name: [about["type"]] if isinstance(about["type"], str) else about["type"]
        for name, about in properties
    }
    row = {name: _VALUES[kind[-1]] for name, kind in kinds.items() if name not in ADDED}
    return {name: value for name, value in {**row, **changes}.items() if value is not ...}
