"""Run the connector on an account, and read what came of it."""

import json
from typing import Any

from integration_tests.harness import Run, State, within
from integration_tests.strangers.account import Account
from integration_tests.strangers.exchange import Row
from testing.builders import catalog_file


def read(account: Account, *streams: str, state: State | None = None, **config: Any) -> Run:
    """Read some streams of an account, within this process."""
    return within("read", account.config(**config), state, catalog_file(*streams))


def warnings(run: Run, *words: str) -> list[str]:
    """Return the warnings of a run that contain all of some words, whatever their case."""
    found = []
    for line in run.text.splitlines():
        try:
            message = json.loads(line)
        except ValueError:
            continue
        log = message.get("log") if isinstance(message, dict) and message.get("type") == "LOG" else None
        if log and log["level"] == "WARN" and contains(log["message"], *words):
            found.append(log["message"])
    return found


def contains(text: str, *words: str) -> bool:
    """Return whether a text contains all of some words, whatever their case."""
    return all(word.casefold() in text.casefold() for word in words)


def messages(run: Run) -> str:
    """Return the sentences of all errors of a run."""
    return "\n".join(error["message"] for error in run.errors)


def rows_of(run: Run, stream: str) -> list[Row]:
    """Return the rows of one stream."""
    return [line["record"]["data"] for line in run.of("RECORD") if line["record"]["stream"] == stream]


def completed(run: Run) -> set[str]:
    """Return the streams that the run called complete: where a destination replaces a table."""
    return {
        line["trace"]["stream_status"]["stream_descriptor"]["name"]
        for line in run.of("TRACE")
        if line["trace"]["type"] == "STREAM_STATUS" and line["trace"]["stream_status"]["status"] == "COMPLETE"
    }


def failed(run: Run, stream: str, *words: str, failure_type: str = "transient_error") -> None:
    """The run failed with an error that names the stream, without a traceback, and did not complete it."""
    assert run.code == 1, f"exit {run.code}, {len(run.rows)} rows"
    assert stream not in completed(run)
    assert "Traceback" not in run.text
    found = [error for error in run.errors if contains(error["message"], stream, *words)]
    assert found, messages(run)
    assert {error["failure_type"] for error in found} == {failure_type}, messages(run)
