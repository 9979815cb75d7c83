"""What the check says about call queues, whose access is a permission of its own."""

import re
from typing import Any

import pytest
import requests
import requests_mock as rm
from airbyte_cdk.models import Status

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
