"""Requests and rows of a read, with HTTP mocked."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests_mock as rm
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from requests import Session
from urllib3 import HTTPResponse

from source_8x8_work_analytics import __version__, messages
from source_8x8_work_analytics.client.retries import Reader, Retrier
from source_8x8_work_analytics.source import Source8x8WorkAnalytics
from testing.builders import BASE_URL, EXTSUM_URL, TOKEN_URL, catalog, config, row, token
from testing.documented import FIELDS
from unit_tests.reading import LOGGER, Read


@pytest.fixture(autouse=True)
def login(api: rm.Mocker) -> Any:
    return api.post(TOKEN_URL, json=token())


def test_one_request_a_window_with_wall_clock_bounds(api: rm.Mocker, login: Any) -> None:
    report = api.get(EXTSUM_URL, json=[row()])
    read = Read()
    assert read.error is None
    assert login.call_count == 1
    assert report.call_count == 3
    first = report.request_history[0]
    assert first.qs == {
        "pbxid": ["acmecorp"],
        "starttime": ["2026-11-22 00:00:00"],
        "endtime": ["2026-11-22 23:59:59"],
        "timezone": ["america/new_york"],
    }
    assert first.headers["Authorization"] == "Bearer unit-test-token-abcdefgh"
    assert first.headers["8x8-apikey"] == "unit-test-key-0123456789"
    assert first.headers["User-Agent"] == f"source-8x8-work-analytics/{__version__}"
    assert str(first.timeout) == "(10.0, 300.0)"


def test_rows_carry_the_window(api: rm.Mocker) -> None:
    api.get(EXTSUM_URL, json=[row(New_Field=1)])
    rows = sorted(Read().rows, key=lambda r: str(r["report_date"]))
    assert rows[0] == {
        **row(New_Field=1),
        "report_date": "2026-11-22",
        "window_start": "2026-11-22T05:00:00+00:00",
        "window_end": "2026-11-23T04:59:59+00:00",
        "time_zone": "America/New_York",
        "window_complete": True,
        "window_read_at": "2026-11-24T15:30:00.000000+00:00",
    }
    assert [(r["report_date"], r["window_complete"]) for r in rows] == [
        ("2026-11-22", True),
        ("2026-11-23", True),
        ("2026-11-24", False),
    ]


def documented_row(stream: str) -> dict[str, Any]:
    """Return a row with each documented field, of its type and with the words that the examples have."""
    words = {"pbxId": "acmecorp", "PbxId": "acmecorp", "Email": "N/A", "UserName": "N/A", "missed": "-"}
    words |= {"callLegCount": "3", "startTime": "2022-02-03T09:27:27.493-0500", "connectTime": "0"}
    words |= {"disconnectedTime": "2022-02-03T09:28:27.493-0500", "ringGroupExtension": "900"}
    kinds = {"string": "x", "integer": 0, "array<string>": ["Sales"]}
    return {name: words.get(name, kinds[kind]) for name, kind in FIELDS[stream].items()}


@pytest.mark.parametrize(
    ("stream", "endpoint"),
    [
        ("extension_summary", "v2/extsum"),
        ("company_summary", "v1/compsum"),
        ("ring_group_summary", "v2/rgsum-groups"),
        ("ring_group_member_summary", "v2/rgsum-members"),
        ("call_records", "v2/call-records"),
        ("call_legs", "v2/call-legs"),
    ],
)
def test_a_row_with_every_documented_field_goes_through(api: rm.Mocker, stream: str, endpoint: str) -> None:
    given = documented_row(stream)
    calls = stream.startswith("call_")
    api.get(f"{BASE_URL}/v2/rgsum-groups", json=[{"pbxId": "acmecorp", "extension": "900"}])
    page = {"meta": {"totalRecordCount": 1, "scrollId": "No Data"}, "data": [given]}
    api.get(f"{BASE_URL}/{endpoint}", json=page if calls else [given])
    read = Read(stream=stream, start_date="2026-11-23", only_finished_windows=True)
    assert read.error is None
    (found,) = read.rows
    expected = dict(given)
    if calls:
        expected |= dict.fromkeys(("startTimeUTC", "connectTimeUTC", "connectTime", "disconnectedTimeUTC"))
        expected |= {"startTime": "2022-02-03T09:27:27.493-05:00"}
        expected |= {"disconnectedTime": "2022-02-03T09:28:27.493-05:00"}
        expected |= {"callLegCount": 3, "answeredTime": None} if stream == "call_records" else {}
    assert {name: found[name] for name in given} == expected
    assert found["report_date"] == "2026-11-23"


def test_windows_without_rows_count_as_read(api: rm.Mocker) -> None:
    api.get(EXTSUM_URL, json=[])
    read = Read()
    assert read.rows == []
    assert read.marks == {"acmecorp": "2026-11-23"}


@pytest.mark.parametrize(("unit", "requests"), [("week", 5), ("month", 2)])
def test_weeks_and_months(api: rm.Mocker, unit: str, requests: int) -> None:
    report = api.get(EXTSUM_URL, json=[row()])
    read = Read(summary_window=unit, start_date="2026-10-28")
    assert report.call_count == requests
    assert read.marks == {"acmecorp": "2026-11-16" if unit == "week" else "2026-10-01"}


def test_repeated_keys_are_said_once_and_kept(api: rm.Mocker, caplog: pytest.LogCaptureFixture) -> None:
    api.get(EXTSUM_URL, json=[row("1"), row("1"), row("2"), row("1")])
    assert len(Read().rows) == 12
    said = [r.getMessage() for r in caplog.records if "same key" in r.getMessage()]
    assert said == [messages.REPEATED_KEYS.text(stream="extension_summary", count="6 rows")]


def test_a_window_that_ends_while_the_sync_runs_is_complete(
    api: rm.Mocker, pass_midnight: Callable[[], None]
) -> None:
    """The plan is made a second before local midnight, the requests are sent a second after it."""

    def answer(request: Any, context: Any) -> Any:
        pass_midnight()
        return [row()]

    api.get(EXTSUM_URL, json=answer)
    read = Read(start_date="2026-11-23")
    assert {(r["report_date"], r["window_complete"]) for r in read.rows} == {
        ("2026-11-23", True),
        ("2026-11-24", True),
    }
    assert read.marks == {"acmecorp": "2026-11-24"}


def test_a_stream_that_does_not_exist_is_refused() -> None:
    source = Source8x8WorkAnalytics()
    with pytest.raises(AirbyteTracedException, match="no_such_stream"):
        list(source.read(LOGGER, config(), catalog("no_such_stream")))


def test_the_log_stays_short_for_any_length_of_history(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    api.get(EXTSUM_URL, json=[row()])
    Read(start_date=...)
    assert 10 <= len(caplog.records) <= 30


def test_a_large_body_is_read_in_few_pieces(api: rm.Mocker, monkeypatch: pytest.MonkeyPatch) -> None:
    api.post(TOKEN_URL, json=token())
    api.get(EXTSUM_URL, json=[row(str(n)) for n in range(1000)])
    pieces: list[int] = []

    def stream(response: HTTPResponse, amt: int, decode_content: bool) -> Iterator[bytes]:
        for piece in whole(response, amt, decode_content):
            pieces.append(len(piece))
            yield piece

    whole = HTTPResponse.stream
    monkeypatch.setattr(HTTPResponse, "stream", stream)
    assert len(Read(start_date="2026-11-24").rows) == 1000
    assert max(pieces) > 50_000
    assert len(pieces) == 2  # one of the sign-in


def test_the_environment_is_asked_for_proxies_once(api: rm.Mocker, monkeypatch: pytest.MonkeyPatch) -> None:
    api.post(TOKEN_URL, json=token())
    api.get(EXTSUM_URL, json=[row("1001")])
    asked: list[str] = []

    def merge(session: Session, url: str, *args: Any) -> Any:
        asked.append(url)
        return whole(session, url, *args)

    whole = Session.merge_environment_settings
    monkeypatch.setattr(Session, "merge_environment_settings", merge)
    assert len(Read(start_date="2026-11-15", num_workers=2).rows) == 10
    assert asked == ["https://api.8x8.com"]


def test_each_request_is_made_for_its_stream_and_pbx(api: rm.Mocker, monkeypatch: pytest.MonkeyPatch) -> None:
    api.post(TOKEN_URL, json=token())
    api.get(EXTSUM_URL, json=[])
    readers: list[Reader] = []

    def call(retrier: Retrier, reader: Reader, *args: Any) -> Any:
        readers.append(reader)
        return whole(retrier, reader, *args)

    whole = Retrier.call
    monkeypatch.setattr(Retrier, "call", call)
    Read(start_date="2026-11-24", pbx_ids=["acmecorp", "acmecorp2"])
    of_stream = [reader for reader in readers if reader.stream == "extension_summary"]
    assert sorted(of_stream) == [Reader("extension_summary", pbx) for pbx in ("acmecorp", "acmecorp2")]


def test_fields_that_are_new_are_said_of_their_stream(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    api.post(TOKEN_URL, json=token())
    api.get(EXTSUM_URL, json=[row("1001", Brand_new=1)])
    Read(start_date="2026-11-24")
    said = [message for message in caplog.messages if "Brand_new" in message]
    assert len(said) == 1
    assert said[0].startswith(
        "extension_summary: 8x8 sent fields that this version does not know: Brand_new."
    )
