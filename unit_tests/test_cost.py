"""A guard on what a row costs: function calls are counted, not seconds, for a fixed small load."""

import logging
import sys
import threading
from types import FrameType
from typing import Any

import requests_mock as rm

from source_8x8_work_analytics.source import Source8x8WorkAnalytics
from source_8x8_work_analytics.windows.row_batches import rows_in
from testing.builders import EXTSUM_URL, TOKEN_URL, catalog, config, row, token

CALLS_A_ROW = 1
"""Calls of Python functions for one row of 45 fields, from the response to the message of its batch."""


def calls_of_a_read(api: rm.Mocker, rows: int) -> int:
    """Return the number of function calls, in all threads, of a read with ten windows of that many rows."""
    fields: dict[str, Any] = {f"Field_{i}": i for i in range(43)}
    api.get(EXTSUM_URL, json=[row(str(n), **fields) for n in range(rows)])
    settings = config(start_date="2026-11-15", num_workers=2)
    source = Source8x8WorkAnalytics(catalog(), settings, batches=True)
    counts: dict[int, int] = {}

    def count(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            thread = threading.get_ident()
            counts[thread] = counts.get(thread, 0) + 1

    threading.setprofile(count)
    sys.setprofile(count)
    try:
        read = list(source.read(logging.getLogger("x"), settings, catalog(), []))
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    assert sum(len(rows_in(message.record)) for message in read if message.record) == 10 * rows
    return sum(counts.values())


def test_a_row_passes_through_no_function_of_its_own(api: rm.Mocker) -> None:
    api.post(TOKEN_URL, json=token())
    _, few, many = (calls_of_a_read(api, rows) for rows in (1, 100, 1100))  # the first one for what is cached
    a_row = (many - few) / 10_000
    assert 0 < a_row < CALLS_A_ROW, f"{a_row:.2f} calls a row"
