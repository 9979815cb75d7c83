"""What the findings say when answers are missing, denied or of an odd shape."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox import Sandbox
from source_8x8_work_analytics.doctor import questions, service_questions
from source_8x8_work_analytics.doctor.findings import (
    NOT_UNDERSTOOD,
    Finding,
    as_table,
    as_text,
    closing,
    findings,
    ordered,
)
from source_8x8_work_analytics.doctor.late_changes import LateChanges
from source_8x8_work_analytics.doctor.observations import Exchange, Observations, Reply, Request
from source_8x8_work_analytics.reports.rows import Row
from source_8x8_work_analytics.streams import STREAM_TYPES
from testing.doctor_account import examine
from unit_tests.conftest import NOW

IDS = [
    *("access", "pbx_names", "windows_add_up", "end_time", "call_records_time", "call_legs_time"),
    *("zero_rows", "one_row_per_key", "fields", "clock_change_day", "retention", "company_sides"),
    *("all_pbxes", "late_changes", "response_times", "rate_limit", "clock"),
    *("queue_window", "queue_units", "queue_identity", "sessions", "row_cap"),
]
ODD_VALUES: list[Any] = [None, "", "x", "-1", True, -1, 1.5, 10**400, "nan", "inf", [], {}, [None], {"a": 1}]


@pytest.fixture(scope="module")
def plain() -> Observations:
    return examine(Sandbox(clock=lambda: NOW)).seen


def found_in(seen: Observations) -> dict[str, Finding]:
    return {finding.id: finding for finding in findings(questions(LateChanges()), seen)}


def changed(seen: Observations, **by_stream: Reply) -> Observations:
    """Return the observations with the replies for whole streams replaced."""
    replies = {request: by_stream.get(request.stream, reply) for request, reply in seen.replies.items()}
    return replace(seen, replies=replies)


def test_the_questions_have_the_ids_of_the_contract_in_its_order(plain: Observations) -> None:
    assert [question.id for question in questions(LateChanges())] == IDS
    assert list(found_in(plain)) == IDS


def test_the_main_pbx_is_that_of_the_replies_at_hand(plain: Observations) -> None:
    assert plain.main_pbx == "acmecorp"
    assert replace(plain, replies={}).main_pbx is None


@given(data=st.data())
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_replies_that_are_missing_or_fail_contradict_nothing(plain: Observations, data: Any) -> None:
    requests = list(plain.replies)
    gone = data.draw(st.sets(st.sampled_from(requests)))
    failed = data.draw(st.sets(st.sampled_from(requests)))
    known = {request: reply for request, reply in plain.replies.items() if request not in gone}
    known |= {request: Reply(0, problem="HTTP 503, 3 times in a row") for request in failed}

    found = found_in(replace(plain, replies=known, stopped="interrupted"))

    for finding in found.values():
        assert finding.verdict in ("holds", "unknown"), finding
        assert NOT_UNDERSTOOD not in finding.evidence
        assert finding.evidence


@given(data=st.data())
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_values_of_any_type_are_no_crash(plain: Observations, data: Any) -> None:
    request = data.draw(st.sampled_from([r for r, reply in plain.replies.items() if reply.rows]))
    name = data.draw(st.sampled_from(sorted(plain.replies[request].rows[0])))
    value = data.draw(st.sampled_from(ODD_VALUES))
    rows: list[Row] = [{**row, name: value} for row in plain.replies[request].rows]

    found = found_in(replace(plain, replies={**plain.replies, request: Reply(200, rows)}))

    assert not [finding for finding in found.values() if NOT_UNDERSTOOD in finding.evidence]


def test_a_question_that_fails_costs_no_other(plain: Observations) -> None:
    broken = Reply(200, [5])  # type: ignore[list-item]

    found = found_in(changed(plain, call_legs=broken))

    assert NOT_UNDERSTOOD in found["one_row_per_key"].evidence
    assert found["one_row_per_key"].verdict == "unknown"
    assert found["windows_add_up"].verdict == "holds"


@pytest.mark.parametrize(
    ("stream", "open_"),
    [
        ("call_legs", ["call_legs_time"]),
        ("call_records", ["call_records_time"]),
        ("company_summary", ["company_sides"]),
        ("pbxes", ["pbx_names"]),
    ],
)
def test_a_denied_stream_leaves_its_questions_open_and_says_why(
    plain: Observations, stream: str, open_: list[str]
) -> None:
    found = found_in(changed(plain, **{stream: Reply(400, problem="HTTP 400, 105-400-038")}))

    assert found["access"].verdict == "contradicted"
    assert f"{stream} (HTTP 400, 105-400-038)" in found["access"].seen
    for name in open_:
        assert found[name].verdict == "unknown"
        assert "HTTP 400" in found[name].evidence


def test_an_account_without_calls_leaves_most_questions_open() -> None:
    quiet = examine(Sandbox(clock=lambda: NOW, seed=1), pbx_ids=["acmecorp"]).seen
    rowless = {request: replace(reply, rows=[]) for request, reply in quiet.replies.items()}
    lists = {request: reply for request, reply in quiet.replies.items() if request.stream == "pbxes"}

    found = found_in(replace(quiet, replies=rowless | lists))

    for name in ("windows_add_up", "end_time", "zero_rows", "retention", "clock_change_day"):
        assert found[name].verdict == "unknown"
        assert "no calls in the last completed week" in found[name].evidence


def exchanges(alone: float, together: float) -> list[Exchange]:
    return [
        *(Exchange("extension_summary", 200, alone, alone=True) for _ in range(3)),
        *(Exchange("extension_summary", 200, together, alone=False) for _ in range(10)),
    ]


@pytest.mark.parametrize(
    ("alone", "together", "workers"),
    [
        (0.01, 0.02, "4"),  # too fast to matter
        (0.3, 0.3, "4"),
        (2.0, 2.1, "10"),
        (1.0, 1.0, "8"),  # 13,158 requests in half an hour
        (1.0, 1.9, "2"),  # two at once take as long as one after the other
    ],
)
def test_response_times_recommends_workers(
    plain: Observations, monkeypatch: pytest.MonkeyPatch, alone: float, together: float, workers: str
) -> None:
    monkeypatch.setattr(service_questions, "REPORTS_BY_NAME", 6)  # one more stream would be more requests

    found = found_in(replace(plain, exchanges=exchanges(alone, together)))["response_times"]

    assert (found.assumed, found.seen, found.verdict) == ("", workers, "holds")
    assert found.evidence == f"a report takes {alone:.1f} s alone, {together:.1f} s with two at once"
    assert found.advice.startswith(f"Set num_workers to {workers}") is (workers != "4")


def test_few_reports_tell_no_response_times(plain: Observations) -> None:
    few = exchanges(1.0, 1.0)[:4]

    assert found_in(replace(plain, exchanges=few))["response_times"].verdict == "unknown"


def test_rate_limit_names_headers_and_refusals(plain: Observations) -> None:
    said = [
        Exchange("extension_summary", 200, 0.1, True, (("x-ratelimit-limit", "100"),)),
        Exchange("extension_summary", 429, 0.1, True, (("retry-after", ""), ("other", ""), ("other", ""))),
    ]

    found = found_in(replace(plain, exchanges=said))["rate_limit"]

    assert found.verdict == "contradicted"
    assert found.seen == "retry-after, x-ratelimit-limit, 2 headers of another name, HTTP 429"
    assert "last values: x-ratelimit-limit: 100" in found.evidence


@pytest.mark.parametrize(
    ("ahead", "seen", "verdict", "direction"),
    [
        ([0.4], "0 seconds apart", "holds", ""),
        ([-4.6], "5 seconds apart", "holds", ""),
        ([3_600.2, 3_605.0], "3,600 seconds apart", "contradicted", "ahead"),
        ([-90.0, -80.0], "80 seconds apart", "contradicted", "behind"),
    ],
)
def test_clock_takes_the_response_that_travelled_least(
    plain: Observations, ahead: list[float], seen: str, verdict: str, direction: str
) -> None:
    said = [Exchange("", 200, 0.1, True, ahead=seconds) for seconds in ahead]

    found = found_in(replace(plain, exchanges=said))["clock"]

    assert (found.seen, found.verdict) == (seen, verdict)
    assert direction in found.evidence


def test_names_of_new_fields_are_counted_and_not_shown(plain: Observations) -> None:
    request = next(request for request in plain.replies if request.stream == "company_summary")
    row = {**plain.replies[request].rows[0], "AnaSmith": 1, "Ada Okonkwo 1001": 2}

    found = found_in(changed(plain, company_summary=Reply(200, [row])))["fields"]

    assert found.seen == "new: company_summary (2)"
    assert found.verdict == "contradicted"


def test_more_pbxes_than_can_be_compared_are_said() -> None:
    many = examine(Sandbox(clock=lambda: NOW, extra_pbxes=30), pbx_ids=["allpbxes"]).seen

    found = found_in(many)["all_pbxes"]

    assert (found.verdict, found.evidence) == (
        "unknown",
        "33 PBXs exceed the limit of 20 for this comparison",
    )


def test_a_request_that_was_not_sent_says_so(plain: Observations) -> None:
    assert replace(plain, replies={}, stopped="interrupted").reply(Request("x", "y")).problem == (
        "not requested: interrupted"
    )


def finding(name: str, verdict: Any, advice: str = "", assumed: str = "yes") -> Finding:
    return Finding(name, f"Question of {name}?", assumed, "no", verdict, f"evidence of {name}", advice)


FINDINGS = [
    finding("first", "holds", assumed=""),
    finding("second", "unknown", "Run it again."),
    finding("third", "contradicted", "Change a setting."),
    finding("fourth", "holds", "Run it again."),
]


def test_contradicted_findings_come_first_and_nothing_is_assumed_in_vain() -> None:
    lines = as_text(ordered(FINDINGS), 110).splitlines()

    heads = [line.split()[:2] for line in lines if not line.startswith(" ")]
    assert heads == [
        ["CONTRADICTED", "third:"],
        ["UNKNOWN", "second:"],
        ["HOLDS", "first:"],
        ["HOLDS", "fourth:"],
    ]
    assert sum("assumed: yes" in line for line in lines) == 3
    assert lines[1:5] == [
        f"{' ' * 13}{text}"
        for text in (
            "assumed: yes",
            "seen: no",
            "evidence: evidence of third",
            "what to do: Change a setting.",
        )
    ]


def test_the_closing_lists_each_advice_once_and_ends_with_the_counts() -> None:
    assert closing(ordered(FINDINGS), 57, "A first load is long.", 110).splitlines() == [
        "Do this:",
        "  1. Change a setting.",
        "  2. Run it again.",
        "A first load is long.",
        "2 hold, 1 contradicted, 1 unknown; 57 requests.",
    ]
    assert closing(FINDINGS[:1], 1, "", 110) == "1 hold, 0 contradicted, 0 unknown; 1 request.\n"


def test_access_tries_every_stream(plain: Observations) -> None:
    assert (
        found_in(plain)["access"].evidence
        == f"{len(STREAM_TYPES)} of {len(STREAM_TYPES)} streams can be read"
    )
    assert {request.stream for request in plain.replies} == {
        *(kind.name for kind in STREAM_TYPES),
        "sessions",
    }


def summaries(*counts: int, first: int = 1000) -> dict[Request, Reply]:
    """Reports of days of 2026, each with so many extensions."""
    return {
        day_request(day): Reply(200, extensions(first + day, count)) for day, count in enumerate(counts, 1)
    }


def day_request(first: int, last: int = 0, pbx: str = "acmecorp") -> Request:
    times = (f"2026-11-{first:02} 00:00:00", f"2026-11-{last or first:02} 23:59:59")
    params = (("pbxId", pbx), ("startTime", times[0]), ("endTime", times[1]), ("timeZone", "UTC"))
    return Request("extension_summary", "v2/extsum", params)


def extensions(first: int, count: int, pbx: str = "acmecorp") -> list[Row]:
    return [{"PbxId": pbx, "Extension": str(first + i)} for i in range(count)]


def without_other(count: int) -> dict[Request, Reply]:
    """Return reports of which that over all PBXs has no row of a PBX with so many rows."""
    one = Reply(200, extensions(1, 3))
    return {
        day_request(1): one,
        day_request(1, pbx="allpbxes"): one,
        day_request(1, pbx="other"): Reply(200, extensions(9, count, "other")),
    }


@pytest.mark.parametrize(
    ("replies", "cap"),
    [
        ({}, 0),
        (summaries(100, 100, 100, 40), 100),
        (summaries(100, 100, 40), 0),
        (summaries(100, 100, 100, 101), 0),
        (summaries(256, 256, 256), 256),
        (summaries(99, 99, 99), 0),
        (summaries(50, 50, 50), 0),
        (summaries(3, 3) | {day_request(1, 7): Reply(200, extensions(1001, 3))}, 3),
        (summaries(3, 3) | {day_request(1, 7): Reply(200, extensions(1001, 4))}, 0),
        (summaries(3, 3) | {day_request(2, 7): Reply(200, extensions(1002, 3))}, 0),
        (summaries(3) | {day_request(1, pbx="allpbxes"): Reply(200, extensions(1, 3, "other"))}, 3),
        (summaries(3) | {day_request(1, pbx="other"): Reply(200, extensions(1, 3, "other"))}, 0),
        (without_other(2), 0),
        (without_other(3), 3),
    ],
)
def test_row_cap_needs_more_rows_or_a_round_number(
    plain: Observations, replies: dict[Request, Reply], cap: int
) -> None:
    assert replace(plain, replies=replies).row_cap("extension_summary") == cap


def test_row_cap_names_summaries_in_pages(plain: Observations) -> None:
    paged = Reply(200, problem="8x8 sends this summary in pages", page_rows=50)

    found = found_in(changed(plain, ring_group_summary=paged))["row_cap"]

    assert (found.seen, found.verdict) == ("ring_group_summary 50", "contradicted")
    assert "in pages: ring_group_summary" in found.evidence


def test_questions_whose_reports_are_cut_are_left_open(plain: Observations) -> None:
    found = examine(Sandbox(clock=lambda: NOW, variants=["row_cap=10"])).findings()

    assert found["row_cap"].verdict == "contradicted"
    for name in ("windows_add_up", "all_pbxes"):
        assert found[name].verdict == "unknown"
        assert "extension_summary returns only 10 rows (see row_cap)" in found[name].evidence


def test_ids_and_verdicts_stay_whole_in_a_table_that_fits(plain: Observations) -> None:
    found = list(found_in(plain).values())
    lines = as_table(found, 110).splitlines()

    assert {len(line) for line in lines} == {110}
    cells = {cell.strip() for line in lines for cell in line.split("│")}
    assert {finding.id for finding in found} | {finding.verdict for finding in found} <= cells
    assert {"question", "assumed", "seen", "verdict", "evidence", "what to do"} <= cells
    assert as_table(found, 99) == as_text(found, 99)
