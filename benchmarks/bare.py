"""Bare partitions on the CDK's engine: `requests`, `orjson`, a date added to each row, no checks."""

import logging
import sys
import threading
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import orjson
import requests
from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.sources.concurrent_source.concurrent_source import ConcurrentSource
from airbyte_cdk.sources.message import InMemoryMessageRepository
from airbyte_cdk.sources.streams.concurrent.cursor import CursorField, FinalStateCursor
from airbyte_cdk.sources.streams.concurrent.default_stream import DefaultStream
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.streams.concurrent.partitions.partition_generator import PartitionGenerator
from airbyte_cdk.sources.types import Record
from airbyte_cdk.sources.utils.slice_logger import DebugSliceLogger

STREAM = "extension_summary"


class Day(Partition):
    """One day."""

    def __init__(self, day: date, config: Mapping[str, Any], session: requests.Session) -> None:
        self._day = day
        self._config = config
        self._session = session

    def read(self) -> Iterable[Record]:
        """Yield the rows of the day."""
        window = {"startTime": f"{self._day} 00:00:00", "endTime": f"{self._day} 23:59:59"}
        config = self._config
        params = {"pbxId": config["pbx_ids"][0], "timeZone": config["time_zone"], **window}
        response = self._session.get(f"{config['base_url']}/v2/extsum", params=params)
        for row in orjson.loads(response.content):
            row.update(report_date=str(self._day), time_zone=config["time_zone"], window_complete=True)
            yield Record(row, STREAM)

    def to_slice(self) -> Mapping[str, Any]:
        """Return the day."""
        return {"report_date": str(self._day)}

    def stream_name(self) -> str:
        """Return the stream's name."""
        return STREAM

    def __hash__(self) -> int:
        return hash(self._day)


class Days(PartitionGenerator):
    """All days of the configuration."""

    def __init__(self, config: Mapping[str, Any], session: requests.Session) -> None:
        self._config = config
        self._session = session

    def generate(self) -> Iterable[Partition]:
        """Yield each day."""
        day, last = (date.fromisoformat(self._config[name]) for name in ("start_date", "end_date"))
        while day <= last:
            yield Day(day, self._config, self._session)
            day += timedelta(days=1)


def read(config: Mapping[str, Any]) -> None:
    """Write a message for each row."""
    session = requests.Session()
    form = {"username": config["username"], "password": config["password"]}
    token = session.post(f"{config['base_url']}/v1/oauth/token", data=form).json()["access_token"]
    session.headers["Authorization"] = f"Bearer {token}"
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=config["num_workers"]))
    logger, messages = logging.getLogger("airbyte.bare"), InMemoryMessageRepository()
    workers = config["num_workers"]
    engine = ConcurrentSource.create(workers + 1, 1, logger, DebugSliceLogger(), messages)
    stream = DefaultStream(
        partition_generator=Days(config, session),
        name=STREAM,
        json_schema={},
        primary_key=[],
        cursor_field=CursorField("report_date"),
        logger=logger,
        cursor=FinalStateCursor(STREAM, None, messages),
    )
    assert threading.current_thread() is threading.main_thread()  # noqa: S101 - the engine's queue is read here
    for message in engine.read([stream]):
        sys.stdout.write(AirbyteEntrypoint.airbyte_message_to_string(message) + "\n")
