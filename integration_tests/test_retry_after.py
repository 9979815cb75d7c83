"""`Retry-After`: a long one ends the sync soon with its state saved, a short one costs what 8x8 asks for."""

import heapq
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from integration_tests.harness import TODAY, marks, within
from integration_tests.truth import deduplicated, truth
from sandbox import Sandbox
from sandbox.faults import FOREVER, Fault
from source_8x8_work_analytics import clock
from source_8x8_work_analytics.client.limiter import AdaptiveLimiter
from source_8x8_work_analytics.client.service import Service
from source_8x8_work_analytics.errors import RetryableError
from testing.builders import catalog_file, service

PBXES = ["acmecorp", "acme-europe", "acme-apac"]
STREAMS = ("extension_summary", "company_summary", "call_records")
PATHS = ("/v2/extsum", "/v1/compsum", "/v2/call-records")
FIRST, LAST = TODAY - timedelta(days=20), TODAY - timedelta(days=1)


@pytest.fixture
def config(configure: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return configure(start_date=str(FIRST), end_date=str(LAST), num_workers=10)


@pytest.mark.parametrize("status", ["429", "503"])
def test_a_long_wait_for_everything_ends_the_sync(
    sandbox: Sandbox, config: dict[str, Any], waits: list[float], status: str
) -> None:
    """It strikes all PBXs and streams after some windows; the next sync reads the rest."""
    sandbox.faults.append(Fault(status, path="", after=45, times=FOREVER, headers={"Retry-After": "3600"}))
    run = within("read", config, streams=catalog_file(*STREAMS))
    assert run.code == 1
    assert waits == []
    assert len(run.errors) <= 2
    assert {error["failure_type"] for error in run.errors} == {"transient_error"}
    assert any("asks to wait 3,600 s" in error["message"] for error in run.errors)
    assert len(sandbox.requests) <= 45 + 20, "what was in flight, and hardly more"
    saved = marks(run.state)
    assert saved
    sandbox.faults.clear()
    again = within("read", config, run.state)
    assert again.code == 0
    expected: dict[Any, Any] = {}
    for pbx in PBXES:
        expected |= truth(sandbox, pbx, FIRST, LAST, config["time_zone"])
    rows = [line["record"]["data"] for line in run.of("RECORD") if line["record"]["stream"] == STREAMS[0]]
    assert deduplicated(rows + again.rows) == expected


def test_a_long_wait_for_the_sign_in_is_said_once(
    sandbox: Sandbox, config: dict[str, Any], waits: list[float]
) -> None:
    sandbox.faults.append(Fault("429", path="/token", times=FOREVER, headers={"Retry-After": "3600"}))
    run = within("read", config, streams=catalog_file(*STREAMS))
    (error,) = run.errors
    assert error["failure_type"] == "transient_error"
    assert "asks to wait 3,600 s" in error["message"]
    assert waits == []
    assert len(sandbox.requests) == 1


def test_a_long_wait_for_one_pbx_leaves_the_others_alone(
    sandbox: Sandbox, config: dict[str, Any], waits: list[float]
) -> None:
    sandbox.faults.append(
        Fault("429", pbx="acmecorp", after=5, times=FOREVER, headers={"Retry-After": "3600"})
    )
    run = within("read", config)
    assert run.code == 1
    assert waits == []
    saved = marks(run.state)
    assert saved["acme-europe"] == saved["acme-apac"] == str(LAST)
    assert saved["acmecorp"] < str(LAST)


def test_waits_that_fit_one_by_one_end_with_the_budget(
    sandbox: Sandbox, config: dict[str, Any], waits: list[float]
) -> None:
    for path in PATHS:
        sandbox.faults.append(Fault("429", path=path, times=FOREVER, headers={"Retry-After": "140"}))
    run = within("read", config, streams=catalog_file(*STREAMS))
    assert run.code == 1
    assert set(waits) == {140.0}
    asked = sum(len(sandbox.requests_to(path)) for path in PATHS)
    assert asked <= 3 * len(PBXES) * len(STREAMS), "two waits of 140 s fit, a third does not"
    assert len(run.errors) <= 2


class Time:
    """Seconds that pass only when every thread rests or waits for a slot.

    Attributes:
        now: the seconds so far.
        alive: how many threads there are.
    """

    def __init__(self, alive: int) -> None:
        self.now = 0.0
        self.alive = alive
        self._alarms: list[float] = []
        self._changed = threading.Condition()
        self._waiting = self._held = 0

    def rest(self, seconds: float) -> None:
        """Rest; the last thread to do so lets time pass."""
        with self._changed:
            alarm = self.now + seconds
            heapq.heappush(self._alarms, alarm)
            self.pass_on()
            assert self._changed.wait_for(lambda: self.now >= alarm, timeout=60)

    def pass_on(self) -> None:
        """Let time pass until the next alarm, if no thread can go on now."""
        with self._changed:
            free = max(0, self.limiter.open - self._held)
            busy = self.alive - len(self._alarms) - self._waiting + min(self._waiting, free)
            if busy == 0 and self._alarms:
                self.now = self._alarms[0]
                while self._alarms and self._alarms[0] <= self.now:
                    heapq.heappop(self._alarms)
                self._changed.notify_all()

    def limit(self, size: int) -> AdaptiveLimiter:
        """Return a limiter that tells this clock who waits for a slot and who holds one."""
        time = self

        class Told(AdaptiveLimiter):
            @contextmanager
            def acquire(self) -> Iterator[None]:
                with time._changed:
                    time._waiting += 1
                    time.pass_on()
                with super().acquire():
                    with time._changed:
                        time._waiting -= 1
                        time._held += 1
                    try:
                        yield
                    finally:
                        with time._changed:
                            time._held -= 1

        self.limiter = Told(size)
        return self.limiter


def seconds_to_read(workers: int, monkeypatch: pytest.MonkeyPatch) -> tuple[float, int]:
    """Read 120 windows, 30 % of the requests being answered 429 with `Retry-After: 2`.

    Returns:
        The seconds that it takes, and the number of requests.
    """
    time = Time(workers)
    monkeypatch.setattr(clock, "elapsed", lambda: time.now)
    monkeypatch.setattr(Service, "rest", lambda _, seconds: time.rest(seconds))
    made = service(workers)
    made.limiter = time.limit(workers)
    chance = random.Random(8)
    windows = iter(range(120))
    requests: list[float] = []
    lock = threading.Lock()

    def attempt() -> None:
        with lock:
            requests.append(time.now)
            refused = chance.random() < 0.3
        if refused:
            raise RetryableError("8x8 answered with HTTP 429", retry_after=2.0, rate_limited=True)

    def work() -> None:
        while True:
            with lock:
                window = next(windows, None)
            if window is None:
                break
            made.call_with_retries("reader", attempt)
        time.alive -= 1
        time.pass_on()

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return time.now, len(requests)


def test_short_waits_cost_what_8x8_asks_for_and_workers_share_them(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = {}
    for workers in (2, 4, 8):
        seconds[workers], requests = seconds_to_read(workers, monkeypatch)
        assert requests == 180, "60 requests are refused"
        assert seconds[workers] >= 60 * 2 / workers
    assert seconds[4] <= 30 * 1.3
    assert seconds[4] <= seconds[2] * 0.7
    assert seconds[8] <= seconds[4] * 0.7
