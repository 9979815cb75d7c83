"""Check the connection: every PBX of the configuration, with messages that a person can act on."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from airbyte_cdk.models import AirbyteConnectionStatus, Status
from airbyte_cdk.sources.streams.concurrent.abstract_stream import AbstractStream
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics import clock
from source_8x8_work_analytics.settings import Settings
from source_8x8_work_analytics.windows.cursor import reading_of

STREAM = "extension_summary"
"""The report that is tried: it takes the same key, user and access as all others."""
PBXES = "pbxes"
"""The list that tells which PBXs there are."""
PBX_REFUSED = "knows no PBX of this name"
"""What the manifest's sentence for a refused PBX holds, and no other."""

NOT_TRIED = ("start_date", "end_date", "summary_window", "only_finished_windows")
"""Settings of which stretch of time to read: whatever they say, the present day is tried."""


def check_connection(
    config: Mapping[str, Any], streams: Callable[[Mapping[str, Any]], Sequence[AbstractStream]]
) -> AirbyteConnectionStatus:
    """Read the present day of each PBX. Returns success, or failure with all that is to be mended."""
    try:
        Settings.from_config(config, clock.now())
        probe = {name: value for name, value in config.items() if name not in NOT_TRIED}
        by_name = {stream.name: stream for stream in streams(probe)}
        partitions = list(by_name[STREAM].generate_partitions())
    except AirbyteTracedException as error:
        return _failed(str(error))
    newest = {reading_of(partition).pbx_id: partition for partition in partitions}
    troubles = [trouble for partition in newest.values() if (trouble := _trouble(partition))]
    if not troubles:
        return AirbyteConnectionStatus(status=Status.SUCCEEDED)
    if any(PBX_REFUSED in trouble for trouble in troubles):
        troubles.append(_visible(by_name[PBXES]))
    return _failed(" ".join(dict.fromkeys(filter(None, troubles))))


def _trouble(partition: Partition) -> str:
    try:
        for _ in partition.read():
            break
    except AirbyteTracedException as error:
        return str(error)
    return ""


def _visible(pbxes: AbstractStream) -> str:
    """Return a sentence with the names of the PBXs that the user can see, if 8x8 tells them."""
    try:
        rows = [row for partition in pbxes.generate_partitions() for row in partition.read()]
    except AirbyteTracedException:
        return ""
    names = [str(row.data.get("name")) for row in rows if not row.data.get("deleted")]
    return f"This user can see: {', '.join(sorted(names)) or 'no PBX at all'}."


def _failed(message: str) -> AirbyteConnectionStatus:
    return AirbyteConnectionStatus(status=Status.FAILED, message=message)
