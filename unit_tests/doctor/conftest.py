"""The doctor as a command, on a sandbox within the process; and a machine with a time zone of its own."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests_mock as rm

from sandbox import Sandbox
from source_8x8_work_analytics.doctor.command import Doctor
from testing.in_process import respond_from
from unit_tests.conftest import NOW
from unit_tests.doctor.outcome import Outcome


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(clock=lambda: NOW)


@pytest.fixture
def run(
    sandbox: Sandbox, api: rm.Mocker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    """Run the doctor on the sandbox; settings change the configuration."""
    respond_from(sandbox, api)

    def doctor(*more: str, **settings: Any) -> Outcome:
        config, report = tmp_path / "config.json", tmp_path / "report.json"
        config.write_text(json.dumps(sandbox.config("http://127.0.0.1:1", **settings)), encoding="utf-8")
        report.unlink(missing_ok=True)
        before = len(api.request_history)
        code = Doctor(["--config", str(config), "--report", str(report), *more]).run()
        printed = capsys.readouterr()
        written = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
        sent = len(api.request_history) - before
        token = api.request_history[-1].headers.get("Authorization", "") if sent else ""
        return Outcome(
            code, printed.out, printed.err, written, sent, token.removeprefix("Bearer ") or "no token"
        )

    return doctor


@pytest.fixture
def _local_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this machine be in Tokyo."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()
