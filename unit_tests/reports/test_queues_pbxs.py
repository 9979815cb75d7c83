"""PBXs of queue reports from one sync to the next: gone, under another id, with swapped names."""

from typing import Any

import pytest
import requests_mock as rm
from airbyte_cdk.models import AirbyteStateMessage

from source_8x8_work_analytics import messages
from testing.builders import PBXES_URL, TOKEN_URL, token
from unit_tests.reading import Read, saved
from unit_tests.reports.queue_bodies import listed

STREAM = "agent_summary"
DAYS = ["2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23"]
ALL: dict[str, Any] = {
    "stream": STREAM,
    "pbx_ids": ["allpbxes"],
    "start_date": DAYS[0],
    "end_date": DAYS[-1],
    "lookback_days": 0,
}


@pytest.fixture(autouse=True)
def account(api: rm.Mocker) -> None:
    api.post(TOKEN_URL, json=token())
    for n in range(3):
        api.get(f"{PBXES_URL}/x{n}/agent-activity", json={"agentActivity": [{"userId": f"u{n}"}]})


def state(**ids: str) -> list[AirbyteStateMessage]:
    """The state of a sync that read all days of these PBXs, with their ids."""
    (message,) = saved(DAYS[-1], stream=STREAM, since=DAYS[0])
    assert message.stream
    assert message.stream.stream_state
    blob = message.stream.stream_state
    (entry,) = vars(blob)["states"]
    vars(blob)["states"] = [{**entry, "partition": {"pbx_id": name}, "id": key} for name, key in ids.items()]
    return [message]


def days_of(read: Read) -> dict[str, list[str]]:
    """The days that were read, by the id of their PBX."""
    found: dict[str, list[str]] = {}
    for row in read.rows:
        found.setdefault(row["pbx_id"], []).append(row["report_date"])
    return {key: sorted(days) for key, days in found.items()}


def test_nothing_is_read_again_for_the_same_ids(api: rm.Mocker, caplog: pytest.LogCaptureFixture) -> None:
    api.get(PBXES_URL, json=listed("alpha", "beta"))
    read = Read(state(alpha="x0", beta="x1"), **ALL)
    assert (read.error, read.rows) == (None, [])
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


def test_a_pbx_that_is_no_longer_listed_is_one_warning(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    api.get(PBXES_URL, json=listed("alpha"))
    read = Read(state(alpha="x0", beta="x1"), **ALL)
    assert read.error is None
    assert caplog.messages.count(messages.PBX_GONE.text(stream=STREAM, name="beta")) == 1
    assert messages.PBX_GONE.text(stream=STREAM, name="alpha") not in caplog.messages


def test_a_pbx_that_nobody_names_anymore_is_not_missed(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    api.get(PBXES_URL, json=listed("alpha", "beta"))
    Read(state(alpha="x0", beta="x1"), **{**ALL, "pbx_ids": ["alpha"]})
    assert messages.PBX_GONE.text(stream=STREAM, name="beta") not in caplog.messages


def test_a_pbx_with_another_id_is_read_anew(api: rm.Mocker, caplog: pytest.LogCaptureFixture) -> None:
    api.get(PBXES_URL, json=listed("alpha", "beta"))
    read = Read(state(alpha="x9", beta="x1"), **ALL)
    assert days_of(read) == {"x0": DAYS}
    warning = messages.PBX_ID_CHANGED.text(stream=STREAM, name="alpha", old="x9", new="x0")
    assert caplog.messages.count(warning) == 1
    again = Read(state(alpha="x0", beta="x1"), **ALL)
    assert caplog.messages.count(warning) == 1
    assert again.rows == []


def test_two_pbxs_that_swap_their_names_are_both_read_anew(api: rm.Mocker) -> None:
    api.get(PBXES_URL, json=listed("alpha", "beta"))
    read = Read(state(alpha="x1", beta="x0"), **ALL)
    assert days_of(read) == {"x0": DAYS, "x1": DAYS}
    assert {entry["partition"]["pbx_id"]: entry["id"] for entry in read.states[-1]["states"]} == {
        "alpha": "x0",
        "beta": "x1",
    }


def test_a_pbx_that_is_in_use_again_under_the_name_of_a_deleted_one_is_read_anew(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    found = listed("beta", "alpha")
    found["_embedded"]["pbxList"].append({"id": "x2", "name": "alpha", "deleted": True})
    api.get(PBXES_URL, json=found)
    read = Read(state(alpha="x2", beta="x0"), **ALL)
    assert days_of(read) == {"x1": DAYS}
    assert caplog.messages.count(messages.PBX_SHADOWED.text(name="alpha", kept="active PBX")) == 1
