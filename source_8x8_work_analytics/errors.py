"""How the connector fails: one sentence for a person, and what kind of failure it is."""

from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException


class TryAgain(Exception):  # noqa: N818 - it names what to do
    """An attempt failed in a way that may pass.

    Args:
        trouble: what happened, as the end of a sentence that begins with "8x8".
        retry_after: seconds that 8x8 asked to wait, if it did.
        too_many: whether 8x8 said that requests come too fast.
    """

    def __init__(self, trouble: str, retry_after: float | None = None, too_many: bool = False) -> None:
        super().__init__(trouble)
        self.trouble = trouble
        self.retry_after = retry_after
        self.too_many = too_many


def config_error(message: str) -> AirbyteTracedException:
    """Return the failure that the person who configured the source can mend."""
    return AirbyteTracedException(
        message=message, internal_message=message, failure_type=FailureType.config_error
    )


def transient_error(message: str) -> AirbyteTracedException:
    """Return the failure that a later sync may well not meet."""
    return AirbyteTracedException(
        message=message, internal_message=message, failure_type=FailureType.transient_error
    )


def interrupted(what: str) -> AirbyteTracedException:
    """Return the failure of a sync that a later one goes on from."""
    return transient_error(
        f"{what}: what was read before is saved, so start the sync again later, and it goes on from there."
    )


def about(subject: str, error: AirbyteTracedException) -> AirbyteTracedException:
    """Return the same failure, with the subject of its sentence put in front."""
    message = f"{subject}: {error.message}"
    return AirbyteTracedException(message=message, internal_message=message, failure_type=error.failure_type)
