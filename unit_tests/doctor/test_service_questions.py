"""What the user can read, and what exchanges tell about the service."""

from typing import Any

import pytest

from source_8x8_work_analytics.doctor import service_questions
from source_8x8_work_analytics.doctor.findings import Outcome
from source_8x8_work_analytics.doctor.observations import (
    EXTENSIONS,
    GROUPS,
    MEMBERS,
    Exchange,
    Observations,
    Reply,
    Request,
    list_request,
)
from source_8x8_work_analytics.doctor.service_questions import (
    Access,
    Clock,
    PbxNames,
    RateLimit,
    ResponseTimes,
    Sessions,
    estimate,
)
from source_8x8_work_analytics.messages import counted
from source_8x8_work_analytics.streams import STREAM_TYPES
from testing.builders import settings
from unit_tests.conftest import NOW
from unit_tests.doctor.observed import account, account_with_days

ACCESS_ADVICE = "Give the user (username) Supervisor access to Analytics for Work, or deselect these streams."
NAMES_ADVICE = "Correct the PBX names (pbx_ids), or give the user access to these PBXs."
LIMIT_ADVICE = "Keep num_workers within this limit. Report this: 8x8 does not document a limit."
CLOCK_ADVICE = "Correct this machine's clock."
SESSIONS_ADVICE = "Give each connection its own user (username), or they invalidate each other's tokens."
DENIED = Reply(403, problem="HTTP 403")
FAILED = Reply(0, problem="HTTP 503")
BY_ID = [kind.name for kind in STREAM_TYPES if kind.report and kind.report.by_id]
LISTS = ["pbxes", "sites", "call_queues", "call_queue_agents"]


@pytest.fixture(autouse=True)
def _six_reports_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_questions, "REPORTS_BY_NAME", 6)  # one more stream is more requests


def nothing_read(stopped: str = "") -> Observations:
    return Observations(settings(), NOW, stopped=stopped)


def test_access_tries_the_report_and_the_list_of_an_unknown_pbx() -> None:
    seen = nothing_read()
    others = [kind.name for kind in STREAM_TYPES if kind.name not in (EXTENSIONS, "pbxes")]
    expected = Outcome(
        "",
        "unknown",
        "0 of 15 streams can be read; no report for extension_summary, pbxes (not requested: not needed); "
        f"nothing to request for {', '.join(others)}",
    )

    assert Access().judge(seen) == expected

    seen.replies = {list_request("pbxes"): Reply(200), seen.week_request(EXTENSIONS, "acmecorp"): DENIED}
    assert Access().requests(seen) == [*seen.replies, *reversed(seen.replies)]
    assert Access().judge(seen).seen == "extension_summary (HTTP 403)"
    assert Access().judge(seen).evidence.startswith("1 of 15 streams can be read; nothing to request for ")


def test_access_tries_every_stream_of_the_main_pbx() -> None:
    seen = account_with_days("501", "502")
    found = Access().requests(seen)[len(seen.first_requests()) :]

    assert found[:10] == [
        seen.week_request(EXTENSIONS),
        seen.week_request("company_summary"),
        seen.week_request(GROUPS),
        seen.week_request(MEMBERS, collapse="true", extId="501"),
        seen.week_calls("call_records"),
        seen.week_calls("call_legs"),
        *(list_request(stream, "id-of-acmecorp") for stream in LISTS),
    ]
    assert [request.stream for request in found[10:]] == BY_ID
    assert {request.path.partition("/id-of-acmecorp/")[0] for request in found[10:]} == {"v2/pbxes"}


def test_access_tries_what_needs_no_ring_group_and_no_day() -> None:
    found = Access()._by_stream(account())

    assert list(found) == [kind.name for kind in STREAM_TYPES if kind.name not in (MEMBERS, *BY_ID)]


def test_access_tries_what_needs_no_id_of_the_pbx() -> None:
    seen = account_with_days("501")
    seen.replies[list_request("pbxes")] = Reply(200)

    assert list(Access()._by_stream(seen)) == [
        kind.name for kind in STREAM_TYPES if kind.name not in (*LISTS[1:], *BY_ID)
    ]


def with_access(*groups: str, **replies: Reply) -> Observations:
    """Return an account of which all can be read but what is given."""
    seen = account_with_days(*groups)
    wanted = Access()._by_stream(seen)
    seen.replies |= {request: Reply(200) for request in wanted.values() if request not in seen.replies}
    seen.replies |= {wanted[stream]: reply for stream, reply in replies.items()}
    return seen


@pytest.mark.parametrize(
    ("seen", "outcome"),
    [
        (with_access("501"), Outcome("all", "holds", "15 of 15 streams can be read")),
        (
            with_access(),
            Outcome(
                "all",
                "holds",
                "13 of 15 streams can be read; nothing to request for ring_group_member_summary, "
                "ring_group_agent_activity",
            ),
        ),
        (
            with_access("501", sites=DENIED, call_legs=Reply(400, problem="HTTP 400, 105")),
            Outcome(
                "call_legs (HTTP 400, 105), sites (HTTP 403)",
                "contradicted",
                "13 of 15 streams can be read",
                ACCESS_ADVICE,
            ),
        ),
        (
            with_access("501", sites=FAILED, call_queues=Reply(500, problem="HTTP 500")),
            Outcome(
                "",
                "unknown",
                "13 of 15 streams can be read; no report for sites, call_queues (HTTP 503)",
            ),
        ),
        (
            with_access(sites=FAILED, call_legs=DENIED),
            Outcome(
                "call_legs (HTTP 403)",
                "contradicted",
                "11 of 15 streams can be read; no report for sites (HTTP 503); nothing to request for "
                "ring_group_member_summary, ring_group_agent_activity",
                ACCESS_ADVICE,
            ),
        ),
    ],
    ids=["all", "no ring groups", "denied", "failed", "both"],
)
def test_streams_that_are_denied_are_named(seen: Observations, outcome: Outcome) -> None:
    assert Access().judge(seen) == outcome


def listed(*pages: Any, **changes: Any) -> Observations:
    """Return an account whose list of PBXs has these pages: names, or a reply."""
    seen = account(**changes)
    for i, page in enumerate(pages):
        rows = [] if isinstance(page, Reply) else [{"name": name, "id": name} for name in page]
        last = page if isinstance(page, Reply) else Reply(200, rows, more=i + 1 < len(pages))
        seen.replies[list_request("pbxes", page=i)] = last
    return seen


TWO = {"pbx_ids": ["acmecorp", "beta", "Gamma"]}


@pytest.mark.parametrize(
    ("seen", "outcome"),
    [
        (listed(["acmecorp"]), Outcome("all", "holds", "this user can see 1 PBX")),
        (
            listed(["x"], ["GAMMA ", "Beta", "acmecorp"], **TWO),
            Outcome("all", "holds", "this user can see 4 PBXs"),
        ),
        (
            listed(["beta"], **TWO),
            Outcome(
                "2 of 3 missing",
                "contradicted",
                "this user can see 1 PBX; missing: pbx-1, pbx-3",
                NAMES_ADVICE,
            ),
        ),
        (
            listed([], pbx_ids=["allpbxes"]),
            Outcome("all", "holds", "this user can see 0 PBXs, and allpbxes is configured"),
        ),
        (
            listed(["x"], Reply(500, problem="HTTP 500")),
            Outcome("", "unknown", "the list of PBXs was not read: HTTP 500"),
        ),
        (
            listed(["x"], ["y"], ["z"], ["acmecorp"]),
            Outcome("", "unknown", "the list of PBXs has more than 3 pages"),
        ),
        (listed(["x"], ["y"], ["acmecorp"], []), Outcome("all", "holds", "this user can see 3 PBXs")),
    ],
)
def test_names_that_are_not_listed_are_counted(seen: Observations, outcome: Outcome) -> None:
    assert PbxNames().judge(seen) == outcome


def timed(alone: list[float], together: list[float]) -> list[Exchange]:
    """Return exchanges of which only some are whole reports of extensions."""
    others = [
        Exchange(EXTENSIONS, 503, 60, alone=True),
        Exchange(EXTENSIONS, 429, 60, alone=False),
        Exchange(GROUPS, 503, 60, alone=False),
        Exchange("", 200, 60, alone=True),
        Exchange("other", 200, 60, alone=False),
    ]
    times = [(seconds, True) for seconds in alone] + [(seconds, False) for seconds in together]
    return [*others, *(Exchange(EXTENSIONS, 200, seconds, is_alone) for seconds, is_alone in times)]


def with_times(one: float, two: float, **changes: Any) -> Observations:
    seen = account(**changes)
    seen.exchanges = timed([one, one / 9, one * 4], [two, two / 9, two * 4])
    return seen


NOT_FASTER = "Set num_workers to 2: more concurrent requests do not speed up a load."
SLOWER = (
    "Set num_workers to 10, which is enough: two years of the reports are about 4,386 requests, which take "
    "30 minutes."
)


def workers(number: int, requests: str = "4,386") -> str:
    return f"Set num_workers to {number}: two years of the reports are about {requests} requests"


@pytest.mark.parametrize(
    ("times", "changes", "seen", "advice"),
    [
        ((0.3, 0.34), {}, "4", ""),
        ((0.3, 0.3), {"num_workers": 2}, "4", f"{workers(4)}, which take 6 minutes instead of 11."),
        ((1.3, 2.0), {}, "5", f"{workers(5)}, which take 30 minutes instead of 37."),
        ((2.0, 2.0), {"num_workers": 5}, "5", ""),
        ((1.29, 2.0), {}, "2", NOT_FASTER),
        ((1.29, 2.0), {"num_workers": 2}, "2", ""),
        ((0.001, 0.049), {"num_workers": 2}, "4", f"{workers(4)}."),
        ((0.05, 0.05), {"num_workers": 2}, "4", f"{workers(4)}, which take 1 minute instead of 2."),
        ((0.03, 0.05), {}, "2", NOT_FASTER),
        ((4.0, 4.0), {"num_workers": 20}, "10", SLOWER),
        ((60.0, 60.0), {}, "10", f"{workers(10)}, which take 439 minutes instead of 1,097."),
        (
            (1.0, 1.0),
            {"pbx_ids": ["acmecorp", "beta"]},
            "5",
            f"{workers(5, '8,772')}, which take 30 minutes instead of 37.",
        ),
    ],
)
def test_workers_that_are_worth_using(
    times: tuple[float, float], changes: dict[str, Any], seen: str, advice: str
) -> None:
    evidence = f"a report takes {times[0]:.1f} s alone, {times[1]:.1f} s with two at once"

    assert ResponseTimes().judge(with_times(*times, **changes)) == Outcome(seen, "holds", evidence, advice)


@pytest.mark.parametrize(("alone", "together"), [(2, 3), (3, 2), (0, 9), (9, 0)])
def test_too_few_reports_tell_no_times(alone: int, together: int) -> None:
    seen = account()
    seen.exchanges = timed([1.0] * alone, [1.0] * together)

    assert ResponseTimes().judge(seen) == Outcome("", "unknown", "too few reports were read to tell")
    assert estimate(seen, ()) == ""


def first_load(streams: str, pbxes: str, workers: int, requests: str, minutes: str, since: str) -> str:
    return (
        f"A first load of {streams} from {since}, for {pbxes} with {workers} workers, takes an "
        f"estimated {requests} and {minutes}, plus the time to write to a database."
    )


def estimated(streams: list[str], calls: int = 3, groups: int = 0, **changes: Any) -> str:
    """Return the estimate for an account whose reports take 60 seconds, or 30 with two at once: 45 in all."""
    seen = account(calls, **changes)
    seen.exchanges = timed([60.0] * 3, [30.0] * 3)
    seen.replies[seen.week_request(GROUPS)] = Reply(200, [{"extension": "x"}] * groups)
    return estimate(seen, streams)


THREE_DAYS = {"start_date": "2026-11-22"}
TWO_WEEKS = {"start_date": "2026-11-16", "summary_window": "week"}
ALL = {"pbx_ids": ["allpbxes"]}
BOTH = {"pbx_ids": ["acmecorp", "beta"]}


@pytest.mark.parametrize(
    ("stream", "more", "requests"),
    [
        ("pbxes", BOTH, 1),
        ("sites", BOTH, 2),
        (EXTENSIONS, THREE_DAYS, 3),
        (EXTENSIONS, BOTH, 6),
        (EXTENSIONS, TWO_WEEKS, 2),
        ("call_records", TWO_WEEKS, 9),
        ("call_queue_summary", TWO_WEEKS, 9),
        ("call_queue_summary", BOTH, 6),
        (GROUPS, {"groups": 4}, 3),
        (MEMBERS, {"groups": 4}, 15),
        (MEMBERS, {"groups": 0}, 3),
        ("ring_group_agent_activity", {"groups": 2}, 9),
        ("call_records", {"calls": 0}, 3),
        ("call_records", {"calls": 7 * 2_000}, 3),
        ("call_records", {"calls": 7 * 2_000 + 1}, 6),
        ("call_legs", {"calls": 7 * 4_000 + 1}, 9),
        ("queue_calls", {"calls": 7 * 4_000 + 1}, 6),
        ("queue_calls", BOTH, 12),
    ],
)
def test_the_requests_of_a_first_load(stream: str, more: dict[str, Any], requests: int) -> None:
    assert f"takes an estimated {counted(requests, 'request')} and " in estimated([stream], **more)


@pytest.mark.parametrize(("by_id", "requests"), [(False, 3), (True, 6)])
def test_reports_by_name_can_be_of_all_pbxes(by_id: bool, requests: int) -> None:
    seen = listed(["acmecorp", "beta"], **ALL)
    seen.exchanges = timed([60.0] * 3, [30.0] * 3)

    found = estimate(seen, ["agent_summary" if by_id else EXTENSIONS])
    assert f" for 2 PBXs with 4 workers, takes an estimated {counted(requests, 'request')} and " in found


@pytest.mark.parametrize(
    ("streams", "more", "words"),
    [
        (["pbxes"], {}, ("1 stream", "1 PBX", 4, "1 request", "1 minute")),
        ([EXTENSIONS], {"start_date": "2026-10-26"}, ("1 stream", "1 PBX", 4, "30 requests", "6 minutes")),
        (
            [EXTENSIONS],
            {"start_date": "2026-10-26", **BOTH},
            ("1 stream", "2 PBXs", 4, "60 requests", "12 minutes"),
        ),
        ([EXTENSIONS, "sites"], {"num_workers": 2}, ("2 streams", "1 PBX", 2, "4 requests", "2 minutes")),
        ([], {}, ("15 streams", "1 PBX", 4, "40 requests", "6 minutes")),
        (
            [EXTENSIONS],
            {"start_date": "2024-11-24", "pbx_ids": ["a", "b", "c"]},
            ("1 stream", "3 PBXs", 4, "2,193 requests", "412 minutes"),
        ),
    ],
)
def test_a_first_load_in_words(
    streams: list[str], more: dict[str, Any], words: tuple[str, str, int, str, str]
) -> None:
    since = more.get("start_date", "2026-11-22")

    assert estimated(streams, **more) == first_load(*words, since=since)


def test_a_first_load_of_nothing_yet() -> None:
    found = estimated([EXTENSIONS], start_date="2026-11-24", only_finished_windows=True)

    assert found == first_load("1 stream", "1 PBX", 4, "0 requests", "0 minutes", "").replace(" from ,", "")


def test_a_first_load_takes_the_times_of_each_stream() -> None:
    seen = with_times(30.0, 30.0)
    seen.exchanges += [Exchange(GROUPS, 200, seconds, alone=False) for seconds in (400.0, 10.0, 480.0)]
    seen.exchanges += [Exchange("company_summary", 503, 9_000.0, alone=False)]

    words = ("3 streams", "1 PBX", 4, "9 requests", "6 minutes")  # 3 times 400, 30 and 30 seconds
    assert estimate(seen, (EXTENSIONS, GROUPS, "company_summary")) == first_load(*words, since="2026-11-22")


def test_two_at_once_are_not_faster_than_the_service() -> None:
    found = estimate(with_times(30.0, 60.0), [EXTENSIONS])

    assert found == first_load("1 stream", "1 PBX", 4, "3 requests", "2 minutes", "2026-11-22")


def with_limits(*limits: tuple[tuple[str, str], ...], status: int = 200) -> Observations:
    seen = account()
    seen.exchanges = [Exchange(EXTENSIONS, 200, 0.1, True, each) for each in limits]
    seen.exchanges += [Exchange(EXTENSIONS, status, 0.1, True)] if status != 200 else []
    return seen


LIMIT, RETRY, OTHER = ("x-ratelimit-limit", "100"), ("retry-after", ""), ("other", "")


@pytest.mark.parametrize(
    ("seen", "outcome"),
    [
        (nothing_read("interrupted"), Outcome("", "unknown", "not requested: interrupted")),
        (
            with_limits((), ()),
            Outcome("none", "holds", "headers of 2 responses, 0 of them HTTP 429"),
        ),
        (
            with_limits((), status=429),
            Outcome("HTTP 429", "contradicted", "headers of 2 responses, 1 of them HTTP 429", LIMIT_ADVICE),
        ),
        (
            with_limits((OTHER,), (OTHER, OTHER), (OTHER,)),
            Outcome(
                "2 headers of another name",
                "contradicted",
                "headers of 3 responses, 0 of them HTTP 429",
                LIMIT_ADVICE,
            ),
        ),
        (
            with_limits(
                (LIMIT, RETRY, OTHER), (("x-ratelimit-limit", "99"), ("ratelimit-used", "5")), status=429
            ),
            Outcome(
                "ratelimit-used, retry-after, x-ratelimit-limit, 1 header of another name, HTTP 429",
                "contradicted",
                "headers of 3 responses, 1 of them HTTP 429; last values: ratelimit-used: 5, "
                "x-ratelimit-limit: 99",
                LIMIT_ADVICE,
            ),
        ),
        (
            with_limits((RETRY,)),
            Outcome("retry-after", "contradicted", "headers of 1 response, 0 of them HTTP 429", LIMIT_ADVICE),
        ),
    ],
    ids=["nothing", "none", "429", "other", "all", "without a value"],
)
def test_headers_and_statuses_that_limit_requests_are_named(seen: Observations, outcome: Outcome) -> None:
    assert RateLimit().judge(seen) == outcome


def test_the_clock_may_be_five_seconds_apart() -> None:
    assert Clock().assumption(account()) == "at most 5 seconds apart"


@pytest.mark.parametrize(
    ("ahead", "outcome"),
    [
        ([], Outcome("", "unknown", "no response")),
        ([None, None], Outcome("", "unknown", "no response had a Date header")),
        ([0.0], Outcome("0 seconds apart", "holds", "1 Date header")),
        ([None, 30.0, 5.0], Outcome("5 seconds apart", "holds", "2 Date headers")),
        ([-5.0, 9.0], Outcome("5 seconds apart", "holds", "2 Date headers")),
        (
            [5.1],
            Outcome("5 seconds apart", "contradicted", "1 Date header; 8x8's clock is ahead", CLOCK_ADVICE),
        ),
        (
            [-1_234.4, -2_000.0, 3_000.0],
            Outcome(
                "1,234 seconds apart", "contradicted", "3 Date headers; 8x8's clock is behind", CLOCK_ADVICE
            ),
        ),
    ],
)
def test_the_least_difference_of_the_clocks_counts(ahead: list[float | None], outcome: Outcome) -> None:
    seen = account()
    seen.exchanges = [Exchange("", 200, 0.1, True, ahead=each) for each in ahead]

    assert Clock().judge(seen) == outcome


def test_the_first_request_that_succeeded_is_repeated_after_a_second_sign_in() -> None:
    seen = account()
    first, week = seen.first_requests()
    again = Request("sessions", "v2/pbxes", (("page", "0"), ("size", "100")))

    assert Sessions().requests(seen) == [first, week, again]
    assert Sessions.phase == 1
    seen.replies[first] = DENIED
    assert Sessions().requests(seen) == [first, week, Request("sessions", week.path, week.params)]
    seen.replies[week] = DENIED
    assert Sessions().requests(seen) == [first, week]
    assert Sessions().judge(seen) == Outcome("", "unknown", "no report or list could be read")


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (None, Outcome("", "unknown", "not requested: not needed")),
        (Reply(200), Outcome("no", "holds", "after a second sign-in, the first token was accepted")),
        (
            Reply(401, problem="HTTP 401"),
            Outcome(
                "yes", "contradicted", "after a second sign-in, the first token was rejected", SESSIONS_ADVICE
            ),
        ),
        (FAILED, Outcome("", "unknown", "HTTP 503")),
    ],
)
def test_a_second_sign_in_may_invalidate_the_first_token(reply: Reply | None, outcome: Outcome) -> None:
    seen = account()
    *_, again = Sessions().requests(seen)
    seen.replies |= {again: reply} if reply else {}

    assert Sessions().judge(seen) == outcome


@pytest.mark.parametrize("question", [Access, PbxNames, ResponseTimes, RateLimit, Clock, Sessions])
def test_no_question_about_the_service_needs_calls(question: Any) -> None:
    assert not question.needs_calls
