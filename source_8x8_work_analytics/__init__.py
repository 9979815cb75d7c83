"""Airbyte source for 8x8 Work Analytics."""

from typing import TYPE_CHECKING, Any

from source_8x8_work_analytics.version import __version__

if TYPE_CHECKING:
    from source_8x8_work_analytics.source import Source8x8WorkAnalytics

__all__ = ["Source8x8WorkAnalytics", "__version__"]


def __getattr__(name: str) -> Any:
    """Import the source when it is asked for: `run.py` has to handle signals before that."""
    if name == "Source8x8WorkAnalytics":
        from source_8x8_work_analytics.source import Source8x8WorkAnalytics

        return Source8x8WorkAnalytics
    raise AttributeError(name)
