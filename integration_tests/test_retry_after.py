"""`Retry-After`: a long one ends the sync soon, with its state saved; a short one costs what 8x8 asks for."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from integration_tests.harness import TODAY, marks, within, without_reading
from integration_tests.truth import deduplicated, truth
from sandbox import Sandbox
from sandbox.faults import FOREVER, Fault
from source_8x8_work_analytics import messages
from source_8x8_work_analytics.client.retries import Reader, Retrier, Retries
from source_8x8_work_analytics.errors import RetryableError
from testing.builders import catalog_file

PBXES = ["acmecorp", "acme-europe", "acme-apac"]
STREAMS = ("extension_summary", "company_summary", "call_records")
PATHS = ("/v2/extsum", "/v1/compsum", "/v2/call-records")
FIRST, LAST = TODAY - timedelta(days=20), TODAY - timedelta(days=1)


@pytest.fixture
def config(configure: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return configure(start_date=str(FIRST), end_date=str(LAST), num_workers=10)


@pytest.mark.parametrize("status", ["429", "503"])
def test_long_wait_for_everything_ends_the_sync(
    sandbox: Sandbox, config: dict[str, Any], waits: list[float], status: str
) -> None:
    """It hits all PBXs and streams after some windows; the next sync reads the rest."""
    sandbox.faults.append(Fault(status, path="", after=45, times=FOREVER, headers={"Retry-After": "3600"}))
    run = within("read", config, streams=catalog_file(*STREAMS))
    assert run.code == 1
    assert waits == []
    assert len(run.errors) <= 2
    assert {error["failure_type"] for error in run.errors} == {"transient_error"}
    assert any("requested a wait of 3,600 s" in error["message"] for error in run.errors)
    assert len(sandbox.requests) <= 45 + 20, "what was in flight, and hardly more"
    saved = marks(run.state)
    assert saved
    sandbox.faults.clear()
    again = within("read", config, run.state)
    assert again.code == 0
    expected: dict[Any, Any] = {}
    for pbx in PBXES:
        expected |= truth(sandbox, pbx, FIRST, LAST, config["time_zone"])
    records = [line["record"] for line in run.of("RECORD")]
    rows = [without_reading(record["data"]) for record in records if record["stream"] == STREAMS[0]]
    assert deduplicated(rows + again.rows) == expected


def test_long_wait_for_the_sign_in_is_reported_once(
    sandbox: Sandbox, config: dict[str, Any], waits: list[float]
) -> None:
    sandbox.faults.append(Fault("429", path="/token", times=FOREVER, headers={"Retry-After": "3600"}))
    run = within("read", config, streams=catalog_file(*STREAMS))
    (error,) = run.errors
    assert error["failure_type"] == "transient_error"
    assert "requested a wait of 3,600 s" in error["message"]
    assert waits == []
    assert len(sandbox.requests) == 1


def test_long_wait_for_one_pbx_does_not_affect_the_others(
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
    sent = sum(len(sandbox.requests_to(path)) for path in PATHS)
    assert sent <= 3 * len(PBXES) * len(STREAMS), "two waits of 140 s fit, a third does not"
    assert len(run.errors) <= 2


def test_short_waits_cost_what_8x8_asks_for_and_no_request_more(
    sandbox: Sandbox, config: dict[str, Any], waits: list[float]
) -> None:
    sandbox.faults.append(Fault("429", path="/v2/extsum", after=5, times=20, headers={"Retry-After": "2"}))
    run = within("read", config)
    assert run.code == 0, run.errors
    assert waits == [2.0] * 20
    assert len(sandbox.requests_to("/v2/extsum")) == len(PBXES) * 20 + 20


@pytest.mark.parametrize("workers", [2, 4, 8])
def test_threads_wait_at_the_same_time(monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    """A rejected request waits without a slot: all but the last slot can be given to others meanwhile."""
    retrier = Retrier(Retries(), workers)
    all_wait = threading.Barrier(workers, timeout=60)
    monkeypatch.setattr(Retrier, "wait", lambda *_: all_wait.wait())
    rejection = RetryableError(
        messages.HTTP_ERROR, retry_after=2.0, rate_limited=True, status=429, requested="x"
    )
    results: list[str] = []

    def work(reader: Reader) -> None:
        left = [rejection]

        def attempt() -> str:
            if left:
                raise left.pop()
            return "rows"

        results.append(retrier.call(reader, attempt))

    threads = [threading.Thread(target=work, args=(Reader("calls", str(n)),)) for n in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert results == ["rows"] * workers
