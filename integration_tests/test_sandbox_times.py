"""Variants about time: where windows end, what they contain, how far back they go."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from integration_tests.sandbox_client import NOW, WINDOW, ZONE, Client, call_count, with_variants
from sandbox import Sandbox

DAY, WEEK = WINDOW, ("2026-11-02 00:00:00", "2026-11-08 23:59:59", ZONE)
CALLS = {"call_records": "/v2/call-records", "call_legs": "/v2/call-legs"}
FIELD = {"start": "startTimeUTC", "connect": "connectTimeUTC", "disconnect": "disconnectedTimeUTC"}


@pytest.fixture
def sandbox(client: Client) -> Sandbox:
    return client.sandbox


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize("stream", [*CALLS, "extension_summary"])
def test_end_time(sandbox: Sandbox, client: Client, stream: str) -> None:
    """A window that ends at the second of a leg holds it, or not; the truth of the day stays."""
    path = {**CALLS, "extension_summary": "/v2/extsum"}[stream]
    truth = sandbox.call_rows(stream == "call_legs", "acmecorp", *WEEK)
    late, whole = truth[0]["disconnectedTimeUTC"], None
    assert late % 1000
    for back in range(100):
        days = [_text(datetime(2026, 11, 1) - timedelta(days=7 * back + gone)) for gone in (7, 1)]
        rows = sandbox.call_rows(stream == "call_legs", "acmecorp", days[0], days[1], "UTC")
        whole = next((m for row in rows if (m := row["disconnectedTimeUTC"]) % 1000 == 0), None)
        if whole:
            break
    assert whole
    expected = {
        "inclusive": (True, True),
        "to the millisecond": (False, True),
        "exclusive": (False, False),
    }
    for word, found in expected.items():
        with with_variants(sandbox, f"end_time={word}"):
            assert (_ends_at(client, path, late), _ends_at(client, path, whole)) == found, word
            assert sandbox.call_rows(stream == "call_legs", "acmecorp", *WEEK) == truth


def _ends_at(client: Client, path: str, moment: int) -> bool:
    """Return whether a window that ends at a moment's second has more than one that ends a second before."""
    end = datetime.fromtimestamp(moment // 1000, timezone.utc)
    start = _text(end - timedelta(hours=3))
    counts = []
    for last in (end, end - timedelta(seconds=1)):
        content = client.report(path, window=(start, _text(last), "UTC")).json()
        counts.append(len(content["data"]) if "data" in content else sum(map(call_count, content)))
    return counts[0] > counts[1]


@pytest.mark.parametrize("stream", CALLS)
@pytest.mark.parametrize("word", FIELD)
def test_which_moment_decides(sandbox: Sandbox, client: Client, stream: str, word: str) -> None:
    sandbox.variants = (f"{stream}_time={word}",)
    whole = sandbox.call_rows(stream == "call_legs", "acmecorp", *WEEK)
    middle = ("2026-11-04 11:00:00", "2026-11-04 11:59:59", ZONE)
    first = datetime(2026, 11, 4, 16, tzinfo=timezone.utc).timestamp() * 1000
    expected = [row for row in whole if first <= row[FIELD[word]] < first + 3_600_000]
    assert client.report(CALLS[stream], window=middle).json()["data"] == expected
    assert expected
    assert (
        len({(row["startTimeUTC"] < first, row["disconnectedTimeUTC"] >= first + 3_600_000) for row in whole})
        > 1
    )
    if word == "connect":
        assert all(row["connectTimeUTC"] for row in whole)


def test_windows_that_do_not_add_up(sandbox: Sandbox, client: Client) -> None:
    def talk(window: tuple[str, str, str]) -> int:
        return sum(int(row["Total_Talk_Time"]) for row in client.report("/v2/extsum", window=window).json())

    days = [(f"2026-11-0{day} 00:00:00", f"2026-11-0{day} 23:59:59", ZONE) for day in range(2, 9)]
    assert sum(map(talk, days)) == talk(WEEK)
    sandbox.variants = ("windows_add_up=different",)
    assert sum(map(talk, days)) < talk(WEEK)


@pytest.mark.parametrize(("day", "hours"), [("2026-11-01", 25), ("2026-03-08", 23)])
def test_a_clock_change_day(sandbox: Sandbox, client: Client, day: str, hours: int) -> None:
    """Up to midday, where there are calls, an hour is missing or there twice."""
    sandbox.busy = 20
    start = datetime.fromisoformat(f"{day} 05:00:00") - timedelta(hours=1 if hours == 25 else 0)
    to_noon = (_text(start), _text(start + timedelta(hours=hours - 12) - timedelta(seconds=1)), "UTC")
    local = (f"{day} 00:00:00", f"{day} 11:59:59", ZONE)
    truth = sandbox.extension_rows("acmecorp", *local)
    assert client.report("/v2/extsum", window=local).json() == truth
    assert client.report("/v2/extsum", window=to_noon).json() == truth
    sandbox.variants = ("clock_change_day=different",)
    different = sum(map(call_count, client.report("/v2/extsum", window=local).json()))
    assert (different < sum(map(call_count, truth))) == (hours == 25)
    assert different != sum(map(call_count, truth))
    assert client.report("/v2/extsum", window=to_noon).json() == truth
    assert client.report("/v2/extsum", window=DAY).json() == sandbox.extension_rows("acmecorp", *DAY)


def test_retention(sandbox: Sandbox, client: Client) -> None:
    old = ("2024-11-04 00:00:00", "2024-11-04 23:59:59", ZONE)
    kept = ("2024-11-25 00:00:00", "2024-11-25 23:59:59", ZONE)
    assert client.report("/v2/extsum", window=old).json() == []
    rows = client.report("/v2/extsum", window=kept).json()
    with with_variants(sandbox, "retention=rows"):
        assert (
            client.report("/v2/extsum", window=old).json() == sandbox.extension_rows("acmecorp", *old) != []
        )
    with with_variants(sandbox, "retention=error"):
        assert client.report("/v2/extsum", window=old).status_code == 400
        assert client.report("/v2/extsum", window=kept).json() == rows != []


def test_late_changes(sandbox: Sandbox) -> None:
    """From one day to the next, the days up to that age change, and no older ones."""
    sandbox.variants = ("late_changes=5",)
    days = [NOW.date() - timedelta(days=back) for back in range(1, 10)]

    def truth() -> dict[str, Any]:
        rows = {str(day): (f"{day} 00:00:00", f"{day} 23:59:59", "UTC") for day in days}
        return {day: sandbox.extension_rows("acmecorp", *window) for day, window in rows.items()}

    before = truth()
    sandbox.clock = lambda: NOW + timedelta(days=1)
    after = truth()
    sandbox.clock = lambda: NOW
    changed = [str(day) for day in days if before[str(day)] != after[str(day)]]
    assert changed
    assert min(changed) >= str(NOW.date() - timedelta(days=4))
    assert str(NOW.date() - timedelta(days=4)) in changed, "five days old the day after"
    assert truth() == before
