"""Streams whose rows carry the id of a PBX: the id stands in the state, and another one is noticed."""

import re
from typing import Any

import pytest
import requests_mock as rm
from airbyte_cdk.models import AirbyteStateMessage

from source_8x8_work_analytics import messages
from testing.builders import PBXES_URL, TOKEN_URL, token
from unit_tests.reading import Read, saved

STREAM = "call_queue_summary"


class Queues:
    """PBXs as 8x8 lists them, each without queues."""

    def __init__(self, api: rm.Mocker, **ids: str) -> None:
        api.post(TOKEN_URL, json=token())
        entries = [{"id": pbx_id, "name": name, "status": "ACTIVE"} for name, pbx_id in ids.items()]
        page = {"size": 100, "totalElements": len(entries), "totalPages": 1, "number": 0}
        api.get(PBXES_URL, json={"_embedded": {"pbxList": entries}, "page": page})
        self._reports = api.get(re.compile("/call-queue-metrics"), json={"callQueues": []})

    @property
    def days(self) -> dict[str, list[str]]:
        """The days that were requested, by the id of the PBX."""
        found: dict[str, list[str]] = {}
        for request in self._reports.request_history:
            pbx_id = re.findall("/pbxes/([^/]+)/", request.path_url)[0]
            found.setdefault(pbx_id, []).append(request.qs["startdate"][0][5:10])
        return {pbx_id: sorted(days) for pbx_id, days in found.items()}


def states(**entries: dict[str, Any]) -> list[AirbyteStateMessage]:
    """A state with these entries, by the name of the PBX."""
    state = saved("2026-11-22", stream=STREAM)
    assert state[0].stream
    assert state[0].stream.stream_state
    blob = vars(state[0].stream.stream_state)
    blob["states"] = [
        {
            "partition": {"pbx_id": name},
            "cursor": {"report_date": "2026-11-22"},
            "since": "2026-11-20",
            **entry,
        }
        for name, entry in entries.items()
    ]
    return state


def read(state: list[AirbyteStateMessage] | None, **changes: Any) -> Read:
    settings = {"start_date": "2026-11-20", "lookback_days": 0, "pbx_ids": ["allpbxes"], **changes}
    return Read(state, stream=STREAM, **settings)


def ids_in(done: Read) -> dict[str, str | None]:
    return {entry["partition"]["pbx_id"]: entry.get("id") for entry in done.states[-1]["states"]}


def warnings_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


ALL = ["11-20", "11-21", "11-22", "11-23", "11-24"]


def test_the_state_names_the_id_of_each_pbx(api: rm.Mocker) -> None:
    Queues(api, alpha="Id-1", beta="Id-2")
    assert ids_in(read(None)) == {"alpha": "Id-1", "beta": "Id-2"}


def test_the_same_id_resumes_and_a_state_without_id_gets_one(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    queues = Queues(api, alpha="id-1", beta="id-2")
    done = read(states(alpha={"id": "id-1"}, beta={}))
    assert queues.days == {"id-1": ALL[3:], "id-2": ALL[3:]}
    assert ids_in(done) == {"alpha": "id-1", "beta": "id-2"}
    assert warnings_in(caplog) == []


def test_another_id_behind_a_name_is_read_anew_with_one_warning(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    queues = Queues(api, alpha="id-9", beta="id-2")
    done = read(states(alpha={"id": "id-1"}, beta={"id": "id-2"}))
    assert queues.days == {"id-9": ALL, "id-2": ALL[3:]}
    assert ids_in(done) == {"alpha": "id-9", "beta": "id-2"}
    assert done.marks == {"alpha": "2026-11-23", "beta": "2026-11-23"}
    assert warnings_in(caplog) == [
        messages.PBX_ID_CHANGED.text(stream=STREAM, name="alpha", old="id-1", new="id-9")
    ]


def test_two_pbxs_that_swap_their_names_lose_no_day(api: rm.Mocker) -> None:
    queues = Queues(api, alpha="id-2", beta="id-1")
    late, early = {"id": "id-1"}, {"id": "id-2", "cursor": {"report_date": "2026-11-20"}}
    done = read(states(alpha=late, beta=early))
    assert queues.days == {"id-1": ALL, "id-2": ALL}
    assert ids_in(done) == {"alpha": "id-2", "beta": "id-1"}


def test_a_pbx_that_is_no_longer_listed_is_one_warning_and_keeps_its_state(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    queues = Queues(api, alpha="id-1")
    done = read(states(alpha={"id": "id-1"}, gone={"id": "id-7"}))
    assert queues.days == {"id-1": ALL[3:]}
    assert done.errors == []
    assert ids_in(done) == {"alpha": "id-1", "gone": "id-7"}
    assert warnings_in(caplog) == [messages.PBX_GONE.text(stream=STREAM, name="gone")]


def test_a_pbx_that_nobody_wants_anymore_is_no_warning(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    Queues(api, alpha="id-1")
    read(states(alpha={"id": "id-1"}, gone={"id": "id-7"}), pbx_ids=["alpha"])
    assert warnings_in(caplog) == []


def test_a_range_is_read_again_by_id_too(api: rm.Mocker) -> None:
    queues = Queues(api, alpha="id-1")
    done = read(states(alpha={"id": "id-1"}), reread_from="2026-11-20")
    assert queues.days == {"id-1": ["11-20", *ALL[3:]]}
    (entry,) = done.states[-1]["states"]
    assert (entry["id"], entry["reread"]) == ("id-1", ["2026-11-20", "2026-11-20"])
