"""The sentence that a person reads on a terminal at the end of a command."""

import logging
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import requests_mock as rm
from airbyte_cdk.models import AirbyteMessage
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.source import Source8x8WorkAnalytics
from source_8x8_work_analytics.terminal import Terminal
from testing.builders import BASE_URL, EXTSUM_URL, PBXES_URL, TOKEN_URL, catalog_file, config, row, token
from unit_tests.test_commands import Files

ALL = {"num_workers": 2, "start_date": "2026-11-24", "pbx_ids": ["acmecorp"]}


class Shown(Terminal):
    """A terminal that notes what is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.ends: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())

    def end(self, sentence: str) -> None:
        self.ends.append(sentence)


class Run(Files):
    """One command on a terminal."""

    def __init__(self, folder: Path, command: str, *streams: str, state: Any = None, **changes: Any) -> None:
        super().__init__(folder)
        contents = {"config": config(**{**ALL, **changes})}
        contents |= {"catalog": catalog_file(*streams)} if command == "read" else {}
        contents |= {"state": state} if state else {}
        args = [(f"--{name}", self.path(f"{name}.json", content)) for name, content in contents.items()]
        self.terminal = Shown()
        self.code = self.run(command, *chain(*args), terminal=self.terminal)

    @property
    def said(self) -> str:
        """The only sentence at the end."""
        (sentence,) = self.terminal.ends
        assert self.terminal not in logging.getLogger("airbyte").handlers
        return sentence


@pytest.fixture(autouse=True)
def login(api: rm.Mocker) -> None:
    api.post(TOKEN_URL, json=token())


def test_a_read_counts_its_rows(api: rm.Mocker, tmp_path: Path) -> None:
    api.get(EXTSUM_URL, json=[row(str(n)) for n in range(250)])
    run = Run(tmp_path, "read", "extension_summary")
    assert (run.code, run.said) == (0, "250 rows read.")
    assert "extension_summary: 1 of 1 window read, 250 rows." in run.terminal.lines
    api.get(EXTSUM_URL, json=[row()])
    assert Run(tmp_path, "read", "extension_summary").said == "1 row read."
    api.get(EXTSUM_URL, json=[])
    assert Run(tmp_path, "read", "extension_summary").said == "0 rows read."


def test_a_read_that_failed_ends_with_its_first_error(api: rm.Mocker, tmp_path: Path) -> None:
    api.get(EXTSUM_URL, status_code=403)
    run = Run(tmp_path, "read", "extension_summary")
    (error,) = run.errors
    assert (run.code, run.said) == (1, error["message"])
    assert run.said.endswith(messages.PBX_DENIED.text())


def test_a_read_with_two_errors_ends_with_the_first(api: rm.Mocker, tmp_path: Path) -> None:
    api.get(EXTSUM_URL, status_code=403)
    api.get(f"{BASE_URL}/v1/compsum", status_code=404)
    run = Run(tmp_path, "read", "extension_summary", "company_summary")
    first, _ = run.errors
    assert (run.code, run.said) == (1, first["message"])


def test_a_wrong_configuration_is_the_last_sentence(tmp_path: Path) -> None:
    run = Run(tmp_path, "read", "extension_summary", time_zone="Mars")
    (error,) = run.errors
    assert (run.code, run.said) == (1, error["message"])
    assert "(time_zone)" in run.said


def test_discover_counts_the_streams(tmp_path: Path) -> None:
    run = Run(tmp_path, "discover")
    assert (run.code, run.said) == (0, "15 streams found.")


def test_a_check_says_whether_it_connected(api: rm.Mocker, tmp_path: Path) -> None:
    api.get(EXTSUM_URL, json=[])
    page = {"_embedded": {"pbxList": [{"id": "x0", "name": "acmecorp"}]}, "page": {"totalElements": 1}}
    api.get(PBXES_URL, json=page)
    queues = f"{PBXES_URL}/x0/call-queue-metrics"
    api.get(queues, json={"callQueues": []})
    assert Run(tmp_path, "check").said == "Connected."
    api.get(queues, status_code=403, json={})
    warning = Run(tmp_path, "check")
    assert warning.said == f"Connected. {warning.lines[-1]['connectionStatus']['message']}"
    run = Run(tmp_path, "check", time_zone="Mars")
    assert run.said == f"Not connected. {run.lines[-1]['connectionStatus']['message']}"


def test_a_failure_of_the_engine_that_no_message_explains_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: Any) -> list[AirbyteMessage]:
        raise AirbyteTracedException(message="The engine failed.")

    monkeypatch.setattr(Source8x8WorkAnalytics, "read_batches", fail)
    run = Run(tmp_path, "read", "extension_summary")
    (error,) = run.errors
    assert (run.code, error["message"]) == (1, "The engine failed.")


def test_a_bug_keeps_its_traceback_without_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secrets = {
        "api_key": "api-key-of-the-summary-test",
        "password": "password-of-the-summary-test",
        "personal_data_key": "personal-data-key-of-the-summary-test",
    }

    def fail(*_: Any) -> None:
        raise ValueError(" ".join(secrets.values()))

    monkeypatch.setattr(Source8x8WorkAnalytics, "discover", fail)
    run = Run(tmp_path, "discover", **secrets)
    (error,) = run.errors
    assert (run.code, error["message"]) == (1, messages.BUG.text())
    assert error["internal_message"] == "**** **** ****"
    assert "ValueError: **** **** ****" in error["stack_trace"]


def test_a_read_resumes_from_its_state(api: rm.Mocker, tmp_path: Path) -> None:
    report = api.get(EXTSUM_URL, json=[row()])
    blob = {
        "states": [
            {
                "partition": {"pbx_id": "acmecorp"},
                "cursor": {"report_date": "2026-11-23"},
                "since": "2026-11-01",
            }
        ],
        "settings": {"time_zone": "America/New_York", "summary_window": "day"},
    }
    descriptor = {"stream_descriptor": {"name": "extension_summary"}, "stream_state": blob}
    state = [{"type": "STREAM", "stream": descriptor}]
    Run(tmp_path, "read", "extension_summary", state=state, start_date="2026-11-01", lookback_days=0)
    assert report.call_count == 1
