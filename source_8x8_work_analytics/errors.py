"""The connector's errors: a message as data, and its form for Airbyte and for people."""

from typing import Any

from airbyte_cdk.models import AirbyteMessage, FailureType, StreamDescriptor
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics.messages import RESUME, Message


class ConnectorError(AirbyteTracedException):
    """A failure that one sentence explains.

    Args:
        problem: what happened, and what to do.
        subject: the stream, PBX and day that it concerns, placed before the sentence.
        service_wide: whether it concerns all of 8x8 or the connection to it, so it is reported once and
            nothing more is sent.
        times: how many times in a row it happened.
        values: the values for the names in the message.
    """

    def __init__(
        self,
        problem: Message,
        /,
        *,
        subject: str = "",
        service_wide: bool = False,
        times: int = 0,
        **values: Any,
    ) -> None:
        self.problem = problem
        self.subject = subject
        self.service_wide = service_wide
        self._times = times
        self._values = values
        sentence = self.sentence()
        super().__init__(
            message=sentence,
            internal_message=sentence,
            failure_type=problem.failure_type or FailureType.system_error,
        )

    def sentence(self, retry: str = RESUME) -> str:
        """Return the text for a person; `retry` says how to try again if that may help."""
        text = self.problem.text(self._times, retry, **self._values)
        return f"{self.subject}: {text}" if self.subject else text

    def about(self, subject: str) -> "ConnectorError":
        """Return the same failure with this subject, unless it concerns the whole service."""
        if self.service_wide:
            return self
        return ConnectorError(self.problem, subject=subject, times=self._times, **self._values)

    def of_service(self) -> "ConnectorError":
        """Return the same failure for the whole service."""
        return ConnectorError(
            self.problem, subject=self.subject, service_wide=True, times=self._times, **self._values
        )

    def as_airbyte_message(self, stream_descriptor: StreamDescriptor | None = None) -> AirbyteMessage:
        """Return the protocol's message, without a traceback, since the sentence explains the failure."""
        message = super().as_airbyte_message(stream_descriptor)
        if message.trace and message.trace.error:
            message.trace.error.stack_trace = None
        return message


class RetryableError(Exception):
    """A request failed in a way that may be transient.

    Args:
        problem: what happened.
        retry_after: how many seconds the server asks to wait; None if it does not.
        rate_limited: whether the server returned "too many requests".
        service_wide: whether the problem lies between this machine and 8x8, regardless of the request.
        values: the values for the names in the message.
    """

    def __init__(
        self,
        problem: Message,
        /,
        *,
        retry_after: float | None = None,
        rate_limited: bool = False,
        service_wide: bool = False,
        **values: Any,
    ) -> None:
        super().__init__(problem.what)
        self.problem = problem
        self.retry_after = retry_after
        self.rate_limited = rate_limited
        self.service_wide = service_wide
        self.values = values

    def __str__(self) -> str:
        return self.problem.what.format(**self.values)

    def after(self, times: int) -> ConnectorError:
        """Return the final failure after this many times in a row."""
        return ConnectorError(self.problem, service_wide=self.service_wide, times=times, **self.values)
