"""Airbyte source for 8x8 Work Analytics."""

from importlib.metadata import version

__version__ = version("airbyte-source-8x8-work-analytics")
