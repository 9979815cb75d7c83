"""Every sentence for a person: complete, rendered with all its values, and in the guide."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airbyte_cdk.models import FailureType
from hypothesis import given
from hypothesis import strategies as st

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.errors import ConnectorError, RetryableError
from source_8x8_work_analytics.messages import Message, catalogue, counted, placeholders, retryable, warning

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "source_8x8_work_analytics"
CODES = catalogue()
CONFIG, TRANSIENT = FailureType.config_error, FailureType.transient_error


class Value(int):
    """Stands in for any value of a sentence, a number as well as a text."""

    def __format__(self, spec: str) -> str:
        return "[value]"


def values(message: Message) -> dict[str, Any]:
    return {name: Value() for name in placeholders(message)}


LATER = "; progress is saved, so run the sync again later to resume"


@pytest.mark.parametrize(
    ("message", "text", "failed_twice"),
    [
        (Message("{one} failed"), "A failed.", "A failed, 2 times in a row."),
        (
            Message("{one} failed", "correct {two}"),
            "A failed: correct B.",
            "A failed, 2 times in a row: correct B.",
        ),
        (retryable("{one} failed"), f"A failed{LATER}.", "A failed, 2 times in a row, so wait."),
        (
            retryable("{one} failed", "correct {two}"),
            f"A failed (correct B){LATER}.",
            "A failed, 2 times in a row (correct B), so wait.",
        ),
    ],
    ids=["what", "what and fix", "what, resumable", "what and fix, resumable"],
)
def test_the_text_of_a_message(message: Message, text: str, failed_twice: str) -> None:
    assert message.text(one="A", two="B") == text
    assert message.text(2, ", so wait", one="A", two="B") == failed_twice


@pytest.mark.parametrize(
    ("make", "failure_type", "resumable"),
    [(Message, CONFIG, False), (retryable, TRANSIENT, True), (warning, None, False)],
    ids=["message", "retryable", "warning"],
)
def test_what_a_message_is_made_of(make: Any, failure_type: FailureType | None, resumable: bool) -> None:
    assert make("what") == Message("what", "", failure_type, resumable, "")
    assert make("what", "fix", help="help") == Message("what", "fix", failure_type, resumable, "help")


def test_messages_are_listed_by_their_names() -> None:
    assert CODES["BUG"] is messages.BUG
    assert "RESUME" not in CODES
    assert catalogue() == CODES


def test_the_parts_that_vary_are_those_of_what_and_fix() -> None:
    assert placeholders(Message("{one} and {two:,}", "set {one}", help="{three}")) == ["one", "two", "one"]


@pytest.mark.parametrize("code", CODES)
def test_each_message_is_one_sentence_with_all_its_values(code: str) -> None:
    message = CODES[code]
    text = message.text(**values(message))
    assert text.endswith(".")
    assert not text.endswith("..")
    assert "{" not in text.replace("${", "")
    assert text.count("[value]") == len(re.findall(r"\{\w", message.what + message.fix))
    assert not message.help.endswith(".")
    if message.failure_type is None:
        assert not message.resumable


@pytest.mark.parametrize("code", CODES)
def test_each_error_has_the_failure_type_of_its_message(code: str) -> None:
    message = CODES[code]
    error = ConnectorError(message, **values(message))
    assert error.problem is message
    assert error.failure_type == (message.failure_type or FailureType.system_error)
    trace = error.as_airbyte_message().trace
    assert trace
    assert trace.error
    assert trace.error.message == trace.error.internal_message == str(error)
    assert trace.error.stack_trace is None


def test_only_what_may_be_transient_says_that_progress_is_saved() -> None:
    for code, message in CODES.items():
        saved = messages.RESUME in message.text(**values(message))
        assert saved == message.resumable, code
        if message.resumable:
            assert message.failure_type is FailureType.transient_error, code


def test_a_sentence_for_a_check_says_how_to_try_again() -> None:
    error = RetryableError(messages.HTTP_ERROR, status=503, requested="the report").after(3)
    problem = "8x8 returned HTTP 503 for the report, 3 times in a row"
    assert str(error) == f"{problem}; progress is saved, so run the sync again later to resume."
    assert error.sentence(": run the check again later") == f"{problem}: run the check again later."


def test_a_subject_stands_in_front_unless_the_whole_service_is_concerned() -> None:
    error = ConnectorError(messages.PBX_NOT_LISTED)
    assert str(error.about("calls, PBX a")).startswith("calls, PBX a: 8x8 lists no PBX")
    assert str(error.about("one").about("two")).startswith("two: 8x8")
    assert str(error.of_service().about("calls")) == str(error)
    assert error.of_service().service_wide
    assert not error.about("calls").service_wide


def used() -> Iterator[str]:
    for path in PACKAGE.rglob("*.py"):
        if path.name != "messages.py":
            yield from re.findall(r"\bmessages\.([A-Z][A-Z_]+)\b", path.read_text(encoding="utf-8"))
    text = (PACKAGE / "messages.py").read_text(encoding="utf-8")
    yield from re.findall(r"return .*?\b([A-Z][A-Z_]{4,})\b", text)


def test_every_message_is_used_and_every_used_one_exists() -> None:
    names = set(used())
    others = {"RESUME", "STATE_SHAPES", "CONFIG", "TRANSIENT", "SYSTEM"}
    assert sorted(set(CODES) - names) == []
    assert sorted(names - set(CODES) - others) == []


@given(st.text(max_size=60))
def test_a_value_is_never_taken_for_a_placeholder(value: str) -> None:
    error = ConnectorError(messages.STREAM_UNKNOWN, stream=value)
    assert value in str(error.about(f"{{{value}}}"))


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 windows"), (1, "1 window"), (2, "2 windows"), (1200, "1,200 windows")]
)
def test_counts_read_well(number: int, text: str) -> None:
    assert counted(number, "window") == text
