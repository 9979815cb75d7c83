"""Which windows are compared with which, and what their reports tell."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pendulum
import pytest

from source_8x8_work_analytics.doctor.findings import Outcome
from source_8x8_work_analytics.doctor.observations import (
    EXTENSIONS,
    RECORDS,
    Observations,
    Reply,
    Request,
    additive_fields,
    list_request,
)
from source_8x8_work_analytics.doctor.window_questions import (
    AllPbxes,
    ClockChangeDay,
    Retention,
    WindowsAddUp,
    differences,
    totals,
    totals_of,
)
from unit_tests.doctor.observed import account, account_with_days

SUM_ADVICE = "Do not mix sums over days with reports over weeks or months. Report this."
CLOCK_ADVICE = "Do not trust the sums of days on which clocks change. Report this."
OLD_ADVICE = "Nothing to set: the connector never requests such days."
KEPT_ADVICE = "Days older than two years can be read, which the connector does not do. Report this."
PBX_ADVICE = "List each PBX in pbx_ids instead of allpbxes."
DENIED = Reply(403, problem="HTTP 403")
NOT_REQUESTED = "not requested: not needed"

Row = dict[str, Any]


def extension(name: str = "1001", pbx: str = "acmecorp", **numbers: Any) -> Row:
    return {"PbxId": pbx, "Extension": name, **numbers}


def calls(*counts: int) -> Reply:
    return Reply(200, [extension(str(i), Inbound_Total=count) for i, count in enumerate(counts)])


def test_totals_are_sums_by_pbx_and_extension() -> None:
    found = [
        extension(Inbound_Total=2, Outbound_Total=None, Total_Talk_Time=0, Avg_Talk_Time=9),
        extension(Inbound_Total=0, Total_Talk_Time=None, Avg_Talk_Time=9),
        extension(pbx="AcmeCorp", Inbound_Total="3", Outbound_Total=1, Total_Missed="x"),
        extension("1002", "other", Total_Talk_Time=5.5),
        {"Extension": 7, "Inbound_Total": 1},
    ]
    expected = {
        ("acmecorp", "1001"): {"Inbound_Total": 5, "Total_Talk_Time": 0, "Outbound_Total": 1},
        ("other", "1002"): {"Total_Talk_Time": 5.5},
        ("none", "7"): {"Inbound_Total": 1},
    }

    assert totals(found) == totals_of(Reply(200, found)) == expected


A, B, C = ("acmecorp", "1001"), ("acmecorp", "1002"), ("acmecorp", "1003")
FIRST = additive_fields()[:8]
FIRST_SIX = ", ".join(f"{name} by +1 in 1 row" for name in FIRST[:6])


@pytest.mark.parametrize(
    ("left", "right", "words"),
    [
        ({}, {}, ""),
        ({A: {"Inbound_Total": 2}}, {A: {"Inbound_Total": 2, "Outbound_Total": 0}}, ""),
        ({A: {"Inbound_Total": 2}}, {A: {"Inbound_Total": 3}}, "Inbound_Total by -1 in 1 row"),
        (
            {A: {"Inbound_Total": 1_000}, B: {"Inbound_Total": 500}},
            {C: {"Inbound_Total": 100}},
            "Inbound_Total by +1,400 in 3 rows",
        ),
        (
            {A: {"Outbound_Total": 4}, B: {"Inbound_Total": 1}},
            {A: {"Inbound_Total": 1}, B: {}},
            "Inbound_Total by +0 in 2 rows, Outbound_Total by +4 in 1 row",
        ),
        ({A: dict.fromkeys(FIRST[:6], 1)}, {}, FIRST_SIX),
        ({A: dict.fromkeys(FIRST[:7], 1)}, {}, f"{FIRST_SIX}, and 1 more fields"),
        ({A: dict.fromkeys(FIRST, 1)}, {}, f"{FIRST_SIX}, and 2 more fields"),
        (
            {(A[0], str(i)): {"Inbound_Total": 1} for i in range(1_000)},
            {},
            "Inbound_Total by +1,000 in 1,000 rows",
        ),
    ],
)
def test_differences_are_named_by_field(left: Any, right: Any, words: str) -> None:
    assert differences(left, right) == words


def test_the_days_of_a_week_are_compared_with_the_week() -> None:
    seen = account()
    requested = [*(seen.day_request(day) for day in seen.week), seen.week_request(EXTENSIONS)]

    assert WindowsAddUp().requests(seen) == [*seen.first_requests(), *requested]
    assert WindowsAddUp().judge(seen) == Outcome("", "unknown", NOT_REQUESTED)


@pytest.mark.parametrize(
    ("week", "outcome"),
    [
        (calls(7_000, 7), Outcome("equal", "holds", "2 extensions, 7,007 calls in the week")),
        (
            calls(7_001, 7),
            Outcome(
                "Inbound_Total by -1 in 1 row",
                "contradicted",
                "2 extensions, 7,008 calls in the week",
                SUM_ADVICE,
            ),
        ),
    ],
)
def test_days_that_do_not_add_up_are_a_finding(week: Reply, outcome: Outcome) -> None:
    seen = account()
    seen.replies[seen.week_request(EXTENSIONS)] = week
    seen.replies |= {seen.day_request(day): calls(1_000, 1) for day in seen.week}

    assert WindowsAddUp().judge(seen) == outcome


def test_many_extensions_are_readable() -> None:
    seen = account()
    seen.replies |= {seen.day_request(day): Reply(200) for day in seen.week}
    both = {seen.day_request(seen.week[3]), seen.week_request(EXTENSIONS)}
    seen.replies |= dict.fromkeys(both, calls(*[1] * 1_234))

    assert WindowsAddUp().judge(seen) == Outcome(
        "equal", "holds", "1,234 extensions, 1,234 calls in the week"
    )


FALL, SPRING, FALL_BEFORE = (pendulum.date(*day) for day in ((2026, 11, 1), (2026, 3, 8), (2025, 11, 2)))


def with_changes(*counts: int, **changes: Any) -> Observations:
    """Return an account with so many calls on the newest days on which clocks changed."""
    seen = account(**changes)
    days = (seen.day_request(day) for day in seen.clock_change_days())
    seen.replies |= {day: calls(count) for day, count in zip(days, counts, strict=False)}
    return seen


def records(seen: Observations, day: pendulum.Date) -> Request:
    return seen.day_request(day, RECORDS, pageSize="500")


def both(seen: Observations, day: pendulum.Date, end: str, start_utc: str, end_utc: str) -> list[Request]:
    return [
        seen.report(EXTENSIONS, f"{day} 00:00:00", end),
        seen.report(EXTENSIONS, start_utc, end_utc, "UTC"),
    ]


def whole_fall(seen: Observations) -> list[Request]:
    return both(seen, FALL, "2026-11-01 23:59:59", "2026-11-01 04:00:00", "2026-11-02 04:59:59")


@pytest.mark.parametrize("counts", [(), (1, 1), (0, 0, 0)])
def test_the_three_newest_days_on_which_clocks_changed_are_tried_first(counts: tuple[int, ...]) -> None:
    seen = with_changes(*counts)

    days = [seen.day_request(day) for day in (FALL, SPRING, FALL_BEFORE)]
    assert ClockChangeDay().requests(seen) == [*seen.first_requests(), *days]


def test_the_day_with_most_calls_is_compared_in_its_zone_and_in_utc() -> None:
    seen = with_changes(1, 2, 1, 9)
    days = [seen.day_request(day) for day in (FALL, SPRING, FALL_BEFORE)]
    pair = both(seen, SPRING, "2026-03-08 23:59:59", "2026-03-08 05:00:00", "2026-03-09 03:59:59")

    expected = [*seen.first_requests(), *days, records(seen, SPRING), *pair]
    assert ClockChangeDay().requests(seen) == expected


def utc_ms(month: int, day: int, hour: int, minute: int = 0, second: int = 0) -> int:
    return round(1000 * datetime(2026, month, day, hour, minute, second, tzinfo=timezone.utc).timestamp())


def call(end: int, seconds: float = 60) -> Row:
    return {"startTimeUTC": round(end - 1000 * seconds), "disconnectedTimeUTC": end}


MORNING = utc_ms(11, 1, 15, 5, 0)
"""Five past ten in New York, after the change."""


@pytest.mark.usefixtures("_local_time")
@pytest.mark.parametrize(
    ("found", "begin", "end"),
    [
        ([call(MORNING)], "10:03:59", "10:05:01"),
        ([call(MORNING + 999, 60.9)], "10:03:59", "10:05:01"),
        ([call(MORNING, 1_199)], "09:45:00", "10:05:01"),
        ([call(MORNING + 60_000), call(MORNING)], "10:04:59", "10:06:01"),
        ([call(MORNING, 1_200), call(MORNING + 60_000)], "10:04:59", "10:06:01"),
        ([call(MORNING + 100, 1_199.2), call(MORNING + 60_000)], "10:04:59", "10:06:01"),
        ([{}, {"disconnectedTimeUTC": MORNING}, call(MORNING)], "10:03:59", "10:05:01"),
        ([call(MORNING - 86_400_000), call(MORNING)], "10:03:59", "10:05:01"),
        ([call(utc_ms(11, 1, 11, 0, 0))], "05:58:59", "06:00:01"),
        ([call(utc_ms(11, 1, 10, 59, 59))], "", ""),
        ([call(utc_ms(11, 2, 2, 59, 59))], "21:58:58", "22:00:00"),
        ([call(utc_ms(11, 2, 3, 0, 0))], "", ""),
        ([call(MORNING + 86_400_000)], "", ""),
    ],
)
def test_a_short_call_by_daylight_splits_the_day(found: list[Row], begin: str, end: str) -> None:
    seen = with_changes(3, 1, 1)
    seen.replies[records(seen, FALL)] = Reply(200, found)
    pairs = whole_fall(seen)
    for local in filter(None, (begin, end)):
        utc = datetime.fromisoformat(f"2026-11-01T{local}") + timedelta(hours=5)
        pairs += both(seen, FALL, f"2026-11-01 {local}", "2026-11-01 04:00:00", str(utc))

    days = [seen.day_request(day) for day in (FALL, SPRING, FALL_BEFORE)]
    expected = [*seen.first_requests(), *days, records(seen, FALL), *pairs]
    assert ClockChangeDay().requests(seen) == expected


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (lambda: account(time_zone="Asia/Tokyo"), "clocks do not change in this time zone"),
        (account, NOT_REQUESTED),
        (lambda: with_changes(0, 0), NOT_REQUESTED),
        (lambda: with_changes(0, 0, 0), "no calls on the last 3 days on which clocks changed"),
        (lambda: with_changes(3, 1, 1), NOT_REQUESTED),
    ],
)
def test_without_a_day_to_compare_the_question_is_open(seen: Any, reason: str) -> None:
    assert ClockChangeDay().judge(seen()) == Outcome("", "unknown", reason)


def compared(utc: list[Reply], found: list[Row]) -> Outcome:
    """Return the outcome for a day whose parts have a thousand, two and three calls in the zone."""
    seen = with_changes(1_000, 1, 1)
    seen.replies[records(seen, FALL)] = Reply(200, found)
    *_, day, whole_utc, before, before_utc, after, after_utc = ClockChangeDay().requests(seen)
    assert day == seen.day_request(FALL)
    seen.replies |= {before: calls(2), after: calls(3)}
    seen.replies |= dict(zip((whole_utc, before_utc, after_utc), utc, strict=False))
    return ClockChangeDay().judge(seen)


COUNTED = "2026-11-01 has 25 hours; 1,000 calls"


@pytest.mark.parametrize(
    ("utc", "outcome"),
    [
        ([calls(1_000), calls(2), calls(3)], Outcome("equal", "holds", COUNTED)),
        (
            [calls(900), calls(2), calls(3)],
            Outcome(
                "different",
                "contradicted",
                f"{COUNTED}; zone compared with UTC: Inbound_Total by +100 in 1 row",
                CLOCK_ADVICE,
            ),
        ),
        (
            [calls(1_000), calls(2), calls(5)],
            Outcome(
                "different",
                "contradicted",
                f"{COUNTED}; zone compared with UTC: Inbound_Total by -2 in 1 row",
                CLOCK_ADVICE,
            ),
        ),
        ([calls(1_000), DENIED, calls(3)], Outcome("", "unknown", "HTTP 403")),
        ([calls(1_000), calls(2)], Outcome("", "unknown", NOT_REQUESTED)),
    ],
)
def test_a_day_and_its_parts_are_compared_with_utc(utc: list[Reply], outcome: Outcome) -> None:
    assert compared(utc, [call(MORNING)]) == outcome


@pytest.mark.parametrize(
    ("read", "outcome"),
    [
        ({"utc": calls(4)}, Outcome("", "unknown", NOT_REQUESTED)),
        ({"utc": calls(4), "records": DENIED}, Outcome("", "unknown", "HTTP 403")),
        (
            {"utc": calls(4), "records": Reply(200)},
            Outcome("", "unknown", "2026-03-08 has 23 hours; 4 calls, none of them a short daytime call"),
        ),
        (
            {"utc": calls(3), "records": Reply(200)},
            Outcome(
                "different",
                "contradicted",
                "2026-03-08 has 23 hours; 4 calls; zone compared with UTC: Inbound_Total by +1 in 1 row",
                CLOCK_ADVICE,
            ),
        ),
    ],
    ids=["records not read", "records denied", "equal", "different"],
)
def test_a_whole_day_can_only_be_found_to_differ(read: dict[str, Reply], outcome: Outcome) -> None:
    seen = with_changes(1, 4, 1)
    *_, found, day, utc = ClockChangeDay().requests(seen)
    assert (found, day) == (records(seen, SPRING), seen.day_request(SPRING))
    requests = {"records": found, "utc": utc}
    seen.replies |= {requests[name]: reply for name, reply in read.items()}

    assert ClockChangeDay().judge(seen) == outcome


def test_a_change_of_half_an_hour_is_said() -> None:
    seen = with_changes(1, 0, 0, time_zone="Australia/Lord_Howe")
    *_, found, _, utc = ClockChangeDay().requests(seen)
    seen.replies |= {found: Reply(200), utc: calls(1)}

    reason = "2026-10-04 has 23.5 hours; 1 calls, none of them a short daytime call"
    assert ClockChangeDay().judge(seen) == Outcome("", "unknown", reason)


def around_the_edge(seen: Observations) -> list[Request]:
    """Return days 3 weeks before the two years and 3 and 6 weeks after it, on the busiest day's weekday."""
    return [seen.day_request(pendulum.date(*day)) for day in ((2024, 11, 6), (2024, 12, 18), (2025, 1, 8))]


def test_retention_waits_for_the_busiest_day() -> None:
    seen = account()
    assert Retention().requests(seen) == seen.first_requests()
    seen.stopped = "interrupted"
    assert Retention().judge(seen) == Outcome("", "unknown", "not requested: interrupted")


@pytest.mark.parametrize(
    ("read", "requested"),
    [([], 2), ([0], 2), ([5, 0], 3), ([0, 0], 3), ([0, 1], 2), ([0, 0, 0], 3)],
)
def test_a_later_day_is_requested_only_if_the_one_within_two_years_has_no_calls(
    read: list[int], requested: int
) -> None:
    seen = account_with_days()
    days = around_the_edge(seen)
    seen.replies |= {day: calls(count) for day, count in zip(days, read, strict=False)}

    assert Retention().requests(seen) == [*seen.first_requests(), *days[:requested]]


def test_a_busiest_day_on_the_weekday_of_the_edge_moves_no_day() -> None:
    seen = account_with_days()
    seen.started_at = pendulum.datetime(2026, 11, 25, 4, 30, tz="UTC")  # still the 24th in New York
    seen.replies[seen.day_request(seen.week[-1])] = calls(50)

    days = [seen.day_request(pendulum.date(*day)) for day in ((2024, 11, 3), (2024, 12, 15))]
    assert Retention().requests(seen) == [*seen.first_requests(), *days]


def calls_of_edge(old: str, within: str) -> str:
    return f"{old} calls on a day older than two years, {within} on one within two years"


@pytest.mark.parametrize(
    ("replies", "outcome"),
    [
        ([], Outcome("", "unknown", NOT_REQUESTED)),
        (
            [Reply(400, problem="HTTP 400")],
            Outcome(
                "error",
                "contradicted",
                "a day 3 weeks before the two-year limit: HTTP 400",
                OLD_ADVICE,
            ),
        ),
        ([Reply(500, problem="HTTP 500"), calls(1)], Outcome("", "unknown", "HTTP 500")),
        ([calls(0), calls(1_000)], Outcome("empty", "holds", calls_of_edge("0", "1,000"))),
        ([calls(0), calls(0), calls(1)], Outcome("empty", "holds", calls_of_edge("0", "1"))),
        (
            [calls(0), DENIED],
            Outcome("", "unknown", f"{calls_of_edge('0', '0')}: the account may be younger than two years"),
        ),
        (
            [calls(0), calls(0), calls(0)],
            Outcome("", "unknown", f"{calls_of_edge('0', '0')}: the account may be younger than two years"),
        ),
        (
            [calls(2_000), calls(3)],
            Outcome("rows", "contradicted", calls_of_edge("2,000", "3"), KEPT_ADVICE),
        ),
        (
            [calls(2), calls(0), calls(0)],
            Outcome("rows", "contradicted", calls_of_edge("2", "0"), KEPT_ADVICE),
        ),
    ],
)
def test_a_day_older_than_two_years_has_calls_or_not(replies: list[Reply], outcome: Outcome) -> None:
    seen = account_with_days()
    seen.replies |= dict(zip(around_the_edge(seen), replies, strict=False))

    assert Retention().judge(seen) == outcome


def with_pbxes(count: int) -> Observations:
    seen = account()
    names = ["acmecorp", *(f"pbx{i}" for i in range(1, count))][:count]
    seen.replies[list_request("pbxes")] = Reply(200, [{"name": name, "id": name} for name in names])
    return seen


@pytest.mark.parametrize(
    ("count", "compared", "reason"),
    [
        (0, 0, "the list of PBXs is empty"),
        (1, 2, NOT_REQUESTED),
        (20, 21, NOT_REQUESTED),
        (21, 0, "21 PBXs exceed the limit of 20 for this comparison"),
    ],
)
def test_up_to_twenty_pbxes_are_compared(count: int, compared: int, reason: str) -> None:
    seen = with_pbxes(count)
    names = ["allpbxes", "acmecorp", *(f"pbx{i}" for i in range(1, 20))][:compared]

    weeks = [seen.week_request(EXTENSIONS, name) for name in names]
    assert AllPbxes().requests(seen) == [*seen.first_requests(), *weeks]
    assert AllPbxes().judge(seen) == Outcome("", "unknown", reason)


def test_a_list_of_pbxes_that_was_not_read_is_said() -> None:
    seen = account()
    seen.replies[list_request("pbxes")] = DENIED

    assert AllPbxes().judge(seen) == Outcome("", "unknown", "HTTP 403")


@pytest.mark.parametrize(
    ("together", "outcome"),
    [
        (calls(5, 1), Outcome("equal", "holds", "3 PBXs, 2 of them with calls in the week")),
        (
            calls(5, 3),
            Outcome(
                "different",
                "contradicted",
                "3 PBXs, 2 of them with calls in the week; allpbxes compared with their sum: "
                "Inbound_Total by +2 in 1 row",
                PBX_ADVICE,
            ),
        ),
    ],
)
def test_all_pbxes_are_compared_with_their_sum(together: Reply, outcome: Outcome) -> None:
    seen = with_pbxes(3)
    *_, everything, first, second, third = AllPbxes().requests(seen)
    seen.replies |= {everything: together, first: calls(1), second: calls(4, 1), third: calls(0)}

    assert AllPbxes().judge(seen) == outcome
