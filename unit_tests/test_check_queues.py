"""What the check says about call queues, whose access is a permission of its own."""

import re
import threading
from typing import Any

import pytest
import requests
import requests_mock as rm
from airbyte_cdk.models import Status

from source_8x8_work_analytics import check as check_module
from source_8x8_work_analytics import messages
from testing.builders import EXTSUM_URL, PBXES_URL, TOKEN_URL, token
from unit_tests.test_check import QUEUES_URL, answers, check, listed


@pytest.fixture(autouse=True)
def login(api: rm.Mocker) -> None:
    api.get(PBXES_URL, json=listed("acmecorp"))
    api.post(TOKEN_URL, json=token())


@pytest.mark.parametrize("status", [400, 403, 404])
def test_queues_that_are_refused_are_a_warning(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    api.get(EXTSUM_URL, json=answers())
    api.get(
        QUEUES_URL, status_code=status, json={"status": status, "messages": ["user [jane] has no access"]}
    )
    found, message = check(pbx_ids=["acmecorp"])
    assert found is Status.SUCCEEDED
    assert message.startswith("Reports can be read, but not call queues and agents: PBX acmecorp: ")
    assert ".." not in message
    assert str(status) in message
    assert "jane" not in message
    assert message in caplog.text


@pytest.mark.parametrize(
    "answer", [{"status_code": 503}, {"text": "<html>"}, {"exc": requests.ReadTimeout}], ids=str
)
def test_queues_that_do_not_respond_now_are_no_matter_for_the_check(
    api: rm.Mocker, answer: dict[str, Any]
) -> None:
    api.get(EXTSUM_URL, json=answers())
    api.get(QUEUES_URL, **answer)
    assert check(pbx_ids=["acmecorp"]) == (Status.SUCCEEDED, "")


def test_one_pbx_whose_queues_can_be_read_is_enough(api: rm.Mocker) -> None:
    api.get(EXTSUM_URL, json=answers(allpbxes=200))
    api.get(PBXES_URL, json=listed("old", "acmecorp"))
    api.get(QUEUES_URL, status_code=403, json={})
    second = api.get(re.compile(f"{PBXES_URL}/x1/call-queue-metrics"), json={"callQueues": []})
    assert check(pbx_ids=["allpbxes"]) == (Status.SUCCEEDED, "")
    assert second.call_count == 1


def test_three_pbxs_are_tried_at_most_and_the_first_one_is_named(api: rm.Mocker) -> None:
    api.get(EXTSUM_URL, json=answers(old=403))
    api.get(PBXES_URL, json=listed("acmecorp", "old", "beta", "gamma", "delta"))
    queues = api.get(re.compile(f"{PBXES_URL}/x[0-9]/call-queue-metrics"), status_code=403, json={})
    found, message = check(pbx_ids=["acmecorp", "old", "beta", "gamma", "delta"])
    assert found is Status.SUCCEEDED
    assert queues.call_count == 3
    refused = f"PBX acmecorp: {messages.QUEUES_DENIED.text()}".removesuffix(".")
    assert message == " ".join(
        [
            f"PBX old: {messages.PBX_DENIED.text()}",
            messages.OTHERS_RESPOND.text(),
            messages.ONLY_REPORTS.text(problem=refused),
        ]
    )


def test_queues_that_take_too_long_are_not_waited_for(
    api: rm.Mocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked, in_vain = threading.Event(), threading.Event()

    def respond(_: Any, context: Any) -> Any:
        if not checked.wait(timeout=20):
            in_vain.set()
        context.status_code = 403
        return {}

    monkeypatch.setattr(check_module, "QUEUES_DEADLINE", 0.0)
    api.get(EXTSUM_URL, json=answers())
    api.get(QUEUES_URL, json=respond)
    assert check(pbx_ids=["acmecorp"]) == (Status.SUCCEEDED, "")
    checked.set()
    assert not in_vain.is_set()
