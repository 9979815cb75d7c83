"""Airbyte source for 8x8 Work Analytics."""

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from source_8x8_work_analytics.source import Source8x8WorkAnalytics

__all__ = ["Source8x8WorkAnalytics", "__version__"]

__version__ = version("airbyte-source-8x8-work-analytics")
"""The version of the installed package, as set in pyproject.toml."""


def __getattr__(name: str) -> Any:
    """Import the source only when it is needed, since `run.py` must handle signals first."""
    if name == "Source8x8WorkAnalytics":
        from source_8x8_work_analytics.source import Source8x8WorkAnalytics

        return Source8x8WorkAnalytics
    raise AttributeError(name)


def __dir__() -> list[str]:
    """List the source too, since `airbyte-cdk connector test` looks for it here."""
    return sorted({*globals(), *__all__})
