"""Check the connection: every PBX of the configuration, with messages that a person can act on."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from airbyte_cdk.models import AirbyteConnectionStatus, Status
from airbyte_cdk.sources.streams.concurrent.abstract_stream import AbstractStream
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics import clock
from source_8x8_work_analytics.cursor import reading_of
from source_8x8_work_analytics.settings import Settings

STREAM = "extension_summary"
"""The report that is tried: it takes the same key, user and access as all others."""

NOT_TRIED = ("start_date", "end_date", "summary_window", "only_finished_windows")
"""Settings of which stretch of time to read: whatever they say, the present day is tried."""


def check_connection(
    config: Mapping[str, Any], streams: Callable[[Mapping[str, Any]], Sequence[AbstractStream]]
) -> AirbyteConnectionStatus:
    """Read the present day of each PBX. Returns success, or failure with all that is to be mended."""
    try:
        Settings.from_config(config, clock.now())
        probe = {name: value for name, value in config.items() if name not in NOT_TRIED}
        stream = next(stream for stream in streams(probe) if stream.name == STREAM)
        newest = {reading_of(partition).pbx_id: partition for partition in stream.generate_partitions()}
    except AirbyteTracedException as error:
        return _failed(str(error))
    troubles = [trouble for partition in newest.values() if (trouble := _trouble(partition))]
    return (
        _failed(" ".join(dict.fromkeys(troubles))) if troubles else AirbyteConnectionStatus(Status.SUCCEEDED)
    )


def _trouble(partition: Partition) -> str | None:
    try:
        for _ in partition.read():
            break
    except AirbyteTracedException as error:
        return str(error)
    return None


def _failed(message: str) -> AirbyteConnectionStatus:
    return AirbyteConnectionStatus(status=Status.FAILED, message=message)
