"""The manifest, resolved for tests."""

from functools import cache
from typing import Any

from source_8x8_work_analytics.source import Source8x8WorkAnalytics
from testing.builders import config


@cache
def resolved_streams() -> list[dict[str, Any]]:
    """Return the streams of the manifest, with shared definitions filled in."""
    found: list[dict[str, Any]] = Source8x8WorkAnalytics(config=config()).resolved_manifest["streams"]
    return found
