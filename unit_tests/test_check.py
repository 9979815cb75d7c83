import logging
from typing import Any

import pytest
import requests_mock as rm
from airbyte_cdk.models import Status

from source_8x8_work_analytics.source import Source8x8WorkAnalytics
from testing.builders import EXTSUM_URL, PBXES_URL, TOKEN_URL, config, row, token


def check(**changes: Any) -> tuple[Status, str]:
    settings = config(**changes)
    found = Source8x8WorkAnalytics(config=settings).check(logging.getLogger("airbyte.test"), settings)
    return found.status, found.message or ""


def by_pbx(request: Any, context: Any) -> Any:
    if request.qs["pbxid"][0].startswith("forbidden"):
        context.status_code = 403
        return {"message": "user(jane) does not have access"}
    return [row()]


def test_every_pbx_is_tried_on_the_present_day(api: rm.Mocker) -> None:
    api.post(TOKEN_URL, json=token())
    report = api.get(EXTSUM_URL, json=lambda request, _: [row(pbx=request.qs["pbxid"][0])])
    names = ["acmecorp", "beta", "gamma"]
    changes: dict[str, Any] = {
        "only_finished_windows": True,
        "end_date": "2026-11-22",
        "summary_window": "month",
    }
    assert check(pbx_ids=names, **changes) == (Status.SUCCEEDED, "")
    asked = [
        (r.qs["pbxid"][0], r.qs["starttime"][0][:10], r.qs["endtime"][0][:10]) for r in report.request_history
    ]
    assert asked == [(name, "2026-11-24", "2026-11-24") for name in names]


PBXES = {
    "_embedded": {
        "pbxList": [
            {"id": "x1", "name": "acmecorp", "deleted": False},
            {"id": "x2", "name": "beta", "deleted": False},
            {"id": "x3", "name": "old", "deleted": True},
        ]
    },
    "page": {"number": 0, "totalPages": 1},
}


def test_each_refused_pbx_is_named_and_those_that_can_be_seen(api: rm.Mocker) -> None:
    api.post(TOKEN_URL, json=token())
    api.get(EXTSUM_URL, json=by_pbx)
    api.get(PBXES_URL, json=PBXES)
    status, message = check(pbx_ids=["acmecorp", "forbidden-one", "forbidden-two"])
    assert status is Status.FAILED
    assert "forbidden-one" in message
    assert "forbidden-two" in message
    assert "Admin Console" in message
    assert message.endswith("This user can see: acmecorp, beta.")
    assert "jane" not in message


@pytest.mark.parametrize("status_code", [403, 404])
def test_the_names_are_left_out_where_8x8_does_not_tell_them(api: rm.Mocker, status_code: int) -> None:
    api.post(TOKEN_URL, json=token())
    api.get(EXTSUM_URL, json=by_pbx)
    api.get(PBXES_URL, status_code=status_code)
    _, message = check(pbx_ids=["forbidden-one"])
    assert "forbidden-one" in message
    assert "can see" not in message


@pytest.mark.parametrize(
    ("status_code", "body", "said"),
    [
        (400, {"code": "SHA001", "message": "Invalid 8x8-apikey"}, "api_key"),
        (
            400,
            {"code": "105-400-038", "message": "user(jane) does not have access to api category"},
            "Supervisor",
        ),
        (404, {"message": "jane"}, "404"),
    ],
)
def test_refusals_of_the_report(api: rm.Mocker, status_code: int, body: dict[str, str], said: str) -> None:
    api.post(TOKEN_URL, json=token())
    report = api.get(EXTSUM_URL, status_code=status_code, json=body)
    status, message = check()
    assert status is Status.FAILED
    assert said in message
    assert "jane" not in message
    assert report.call_count == 1


def test_a_refused_login_is_said_once_for_all_pbxes(api: rm.Mocker) -> None:
    login = api.post(TOKEN_URL, status_code=400, json={"error": "invalid_grant"})
    status, message = check(pbx_ids=["acmecorp", "beta"])
    assert status is Status.FAILED
    assert message.count("8x8 refused the user name or the password") == 1
    assert login.call_count == 1


def test_a_wrong_configuration_sends_nothing(api: rm.Mocker) -> None:
    login = api.post(TOKEN_URL, json=token())
    status, message = check(time_zone="Mars")
    assert status is Status.FAILED
    assert "(time_zone)" in message
    assert login.call_count == 0
