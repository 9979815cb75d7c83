"""Errors are messages with values, for a person and for Airbyte."""

from typing import Any

import pytest
from airbyte_cdk.models import FailureType, StreamDescriptor

from source_8x8_work_analytics import messages
from source_8x8_work_analytics.errors import ConnectorError, RetryableError

STATUS: dict[str, Any] = {"status": 503, "requested": "the report"}
BUSY = "8x8 returned HTTP 503 for the report"


def test_an_error_is_its_sentence() -> None:
    error = ConnectorError(messages.HTTP_ERROR, subject="call_legs, PBX a", times=3, **STATUS)
    sentence = f"call_legs, PBX a: {BUSY}, 3 times in a row{messages.RESUME}."
    assert (str(error), error.message, error.internal_message) == (sentence, sentence, sentence)
    assert error.sentence(", later") == f"call_legs, PBX a: {BUSY}, 3 times in a row, later."
    assert (error.problem, error.subject) == (messages.HTTP_ERROR, "call_legs, PBX a")
    assert error.service_wide is False
    assert error.failure_type is FailureType.transient_error


def test_a_warning_that_is_raised_is_a_system_error() -> None:
    assert ConnectorError(messages.NOTHING_SELECTED).failure_type is FailureType.system_error


def test_an_error_can_be_about_something_else() -> None:
    error = ConnectorError(messages.HTTP_ERROR, subject="a", times=3, **STATUS).about("b")
    assert str(error) == f"b: {BUSY}, 3 times in a row{messages.RESUME}."
    assert (error.problem, error.subject, error.service_wide) == (messages.HTTP_ERROR, "b", False)


def test_an_error_of_the_whole_service_is_about_nothing_else() -> None:
    error = ConnectorError(messages.HTTP_ERROR, subject="a", times=3, **STATUS).of_service()
    assert (error.problem, error.service_wide) == (messages.HTTP_ERROR, True)
    assert str(error) == f"a: {BUSY}, 3 times in a row{messages.RESUME}."
    assert error.about("b") is error


def test_airbyte_gets_the_sentence_without_a_traceback() -> None:
    try:
        raise ConnectorError(messages.PBX_DENIED)
    except ConnectorError as error:
        trace = error.as_airbyte_message(StreamDescriptor(name="call_legs")).trace
    assert trace
    assert trace.error
    assert trace.error.message == messages.PBX_DENIED.text()
    assert trace.error.stack_trace is None
    assert trace.error.stream_descriptor == StreamDescriptor(name="call_legs")


def test_what_may_be_transient_becomes_an_error_after_its_tries() -> None:
    error = RetryableError(
        messages.HTTP_ERROR, retry_after=7.0, rate_limited=True, service_wide=True, **STATUS
    )
    assert (error.retry_after, error.rate_limited, error.service_wide) == (7.0, True, True)
    assert (error.problem, error.values, str(error)) == (messages.HTTP_ERROR, STATUS, BUSY)
    assert error.args == (messages.HTTP_ERROR.what,)
    final = error.after(6)
    assert (final.problem, final.service_wide) == (messages.HTTP_ERROR, True)
    assert str(final) == f"{BUSY}, 6 times in a row{messages.RESUME}."


@pytest.mark.parametrize("service_wide", [True, False])
def test_by_default_nothing_is_known_about_a_retry(service_wide: bool) -> None:
    error = RetryableError(messages.NOT_JSON, service_wide=service_wide)
    assert (error.retry_after, error.rate_limited, error.values) == (None, False, {})
    assert RetryableError(messages.NOT_JSON).service_wide is False
    assert error.after(1).service_wide is service_wide
