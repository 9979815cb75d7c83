"""What the rows of replies tell about an account."""

from dataclasses import replace
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pendulum
import pytest

from source_8x8_work_analytics.doctor.findings import Outcome, Question
from source_8x8_work_analytics.doctor.observations import (
    EXTENSIONS,
    GROUPS,
    LEGS,
    NO_CALLS,
    RECORDS,
    Observations,
    Reply,
    Request,
    list_request,
)
from source_8x8_work_analytics.doctor.row_questions import (
    CompanySides,
    Fields,
    OneRowPerKey,
    RowCap,
    ZeroRows,
)
from source_8x8_work_analytics.messages import counted
from testing.builders import settings
from unit_tests.conftest import NOW
from unit_tests.doctor.observed import account, account_with_days, documented

MIDNIGHT = datetime(2026, 11, 18, 5, tzinfo=timezone.utc).timestamp()
"""When the busiest day begins in New York."""
BUSIEST = pendulum.date(2026, 11, 18)
ZERO_ADVICE = "Exclude rows without calls when you average over extensions."
KEY_ADVICE = "Deduped tables keep one row per key, so their sums are too low. Report this."
FIELD_ADVICE = (
    "Report this. Missing fields and values of other types are null, and new fields are not loaded."
)
NEW_FIELD_ADVICE = f"{FIELD_ADVICE} The log of a sync names the new fields."
PAGES_ADVICE = "Syncs of these streams fail. List each PBX in pbx_ids to make reports shorter. Report this."
CAP_ADVICE = "Rows are missing. List each PBX in pbx_ids to make reports shorter. Report this."
COMPANY_ADVICE = "The external… and internal… fields of company_summary are 0: use extension_summary instead."

Row = dict[str, Any]


def rows(*found: Row) -> Reply:
    return Reply(200, list(found))


def nothing_read() -> Observations:
    return Observations(settings(), NOW)


def with_replies(seen: Observations, replies: dict[Request, Reply]) -> Observations:
    seen.replies |= replies
    return seen


def with_records(*hours: float) -> Observations:
    """Return an account whose calls began so many hours after the midnight of its busiest day."""
    seen = account_with_days()
    found = [{"startTimeUTC": round(1000 * (MIDNIGHT + 3600 * hour))} for hour in hours]
    return with_replies(seen, {seen.week_calls(RECORDS): Reply(200, found)})


def quiet_hour(seen: Observations, hour: int) -> Request:
    return seen.report(EXTENSIONS, f"2026-11-18 {hour:02}:00:00", f"2026-11-18 {hour:02}:59:59")


@pytest.mark.parametrize("read", [account, account_with_days])
def test_zero_rows_requests_calls_first(read: Any) -> None:
    seen = read()

    assert ZeroRows().requests(seen) == [*seen.first_requests(), seen.week_calls(RECORDS)]
    assert ZeroRows().judge(seen) == Outcome("", "unknown", "no day was read")


def test_zero_rows_waits_for_the_days() -> None:
    seen = with_records(1)
    del seen.replies[seen.day_request(BUSIEST)]

    assert ZeroRows().requests(seen) == [*seen.first_requests(), seen.week_calls(RECORDS)]
    assert ZeroRows().judge(seen) == Outcome("", "unknown", "no day was read")


@pytest.mark.parametrize(
    ("hours", "quietest"),
    [
        ([], 3),
        ([0.0], 3),
        ([3.0], 0),
        ([3 + 3599.999 / 3600], 0),
        ([2 + 3599.999 / 3600], 3),
        ([4.0], 3),
        ([3.5, 0.5], 1),
        ([3.5, -0.5], 0),
        ([3.5, *range(23)], 23),
        ([*range(24)], 3),
        ([*range(24), 3], 0),
        ([hour for hour in range(24) if hour != 7], 7),
    ],
)
def test_the_quietest_hour_of_the_busiest_day_is_requested(hours: list[float], quietest: int) -> None:
    seen = with_records(*hours)

    assert ZeroRows().requests(seen) == [
        *seen.first_requests(),
        seen.day_request(BUSIEST),
        quiet_hour(seen, quietest),
    ]


ZEROS = {"Inbound_Total": 0, "Avg_Talk_Time": 5}
CALLS = {"Inbound_Total": 1}
TALK = {"Inbound_Total": 0, "Total_Talk_Time": "5"}


@pytest.mark.parametrize(
    ("day", "quiet", "outcome"),
    [
        (
            [CALLS] * 1_200,
            [TALK],
            Outcome("no", "holds", "1,200 rows for a day, 1 for its quietest hour; rows with only zeros: 0"),
        ),
        (
            [CALLS, ZEROS],
            [CALLS, {}],
            Outcome(
                "yes",
                "contradicted",
                "2 rows for a day, 2 for its quietest hour; rows with only zeros: 2",
                ZERO_ADVICE,
            ),
        ),
        (
            [CALLS, TALK],
            [CALLS, CALLS],
            Outcome(
                "",
                "unknown",
                "2 rows for a day, 2 for its quietest hour; rows with only zeros: 0; no hour of the day was "
                "quiet enough to tell",
            ),
        ),
    ],
)
def test_rows_of_zeros_are_counted_in_a_day_and_its_quietest_hour(
    day: list[Row], quiet: list[Row], outcome: Outcome
) -> None:
    seen = with_records()
    seen.replies |= {seen.day_request(BUSIEST): rows(*day), quiet_hour(seen, 3): rows(*quiet)}
    seen.replies |= {seen.day_request(other): rows() for other in seen.week if other != BUSIEST}

    assert ZeroRows().judge(seen) == outcome


def test_zero_rows_is_open_if_the_hour_was_not_read() -> None:
    expected = Outcome("", "unknown", "not requested: not needed")

    assert ZeroRows().judge(with_records()) == expected


@pytest.mark.parametrize("question", [OneRowPerKey(), Fields(), RowCap()])
def test_without_rows_the_questions_are_open(question: Question) -> None:
    quiet = with_replies(account(), {account().week_request(EXTENSIONS): rows()})
    quiet.replies[list_request("pbxes")] = rows()

    assert question.judge(quiet) == Outcome("", "unknown", NO_CALLS)
    assert question.judge(nothing_read()) == Outcome("", "unknown", "no PBX could be read")


def keys(*extensions: str) -> Reply:
    return rows(*({"pbxId": "acmecorp", "extension": name} for name in extensions))


def week(**by_stream: Reply) -> Observations:
    """Return an account whose reports of the week are these."""
    seen = account()
    return with_replies(seen, {seen.week_request(stream): reply for stream, reply in by_stream.items()})


def test_keys_that_repeat_are_counted_by_stream() -> None:
    seen = week(ring_group_summary=keys("501", "501", "501", "502", "502"), call_legs=keys("1", "1"))
    more = seen.day_request(BUSIEST, GROUPS)
    seen.replies[more] = keys("Main", "MAIN")

    assert OneRowPerKey().judge(seen) == Outcome(
        "yes",
        "contradicted",
        "rows that repeat a key: extension_summary: 0 in 1 report, ring_group_summary: 4 in 2 reports, "
        "call_legs: 1 in 1 report",
        KEY_ADVICE,
    )


def test_large_numbers_of_repeated_keys_are_readable() -> None:
    seen = week(ring_group_summary=keys(*["501"] * 1_201))

    assert OneRowPerKey().judge(seen).evidence == (
        "rows that repeat a key: extension_summary: 0 in 1 report, ring_group_summary: 1,200 in 1 report"
    )


DENIED = Reply(403, problem="HTTP 403")
ONCE = "rows that repeat a key: extension_summary: 0 in 1 report, ring_group_summary: 0 in 1 report"


@pytest.mark.parametrize(
    ("replies", "outcome"),
    [
        ({GROUPS: keys("501", "502")}, Outcome("no", "holds", ONCE)),
        ({GROUPS: keys("501"), RECORDS: rows()}, Outcome("no", "holds", ONCE)),
        (
            {GROUPS: keys("501"), RECORDS: DENIED, LEGS: DENIED, "company_summary": rows()},
            Outcome("", "unknown", f"call_records, call_legs could not be read; {ONCE}"),
        ),
        (
            {GROUPS: keys("501", "501"), RECORDS: DENIED},
            Outcome("yes", "contradicted", f"{ONCE[:-13]}1 in 1 report", KEY_ADVICE),
        ),
        ({GROUPS: keys("501"), "call_queue_summary": DENIED}, Outcome("no", "holds", ONCE)),
    ],
    ids=["once", "without rows", "denied", "denied, repeated elsewhere", "denied, with ids"],
)
def test_reports_that_were_not_read_may_repeat_keys(replies: dict[str, Reply], outcome: Outcome) -> None:
    assert OneRowPerKey().judge(week(**replies)) == outcome


def test_one_report_of_a_stream_is_enough() -> None:
    seen = week(ring_group_summary=keys("501"))
    seen.replies[seen.day_request(BUSIEST, GROUPS)] = DENIED

    assert OneRowPerKey().judge(seen) == Outcome("no", "holds", ONCE)


def test_documented_fields_are_as_assumed() -> None:
    extensions = documented(EXTENSIONS)
    seen = week(
        extension_summary=rows(
            *[extensions] * 1_000,
            documented(EXTENSIONS, Percent_External_Inbound_Answered=7, Branch=None, Inbound_Total=None),
        ),
        ring_group_summary=rows(documented(GROUPS, totalAbandoned=...)),
        call_records=rows(documented(RECORDS, lra=..., callLegCount="3")),
        agent_summary=rows({"userId": "x"}),
    )
    queues = documented("call_queues", extension=..., extensionNumber="7")
    seen.replies[list_request("call_queues", "id")] = rows(queues)
    seen.replies[list_request("pbxes")] = rows(documented("pbxes", name="acmecorp", deleted=False))

    assert Fields().judge(seen) == Outcome("as documented", "holds", "1,006 rows")


@pytest.mark.parametrize(
    ("stream", "row", "words", "advice"),
    [
        (EXTENSIONS, {"Branch": ...}, "missing: extension_summary.Branch", FIELD_ADVICE),
        (
            EXTENSIONS,
            {"Email": ..., "Branch": ..., "lra": 1, "totalAbandoned": 2, "report_date": "x"},
            "missing: extension_summary.Branch, extension_summary.Email; new: extension_summary (3)",
            NEW_FIELD_ADVICE,
        ),
        (
            EXTENSIONS,
            {"Branch": 5, "Inbound_Total": 1.5, "Percent_External_Inbound_Answered": Decimal("1.5")},
            "other type: extension_summary.Branch (integer), extension_summary.Inbound_Total (number)",
            FIELD_ADVICE,
        ),
        (
            EXTENSIONS,
            {"Percent_External_Inbound_Answered": "1", "Branch": Decimal("1.5")},
            "other type: extension_summary.Branch (number), "
            "extension_summary.Percent_External_Inbound_Answered (string)",
            FIELD_ADVICE,
        ),
        (
            "agent_summary",
            {"agentName": ..., "userId": [], "more": 1},
            "new: agent_summary (1); other type: agent_summary.userId (array)",
            NEW_FIELD_ADVICE,
        ),
        (RECORDS, {"callLegCount": True}, "other type: call_records.callLegCount (boolean)", FIELD_ADVICE),
        (LEGS, {"legId": {}}, "other type: call_legs.legId (object)", FIELD_ADVICE),
        ("call_queues", {"extension": ..., "number": "7"}, None, NEW_FIELD_ADVICE),
    ],
)
def test_fields_that_differ_are_named_but_new_ones_only_counted(
    stream: str, row: Row, words: str | None, advice: str
) -> None:
    seen = week(extension_summary=rows(documented(EXTENSIONS)))
    seen.replies[list_request("pbxes")] = rows()
    before = 0 if stream == EXTENSIONS else 1
    seen.replies[seen.week_request(EXTENSIONS)] = rows(*[documented(EXTENSIONS)] * before)
    seen.replies[Request(stream, "the path")] = rows(documented(stream, **row))
    words = words or "missing: call_queues.extension; new: call_queues (1)"

    assert Fields().judge(seen) == Outcome(words, "contradicted", counted(before + 1, "row"), advice)


def test_fields_of_several_streams_are_put_together() -> None:
    first = documented(EXTENSIONS, Branch=..., more=1, Email=1)
    second = documented(LEGS, legId=..., more=1, even_more=1, callId=1)
    seen = week(extension_summary=rows(first), call_legs=rows(second))

    assert Fields().judge(seen) == Outcome(
        "missing: extension_summary.Branch, call_legs.legId, pbxes.deleted; "
        "new: extension_summary (1), call_legs (2); "
        "other type: extension_summary.Email (integer), call_legs.callId (integer)",
        "contradicted",
        "3 rows",
        NEW_FIELD_ADVICE,
    )


def test_types_of_rows_of_several_reports_are_put_together() -> None:
    seen = week(extension_summary=rows(documented(EXTENSIONS, Branch=1), documented(EXTENSIONS, Branch=True)))
    seen.replies[list_request("pbxes")] = rows()
    seen.replies[seen.day_request(BUSIEST)] = rows(documented(EXTENSIONS, Branch=[], Email=...))

    words = "other type: extension_summary.Branch (array, boolean, integer)"
    assert Fields().judge(seen) == Outcome(words, "contradicted", "3 rows", FIELD_ADVICE)


def test_company_sides_requests_the_summary_of_the_week() -> None:
    seen = account()

    assert CompanySides().requests(seen) == [*seen.first_requests(), seen.week_request("company_summary")]
    assert CompanySides().judge(seen) == Outcome("", "unknown", "not requested: not needed")


FILLED = "of the external… and internal… fields are nonzero for the week"


@pytest.mark.parametrize(
    ("company", "outcome"),
    [
        ([], Outcome("", "unknown", "the company summary of the week counts no calls")),
        (
            [{"totalCall": 0, "externalTotal": 5}, {"totalCall": "x"}],
            Outcome("", "unknown", "the company summary of the week counts no calls"),
        ),
        (
            [{"totalCall": 1}, {"totalCall": 0, "externalA": "5", "internalB": 1.5, "externalC": 0}],
            Outcome("yes", "holds", f"2 {FILLED}"),
        ),
        ([{"totalCall": 1, "internalA": 2}, {"internalA": 3}], Outcome("yes", "holds", f"1 {FILLED}")),
        (
            [{"totalCall": 7, "inboundTotal": 7, "externalA": 0, "internalB": "x"}],
            Outcome("no", "holds", f"0 {FILLED}", COMPANY_ADVICE),
        ),
    ],
)
def test_fields_of_the_sides_of_a_company_are_counted_if_there_were_calls(
    company: list[Row], outcome: Outcome
) -> None:
    assert CompanySides().judge(week(company_summary=rows(*company))) == outcome


def hundred(first: int = 0, count: int = 100) -> Reply:
    return rows(*({"Extension": str(first + i), "extension": str(first + i)} for i in range(count)))


def with_cap(stream: str) -> dict[Request, Reply]:
    """Return reports of days which end at the same round number of rows."""
    seen = account()
    return {seen.day_request(day, stream): hundred(100 * day.day) for day in seen.week[:3]}


def paged(size: int) -> Reply:
    return Reply(200, [], "8x8 sends this summary in pages", page_rows=size)


def test_reports_of_any_length_hold_without_a_sign_of_a_cap() -> None:
    seen = week(ring_group_summary=hundred(count=1_234), company_summary=hundred(count=99))
    seen.replies[list_request("sites")] = hundred(count=2_000)

    assert RowCap().judge(seen) == Outcome("no", "holds", "3 reports with at most 1,234 rows")


@pytest.mark.parametrize(
    ("replies", "outcome"),
    [
        (
            with_cap(EXTENSIONS) | with_cap(GROUPS),
            Outcome(
                "extension_summary 100, ring_group_summary 100",
                "contradicted",
                "7 reports with at most 100 rows; extension_summary, ring_group_summary: reports end at the "
                "same number of rows, although there are more",
                CAP_ADVICE,
            ),
        ),
        (
            {
                account().week_request(GROUPS): paged(50),
                account().day_request(BUSIEST, GROUPS): paged(20),
                account().week_request("company_summary"): paged(1_000),
            },
            Outcome(
                "company_summary 1,000, ring_group_summary 50",
                "contradicted",
                "4 reports with at most 1 row; in pages: company_summary, ring_group_summary",
                PAGES_ADVICE,
            ),
        ),
        (
            {account().week_request(LEGS): paged(50), **with_cap(GROUPS)},
            Outcome(
                "ring_group_summary 100, call_legs 50",
                "contradicted",
                "5 reports with at most 100 rows; in pages: call_legs; ring_group_summary: reports end at "
                "the same number of rows, although there are more",
                CAP_ADVICE,
            ),
        ),
        (
            {**with_cap(GROUPS), account().day_request(BUSIEST): DENIED},
            Outcome(
                "ring_group_summary 100",
                "contradicted",
                "5 reports with at most 100 rows; ring_group_summary: reports end at the same number of "
                "rows, although there are more",
                CAP_ADVICE,
            ),
        ),
        (
            {account().day_request(BUSIEST, GROUPS): DENIED},
            Outcome("no", "holds", "2 reports with at most 1 row"),
        ),
        (
            {account().day_request(BUSIEST): DENIED},
            Outcome("", "unknown", "extension_summary: HTTP 403"),
        ),
    ],
    ids=["caps", "pages", "both", "a cap, and a denied day", "another denied", "a denied day"],
)
def test_caps_and_pages_are_named(replies: dict[Request, Reply], outcome: Outcome) -> None:
    assert RowCap().judge(with_replies(account(), replies)) == outcome


def test_pages_count_although_no_rows_were_read() -> None:
    seen = replace(account(), replies={account().week_request(GROUPS): paged(50)})
    evidence = "1 report with at most 0 rows; in pages: ring_group_summary"

    assert RowCap().judge(seen) == Outcome("ring_group_summary 50", "contradicted", evidence, PAGES_ADVICE)
