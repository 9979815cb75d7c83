"""Airbyte source for 8x8 Work Analytics."""

from source_8x8_work_analytics.source import Source8x8WorkAnalytics
from source_8x8_work_analytics.version import __version__

__all__ = ["Source8x8WorkAnalytics", "__version__"]
