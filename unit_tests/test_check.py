"""The check, as the platform uses it: FAILED only for what the form can fix."""

import json
import logging
import re
import threading
from collections.abc import Callable
from typing import Any

import pendulum
import pytest
import requests
import requests_mock as rm
from airbyte_cdk.models import FailureType, Status

from source_8x8_work_analytics import check as check_module
from source_8x8_work_analytics import clock, messages
from source_8x8_work_analytics.check import RETRIES
from source_8x8_work_analytics.client.http import Http, Response
from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.source import Source8x8WorkAnalytics
from testing.builders import EXTSUM_URL, PBXES_URL, TOKEN_URL, config, response, row, token

QUEUES_URL = re.compile(f"{PBXES_URL}/x0/call-queue-metrics")


@pytest.fixture(autouse=True)
def login(api: rm.Mocker) -> Any:
    api.get(PBXES_URL, json=listed("acmecorp"))
    api.get(QUEUES_URL, json={"callQueues": []})
    return api.post(TOKEN_URL, json=token())


def check(**changes: Any) -> tuple[Status, str]:
    settings = config(**changes)
    found = Source8x8WorkAnalytics().check(logging.getLogger("airbyte.test"), settings)
    return found.status, found.message or ""


def failure(**changes: Any) -> ConnectorError:
    with pytest.raises(ConnectorError) as failed:
        check(**changes)
    return failed.value


def answers(**by_pbx: int) -> Callable[[Any, Any], Any]:
    """Return a report with the HTTP status of its PBX, 200 if not given."""

    def answer(request: Any, context: Any) -> Any:
        (pbx,) = request.qs["pbxid"]
        context.status_code = by_pbx.get(pbx, 200)
        return [row(pbx=pbx)] if context.status_code == 200 else {"message": "user(jane) has no access"}

    return answer


def listed(*names: str, deleted: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the list of PBXs that the user can see."""
    numbered = enumerate(names + deleted)
    rows = [{"id": f"x{n}", "name": name, "deleted": name in deleted} for n, name in numbered]
    return {"_embedded": {"pbxList": rows}, "page": {"number": 0, "totalPages": 1}}


def test_every_pbx_is_tried_on_the_present_day(api: rm.Mocker) -> None:
    report = api.get(EXTSUM_URL, json=answers())
    names = ["acmecorp", "beta", "gamma"]
    days = {"start_date": "2026-11-01", "end_date": "2026-11-22", "only_finished_windows": True}
    assert check(pbx_ids=names, summary_window="month", **days) == (Status.SUCCEEDED, "")
    asked = [[r.qs[key][0] for key in ("pbxid", "starttime", "endtime")] for r in report.request_history]
    assert sorted(asked) == [[name, "2026-11-24 00:00:00", "2026-11-24 23:59:59"] for name in names]


def test_the_present_day_is_that_of_the_time_zone(api: rm.Mocker, monkeypatch: pytest.MonkeyPatch) -> None:
    report = api.get(EXTSUM_URL, json=answers())
    late = pendulum.datetime(2026, 11, 24, 23, 30, tz="UTC")
    monkeypatch.setattr(clock, "now", lambda: late)
    assert check(time_zone="Asia/Tokyo", start_date="2024-11-25") == (Status.SUCCEEDED, "")
    assert report.last_request
    assert report.last_request.qs["starttime"] == ["2026-11-25 00:00:00"]


def test_the_oldest_day_is_that_of_the_time_zone(
    api: rm.Mocker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    api.get(EXTSUM_URL, json=answers())
    late = pendulum.datetime(2026, 11, 24, 23, 30, tz="UTC")
    monkeypatch.setattr(clock, "now", lambda: late)
    check(time_zone="Asia/Tokyo", start_date="2024-11-24")
    assert messages.START_TOO_EARLY.text(oldest="2024-11-25") in caplog.messages


def test_pbxs_are_tried_in_parallel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty reports are in flight at the same time, or none of them would get a response."""
    all_here = threading.Barrier(20, timeout=60)
    requested = []

    def send(_: Http, method: str, url: str, *args: Any, **parts: Any) -> Response:
        body: Any = token()
        if url.endswith("/extsum"):
            all_here.wait()
            requested.append(parts["params"]["pbxId"])
            body = [row(pbx=parts["params"]["pbxId"])]
        return response(json.dumps(body))

    monkeypatch.setattr(Http, "send", send)
    names = [f"pbx-{n}" for n in range(200)]
    assert check(pbx_ids=names, num_workers=2) == (Status.SUCCEEDED, "")
    assert sorted(requested) == sorted(names)


def test_a_pbx_that_does_not_exist_fails_with_those_that_do(api: rm.Mocker) -> None:
    api.get(EXTSUM_URL, json=answers(forbidden_one=403, forbidden_two=403))
    api.get(PBXES_URL, json=listed("acmecorp", "beta", deleted=("old",)))
    status, message = check(pbx_ids=["acmecorp", "forbidden_one", "forbidden_two"])
    assert status is Status.FAILED
    assert "PBX forbidden_one" in message
    assert "PBX forbidden_two" in message
    assert "Admin Console" in message
    denied = [f"PBX {name}: {messages.PBX_DENIED.text()}" for name in ("forbidden_one", "forbidden_two")]
    assert message == f"{' '.join(denied)} {messages.PBXES_VISIBLE.text(names='acmecorp, beta')}"
    assert "jane" not in message


def test_a_listed_pbx_that_is_refused_is_a_warning_where_another_responds(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    api.get(EXTSUM_URL, json=answers(old=403, beta=403))
    api.get(PBXES_URL, json=listed("acmecorp", "beta", deleted=("old",)))
    status, message = check(pbx_ids=["acmecorp", "old", "beta"])
    assert status is Status.SUCCEEDED
    for name in ("PBX old", "PBX beta"):
        assert name in message
    (warning,) = [record for record in caplog.records if record.levelname == "WARNING"]
    assert warning.getMessage() == message


@pytest.mark.parametrize("names", [["old"], ["old", "beta"], ["allpbxes"]])
def test_no_pbx_that_responds_fails(api: rm.Mocker, names: list[str]) -> None:
    api.get(EXTSUM_URL, json=answers(old=403, beta=403, allpbxes=403))
    api.get(PBXES_URL, json=listed(deleted=("old", "beta")))
    status, message = check(pbx_ids=names)
    assert status is Status.FAILED
    assert message.endswith("This user can see: no PBXs.")


def test_a_name_in_another_case_gets_its_spelling_and_nothing_else(api: rm.Mocker) -> None:
    api.get(EXTSUM_URL, json=answers(acmecorp=403))
    api.get(PBXES_URL, json=listed("AcmeCorp", "beta"))
    spelling = messages.PBX_SPELLING.text(name="acmecorp", listed="AcmeCorp")
    assert check(pbx_ids=["acmecorp"]) == (Status.FAILED, spelling)
    next_to_another, message = check(pbx_ids=["acmecorp", "beta"])
    assert next_to_another is Status.SUCCEEDED
    assert message == f"{spelling} {messages.OTHERS_RESPOND.text()}"


def test_names_in_another_case_come_after_the_pbxs_that_are_refused(api: rm.Mocker) -> None:
    api.get(EXTSUM_URL, json=answers(acmecorp=403, beta=403))
    api.get(PBXES_URL, json=listed("AcmeCorp", "beta", "gamma"))
    status, message = check(pbx_ids=["acmecorp", "beta", "gamma"])
    assert status is Status.SUCCEEDED
    assert message == " ".join(
        [
            f"PBX beta: {messages.PBX_DENIED.text()}",
            messages.PBX_SPELLING.text(name="acmecorp", listed="AcmeCorp"),
            messages.OTHERS_RESPOND.text(),
        ]
    )


def test_a_user_who_can_see_no_pbx_is_told_so(api: rm.Mocker) -> None:
    api.get(EXTSUM_URL, json=answers(forbidden=403))
    api.get(PBXES_URL, json=listed())
    assert check(pbx_ids=["forbidden"])[1].endswith("This user can see: no PBXs.")


def test_a_check_names_the_pbx_without_stream_and_day(api: rm.Mocker) -> None:
    api.get(EXTSUM_URL, json=answers(forbidden=403))
    _, message = check(pbx_ids=["forbidden"])
    assert message.startswith(f"PBX forbidden: {messages.PBX_DENIED.text()}")
    assert "extension_summary" not in message
    assert "2026-11-24" not in message


def test_of_many_names_the_first_twenty_are_shown(api: rm.Mocker) -> None:
    api.get(EXTSUM_URL, json=answers(forbidden=403))
    for count, end in ((20, "."), (21, " and 1 more."), (3000, " and 2,980 more.")):
        api.get(PBXES_URL, json=listed(*(f"pbx-{n:04}" for n in range(count))))
        _, message = check(pbx_ids=["forbidden"])
        assert message.endswith(f"pbx-0018, pbx-0019{end}")
        assert len(message) < 600


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        ({"start_date": "2026-11-01", "reread_from": "2026-10-30", "reread_to": "2026-10-31"}, "2026-11-01"),
        ({"start_date": "2026-11-01", "reread_from": "2026-10-30", "reread_to": "2026-11-01"}, None),
        ({"start_date": ..., "reread_from": "2024-11-20"}, "2024-11-24"),
        ({"start_date": ..., "reread_from": "2024-11-24"}, None),
        (
            {"summary_window": "month", "start_date": "2026-11-15", "reread_from": "2026-11-02"},
            None,
        ),
        (
            {"summary_window": "month", "start_date": "2026-11-15", "reread_from": "2026-10-31"},
            "2026-11-01",
        ),
    ],
)
def test_a_range_before_the_first_day_is_a_warning(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture, changes: dict[str, Any], first: str | None
) -> None:
    api.get(EXTSUM_URL, json=answers())
    assert check(**changes)[0] is Status.SUCCEEDED
    expected = [messages.REREAD_BEFORE_START.text(first=first)] if first else []
    assert [text for text in caplog.messages if "range to read again" in text] == expected


@pytest.mark.parametrize(("zone", "warned"), [("EST", True), ("MST", True), ("America/New_York", False)])
def test_a_zone_that_only_looks_like_a_local_one_is_a_warning(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture, zone: str, warned: bool
) -> None:
    api.get(EXTSUM_URL, json=answers())
    assert check(time_zone=zone)[0] is Status.SUCCEEDED
    assert any(f"The time zone {zone} never observes" in text for text in caplog.messages) == warned


def test_a_start_date_before_two_years_is_a_warning(api: rm.Mocker, caplog: pytest.LogCaptureFixture) -> None:
    api.get(EXTSUM_URL, json=answers())
    assert check(start_date="2020-01-01")[0] is Status.SUCCEEDED
    assert messages.START_TOO_EARLY.text(oldest="2024-11-24") in caplog.messages


def test_a_base_url_that_is_not_found_is_a_wrong_value(api: rm.Mocker) -> None:
    endpoint = api.post(TOKEN_URL, status_code=404)
    assert check() == (Status.FAILED, messages.BASE_URL_NOT_FOUND.text())
    assert endpoint.call_count == 1


@pytest.mark.parametrize("status_code", [403, 404])
def test_the_names_are_left_out_where_8x8_does_not_tell_them(api: rm.Mocker, status_code: int) -> None:
    api.get(EXTSUM_URL, json=answers(forbidden=403))
    api.get(PBXES_URL, status_code=status_code)
    status, message = check(pbx_ids=["forbidden"])
    assert status is Status.FAILED
    assert "PBX forbidden" in message
    assert "can see" not in message
    assert check(pbx_ids=["forbidden", "acmecorp"])[0] is Status.SUCCEEDED


@pytest.mark.parametrize(
    ("status_code", "body", "said"),
    [
        (400, {"code": "SHA001", "message": "Invalid 8x8-apikey"}, "api_key"),
        (400, {"code": "105-400-038", "message": "user(jane) has no access to api category"}, "Supervisor"),
        (
            400,
            {"message": "jane", "code": "105-400-012"},
            "rejected the request (HTTP 400, 105-400-012)",
        ),
        (
            404,
            {"message": "jane"},
            "returned 404 Not Found (HTTP 404): check the base URL",
        ),
        (302, {"message": "jane"}, "redirect"),
    ],
)
def test_refusals_of_the_report(api: rm.Mocker, status_code: int, body: dict[str, str], said: str) -> None:
    report = api.get(EXTSUM_URL, status_code=status_code, json=body)
    status, message = check()
    assert status is Status.FAILED
    assert said in message
    assert "jane" not in message
    assert report.call_count == 1


def test_a_refused_sign_in_is_said_once_for_all_pbxes(api: rm.Mocker) -> None:
    endpoint = api.post(TOKEN_URL, status_code=400, json={"error": "invalid_grant"})
    status, message = check(pbx_ids=["acmecorp", "beta"])
    assert status is Status.FAILED
    assert message.count("8x8 rejected the user name or the password") == 1
    assert endpoint.call_count == 1


PASSING: list[dict[str, Any]] = [
    {"status_code": 500},
    {"status_code": 503, "headers": {"Retry-After": "3600"}},
    {"status_code": 429},
    {"exc": requests.exceptions.ReadTimeout},
    {"exc": requests.exceptions.ConnectionError},
    {"text": "<html>"},
]


@pytest.mark.parametrize("url", [TOKEN_URL, EXTSUM_URL])
@pytest.mark.parametrize("answer", PASSING, ids=str)
def test_what_may_pass_is_no_failed_check(
    api: rm.Mocker, waits: list[float], answer: dict[str, Any], url: str
) -> None:
    """The platform takes FAILED for a wrong configuration, and stops retrying."""
    endpoint = api.register_uri(rm.ANY, url, **answer)
    error = failure()
    assert error.failure_type is FailureType.transient_error
    assert error.message
    assert error.message.endswith(".")
    assert "progress is saved" not in error.message, "a check has none"
    assert "again later" in error.message
    assert endpoint.call_count <= RETRIES.tries
    assert sum(waits) < 60


def test_one_pbx_that_fails_in_passing_is_no_failed_check(api: rm.Mocker) -> None:
    api.get(EXTSUM_URL, json=answers(beta=500))
    error = failure(pbx_ids=["acmecorp", "beta"])
    assert error.failure_type is FailureType.transient_error
    problem = messages.HTTP_ERROR.text(3, ": run the check again later", status=500, requested="the report")
    assert str(error) == messages.CHECK_LATER.text(problem=f"PBX beta: {problem}".removesuffix("."))
    assert ".." not in str(error)


def test_what_the_form_can_fix_comes_before_what_may_pass(api: rm.Mocker) -> None:
    api.get(EXTSUM_URL, json=answers(beta=500, gamma=404))
    status, message = check(pbx_ids=["acmecorp", "beta", "gamma"])
    assert status is Status.FAILED
    assert message == f"PBX gamma: {messages.NOT_FOUND.text(details='HTTP 404')}"


def test_the_list_of_pbxs_may_fail_in_passing_too(api: rm.Mocker) -> None:
    api.get(EXTSUM_URL, json=answers(beta=403))
    api.get(PBXES_URL, status_code=503)
    assert failure(pbx_ids=["acmecorp", "beta"]).failure_type is FailureType.transient_error


def test_requests_of_a_check_are_less_patient(api: rm.Mocker) -> None:
    report = api.get(EXTSUM_URL, json=answers())
    check()
    assert report.last_request
    assert str(report.last_request.timeout) == "(10.0, 60.0)"


def test_the_check_ends_whatever_8x8_does(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(check_module, "DEADLINE", 0.0)
    monkeypatch.setattr(check_module._Check, "run", lambda _: released.wait(timeout=60))
    error = failure()
    released.set()
    assert error.failure_type is FailureType.transient_error
    assert error.problem is messages.CHECK_TIMED_OUT
    # connecting, two silent tries with their waits, and the third, for the sign-in or for a report
    assert 3 * (10 + RETRIES.read_timeout) + 15 < 225.5


def test_a_wrong_configuration_sends_nothing(login: Any) -> None:
    status, message = check(time_zone="Mars")
    assert status is Status.FAILED
    assert "(time_zone)" in message
    assert login.call_count == 0


def test_keys_that_are_not_used_are_named(api: rm.Mocker, caplog: pytest.LogCaptureFixture) -> None:
    api.get(EXTSUM_URL, json=answers())
    check(pbx_names=["beta"], lookback=3, __airbyte_internal=1)
    said = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert said == ["The configuration contains unknown keys: lookback, pbx_names."]
