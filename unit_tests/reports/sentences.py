"""What a person reads when the reading of a window fails."""

from typing import Any

from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.messages import Message


def sentence(reason: Message, subject: str = "", /, times: int = 0, **values: Any) -> str:
    """The sentence of an error, with its subject."""
    return ConnectorError(reason, subject=subject, times=times, **values).sentence()
