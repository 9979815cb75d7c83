"""What the findings say when answers are missing, refused or of an odd shape."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox import Sandbox
from source_8x8_work_analytics.doctor.account import main_pbx
from source_8x8_work_analytics.doctor.examine import NOT_UNDERSTOOD
from source_8x8_work_analytics.doctor.model import Answer, Answers, Exchange, Request, Row
from source_8x8_work_analytics.doctor.questions import QUESTIONS
from testing.doctor_account import examined, outcomes
from unit_tests.conftest import NOW

IDS = [
    *("access", "pbx_names", "windows_add_up", "end_time", "call_records_time", "call_legs_time"),
    *("zero_rows", "one_row_per_key", "fields", "clock_change_day", "retention", "company_sides"),
    *("all_pbxes", "late_changes", "response_times", "rate_limit", "clock"),
    *("queue_window", "queue_units", "queue_identity"),
]
ODD_VALUES: list[Any] = [None, "", "x", "-1", True, -1, 1.5, 10**400, "nan", "inf", [], {}, [None], {"a": 1}]


@pytest.fixture(scope="module")
def plain() -> Answers:
    return examined(Sandbox(clock=lambda: NOW))


def changed(answers: Answers, **by_stream: Answer) -> Answers:
    """Return the answers with those of whole streams replaced."""
    by_request = {
        request: by_stream.get(request.stream, answer) for request, answer in answers.by_request.items()
    }
    return replace(answers, by_request=by_request)


def test_the_questions_have_the_ids_of_the_contract_in_its_order(plain: Answers) -> None:
    assert [question.id for question in QUESTIONS] == IDS
    assert list(outcomes(plain)) == IDS


def test_the_pbx_to_look_at_is_that_of_the_answers_at_hand(plain: Answers) -> None:
    outcomes(plain)
    assert main_pbx(plain) == "acmecorp"
    assert main_pbx(replace(plain, by_request={})) is None


@given(data=st.data())
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_answers_that_are_missing_or_fail_contradict_nothing(plain: Answers, data: Any) -> None:
    requests = list(plain.by_request)
    gone = data.draw(st.sets(st.sampled_from(requests)))
    failed = data.draw(st.sets(st.sampled_from(requests)))
    known = {request: answer for request, answer in plain.by_request.items() if request not in gone}
    known |= {request: Answer(0, problem="HTTP 503, 3 times in a row") for request in failed}

    found = outcomes(replace(plain, by_request=known, stopped="interrupted"))

    for finding in found.values():
        assert finding.verdict in ("holds", "unknown"), finding
        assert NOT_UNDERSTOOD not in finding.evidence
        assert finding.evidence


@given(data=st.data())
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_values_of_any_type_are_no_crash(plain: Answers, data: Any) -> None:
    request = data.draw(st.sampled_from([r for r, answer in plain.by_request.items() if answer.rows]))
    name = data.draw(st.sampled_from(sorted(plain.by_request[request].rows[0])))
    value = data.draw(st.sampled_from(ODD_VALUES))
    rows: list[Row] = [{**row, name: value} for row in plain.by_request[request].rows]

    found = outcomes(replace(plain, by_request={**plain.by_request, request: Answer(200, rows)}))

    assert not [finding for finding in found.values() if NOT_UNDERSTOOD in finding.evidence]


def test_a_question_that_fails_costs_no_other(plain: Answers) -> None:
    broken = Answer(200, [5])  # type: ignore[list-item]

    found = outcomes(changed(plain, call_legs=broken))

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
def test_a_refused_stream_leaves_its_questions_open_and_says_why(
    plain: Answers, stream: str, open_: list[str]
) -> None:
    found = outcomes(changed(plain, **{stream: Answer(400, problem="HTTP 400, 105-400-038")}))

    assert found["access"].verdict == "contradicted"
    assert f"{stream} (HTTP 400, 105-400-038)" in found["access"].seen
    for name in open_:
        assert found[name].verdict == "unknown"
        assert "HTTP 400" in found[name].evidence


def test_an_account_without_calls_leaves_most_questions_open() -> None:
    quiet = examined(Sandbox(clock=lambda: NOW, seed=1), pbx_ids=["acmecorp"])
    rowless = {request: replace(answer, rows=[]) for request, answer in quiet.by_request.items()}
    lists = {request: answer for request, answer in quiet.by_request.items() if request.stream == "pbxes"}

    found = outcomes(replace(quiet, by_request=rowless | lists))

    for name in ("windows_add_up", "end_time", "zero_rows", "retention", "clock_change_day"):
        assert found[name].verdict == "unknown"
        assert "no calls in the last finished week" in found[name].evidence


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
    plain: Answers, alone: float, together: float, workers: str
) -> None:
    found = outcomes(replace(plain, exchanges=exchanges(alone, together)))["response_times"]

    assert (found.assumed, found.seen, found.verdict) == ("4", workers, "holds")
    assert found.evidence == f"a report takes {alone:.1f} s alone, {together:.1f} s with two at once"
    assert found.advice.startswith(f"Set num_workers to {workers}") is (workers != "4")


def test_few_reports_tell_no_response_times(plain: Answers) -> None:
    few = exchanges(1.0, 1.0)[:4]

    assert outcomes(replace(plain, exchanges=few))["response_times"].verdict == "unknown"


def test_rate_limit_names_headers_and_refusals(plain: Answers) -> None:
    said = [
        Exchange("extension_summary", 200, 0.1, True, (("x-ratelimit-limit", "100"),)),
        Exchange("extension_summary", 429, 0.1, True, (("retry-after", ""),)),
    ]

    found = outcomes(replace(plain, exchanges=said))["rate_limit"]

    assert found.verdict == "contradicted"
    assert found.seen == "retry-after, x-ratelimit-limit, HTTP 429"
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
    plain: Answers, ahead: list[float], seen: str, verdict: str, direction: str
) -> None:
    said = [Exchange("", 200, 0.1, True, ahead=seconds) for seconds in ahead]

    found = outcomes(replace(plain, exchanges=said))["clock"]

    assert (found.seen, found.verdict) == (seen, verdict)
    assert direction in found.evidence


def test_a_new_fields_name_is_shown_only_if_it_is_one(plain: Answers) -> None:
    request = next(request for request in plain.by_request if request.stream == "company_summary")
    row = {**plain.by_request[request].rows[0], "newField": 1, "Ada Okonkwo 1001": 2}

    found = outcomes(changed(plain, company_summary=Answer(200, [row])))["fields"]

    assert found.seen == "new: company_summary.(a name that is not shown), company_summary.newField"


def test_more_pbxes_than_can_be_compared_are_said() -> None:
    many = examined(Sandbox(clock=lambda: NOW, extra_pbxes=30), pbx_ids=["allpbxes"])

    found = outcomes(many)["all_pbxes"]

    assert (found.verdict, found.evidence) == ("unknown", "33 PBXs are more than the 20 that are compared")


def test_a_request_that_is_not_asked_says_so(plain: Answers) -> None:
    assert replace(plain, by_request={}, stopped="interrupted").get(Request("x", "y")).problem == (
        "not asked: interrupted"
    )
