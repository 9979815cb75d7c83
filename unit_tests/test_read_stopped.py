"""A read that is asked to stop saves what was read, and calls nothing complete."""

import threading
from typing import Any

import pendulum
import pytest
import requests_mock as rm
from airbyte_cdk.models import AirbyteMessage, AirbyteStreamStatus, Level, Type

from source_8x8_work_analytics import messages
from source_8x8_work_analytics import source as source_module
from source_8x8_work_analytics.client.retries import Retrier
from source_8x8_work_analytics.source import Interrupted, Source8x8WorkAnalytics, Sync
from source_8x8_work_analytics.windows.cursor import WindowCursor
from testing.builders import EXTSUM_URL, TOKEN_URL, catalog, config, row, settings, token
from unit_tests.reading import LOGGER

FIRST = pendulum.date(2024, 11, 24)


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may take longer to save than a stop waits."""
    monkeypatch.setattr(source_module, "TIME_TO_SAVE", 60.0)


def read_until_stopped(api: rm.Mocker) -> list[AirbyteMessage]:
    """Read two years, and ask to stop from another thread at the 20th request; returns what came out."""
    api.post(TOKEN_URL, json=token())
    chosen = config(start_date=str(FIRST), num_workers=2)
    source = Source8x8WorkAnalytics()
    asked = 0

    def answer(request: Any, context: Any) -> Any:
        nonlocal asked
        asked += 1
        if asked == 20:
            threading.Thread(target=source.stop).start()
        return [row()]

    api.get(EXTSUM_URL, json=answer)
    found: list[AirbyteMessage] = []
    with pytest.raises(Interrupted) as stopped:
        found.extend(source.read(LOGGER, chosen, catalog(), []))
    assert stopped.value.saved is True
    assert asked < 731
    return found


def check(found: list[AirbyteMessage]) -> None:
    """The last message says so; the state was saved and covers rows that came out; nothing is complete."""
    assert found[-1].log
    assert (found[-1].type, found[-1].log.level) == (Type.LOG, Level.WARN)
    assert found[-1].log.message == "Stopped on request; progress is saved."
    marks = [
        vars(message.state.stream.stream_state)["states"][0]["cursor"]["report_date"]
        for message in found
        if message.state and message.state.stream
    ]
    assert marks
    read = {message.record.data["report_date"] for message in found if message.record}
    assert read >= {
        str(FIRST.add(days=n)) for n in range((pendulum.Date.fromisoformat(marks[-1]) - FIRST).days + 1)
    }
    said = {m.trace.stream_status.status for m in found if m.trace and m.trace.stream_status}
    assert said == {AirbyteStreamStatus.STARTED, AirbyteStreamStatus.RUNNING}


def test_a_read_that_is_stopped_saves_what_was_read(api: rm.Mocker) -> None:
    check(read_until_stopped(api))


def test_a_stream_that_ends_before_the_stop_is_done_is_not_complete(
    api: rm.Mocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that stops is slow: all streams end, and with them the read, before it goes on."""
    ended = threading.Event()
    monkeypatch.setattr(WindowCursor, "wait_until_saved", lambda *_: ended.wait(timeout=20))
    try:
        check(read_until_stopped(api))
    finally:
        ended.set()


def test_a_read_that_is_stopped_before_it_begins_requests_nothing(api: rm.Mocker) -> None:
    source, found = Source8x8WorkAnalytics(), list[AirbyteMessage]()
    source.stop()
    with pytest.raises(Interrupted) as stopped:
        found.extend(source.read(LOGGER, config(), catalog(), []))
    assert stopped.value.saved is False
    assert found[-1].log
    assert found[-1].log.message == messages.STOPPED.text()
    assert api.call_count == 0


def test_a_stop_saves_and_the_end_of_a_read_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []
    monkeypatch.setattr(source_module, "TIME_TO_SAVE", 1.5)
    monkeypatch.setattr(WindowCursor, "stop", lambda _, save: calls.append(save))
    monkeypatch.setattr(WindowCursor, "wait_until_saved", lambda _, seconds: calls.append(seconds))
    monkeypatch.setattr(Retrier, "stop", lambda _, error: calls.append(error.problem))
    sync = Sync(settings(), catalog(), [])
    sync.stop()
    assert calls == [True, 1.5]
    calls.clear()
    sync.close()
    assert calls == [False, messages.SYNC_STOPPED]
