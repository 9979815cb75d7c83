"""The console entry point: `source-8x8-work-analytics spec|check|discover|read`."""

import sys

from airbyte_cdk.entrypoint import AirbyteEntrypoint, launch
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics.source import Source8x8WorkAnalytics


def run(args: list[str] | None = None) -> None:
    """Run one command of the Airbyte protocol. Exits with 1 after a failure that a message explains."""
    args = sys.argv[1:] if args is None else args
    parsed = AirbyteEntrypoint.parse_args(args)
    config_path = getattr(parsed, "config", None)
    catalog_path = getattr(parsed, "catalog", None)
    state_path = getattr(parsed, "state", None)
    source = Source8x8WorkAnalytics(
        catalog=Source8x8WorkAnalytics.read_catalog(catalog_path) if catalog_path else None,
        config=Source8x8WorkAnalytics.read_config(config_path) if config_path else None,
        state=Source8x8WorkAnalytics.read_state(state_path) if state_path else None,
    )
    try:
        launch(source, args)
    except AirbyteTracedException as error:
        error.emit_message()
        sys.exit(1)
