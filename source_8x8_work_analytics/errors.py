"""How the connector fails: one sentence for a person, and the kind of failure it is."""

import logging

from airbyte_cdk.models import AirbyteMessage, FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException


class RetryableError(Exception):
    """A request failed in a way that may be transient.

    Args:
        problem: what happened, as the start of a sentence: "8x8 answered the report with HTTP 503".
        retry_after: seconds that the server asks to wait, if it does.
        rate_limited: whether the server said that requests come too fast.
        service_wide: whether the problem lies between this machine and 8x8, whatever is asked for.
        advice: what to look at if it persists.
    """

    def __init__(
        self,
        problem: str,
        retry_after: float | None = None,
        rate_limited: bool = False,
        service_wide: bool = False,
        advice: str = "",
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.retry_after = retry_after
        self.rate_limited = rate_limited
        self.service_wide = service_wide
        self.advice = advice


class ServiceError(AirbyteTracedException):
    """A failure that concerns 8x8 or the way to it as a whole: reported once, and nothing more is sent."""


class AccessRefusedError(AirbyteTracedException):
    """8x8 does not let this user read something of this PBX, or knows no such PBX (HTTP 403)."""


class BadRequestError(AirbyteTracedException):
    """8x8 refuses what it is asked (HTTP 400): another request for the same may be accepted."""


def config_error(message: str) -> AirbyteTracedException:
    """Return a failure that the person who configured the source can fix."""
    return AirbyteTracedException(
        message=message, internal_message=message, failure_type=FailureType.config_error
    )


def transient_error(message: str) -> AirbyteTracedException:
    """Return a failure that a later sync may not hit."""
    return AirbyteTracedException(
        message=message, internal_message=message, failure_type=FailureType.transient_error
    )


def resumable_error(problem: str) -> AirbyteTracedException:
    """Return the failure of a sync that the next one resumes."""
    return transient_error(f"{problem}; progress is saved, so run the sync again later to resume.")


def without_resuming(error: AirbyteTracedException) -> str:
    """Return what happened, without the advice that is meant for a sync."""
    return str(error.message).partition("; progress is saved")[0]


def service_error(error: AirbyteTracedException) -> ServiceError:
    """Return the same failure as one of the whole service."""
    return ServiceError(
        message=error.message, internal_message=error.message, failure_type=error.failure_type
    )


def prefix_error(subject: str, error: AirbyteTracedException) -> AirbyteTracedException:
    """Return the same failure with its subject in front, unless it concerns the whole service."""
    if isinstance(error, ServiceError):
        return error
    message = f"{subject}: {error.message}"
    return type(error)(message=message, internal_message=message, failure_type=error.failure_type)


def without_known_traceback(record: logging.LogRecord) -> bool:
    """Leave the traceback off an error that already says in a sentence what to do."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, AirbyteTracedException):
        record.msg, record.args, record.exc_info = error.message, (), None
    return True


def without_traceback(message: AirbyteMessage) -> AirbyteMessage:
    """Take the traceback off a failure that a sentence explains: it is for bugs only.

    Our own errors have one text as message and as internal message; a bug has two.
    """
    error = message.trace.error if message.trace else None
    if error and (
        error.failure_type is not FailureType.system_error or error.internal_message == error.message
    ):
        error.stack_trace = None
    return message


class ReportedErrors:
    """The errors that one read has said in messages.

    Attributes:
        any: whether there are some.
    """

    def __init__(self) -> None:
        self.any = False
        self._sentences: set[str] = set()

    def is_new(self, message: AirbyteMessage) -> bool:
        """Return whether a message is to be passed on: an error that was reported before is not."""
        error = message.trace.error if message.trace else None
        if not error:
            return True
        self.any = True
        without_traceback(message)
        first = error.message not in self._sentences
        self._sentences.add(error.message)
        return first
