"""How long the agents of ring groups were logged in: by day, for each group that had calls."""

import re
from collections.abc import Callable
from typing import Any

import orjson
import pytest
import requests_mock as rm

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.errors import ConnectorError, RetryableError
from source_8x8_work_analytics.messages import Message
from source_8x8_work_analytics.reports.pbx_directory import Pbx
from source_8x8_work_analytics.reports.queue_payload import ring_group_agent_rows
from testing.builders import BASE_URL, PBXES_URL, TOKEN_URL, response, token
from unit_tests.reading import Read
from unit_tests.reports.queue_bodies import listed
from unit_tests.reports.sentences import sentence

STREAM = "ring_group_agent_activity"
GROUPS_URL = f"{BASE_URL}/v2/rgsum-groups"
AGENTS_URL = f"{PBXES_URL}/x0/ring-group-agent-activity/by-extension"
ONE_DAY: dict[str, Any] = {"start_date": "2026-11-23", "end_date": "2026-11-23"}
SUBJECT = f"{STREAM}, PBX acmecorp, 2026-11-23"
HOUR = 3_600_000
DAY = 24 * HOUR
PBX = Pbx("acmecorp", "x0")


@pytest.fixture(autouse=True)
def account(api: rm.Mocker) -> None:
    """An account with one PBX, whose two ring groups had calls on every day."""
    api.post(TOKEN_URL, json=token())
    api.get(PBXES_URL, json=listed("acmecorp"))
    groups = [{"pbxId": "acmecorp", "extension": extension} for extension in ("901", 900, "900")]
    api.get(GROUPS_URL, json=groups)


def agent(extension: Any = "1001", logged_in: Any = HOUR, logged_out: Any = 23 * HOUR) -> dict[str, Any]:
    metrics = {"loggedInDuration": logged_in, "loggedOutDuration": logged_out}
    return {"agentExtension": extension, "metrics": metrics}


def body(*agents: Any) -> dict[str, Any]:
    return {"ringGroupAgentActivity": list(agents)}


def agents_of_all_groups(api: rm.Mocker, *agents: Any) -> Any:
    return api.get(re.compile(re.escape(AGENTS_URL)), json=body(*agents))


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


def test_agents_are_requested_for_each_group_and_day(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    report = agents_of_all_groups(api, agent(1001), agent("1002", 0, DAY))
    read = Read(stream=STREAM, start_date="2026-11-22", end_date="2026-11-23")
    assert read.error is None
    requested = [
        (r.path.split("/")[-1], r.qs["startdate"][0].upper(), r.qs["enddate"][0].upper())
        for r in report.request_history
    ]
    assert sorted(requested, key=lambda each: each[::-1]) == [
        ("900", "2026-11-22T05:00:00Z", "2026-11-23T04:59:59Z"),
        ("901", "2026-11-22T05:00:00Z", "2026-11-23T04:59:59Z"),
        ("900", "2026-11-23T05:00:00Z", "2026-11-24T04:59:59Z"),
        ("901", "2026-11-23T05:00:00Z", "2026-11-24T04:59:59Z"),
    ]
    assert set(report.last_request.qs) == {"startdate", "enddate"}
    key = ("pbx", "pbx_id", "ringGroupExtension", "agentExtension", "loggedInDuration", "loggedOutDuration")
    rows = [tuple(row[name] for name in key) for row in read.rows if row["report_date"] == "2026-11-22"]
    assert rows == [
        ("acmecorp", "x0", group, *who)
        for group in ("900", "901")
        for who in (("1001", HOUR, 23 * HOUR), ("1002", 0, DAY))
    ]
    assert read.marks == {"acmecorp": "2026-11-23"}
    assert f"{STREAM}: read 8 rows from 2 windows in 6 requests." in caplog.messages
    assert warnings(caplog) == []


def test_windows_are_days_regardless_of_the_summary_window(api: rm.Mocker) -> None:
    report = agents_of_all_groups(api, agent())
    read = Read(stream=STREAM, start_date="2026-11-22", end_date="2026-11-23", summary_window="month")
    assert sorted({row["report_date"] for row in read.rows}) == ["2026-11-22", "2026-11-23"]
    assert report.call_count == 4


def test_the_end_of_a_window_is_requested_as_configured(api: rm.Mocker) -> None:
    report = agents_of_all_groups(api, agent())
    Read(stream=STREAM, window_end="next_midnight", **ONE_DAY)
    assert {r.qs["enddate"][0].upper() for r in report.request_history} == {"2026-11-24T05:00:00Z"}


def test_an_extension_is_quoted_in_the_path(api: rm.Mocker) -> None:
    api.get(GROUPS_URL, json=[{"pbxId": "acmecorp", "extension": "9#0/1"}])
    report = api.get(f"{AGENTS_URL}/9%230%2F1", json=body(agent()))
    assert [row["ringGroupExtension"] for row in Read(stream=STREAM, **ONE_DAY).rows] == ["9#0/1"]
    assert report.call_count == 1


def test_groups_of_another_pbx_are_not_requested(api: rm.Mocker) -> None:
    api.get(PBXES_URL, json=listed("acmecorp", "beta"))
    for n, name in enumerate(("acmecorp", "beta")):
        url = f"{PBXES_URL}/x{n}/ring-group-agent-activity/by-extension/90{n}"
        api.get(f"{GROUPS_URL}?pbxId={name}", json=[{"pbxId": name.upper(), "extension": f"90{n}"}])
        api.get(url, json=body(agent()))
    read = Read(stream=STREAM, pbx_ids=["allpbxes"], **ONE_DAY)
    assert read.error is None
    found = sorted((row["pbx"], row["pbx_id"], row["ringGroupExtension"]) for row in read.rows)
    assert found == [("acmecorp", "x0", "900"), ("beta", "x1", "901")]


def test_groups_without_agents_are_one_warning_and_no_error(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    agents_of_all_groups(api)
    read = Read(stream=STREAM, start_date="2026-11-21", end_date="2026-11-23")
    assert (read.error, read.rows, read.marks) == (None, [], {"acmecorp": "2026-11-23"})
    assert warnings(caplog) == [messages.AGENTS_MISSING.text(stream=STREAM, name="acmecorp")]


def test_a_day_without_ring_groups_is_read_without_a_warning(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    api.get(GROUPS_URL, json=[])
    report = agents_of_all_groups(api)
    read = Read(stream=STREAM, **ONE_DAY)
    assert (read.rows, read.marks, report.call_count) == ([], {"acmecorp": "2026-11-23"}, 0)
    assert warnings(caplog) == []


Durations = Callable[[int], tuple[int, int]]
"""From the length of a day to the time logged in and out."""
DAYS = pytest.mark.parametrize(
    ("day", "length"), [("2026-11-23", DAY), ("2026-11-01", 25 * HOUR), ("2026-03-08", 23 * HOUR)]
)


@DAYS
@pytest.mark.parametrize(
    "durations", [lambda day: (day, 0), lambda day: (0, day), lambda day: (day - HOUR, HOUR + 1000)]
)
def test_durations_fit_their_day(api: rm.Mocker, day: str, length: int, durations: Durations) -> None:
    """Both together may exceed it by a second, since each is rounded."""
    agents_of_all_groups(api, agent("1001", 0, 0), agent("1002", *durations(length)))
    read = Read(stream=STREAM, start_date=day, end_date=day)
    assert (read.error, len(read.rows)) == (None, 4)


@DAYS
@pytest.mark.parametrize(
    ("durations", "name"),
    [
        (lambda day: (day + 1, 0), "loggedInDuration"),
        (lambda day: (0, day + 1), "loggedOutDuration"),
        (lambda day: (day - HOUR, HOUR + 1001), "loggedInDuration + loggedOutDuration"),
    ],
)
def test_durations_longer_than_their_day_fail_it(
    api: rm.Mocker, day: str, length: int, durations: Durations, name: str
) -> None:
    agents_of_all_groups(api, agent("1001", 0, 0), agent("1002", *durations(length)))
    read = Read(stream=STREAM, start_date=day, end_date=day)
    subject = f"{STREAM}, PBX acmecorp, {day}"
    assert [error.message for error in read.errors] == [
        sentence(messages.NOT_MILLISECONDS, subject, name=name)
    ]
    assert (read.rows, read.states[-1]["states"]) == ([], [])


@pytest.mark.parametrize("value", [None, "n/a", True])
def test_a_duration_that_is_not_a_number_is_not_judged(api: rm.Mocker, value: Any) -> None:
    agents_of_all_groups(api, agent("1001", value, DAY))
    assert [row["loggedOutDuration"] for row in Read(stream=STREAM, **ONE_DAY).rows] == [DAY, DAY]


def test_a_duration_that_comes_alone_is_judged_alone(api: rm.Mocker) -> None:
    agents_of_all_groups(api, {"agentExtension": "1001", "metrics": {"loggedOutDuration": DAY + 1}})
    read = Read(stream=STREAM, **ONE_DAY)
    assert [error.message for error in read.errors] == [
        sentence(messages.NOT_MILLISECONDS, SUBJECT, name="loggedOutDuration")
    ]


def test_missing_access_names_the_permission(api: rm.Mocker) -> None:
    api.get(re.compile(re.escape(AGENTS_URL)), status_code=403, json={})
    read = Read(stream=STREAM, **ONE_DAY)
    assert [error.message for error in read.errors] == [sentence(messages.QUEUES_DENIED, SUBJECT)]


def test_a_deleted_pbx_that_is_denied_is_skipped(api: rm.Mocker, caplog: pytest.LogCaptureFixture) -> None:
    api.get(PBXES_URL, json=listed(deleted=("acmecorp",)))
    api.get(GROUPS_URL, status_code=403, json={})
    read = Read(stream=STREAM, pbx_ids=["allpbxes"], **ONE_DAY)
    assert (read.error, read.errors, read.rows) == (None, [], [])
    assert warnings(caplog) == [messages.DELETED_PBX_SKIPPED.text(name="acmecorp")]


def parse(content: Any, link: str = "") -> list[dict[str, Any]]:
    return ring_group_agent_rows(response(orjson.dumps(content), Link=link), PBX, "900")


NOT_AN_OBJECT: list[Any] = [[], 7, "", False]
NOT_AN_EXTENSION: list[Any] = [None, True, 1.5, []]
WITHOUT_KEY = (messages.ROW_WITHOUT_KEY, {"name": "agentExtension"})
NOT_REPORTS: list[tuple[Any, Message, dict[str, str]]] = [
    (None, messages.NOT_A_REPORT, {}),
    ([], messages.NOT_A_REPORT, {}),
    ({}, messages.NOT_A_REPORT, {}),
    ({"error": "x"}, messages.NOT_A_REPORT, {}),
    ({"ringGroupAgentActivity": {}}, messages.NOT_A_REPORT, {}),
    (body(7), messages.ROW_NOT_AN_OBJECT, {}),
    (body([]), messages.ROW_NOT_AN_OBJECT, {}),
    *(
        (body({"agentExtension": "1", "metrics": value}), messages.METRICS_NOT_AN_OBJECT, {})
        for value in NOT_AN_OBJECT
    ),
    *((body(agent(), agent(value)), *WITHOUT_KEY) for value in NOT_AN_EXTENSION),
    (body({"metrics": {}}), *WITHOUT_KEY),
    (body({**agent(), "pbx": "other"}), messages.ROW_OF_ANOTHER_PBX, {}),
    (body(agent(1001), agent("1001")), messages.TWO_ROWS_FOR_KEY, {"names": "agentExtension"}),
]


@pytest.mark.parametrize(("content", "problem", "values"), NOT_REPORTS, ids=lambda part: str(part)[:40])
def test_what_is_not_a_report_is_rejected(content: Any, problem: Message, values: dict[str, str]) -> None:
    with pytest.raises(RetryableError) as error:
        parse(content)
    assert (error.value.problem, error.value.values) == (problem, values)


def test_a_report_in_pages_is_rejected_for_good() -> None:
    with pytest.raises(ConnectorError) as error:
        parse(body(agent()), link='<https://x/?page=1>; rel="next"')
    assert error.value.problem is messages.PAGED_SUMMARY


@pytest.mark.parametrize("more", [{}, {"metrics": None}, {"metrics": {}}])
def test_absent_durations_are_absent_and_never_zero(more: dict[str, Any]) -> None:
    assert parse(body({"agentExtension": 1001, **more})) == [
        {"pbx": "acmecorp", "pbx_id": "x0", "ringGroupExtension": "900", "agentExtension": "1001"}
    ]


def test_the_key_of_a_row_is_that_of_the_request() -> None:
    row = {**agent(), "pbx": "x0", "ringGroupExtension": 900, "userStatus": "ON_CALL", "new": 7}
    assert parse(body(row)) == [
        {
            "pbx": "acmecorp",
            "pbx_id": "x0",
            "ringGroupExtension": "900",
            "agentExtension": "1001",
            "loggedInDuration": HOUR,
            "loggedOutDuration": 23 * HOUR,
            "new": 7,
        }
    ]
