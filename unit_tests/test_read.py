"""The stream from the manifest to messages, with HTTP mocked: which requests, rows and state."""

import logging
from typing import Any

import pendulum
import pytest
import requests_mock as rm
from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteStateMessage,
    AirbyteStateMessageSerializer,
    FailureType,
    Type,
)
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics import __version__, clock
from source_8x8_work_analytics.source import Source8x8WorkAnalytics, message_repository_of
from testing.builders import BASE_URL, EXTSUM_URL, TOKEN_URL, catalog, config, row, token
from testing.documented import FIELDS

LOGGER = logging.getLogger("airbyte.test")


def saved(mark: str, pbx: str = "acmecorp", **settings: str) -> list[AirbyteStateMessage]:
    blob = {
        "use_global_cursor": False,
        "states": [{"partition": {"pbx_id": pbx}, "cursor": {"report_date": mark}}],
        "settings": {"time_zone": "America/New_York", "summary_window": "day", **settings},
    }
    return [
        AirbyteStateMessageSerializer.load(
            {
                "type": "STREAM",
                "stream": {"stream_descriptor": {"name": "extension_summary"}, "stream_state": blob},
            }
        )
    ]


class Read:
    """One read, in the process; what came out of it, in order."""

    def __init__(
        self,
        state: list[AirbyteStateMessage] | None = None,
        mode: str = "incremental",
        stream: str = "extension_summary",
        **changes: Any,
    ) -> None:
        self.messages: list[AirbyteMessage] = []
        self.error: AirbyteTracedException | None = None
        configured = catalog(stream, mode)
        settings = config(**changes)
        source = Source8x8WorkAnalytics(configured, settings, state)
        try:
            for message in source.read(LOGGER, settings, configured, state):
                self.messages.append(message)
        except AirbyteTracedException as error:
            self.error = error
        self.explained = source.explained

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [m.record.data for m in self.messages if m.type is Type.RECORD and m.record]

    @property
    def states(self) -> list[dict[str, Any]]:
        return [vars(m.state.stream.stream_state) for m in self.messages if m.state and m.state.stream]

    @property
    def marks(self) -> dict[str, str]:
        return {s["partition"]["pbx_id"]: s["cursor"]["report_date"] for s in self.states[-1]["states"]}

    @property
    def errors(self) -> list[Any]:
        return [m.trace.error for m in self.messages if m.trace and m.trace.error]


@pytest.fixture(autouse=True)
def login(api: rm.Mocker) -> Any:
    return api.post(TOKEN_URL, json=token())


def days(report: Any) -> list[str]:
    return sorted(request.qs["starttime"][0][:10] for request in report.request_history)


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
    }
    assert [(r["report_date"], r["window_complete"]) for r in rows] == [
        ("2026-11-22", True),
        ("2026-11-23", True),
        ("2026-11-24", False),
    ]


def test_state_is_as_the_design_says_and_the_open_window_never_moves_it(api: rm.Mocker) -> None:
    api.get(EXTSUM_URL, json=[row()])
    read = Read()
    assert read.states[-1] == {
        "use_global_cursor": False,
        "states": [{"partition": {"pbx_id": "acmecorp"}, "cursor": {"report_date": "2026-11-23"}}],
        "settings": {"time_zone": "America/New_York", "summary_window": "day"},
    }


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


def test_each_state_follows_the_rows_it_covers(api: rm.Mocker) -> None:
    api.get(EXTSUM_URL, json=[row(str(n)) for n in range(40)])
    read = Read(start_date="2026-09-01", num_workers=10)
    seen: dict[str, int] = {}
    last = ""
    for message in read.messages:
        if message.record:
            day = message.record.data["report_date"]
            seen[day] = seen.get(day, 0) + 1
        if message.state and message.state.stream:
            marks = vars(message.state.stream.stream_state)["states"]
            mark = marks[0]["cursor"]["report_date"]
            assert mark >= last
            last = mark
            day = pendulum.date(2026, 9, 1)
            while str(day) <= mark:
                assert seen.get(str(day)) == 40, f"state {mark} came before the rows of {day}"
                day = day.add(days=1)
    assert last == "2026-11-23"


def test_an_incremental_sync_reads_the_lookback_and_what_is_new(api: rm.Mocker) -> None:
    report = api.get(EXTSUM_URL, json=[row()])
    read = Read(saved("2026-11-21"), start_date=...)
    assert days(report) == ["2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24"]
    assert read.marks == {"acmecorp": "2026-11-23"}


def test_a_pbx_that_is_added_later_brings_its_history(api: rm.Mocker) -> None:
    report = api.get(EXTSUM_URL, json=[])
    read = Read(saved("2026-11-23"), pbx_ids=["acmecorp", "beta"], start_date="2026-11-01")
    asked = {"acmecorp": 0, "beta": 0}
    for request in report.request_history:
        asked[request.qs["pbxid"][0]] += 1
    assert asked == {"acmecorp": 3, "beta": 24}
    assert read.marks == {"acmecorp": "2026-11-23", "beta": "2026-11-23"}


def test_a_pbx_that_is_left_out_keeps_its_mark(api: rm.Mocker) -> None:
    api.get(EXTSUM_URL, json=[])
    assert Read(saved("2026-10-01", "gone")).marks == {"acmecorp": "2026-11-23", "gone": "2026-10-01"}


def test_a_full_refresh_reads_everything_whatever_was_saved(api: rm.Mocker) -> None:
    report = api.get(EXTSUM_URL, json=[row()])
    read = Read(saved("2026-11-23", time_zone="UTC"), mode="full_refresh", start_date="2026-11-01")
    assert read.error is None
    assert report.call_count == 24


UNITS = ("day", "week", "month")
ZONES = ("America/New_York", "Europe/London", "Asia/Kathmandu")
CHANGES = [
    *(("summary_window", old, new) for old in UNITS for new in UNITS if old != new),
    *(("time_zone", old, new) for old in ZONES for new in ZONES if old != new),
]


@pytest.mark.parametrize(("name", "old", "new"), CHANGES)
def test_changed_settings_are_refused_before_a_request(
    api: rm.Mocker, login: Any, name: str, old: str, new: str
) -> None:
    api.get(EXTSUM_URL, json=[row()])
    read = Read(saved("2026-11-02", **{name: old}), **{name: new})
    (error,) = read.errors
    assert error.failure_type is FailureType.config_error
    assert all(part in error.message for part in (name, old, new, "refresh"))
    assert read.rows == []
    assert read.marks == {"acmecorp": "2026-11-02"}
    assert read.states[-1]["settings"][name] == old
    assert login.call_count == 0


@pytest.mark.parametrize(("unit", "requests"), [("week", 5), ("month", 2)])
def test_weeks_and_months(api: rm.Mocker, unit: str, requests: int) -> None:
    report = api.get(EXTSUM_URL, json=[row()])
    read = Read(summary_window=unit, start_date="2026-10-28")
    assert report.call_count == requests
    assert read.marks == {"acmecorp": "2026-11-16" if unit == "week" else "2026-10-01"}


def test_a_refused_pbx_costs_one_request_and_the_others_finish(api: rm.Mocker) -> None:
    def answer(request: Any, context: Any) -> Any:
        if request.qs["pbxid"] == ["forbidden"]:
            context.status_code = 403
            return {"status": 403, "message": "user(jane) does not have access to pbxId(forbidden)"}
        return [row()]

    report = api.get(EXTSUM_URL, json=answer)
    read = Read(pbx_ids=["forbidden", "acmecorp"], start_date="2026-10-01", num_workers=10)
    asked = [request.qs["pbxid"][0] for request in report.request_history]
    assert asked.count("forbidden") == 1
    assert asked.count("acmecorp") == 55
    assert read.marks == {"acmecorp": "2026-11-23"}
    (error,) = read.errors
    assert error.failure_type is FailureType.config_error
    assert "PBX forbidden" in error.message
    assert "jane" not in error.message
    assert error.stack_trace is None
    assert read.error is not None
    assert read.explained


def test_a_window_that_failed_holds_the_mark_before_it(api: rm.Mocker, waits: list[float]) -> None:
    def answer(request: Any, context: Any) -> Any:
        if request.qs["starttime"][0].startswith("2026-11-10"):
            context.status_code = 500
        return [row()]

    api.get(EXTSUM_URL, json=answer)
    read = Read(start_date="2026-11-01", num_workers=2)
    assert read.marks == {"acmecorp": "2026-11-09"}
    (error,) = read.errors
    assert error.failure_type is FailureType.transient_error
    assert "extension_summary, PBX acmecorp, 2026-11-10" in error.message
    assert len(waits) == 5


def test_a_token_that_is_rejected_is_renewed_once(api: rm.Mocker) -> None:
    tokens = api.post(TOKEN_URL, [{"json": token("first-token-1234")}, {"json": token("second-token-5678")}])

    def answer(request: Any, context: Any) -> Any:
        if request.headers["Authorization"] == "Bearer first-token-1234":
            context.status_code = 401
            return {"error": "invalid_token"}
        return [row()]

    api.get(EXTSUM_URL, json=answer)
    read = Read(start_date="2026-11-01", num_workers=10)
    assert read.error is None
    assert len(read.rows) == 24
    assert tokens.call_count == 2


def test_a_fresh_token_that_is_rejected_is_an_error(api: rm.Mocker) -> None:
    tokens = api.post(TOKEN_URL, [{"json": token(f"token-number-{n}")} for n in range(9)])
    report = api.get(EXTSUM_URL, status_code=401, json={"error": "invalid_token"})
    read = Read()
    assert (tokens.call_count, report.call_count) == (2, 2)
    assert read.errors[0].failure_type is FailureType.config_error


def test_repeated_keys_are_said_once_and_kept(api: rm.Mocker, caplog: pytest.LogCaptureFixture) -> None:
    api.get(EXTSUM_URL, json=[row("1"), row("1"), row("2"), row("1")])
    assert len(Read().rows) == 12
    said = [r.getMessage() for r in caplog.records if "same key" in r.getMessage()]
    assert said == [
        "extension_summary: 6 rows came with the same key as another row of the same report; all were kept."
    ]


def test_a_window_that_ends_while_the_sync_runs_is_complete(
    api: rm.Mocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan is made a second before local midnight, the requests are sent a second after it."""
    moments = [pendulum.datetime(2026, 11, 25, 4, 59, 59, tz="UTC")]
    monkeypatch.setattr(clock, "now", lambda: moments[-1])

    def answer(request: Any, context: Any) -> Any:
        moments.append(pendulum.datetime(2026, 11, 25, 5, 0, 0, tz="UTC"))
        return [row()]

    api.get(EXTSUM_URL, json=answer)
    read = Read(start_date="2026-11-23")
    assert {(r["report_date"], r["window_complete"]) for r in read.rows} == {
        ("2026-11-23", True),
        ("2026-11-24", True),
    }
    assert read.marks == {"acmecorp": "2026-11-24"}


def test_a_start_before_the_two_years_is_moved_and_said_once(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    report = api.get(EXTSUM_URL, json=[])
    Read(start_date="2015-01-01", pbx_ids=["acmecorp", "beta"])
    assert days(report)[0] == "2024-11-24"
    assert sum("8x8 keeps two years" in r.getMessage() for r in caplog.records) == 1


@pytest.mark.parametrize(("mark", "said"), [("2023-01-01", 1), ("2024-11-22", 1), ("2024-11-23", 0)])
def test_days_that_8x8_no_longer_keeps_are_said_to_be_lost(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture, mark: str, said: int
) -> None:
    report = api.get(EXTSUM_URL, json=[])
    Read(saved(mark), start_date=...)
    assert days(report)[0] == "2024-11-24"
    assert sum("what lies between is lost" in r.getMessage() for r in caplog.records) == said


def test_a_mark_from_the_future_is_said_and_set_back(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    report = api.get(EXTSUM_URL, json=[])
    read = Read(saved("2031-01-01"), start_date=...)
    assert read.marks == {"acmecorp": "2026-11-23"}
    assert days(report) == ["2026-11-22", "2026-11-23", "2026-11-24"]
    assert sum("has not ended yet" in r.getMessage() for r in caplog.records) == 1


def test_a_stream_that_does_not_exist_is_refused() -> None:
    source = Source8x8WorkAnalytics(config=config())
    with pytest.raises(AirbyteTracedException, match="no_such_stream"):
        list(source.read(LOGGER, config(), catalog("no_such_stream")))


def test_the_log_stays_short_for_any_length_of_history(
    api: rm.Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    api.get(EXTSUM_URL, json=[row()])
    Read(start_date=...)
    assert 10 <= len(caplog.records) <= 30


def test_the_cdk_still_has_the_queue_that_state_goes_through() -> None:
    repository = message_repository_of(Source8x8WorkAnalytics(config=config()))
    assert hasattr(repository, "emit_message")
    assert hasattr(repository, "consume_queue")
