"""The configured catalog of all streams, for the command line: examples/catalog.json."""

import json
import logging
from dataclasses import replace

from airbyte_cdk.models import (
    AirbyteStream,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteCatalogSerializer,
    ConfiguredAirbyteStream,
    DestinationSyncMode,
    SyncMode,
)

from source_8x8_work_analytics.source import Source8x8WorkAnalytics

CONFIG = {"api_key": "unused", "username": "unused", "password": "unused", "time_zone": "UTC"}
"""A configuration for discover, which sends no requests."""


def catalog_text() -> str:
    """Return the file's text, one line for each stream, so that any line can be removed."""
    found = Source8x8WorkAnalytics().discover(logging.getLogger("airbyte"), CONFIG)
    catalog = ConfiguredAirbyteCatalog(streams=[_configured(stream) for stream in found.streams])
    streams = ConfiguredAirbyteCatalogSerializer.dump(catalog)["streams"]
    lines = ",\n".join(f"    {json.dumps(stream)}" for stream in streams)
    return f'{{\n  "streams": [\n{lines}\n  ]\n}}\n'


def _configured(stream: AirbyteStream) -> ConfiguredAirbyteStream:
    """Return a stream with its intended modes, and without a schema, which the connector does not need."""
    modes = (SyncMode.full_refresh, DestinationSyncMode.overwrite)
    if SyncMode.incremental in (stream.supported_sync_modes or []):
        modes = (SyncMode.incremental, DestinationSyncMode.append_dedup)
    return ConfiguredAirbyteStream(
        stream=replace(stream, json_schema={}), sync_mode=modes[0], destination_sync_mode=modes[1]
    )
