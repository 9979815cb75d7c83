"""Moments and ends of windows where the first page of calls does not suit, and where streams differ."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pendulum
import pytest

from sandbox import Sandbox
from source_8x8_work_analytics.doctor import questions
from source_8x8_work_analytics.doctor.fetching import fetch_all
from source_8x8_work_analytics.doctor.findings import Finding, findings
from source_8x8_work_analytics.doctor.late_changes import LateChanges
from source_8x8_work_analytics.doctor.moment_questions import (
    LARGEST_PAGE,
    NEXT_MIDNIGHT,
    NO_SAMPLE,
    OLDER_PAGES,
)
from source_8x8_work_analytics.doctor.observations import Observations, Reply, Request
from source_8x8_work_analytics.settings import Settings
from testing.doctor_account import ADDRESS, SandboxFetcher
from unit_tests.conftest import NOW

Change = Callable[[Request, Callable[[Request], Reply]], Reply]
"""Fetches a request in another way."""


def examine(change: Change, *variants: str) -> tuple[dict[str, Finding], Observations]:
    sandbox = Sandbox(clock=lambda: NOW, variants=variants)
    fetcher = SandboxFetcher(sandbox)
    settings = Settings.from_config(sandbox.config(ADDRESS), NOW)
    seen = Observations(settings, pendulum.instance(NOW), exchanges=fetcher.exchanges)
    every = questions(LateChanges())
    fetch_all(every, seen, lambda r: change(r, fetcher.fetch), lambda _: None, threading.Event())
    return {finding.id: finding for finding in findings(every, seen)}, seen


def without_ringing(reply: Reply) -> Reply:
    """Calls that connect as soon as they start: no window tells one moment from the other."""
    names = {"connectTimeUTC": "startTimeUTC", "connectedTime": "startTime"}
    rows = [
        {**row, **{name: row[start] for name, start in names.items() if name in row}} for row in reply.rows
    ]
    return replace(reply, rows=rows)


def pages_of(seen: Observations, stream: str) -> list[str]:
    return [dict(request.params)["pageSize"] for request in seen.of_stream(stream)]


@pytest.mark.parametrize(
    "variant", ["end_time=exclusive", "call_legs_time=start", "call_records_time=connect"]
)
def test_a_call_of_an_older_page_is_used_if_the_week_has_none(variant: str) -> None:
    def change(request: Request, fetch: Callable[[Request], Reply]) -> Reply:
        params = dict(request.params)
        in_week = params.get("pageSize") == "500" and params["timeZone"] != "UTC"
        return without_ringing(fetch(request)) if in_week else fetch(request)

    found, seen = examine(change, variant)

    question, value = variant.split("=")
    assert (found[question].seen, found[question].verdict) == (value, "contradicted")
    assert pages_of(seen, "call_records").count(LARGEST_PAGE) == 1


def test_an_account_without_a_suitable_call_leaves_the_moments_open() -> None:
    found, seen = examine(lambda request, fetch: without_ringing(fetch(request)))

    for name in ("end_time", "call_records_time", "call_legs_time"):
        assert (found[name].verdict, found[name].evidence) == ("unknown", NO_SAMPLE)
    for stream in ("call_records", "call_legs"):
        assert pages_of(seen, stream).count(LARGEST_PAGE) == OLDER_PAGES


def test_queues_whose_windows_end_early_get_a_connection_of_their_own() -> None:
    def change(request: Request, fetch: Callable[[Request], Reply]) -> Reply:
        params = dict(request.params)
        if request.stream == "queue_calls":
            end = datetime.fromisoformat(params["endDate"][:-1]) - timedelta(seconds=1)
            params["endDate"] = (
                f"{max(end, datetime.fromisoformat(params['startDate'][:-1])):%Y-%m-%dT%H:%M:%SZ}"
            )
        return fetch(replace(request, params=tuple(params.items())))

    found, _ = examine(change)

    finding = found["end_time"]
    assert (finding.seen, finding.verdict) == ("exclusive", "contradicted")
    assert finding.advice.startswith("Load queue_calls in a separate connection")
    assert '"window_end": "next_midnight"' in finding.advice


def test_windows_that_all_end_early_are_mended_by_one_setting() -> None:
    found, _ = examine(lambda request, fetch: fetch(request), "end_time=exclusive")

    assert found["end_time"].advice == NEXT_MIDNIGHT
    assert "queue_calls: not inclusive" in found["end_time"].evidence
