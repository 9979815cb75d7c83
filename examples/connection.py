"""The source that the examples read: your account with WORK_ANALYTICS_CONFIG, or the sandbox."""

import json
import os
import sys
import warnings
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

# PyAirbyte reads these at import: find the connector on this machine, send no telemetry.
os.environ["AIRBYTE_OFFLINE_MODE"] = "1"
os.environ["DO_NOT_TRACK"] = "1"
warnings.simplefilter("ignore", FutureWarning)

if TYPE_CHECKING:
    from airbyte import Source

EXECUTABLE = Path(sys.executable).parent / "source-8x8-work-analytics"
SANDBOX = {
    "api_key": "sandbox-key-3f9c1b7e5d",
    "username": "reports.supervisor@acme.example",
    "password": "päss &=+%wörd/?#sandbox",
    "time_zone": "America/New_York",
    "pbx_ids": ["acmecorp", "acme-europe"],
    "base_url": "http://127.0.0.1:8808/analytics/work",
}


def configuration() -> dict[str, Any]:
    """Return your configuration as it is, or the sandbox's with the last 30 days."""
    path = os.environ.get("WORK_ANALYTICS_CONFIG")
    if path:
        config: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8-sig"))
        return config
    return {**SANDBOX, "start_date": str(date.today() - timedelta(days=30))}


def source(*streams: str) -> "Source":
    """Return the source with these streams, after a connection check."""
    import airbyte

    found = airbyte.get_source(
        "source-8x8-work-analytics",
        local_executable=EXECUTABLE,
        config=configuration(),
        streams=list(streams),
    )
    found.check()
    return found
