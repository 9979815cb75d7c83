"""The queue and agent streams equal the truth over clock changes."""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from integration_tests.harness import Run, within
from integration_tests.queue_truth import ENDPOINTS, QUEUE_KEYS
from integration_tests.queues.reading import (
    FIRST,
    LAST,
    NEW_YORK,
    NOW,
    PBXES,
    Configure,
    all_marks,
    days,
    read_all,
    rows_of,
    truths,
)
from integration_tests.truth import truth
from sandbox import Sandbox
from testing.builders import catalog_file

CLOCK_CHANGES = [
    (NEW_YORK, date(2026, 10, 31), 25),
    (NEW_YORK, date(2026, 3, 7), 23),
    ("Australia/Lord_Howe", date(2026, 4, 4), 24.5),
    *(
        pytest.param(*case, marks=pytest.mark.soak)
        for case in (
            ("Europe/London", date(2026, 10, 24), 25),
            ("America/Havana", date(2026, 10, 31), 25),
            ("Asia/Kathmandu", date(2026, 6, 1), 24),
        )
    ),
]
"""Zones, the day before their clocks change, and the length of the day on which they do."""


@pytest.mark.parametrize(("zone", "before", "hours"), CLOCK_CHANGES)
def test_rows_equal_the_truth_over_a_clock_change(
    sandbox: Sandbox,
    configure: Configure,
    at: Callable[[datetime], None],
    zone: str,
    before: date,
    hours: float,
) -> None:
    last = before + timedelta(days=2)
    at(datetime(last.year, last.month, last.day, tzinfo=timezone.utc) + timedelta(days=2))
    config = configure(time_zone=zone, start_date=str(before), end_date=str(last), summary_window="month")
    run = read_all(config)
    assert run.code == 0, run.errors
    assert rows_of(run) == truths(sandbox, PBXES, before, last, zone)
    assert all_marks(run) == {stream: dict.fromkeys(PBXES, str(last)) for stream in QUEUE_KEYS}
    lengths = {
        datetime.fromisoformat(row["window_end"]) - datetime.fromisoformat(row["window_start"])
        for row in run.rows
        if row["report_date"] == str(before + timedelta(days=1))
    }
    assert lengths == {timedelta(hours=hours, seconds=-1)}
    assert all(row["time_zone"] == zone and row["window_complete"] for row in run.rows)
    for state in run.states:
        settings = state["stream"]["stream_state"]["settings"]
        is_calls = state["stream"]["stream_descriptor"]["name"] == "queue_calls"
        assert settings.get("summary_window") == (None if is_calls else "day")


def test_a_day_of_25_hours_is_asked_for_in_parts_only_if_it_is_refused(
    sandbox: Sandbox, configure: Configure
) -> None:
    stream = "call_queue_agent_summary"
    config = configure(start_date="2026-11-01", end_date="2026-11-01", pbx_ids=["acmecorp"])
    within("read", config, streams=catalog_file(stream))
    asked = [(line.start, line.end, line.status) for line in sandbox.requests_to(ENDPOINTS[stream])]
    assert asked == [
        ("2026-11-01T04:00:00Z", "2026-11-02T04:59:59Z", 0),
        ("2026-11-01T04:00:00Z", "2026-11-01T04:59:59Z", 200),
        ("2026-11-01T05:00:00Z", "2026-11-02T04:59:59Z", 200),
    ]
    sandbox.requests.clear()
    sandbox.variants = ["queue_days=any"]
    run = within("read", config, streams=catalog_file(stream))
    assert len(sandbox.requests_to(ENDPOINTS[stream])) == 1
    day = date(2026, 11, 1)
    assert rows_of(run)[stream] == truth(sandbox, "acmecorp", day, day, NEW_YORK, stream, long_days=True)


@pytest.mark.parametrize("names", [["allpbxes"], ["ACMECORP", "acme-europe", "Acme-Apac"]])
def test_names_are_matched_to_ids_by_one_list(
    sandbox: Sandbox, configure: Configure, names: list[str]
) -> None:
    run = read_all(configure(pbx_ids=names))
    assert run.code == 0, run.errors
    assert rows_of(run) == truths(sandbox, PBXES)
    tracked = PBXES if names == ["allpbxes"] else names
    assert all_marks(run) == {stream: dict.fromkeys(tracked, str(LAST)) for stream in QUEUE_KEYS}
    assert len(sandbox.requests_to("/pbxes")) == 1


def test_all_four_share_one_list_and_one_login_and_agree(sandbox: Sandbox, configure: Configure) -> None:
    run = read_all(configure())
    assert run.code == 0, run.errors
    assert len(sandbox.requests_to("/pbxes")) == 1
    assert len(sandbox.requests_to("/token")) == 1
    for stream in ("call_queue_summary", "agent_summary"):
        assert len(sandbox.requests_to(ENDPOINTS[stream])) == len(PBXES) * len(days())
    rows = rows_of(run)
    entered = Counter(
        (row["pbx_id"], row["workGroup_id"], row["report_date"]) for row in rows["queue_calls"].values()
    )
    accepted: Counter[tuple[Any, ...]] = Counter()
    for row in rows["call_queue_agent_summary"].values():
        accepted[row["pbx_id"], row["queueId"], row["report_date"]] += row["acceptedInteractions"]
    for key, queue in rows["call_queue_summary"].items():
        assert queue["enteredCalls"] == entered[key]
        assert queue["acceptedCalls"] + queue["abandonedInHandlingCalls"] == accepted[key]


def test_pages_of_calls(sandbox: Sandbox, configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second page size is taken where the first is refused."""
    monkeypatch.setattr("source_8x8_work_analytics.reports.queues.PAGE_SIZES", (1000, 7))
    sandbox.variants = ["queue_page=100"]
    run = within("read", configure(pbx_ids=["acmecorp"], num_workers=2), streams=catalog_file("queue_calls"))
    expected = truth(sandbox, "acmecorp", FIRST, LAST, NEW_YORK, "queue_calls")
    assert rows_of(run) == {"queue_calls": expected}
    per_day = [sum(row["report_date"] == str(day) for row in expected.values()) for day in days()]
    answered = [line for line in sandbox.requests_to("/calls") if line.status == 200]
    assert len(answered) == sum(-(-count // 7) + 1 for count in per_day)
    assert len(sandbox.requests_to("/calls")) == len(answered) + 1


def test_older_spellings_give_the_same_rows(sandbox: Sandbox, configure: Configure) -> None:
    sandbox.variants = ["queue_format=older"]
    run = read_all(configure(pbx_ids=["acmecorp"]))
    assert run.code == 0, run.errors
    assert rows_of(run) == truths(sandbox, ["acmecorp"])


def test_numbers_that_do_not_add_up_are_one_warning(sandbox: Sandbox, configure: Configure) -> None:
    sandbox.variants = ["queue_identity=different"]
    run = read_all(configure())
    assert run.code == 0
    assert run.text.count("do not add up as documented") == 1
    assert "call_queue_summary: in some rows" in run.text


def test_interruptions_lose_and_repeat_nothing(sandbox: Sandbox, configure: Configure) -> None:
    config = configure(lookback_days=0)
    whole = read_all(config)
    expected = rows_of(whole)
    for part in (0.35, 0.7):
        kept = Run(whole.lines[: round(part * len(whole.lines))], 0)
        rest = read_all(config, kept.state)
        assert rest.code == 0
        rows = {
            stream: {**rows_of(kept).get(stream, {}), **rows_of(rest).get(stream, {})}
            for stream in QUEUE_KEYS
        }
        assert rows == expected


def test_the_open_day_is_read_again_and_so_is_the_lookback(
    sandbox: Sandbox, configure: Configure, at: Callable[[datetime], None]
) -> None:
    config = configure(only_finished_windows=False, pbx_ids=["acmecorp"], lookback_days=1)
    at(datetime(2026, 11, 3, 18, 0, tzinfo=timezone.utc))
    first = read_all(config)
    assert {row["report_date"] for row in first.rows if not row["window_complete"]} == {"2026-11-03"}
    assert all_marks(first) == {stream: {"acmecorp": "2026-11-02"} for stream in QUEUE_KEYS}
    at(NOW)
    sandbox.correct("acmecorp", date(2026, 11, 2))
    again = read_all(config, first.state)
    sandbox_rows = truths(sandbox, ["acmecorp"])
    sandbox.revisions.clear()
    assert {row["report_date"] for row in again.rows} <= {"2026-11-02", "2026-11-03", "2026-11-04"}
    for stream in QUEUE_KEYS:
        rows = {**rows_of(first)[stream], **rows_of(again)[stream]}
        settled = {key: row for key, row in rows.items() if row["report_date"] <= str(LAST)}
        assert settled == sandbox_rows[stream]


def test_a_changed_zone(sandbox: Sandbox, configure: Configure) -> None:
    """Daily sums of another zone overlap those already loaded; calls only move to another day."""
    first = read_all(configure())
    again = read_all(configure(time_zone="Asia/Kathmandu"), first.state)
    assert "queue_calls: the time zone was America/New_York and is now Asia/Kathmandu" in again.text
    assert {error["stream_descriptor"]["name"] for error in again.errors} == set(QUEUE_KEYS) - {"queue_calls"}
    assert {error["failure_type"] for error in again.errors} == {"config_error"}
    weekly = read_all(configure(summary_window="week"), first.state)
    assert weekly.code == 0, "these streams have days, whatever summary_window says"
