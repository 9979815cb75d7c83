"""Guards on what a row costs: function calls are counted, not seconds, for a fixed small load."""

import sys
import threading
from types import FrameType
from typing import Any

import pytest
import requests_mock as rm

from source_8x8_work_analytics.output import Batch
from source_8x8_work_analytics.source import Source8x8WorkAnalytics
from testing.builders import BASE_URL, EXTSUM_URL, TOKEN_URL, catalog, config, row, token

CALLS_A_ROW = 1
"""Calls of Python functions for one row of 45 fields, from the response to its batch."""
CALLS_A_VALUE = 1.5
"""Further calls for each personal value of a row, where values are removed, or hashed and recur."""
WINDOWS = 10


def calls_of_a_read(stream: str, rows: int, **changes: Any) -> int:
    """Return the number of function calls, in all threads, of a read with ten windows of that many rows."""
    settings = config(start_date="2026-11-15", num_workers=2, **changes)
    source = Source8x8WorkAnalytics()
    counts: dict[int, int] = {}

    def count(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            thread = threading.get_ident()
            counts[thread] = counts.get(thread, 0) + 1

    threading.setprofile(count)
    sys.setprofile(count)
    try:
        found = list(source.read_batches(settings, catalog(stream)))
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    assert sum(len(message.rows) for message in found if isinstance(message, Batch)) == WINDOWS * rows
    return sum(counts.values())


def calls_a_row(api: rm.Mocker, stream: str, **changes: Any) -> float:
    """Return the function calls for each further row of a window."""

    def calls(rows: int) -> int:
        fields: dict[str, Any] = {f"Field_{i}": i for i in range(43)}
        api.get(EXTSUM_URL, json=[row(str(n), **fields) for n in range(rows)])
        people = {"caller": "+15550101234", "callerName": "Jane Doe", "calleeName": "John Roe"}
        data = [{"pbxId": "acmecorp", "callId": str(n), "legId": "1", **people} for n in range(rows)]
        page = {"meta": {"totalRecordCount": rows, "scrollId": None}, "data": data}
        api.get(f"{BASE_URL}/v2/call-legs", json=page)
        return calls_of_a_read(stream, rows, **changes)

    api.post(TOKEN_URL, json=token())
    _, few, many = (calls(rows) for rows in (1, 100, 1100))  # the first one for what is cached
    return (many - few) / (1000 * WINDOWS)


def test_a_row_passes_through_no_function_of_its_own(api: rm.Mocker) -> None:
    found = calls_a_row(api, "extension_summary")
    assert 0 < found < CALLS_A_ROW, f"{found:.2f} calls a row"


@pytest.mark.parametrize("mode", ["hash", "remove"])
def test_personal_data_costs_one_call_for_each_value(api: rm.Mocker, mode: str) -> None:
    kept = calls_a_row(api, "call_legs")
    changed = calls_a_row(api, "call_legs", personal_data=mode, personal_data_key="a key of 16 char")
    a_value = (changed - kept) / 3
    assert 0 < a_value < CALLS_A_VALUE, f"{a_value:.2f} calls a value"
