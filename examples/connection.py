"""The source that the examples read from: the sandbox, or your account by WORK_ANALYTICS_CONFIG."""

import json
import os
import sys
import warnings
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Before PyAirbyte is imported: the connector is on this machine, and nothing is reported to anybody.
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


def configuration(days: int) -> dict[str, Any]:
    """Return the configuration for the last days."""
    path = os.environ.get("WORK_ANALYTICS_CONFIG")
    config = json.loads(Path(path).read_text(encoding="utf-8")) if path else SANDBOX
    return {"start_date": str(date.today() - timedelta(days=days)), **config}


def source(streams: list[str], days: int) -> "Source":
    """Return the source, checked."""
    import airbyte

    found = airbyte.get_source(
        "source-8x8-work-analytics",
        local_executable=EXECUTABLE,
        config=configuration(days),
        streams=streams,
    )
    found.check()
    return found
