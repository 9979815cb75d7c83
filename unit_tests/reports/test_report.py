"""What reports request, exactly as the client gets it: a mocked API ignores the case of parameters."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import pendulum
import pytest

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.client.client import Client, Fetched
from source_8x8_work_analytics.client.retries import Reader
from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.messages import Message
from source_8x8_work_analytics.reports.pbx_directory import Pbx, PbxDirectory
from source_8x8_work_analytics.reports.report import Page, Report
from source_8x8_work_analytics.streams import stream_type
from source_8x8_work_analytics.windows.calendar import window_at
from source_8x8_work_analytics.windows.progress import WindowSlice
from testing.builders import settings
from unit_tests.conftest import NOW

DAY = window_at(pendulum.date(2026, 11, 23), "day", "America/New_York")
WANTED = WindowSlice("acmecorp", DAY)
BY_NAME = {
    "pbxId": "acmecorp",
    "startTime": "2026-11-23 00:00:00",
    "endTime": "2026-11-23 23:59:59",
    "timeZone": "America/New_York",
}
BY_ID = {"startDate": "2026-11-23T05:00:00Z", "endDate": "2026-11-24T04:59:59Z"}
Sent = tuple[Reader, str, Mapping[str, Any], Message]


class Requests:
    """Stands in for the client: notes each request, and returns rows by its path."""

    def __init__(self, **rows: Any) -> None:
        self.settings = settings()
        self.sent: list[Sent] = []
        self._rows = rows

    def get(
        self, reader: Reader, path: str, params: Mapping[str, Any], parse: Callable[..., Any], denied: Message
    ) -> Fetched[Any]:
        self.sent.append((reader, path, params, denied))
        rows = self._rows.get(path.rpartition("/")[2].replace("-", "_"), [])
        if isinstance(rows, Exception):
            raise rows
        return Fetched(rows, NOW)


class Directory:
    """Stands in for the list of PBXs, with one of them."""

    def __init__(self) -> None:
        self.skipped: list[tuple[str, Exception]] = []

    def find(self, name: str) -> Pbx:
        if name != "acmecorp":
            raise ConnectorError(messages.PBX_NOT_LISTED, name=name)
        return Pbx(name, "opaque")

    def skip_named(self, name: str, error: Exception) -> bool:
        self.skipped.append((name, error))
        return True


def report(stream: str, requests: Requests, directory: Directory | None = None) -> Report:
    kind = stream_type(stream)
    assert kind.report
    sender = cast(Client, requests)
    listed = cast(PbxDirectory, directory or Directory())
    return kind.report(kind.name, kind.endpoint, kind.row_key, sender, listed)


def pages(stream: str, requests: Requests) -> list[Page]:
    return list(report(stream, requests).read(WANTED))


@pytest.mark.parametrize("stream", ["extension_summary", "company_summary", "ring_group_summary"])
def test_summaries_are_requested_by_name_and_local_time(stream: str) -> None:
    requests = Requests()
    (page,) = pages(stream, requests)
    assert page == Page([], NOW)
    endpoint = stream_type(stream).endpoint
    assert requests.sent == [(Reader(stream, "acmecorp"), endpoint, BY_NAME, messages.PBX_DENIED)]


@pytest.mark.parametrize("stream", ["call_queue_summary", "call_queue_agent_summary", "agent_summary"])
def test_queues_and_their_agents_are_requested_by_id_and_instants(stream: str) -> None:
    requests = Requests()
    (page,) = pages(stream, requests)
    assert page == Page([], NOW, 1)
    path = f"v2/pbxes/opaque/{stream_type(stream).endpoint}"
    params = {**BY_ID, "includeSummary": "false"}
    assert requests.sent == [(Reader(stream, "acmecorp"), path, params, messages.QUEUES_DENIED)]


def test_calls_of_queues_are_requested_in_the_order_of_their_ids() -> None:
    requests = Requests()
    assert pages("queue_calls", requests) == [Page([], NOW)]
    params = {**BY_ID, "sortingField": "callId", "sortingDirection": "ASC", "limit": 1000}
    reader = Reader("queue_calls", "acmecorp")
    assert requests.sent == [(reader, "v2/pbxes/opaque/calls", params, messages.QUEUES_DENIED)]


def test_members_are_requested_group_by_group() -> None:
    stream = "ring_group_member_summary"
    requests = Requests(rgsum_groups=[{"extension": "901"}, {"extension": "900"}])
    assert pages(stream, requests) == [Page([], NOW)] * 3
    groups, *members = requests.sent
    reader = Reader(stream, "acmecorp")
    assert groups == (reader, "v2/rgsum-groups", BY_NAME, messages.PBX_DENIED)
    assert members == [
        (
            reader,
            "v2/rgsum-members",
            {**BY_NAME, "collapse": "true", "extId": extension},
            messages.PBX_DENIED,
        )
        for extension in ("900", "901")
    ]


def test_agents_are_requested_by_id_and_instants_and_their_groups_by_name() -> None:
    stream = "ring_group_agent_activity"
    requests = Requests(rgsum_groups=[{"extension": "900"}])
    assert pages(stream, requests) == [Page([], NOW)] * 2
    groups, agents = requests.sent
    assert groups == (Reader(stream, "acmecorp"), "v2/rgsum-groups", BY_NAME, messages.PBX_DENIED)
    _, path, params, denied = agents
    assert path == "v2/pbxes/opaque/ring-group-agent-activity/by-extension/900"
    assert params == BY_ID
    assert denied is messages.QUEUES_DENIED


@pytest.mark.parametrize("stream", ["call_queue_summary", "queue_calls", "ring_group_agent_activity"])
def test_a_pbx_that_is_not_listed_has_no_reports_by_id(stream: str) -> None:
    with pytest.raises(ConnectorError) as failed:
        list(report(stream, Requests()).read(WindowSlice("elsewhere", DAY)))
    assert failed.value.problem is messages.PBX_NOT_LISTED


def test_messages_refer_to_stream_pbx_and_day() -> None:
    subject = report("extension_summary", Requests()).subject(WANTED)
    assert subject == "extension_summary, PBX acmecorp, 2026-11-23"


def test_only_reports_by_id_skip_deleted_pbxes() -> None:
    directory, error = Directory(), ConnectorError(messages.PBX_DENIED)
    assert not report("extension_summary", Requests(), directory).skip(WANTED, error)
    assert directory.skipped == []
    assert report("call_queue_summary", Requests(), directory).skip(WANTED, error)
    assert directory.skipped == [("acmecorp", error)]
