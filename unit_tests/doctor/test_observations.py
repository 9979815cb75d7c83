"""What replies tell of an account: its PBXs, its week and its calls, and whether reports are cut."""

from datetime import datetime, timezone
from typing import Any

import pendulum
import pytest

from source_8x8_work_analytics.doctor.observations import (
    EXTENSIONS,
    GROUPS,
    LEGS,
    MEMBERS,
    NO_CALLS,
    QUEUE_CALLS,
    RECORDS,
    Observations,
    Reply,
    Request,
    Unsettled,
    additive_fields,
    call_count,
    calls_in,
    hours_of,
    list_request,
    number,
    utc_text,
)
from source_8x8_work_analytics.reports.pbx_directory import Pbx
from testing.builders import plain_id, settings
from testing.documented import FIELDS
from unit_tests.conftest import NOW
from unit_tests.doctor.observed import account, account_with_days

ZONE = "America/New_York"
DENIED = Reply(403, problem="HTTP 403")


def nothing_read(now: pendulum.DateTime = NOW, stopped: str = "", **changes: Any) -> Observations:
    return Observations(settings(**changes), now, stopped=stopped)


def days(first: str) -> list[str]:
    start = pendulum.Date.fromisoformat(first)
    return [str(start.add(days=i)) for i in range(7)]


@pytest.mark.parametrize(
    ("moment", "today", "monday"),
    [
        ((2026, 11, 24, 15), "2026-11-24", "2026-11-16"),
        ((2026, 11, 24, 4), "2026-11-23", "2026-11-09"),
        ((2026, 11, 24, 5), "2026-11-24", "2026-11-16"),
        ((2026, 11, 29, 15), "2026-11-29", "2026-11-16"),
    ],
)
def test_the_week_ended_at_least_one_whole_local_day_ago(
    moment: tuple[int, int, int, int], today: str, monday: str
) -> None:
    seen = nothing_read(pendulum.datetime(*moment, tz="UTC"))

    assert str(seen.today) == today
    assert [str(day) for day in seen.week] == days(monday)


@pytest.mark.parametrize(
    ("status", "rejected"), [(0, False), (399, False), (400, True), (499, True), (500, False)]
)
def test_a_status_tells_whether_a_request_was_rejected(status: int, rejected: bool) -> None:
    assert Reply(status).rejected is rejected


def test_what_is_unsettled_has_a_reason_and_may_have_advice() -> None:
    both = Unsettled("the reason", "the advice")
    assert (str(both), both.advice, Unsettled("the reason").advice) == ("the reason", "the advice", "")


DAY = (("startTime", "1"), ("endTime", "2"))
ONE, TWO, THREE, SHORT = (Request(EXTENSIONS, path, DAY) for path in ("one", "two", "three", "short"))


def test_a_request_has_a_reply_or_a_reason_why_not() -> None:
    seen = nothing_read()
    known = seen.replies[ONE] = Reply(200)
    other = seen.replies[Request(GROUPS, "one")] = Reply(200)

    assert seen.reply(ONE) is known
    missing = seen.reply(TWO)
    assert (missing.status, missing.rows, missing.problem) == (0, [], "not requested: not needed")
    seen.stopped = "interrupted"
    assert seen.reply(TWO).problem == "not requested: interrupted"
    assert seen.of_stream(EXTENSIONS) == {ONE: known}
    assert seen.of_stream(GROUPS) == {Request(GROUPS, "one"): other}
    assert (seen.has([]), seen.has([ONE]), seen.has([ONE, TWO])) == (True, True, False)


def test_failures_are_said_once() -> None:
    seen = nothing_read(stopped="interrupted")
    seen.replies = {ONE: DENIED, TWO: Reply(200), SHORT: DENIED}

    assert seen.failures([TWO]) == seen.failures([]) == ""
    assert seen.failures([*seen.replies, THREE]) == "HTTP 403; not requested: interrupted"
    assert seen.read([TWO, TWO]) == [seen.replies[TWO]] * 2
    with pytest.raises(Unsettled, match=r"^HTTP 403$"):
        seen.read(iter([TWO, ONE]))


def listed(first: int, count: int, pbx: str = "acmecorp") -> Reply:
    """Return a report with so many extensions."""
    return Reply(200, [{"PbxId": pbx, "Extension": str(first + i)} for i in range(count)])


def test_a_report_that_is_cut_has_failed() -> None:
    seen = nothing_read()
    seen.replies = {ONE: listed(0, 1_000), TWO: listed(1_000, 1_000), THREE: listed(2_000, 1_000)}
    seen.replies[SHORT] = listed(0, 999)
    words = "extension_summary returns only 1,000 rows (see row_cap)"

    assert seen.failures([ONE, THREE]) == words
    assert seen.failures([SHORT]) == ""
    del seen.replies[ONE]
    assert seen.failures([THREE]) == ""
    seen.replies = {window("1", "7"): listed(0, 1), window("2", "2"): listed(1, 1)}
    assert seen.failures(seen.replies) == "extension_summary returns only 1 row (see row_cap)"


def window(
    start: str, end: str, pbx: str = "acmecorp", zone: str = "UTC", path: str = "p", **more: str
) -> Request:
    """Return the request for a report whose window is from one day to another."""
    params = {"pbxId": pbx, "startTime": start, "endTime": end, "timeZone": zone, **more}
    return Request(EXTENSIONS, path, tuple(params.items()))


def instants(start: str, end: str, path: str = "p") -> Request:
    return Request("call_queue_summary", path, (("startDate", start), ("endDate", end), ("s", "false")))


def queues(*names: str) -> Reply:
    return Reply(200, [{"pbx_id": "a", "id": name} for name in names])


def round_reports(*counts: int, stream: str = EXTENSIONS) -> dict[Request, Reply]:
    """Return reports of which none contains another."""
    return {Request(stream, str(i), DAY): listed(1_000 * i, count) for i, count in enumerate(counts)}


@pytest.mark.parametrize(
    ("counts", "cap"),
    [
        ((), 0),
        ((0, 0, 0), 0),
        ((100, 100), 0),
        ((100, 100, 100), 100),
        ((100, 100, 100, 100, 3), 100),
        ((100, 100, 99), 0),
        ((99, 99, 99), 0),
        ((50, 50, 50), 0),
        ((64, 64, 64), 0),
        ((100, 100, 100, 101), 0),
        ((101, 101, 101), 0),
        ((125, 125, 125), 0),
        ((150, 150, 150), 150),
        ((128, 128, 128), 128),
        ((129, 129, 129), 0),
    ],
)
def test_three_reports_with_the_same_round_number_of_rows_are_cut(counts: tuple[int, ...], cap: int) -> None:
    seen = nothing_read()
    seen.replies = round_reports(*counts) | round_reports(500, 500, 500, stream=GROUPS)

    assert seen.row_cap(EXTENSIONS) == cap


@pytest.mark.parametrize(
    ("stream", "cap"),
    [
        *((stream, 0) for stream in (RECORDS, LEGS, QUEUE_CALLS, "pbxes", "sites")),
        *((stream, 100) for stream in (GROUPS, MEMBERS, "call_queue_summary")),
    ],
)
def test_pages_of_calls_and_lists_are_no_reports_that_are_cut(stream: str, cap: int) -> None:
    seen = nothing_read()
    seen.replies = round_reports(100, 100, 100, stream=stream)

    assert seen.row_cap(stream) == cap


@pytest.mark.parametrize(
    ("replies", "cap"),
    [
        ({window("1", "7"): listed(0, 2), window("2", "2"): listed(1, 2)}, 2),
        ({window("1", "7"): listed(0, 1), window("1", "7", path="p", zone="UTC"): listed(0, 1)}, 0),
        ({window("1", "7"): listed(0, 1), window("1", "6"): listed(1, 1)}, 1),
        ({window("1", "7"): listed(0, 1), window("2", "7"): listed(1, 1)}, 1),
        ({window("1", "7"): listed(0, 2), window("2", "2"): listed(0, 2)}, 0),
        ({window("1", "7"): listed(0, 3), window("2", "2"): listed(2, 2)}, 0),
        ({window("1", "7"): listed(0, 3), window("2", "2"): listed(2, 2), ONE: listed(9, 3)}, 3),
        ({window("1", "7"): listed(0, 3), window("2", "2"): listed(1, 2), ONE: listed(9, 3)}, 0),
        ({window("1", "7"): listed(0, 2), window("2", "2"): listed(1, 3)}, 0),
        ({window("2", "7"): listed(0, 2), window("1", "1"): listed(2, 2)}, 0),
        ({window("2", "7"): listed(0, 2), window("1", "7"): listed(0, 1)}, 0),
        ({window("1", "3"): listed(0, 2), window("2", "4"): listed(1, 2)}, 0),
        ({window("1", "7"): listed(0, 2), window("2", "2", path="q"): listed(1, 2)}, 0),
        ({window("1", "7"): listed(0, 2), window("2", "2", zone="x"): listed(1, 2)}, 0),
        ({window("1", "7"): listed(0, 2), window("2", "2", x="y"): listed(1, 2)}, 0),
        ({window("1", "7", x="y"): listed(0, 2), window("2", "2"): listed(1, 2)}, 0),
        ({window("1", "7", x="z"): listed(0, 2), window("2", "2", x="y"): listed(1, 2)}, 0),
        ({window("1", "7", x="y"): listed(0, 2), window("2", "2", x="y"): listed(1, 2)}, 2),
        ({window("1", "7"): listed(0, 2), window("2", "2", "other"): listed(1, 2, "other")}, 0),
        ({window("1", "7"): listed(0, 2), window("2", "2", "allpbxes"): listed(1, 2)}, 0),
        ({window("1", "7", "allpbxes"): listed(0, 2), window("2", "2"): listed(1, 2)}, 2),
        ({window("1", "7", "allpbxes"): listed(0, 2), window("1", "7", "b"): listed(5, 2, "b")}, 2),
        (
            {
                window("1", "7", "allpbxes"): listed(0, 2),
                window("1", "7", "b"): listed(5, 1, "b"),
                ONE: listed(9, 2),
            },
            0,
        ),
        ({window("1", "7"): listed(0, 2, "ACMECORP"), window("2", "2"): listed(0, 2)}, 0),
        ({window("1", "7"): listed(0, 2), window("2", "2"): Reply(200, [{"PbxId": "acmecorp"}] * 2)}, 2),
        ({instants("1", "7"): queues("a", "b"), instants("2", "2"): queues("b", "c")}, 2),
        ({instants("1", "7"): queues("a", "b"), instants("2", "8"): queues("b", "c")}, 0),
        ({instants("2", "7"): queues("a", "b"), instants("1", "3"): queues("b", "c")}, 0),
        ({instants("1", "7"): queues("a", "b"), instants("2", "2", "q"): queues("b", "c")}, 0),
    ],
)
def test_a_full_report_that_lacks_keys_of_one_that_it_contains_is_cut(
    replies: dict[Request, Reply], cap: int
) -> None:
    seen = nothing_read()
    seen.replies = replies

    assert seen.row_cap(next(iter(replies)).stream) == cap


def page(number: int, *rows: Any, more: bool = False) -> dict[Request, Reply]:
    return {list_request("pbxes", page=number): Reply(200, list(rows), more=more)}


def test_up_to_three_pages_of_pbxes_are_read() -> None:
    pages = [Request("pbxes", "v2/pbxes", (("page", str(i)), ("size", "100"))) for i in range(3)]
    seen = nothing_read()

    assert seen.pbx_pages() == pages[:1]
    seen.replies |= page(0)
    assert seen.pbx_pages() == pages[:1]
    seen.replies |= page(0, more=True)
    assert seen.pbx_pages() == pages[:2]
    seen.replies |= page(1, more=True)
    assert seen.pbx_pages() == pages
    seen.replies |= page(2, more=True)
    assert seen.pbx_pages() == pages


def test_lists_of_a_pbx_have_its_id() -> None:
    params = (("page", "2"), ("size", "100"))

    assert list_request("sites", "the-id", 2) == Request("sites", "v2/pbxes/the-id/sites", params)
    assert list_request("sites").path == "v2/pbxes//sites"


def test_pbxes_are_listed_by_name() -> None:
    seen = nothing_read(pbx_ids=["allpbxes"])
    assert seen.pbx_names() == ["allpbxes"]
    odd = [{"name": " "}, {"name": 5}, {"id": "x"}, {"name": "Gone", "deleted": True}]
    seen.replies |= page(0, {"name": " Acme ", "id": 7}, *odd, more=True)
    seen.replies |= page(1, {"name": "beta", "id": "b", "deleted": False}, {"name": "c"})

    assert seen.listed_pbxes() == {"acme": Pbx("Acme", "7"), "beta": Pbx("beta", "b"), "c": Pbx("c", "None")}
    assert seen.pbx_names() == ["Acme", "beta", "c"]
    assert (seen.label("Acme"), seen.label("c")) == ("pbx-1", "pbx-3")
    named = nothing_read(pbx_ids=["beta", "x"])
    named.replies = seen.replies
    assert (named.pbx_names(), named.label("x")) == (["beta", "x"], "pbx-2")


SIX = ["p1", "p2", "p3", "p4", "p5", "p6"]


def tried(*weeks: Reply, now: pendulum.DateTime = NOW) -> Observations:
    """Return what is known after the weeks of the first of six PBXs."""
    seen = nothing_read(now, pbx_ids=SIX)
    seen.replies |= page(0, {"name": "P2", "id": "the-id"})
    seen.replies |= {seen.week_request(EXTENSIONS, pbx): week for pbx, week in zip(SIX, weeks, strict=False)}
    return seen


NONE = Reply(200, [{"Inbound_Total": 0}])
SOME = Reply(200, [{"Outbound_Total": 1}])


@pytest.mark.parametrize(
    ("weeks", "requested", "main", "no_calls"),
    [
        ([], 1, None, "no PBX could be read"),
        ([SOME], 1, "p1", ""),
        ([NONE], 2, None, "no PBX could be read"),
        ([NONE, SOME, SOME], 2, "p2", ""),
        ([NONE, DENIED, NONE, NONE, SOME], 5, "p5", ""),
        ([DENIED, NONE, NONE, NONE, NONE], 5, "p2", NO_CALLS),
        ([DENIED, Reply(500, problem="HTTP 500"), NONE, NONE, NONE], 5, "p2", "HTTP 500"),
        ([NONE, NONE, NONE, NONE, NONE, SOME], 5, "p1", NO_CALLS),
        ([DENIED, DENIED, DENIED, DENIED, DENIED, SOME], 5, None, "no PBX could be read"),
    ],
)
def test_the_main_pbx_is_the_first_of_five_with_calls(
    weeks: list[Reply], requested: int, main: str | None, no_calls: str
) -> None:
    seen = tried(*weeks)

    asked = [seen.week_request(EXTENSIONS, pbx) for pbx in SIX[:requested]]
    assert seen.first_requests() == [list_request("pbxes"), *asked]
    assert (seen.main_pbx, seen.no_calls()) == (main, no_calls)
    assert seen.main_pbx_id == ("the-id" if main == "p2" else "")
    seen.stopped = "interrupted"
    assert seen.no_calls() == ("not requested: interrupted" if no_calls else "")


def test_nothing_but_the_list_is_requested_first() -> None:
    seen = nothing_read()

    assert seen.first_requests() == [list_request("pbxes")]
    assert (seen.main_pbx, seen.main_pbx_id) == (None, "")


def test_the_main_pbx_stays_the_same() -> None:
    seen = tried(NONE, SOME)
    assert seen.main_pbx == "p2"
    seen.replies[seen.week_request(EXTENSIONS, "p1")] = SOME
    assert seen.main_pbx == "p2"


def by_name(
    stream: str, path: str, start: str, end: str, pbx: str = "acmecorp", zone: str = ZONE, **more: str
) -> Request:
    params = {"pbxId": pbx, "startTime": start, "endTime": end, "timeZone": zone, **more}
    return Request(stream, path, tuple(params.items()))


def test_reports_by_name_are_requested_as_by_a_sync() -> None:
    seen = account()
    week = ("2026-11-16 00:00:00", "2026-11-22 23:59:59")
    day = pendulum.date(2026, 11, 18)
    bounds = ("2026-11-18 00:00:00", "2026-11-18 23:59:59")

    assert seen.report(LEGS, "a", "b") == by_name(LEGS, "v2/call-legs", "a", "b")
    other = seen.report(LEGS, "a", "b", "UTC", "other", x="y")
    assert other == by_name(LEGS, "v2/call-legs", "a", "b", "other", "UTC", x="y")
    assert nothing_read().report(LEGS, "a", "b") == by_name(LEGS, "v2/call-legs", "a", "b", "")
    assert seen.week_request(GROUPS) == by_name(GROUPS, "v2/rgsum-groups", *week)
    assert seen.week_request(GROUPS, "other", x="y") == by_name(
        GROUPS, "v2/rgsum-groups", *week, "other", x="y"
    )
    assert seen.day_request(day) == by_name(EXTENSIONS, "v2/extsum", *bounds)
    assert seen.day_request(day, LEGS, x="y") == by_name(LEGS, "v2/call-legs", *bounds, x="y")
    assert seen.week_calls(LEGS) == by_name(LEGS, "v2/call-legs", *week, pageSize="500")
    assert seen.week_days() == [seen.day_request(day) for day in seen.week]
    assert seen.week_days()[2] == by_name(EXTENSIONS, "v2/extsum", *bounds)


@pytest.mark.parametrize(
    ("stream", "last", "path", "more"),
    [
        ("agent_summary", "", "agent-activity", {"includeSummary": "false"}),
        ("ring_group_agent_activity", "501", "ring-group-agent-activity/by-extension/501", {}),
        (
            QUEUE_CALLS,
            "",
            "calls",
            {"sortingField": "callId", "sortingDirection": "ASC", "limit": "1000"},
        ),
    ],
)
def test_reports_by_id_are_requested_as_by_a_sync(
    stream: str, last: str, path: str, more: dict[str, str]
) -> None:
    seen = account()
    start, end = (datetime(2026, 11, 18, hour, 5, 9, tzinfo=timezone.utc) for hour in (7, 18))
    params = {"startDate": "2026-11-18T07:05:09Z", "endDate": "2026-11-18T18:05:09Z", **more}

    found = seen.by_id(stream, start, end, last) if last else seen.by_id(stream, start, end)
    assert found == Request(stream, f"v2/pbxes/id-of-acmecorp/{path}", tuple(params.items()), "acmecorp")
    seen.replies |= page(0)
    assert seen.by_id(stream, start, end, last) is None


def test_the_busiest_day_is_the_first_with_most_calls() -> None:
    seen = account_with_days()

    assert str(seen.busiest_day()) == "2026-11-18"
    seen.replies[seen.day_request(seen.week[1])] = Reply(200, [{"Inbound_Total": 4, "Outbound_Total": 5}])
    assert str(seen.busiest_day()) == "2026-11-17"
    del seen.replies[seen.day_request(seen.week[6])]
    assert seen.busiest_day() is None
    assert account().busiest_day() is None


def test_no_day_is_the_busiest_of_an_unknown_pbx() -> None:
    seen = nothing_read()
    seen.replies |= dict.fromkeys(seen.week_days(), SOME)

    assert seen.busiest_day() is None


def test_a_day_on_which_clocks_change_is_not_the_busiest() -> None:
    seen = tried(SOME, now=pendulum.datetime(2026, 11, 3, 15, tz="UTC"))
    assert str(seen.week[6]) == "2026-11-01"
    counts = [1, 2, 1, 1, 1, 1, 9]
    for day, count in zip(seen.week, counts, strict=True):
        seen.replies[seen.day_request(day)] = Reply(200, [{"Inbound_Total": count}])

    assert str(seen.busiest_day()) == "2026-10-27"


CHANGES = ["2026-11-01", "2026-03-08", "2025-11-02", "2025-03-09"]


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ((2026, 11, 24, 15), CHANGES),
        ((2026, 11, 2, 15), [*CHANGES, "2024-11-03"]),
        ((2026, 11, 2, 4), [*CHANGES[1:], "2024-11-03"]),
        ((2026, 11, 3, 4), [*CHANGES, "2024-11-03"]),
        ((2026, 11, 2, 5), [*CHANGES, "2024-11-03"]),
    ],
)
def test_days_on_which_clocks_changed_are_of_the_two_years_before_today(
    moment: tuple[int, int, int, int], expected: list[str]
) -> None:
    seen = nothing_read(pendulum.datetime(*moment, tz="UTC"))

    assert [str(day) for day in seen.clock_change_days()] == expected


@pytest.mark.parametrize(("day", "hours"), [((11, 1), 25), ((3, 8), 23), ((11, 2), 24), ((10, 31), 24)])
def test_hours_of_a_day(day: tuple[int, int], hours: float) -> None:
    assert hours_of(pendulum.date(2026, *day), ZONE) == hours


@pytest.mark.usefixtures("_local_time")
def test_a_moment_in_utc() -> None:
    assert utc_text(pendulum.datetime(2026, 11, 18, 7, 5, 9, tz=ZONE)) == "2026-11-18 12:05:09"


NO_NUMBERS: list[Any] = [None, True, False, "", "x", "nan", "inf", 10**400, [], {}]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *((value, None) for value in NO_NUMBERS),
        *((value, float(value)) for value in (0, 5, -1.5, "7", "-0.5")),
    ],
    ids=plain_id,
)
def test_numbers_may_be_text(value: Any, expected: float | None) -> None:
    assert number(value) == expected


def test_fields_that_add_up_are_counts_and_total_times() -> None:
    ratios = ("Avg_", "Percent_")
    fields = FIELDS[EXTENSIONS].items()
    expected = [name for name, kind in fields if kind != "string" and not name.startswith(ratios)]

    assert sorted(additive_fields()) == sorted(expected)


@pytest.mark.parametrize(
    ("row", "calls"),
    [
        ({}, 0),
        ({"Inbound_Total": "3"}, 3),
        ({"Outbound_Total": 2, "Total_Answered": 9}, 2),
        ({"Inbound_Total": 3, "Outbound_Total": 2}, 5),
    ],
)
def test_calls_of_an_extension_are_those_in_and_out(row: dict[str, Any], calls: int) -> None:
    assert calls_in(row) == calls
    assert call_count(Reply(200, [row, {"Inbound_Total": 1}])) == calls + 1
