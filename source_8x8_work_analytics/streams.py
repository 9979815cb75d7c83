"""The table of streams, and their form for the CDK's engine."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from typing import Any

from airbyte_cdk.models import AirbyteStream, ConfiguredAirbyteStream, SyncMode
from airbyte_cdk.sources.streams.concurrent.cursor import FinalStateCursor
from airbyte_cdk.sources.streams.concurrent.default_stream import DefaultStream
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.streams.concurrent.partitions.partition_generator import PartitionGenerator
from airbyte_cdk.sources.types import Record
from airbyte_cdk.sources.utils.schema_helpers import ResourceSchemaLoader

from source_8x8_work_analytics.client.client import Client
from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.messages import counted
from source_8x8_work_analytics.output import Output, Row, batches, json_of
from source_8x8_work_analytics.personal_data import PersonalDataRule
from source_8x8_work_analytics.reports.calls import CallReport
from source_8x8_work_analytics.reports.columns import Columns
from source_8x8_work_analytics.reports.lists import ListOf, ListReport
from source_8x8_work_analytics.reports.pbx_directory import Pbx, PbxDirectory
from source_8x8_work_analytics.reports.queues import QueueCallReport, QueueReport
from source_8x8_work_analytics.reports.report import Page, Report, SummaryReport
from source_8x8_work_analytics.reports.ring_groups import RingGroupAgentReport, RingGroupMemberReport
from source_8x8_work_analytics.settings import WindowUnit
from source_8x8_work_analytics.windows.cursor import CURSOR_FIELD, WindowCursor
from source_8x8_work_analytics.windows.plan import Plan
from source_8x8_work_analytics.windows.progress import WindowSlice
from source_8x8_work_analytics.windows.reading import Reading
from source_8x8_work_analytics.windows.state import SavedState

LOGGER = logging.getLogger("airbyte")


@dataclass(frozen=True)
class StreamType:
    """The definition of a stream.

    Attributes:
        name: the name of the stream and of its schema in `schemas/`.
        primary_key: the fields that identify a row; `report_date` comes last if rows are totals of a window.
        report: how its report is requested; None for a list.
        endpoint: the path of the report.
        by_day: whether windows are days, regardless of `summary_window`.
        list_of: what the list contains.
    """

    name: str
    primary_key: tuple[str, ...]
    report: type[Report] | None = None
    endpoint: str = ""
    by_day: bool = False
    list_of: ListOf = field(default_factory=lambda: ListOf("", ()))

    @property
    def totals(self) -> bool:
        """Whether rows are totals over their window."""
        return "report_date" in self.primary_key

    @property
    def row_key(self) -> tuple[str, ...]:
        """The fields that identify a row within one report."""
        return tuple(name for name in self.primary_key if name != "report_date")

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The JSON schema."""
        return _schemas().get_schema(self.name)

    def report_for(self, client: Client, directory: PbxDirectory) -> Report:
        """Return the report of a stream that is not a list."""
        assert self.report  # noqa: S101 - it is not a list
        return self.report(self.name, self.endpoint, self.row_key, client, directory)

    def airbyte_stream(self) -> AirbyteStream:
        """Describe the stream for the catalog, as one whose full refresh starts over with each attempt.

        For a resumable stream, Airbyte keeps state and rows between the attempts of a full refresh; but some
        windows are always read again, so their rows would be duplicated.
        """
        stream = AirbyteStream(
            name=self.name,
            json_schema=self.schema,
            supported_sync_modes=[SyncMode.full_refresh],
            source_defined_primary_key=[[name] for name in self.primary_key],
            is_resumable=False,
            is_file_based=False,
        )
        if self.report:
            stream.supported_sync_modes.append(SyncMode.incremental)
            stream.source_defined_cursor = True
            stream.default_cursor_field = [CURSOR_FIELD.cursor_field_key]
        return stream


STREAM_TYPES = (
    StreamType("extension_summary", ("PbxId", "Extension", "report_date"), SummaryReport, "v2/extsum"),
    StreamType("company_summary", ("pbxId", "report_date"), SummaryReport, "v1/compsum"),
    StreamType("ring_group_summary", ("pbxId", "extension", "report_date"), SummaryReport, "v2/rgsum-groups"),
    StreamType(
        "ring_group_member_summary",
        ("pbxId", "ringGroupExtension", "extension", "report_date"),
        RingGroupMemberReport,
        "v2/rgsum-members",
    ),
    StreamType("call_records", ("pbxId", "callId"), CallReport, "v2/call-records", by_day=True),
    StreamType("call_legs", ("pbxId", "callId", "legId"), CallReport, "v2/call-legs", by_day=True),
    StreamType("pbxes", ("id",), list_of=ListOf("v2/pbxes", ("pbxList",))),
    StreamType("sites", ("pbxId", "id"), list_of=ListOf("{pbx}/sites", ("siteList",))),
    StreamType(
        "call_queues",
        ("pbxId", "id"),
        list_of=ListOf("{pbx}/queues", ("queueList",), {"extensionNumber": "extension"}),
    ),
    StreamType(
        "call_queue_agents",
        ("pbxId", "id"),
        list_of=ListOf("{pbx}/agents", ("agentList", "queueList"), {"extensionNumber": "extension"}),
    ),
    StreamType(
        "call_queue_summary", ("pbx_id", "id", "report_date"), QueueReport, "call-queue-metrics", by_day=True
    ),
    StreamType(
        "call_queue_agent_summary",
        ("pbx_id", "queueId", "userId", "report_date"),
        QueueReport,
        "queue-agent-activity",
        by_day=True,
    ),
    StreamType(
        "agent_summary", ("pbx_id", "userId", "report_date"), QueueReport, "agent-activity", by_day=True
    ),
    StreamType(
        "ring_group_agent_activity",
        ("pbx_id", "ringGroupExtension", "agentExtension", "report_date"),
        RingGroupAgentReport,
        "ring-group-agent-activity/by-extension",
        by_day=True,
    ),
    StreamType("queue_calls", ("pbx_id", "callId"), QueueCallReport, "calls", by_day=True),
)
"""Every stream, in the order of the catalog."""


def stream_type(name: str) -> StreamType:
    """Return the stream with a name."""
    return next(each for each in STREAM_TYPES if each.name == name)


@dataclass
class SyncStream:
    """What one stream needs in one sync.

    Attributes:
        kind: the stream.
        client: sends its requests.
        directory: the PBXs that the user can see.
        output: receives its rows.
        rule: how personal data is treated; None if it is kept.
        saved: the state to resume from.
        selected: the columns that the configured catalog selects; None for all.
    """

    kind: StreamType
    client: Client
    directory: PbxDirectory
    output: Output
    rule: PersonalDataRule | None
    saved: SavedState
    selected: frozenset[str] | None = None

    def __post_init__(self) -> None:
        self.columns = Columns(self.kind.name, self.kind.schema, self.selected, self.rule)
        self.cursor: WindowCursor | None = None
        if self.kind.report:
            settings = self.client.settings
            unit: WindowUnit = "day" if self.kind.by_day else settings.summary_window
            privacy = self.rule.notes if self.rule else {}
            plan = partial(Plan, self.kind.name, unit, self.kind.totals, self.saved, settings, privacy)
            self.cursor = WindowCursor(self.kind.name, plan, self.saved, self.client.retrier, self.output)

    def for_engine(self, logger: logging.Logger) -> DefaultStream:
        """Return the stream as the CDK's engine reads it."""
        kind = self.kind
        partitions: PartitionGenerator
        if kind.report and self.cursor:
            report = kind.report_for(self.client, self.directory)
            partitions = WindowPartitions(self, report, self.cursor)
        else:
            partitions = ListPartitions(
                self, ListReport(kind.name, kind.list_of, self.client, self.directory)
            )
        return DefaultStream(
            partition_generator=partitions,
            name=kind.name,
            json_schema=kind.schema,
            primary_key=list(kind.primary_key),
            cursor_field=CURSOR_FIELD if kind.report else None,
            logger=logger,
            cursor=self.cursor or FinalStateCursor(kind.name, None, self.output),
        )

    def emit(self, rows: list[Row], fields: Mapping[str, Any] | None = None) -> None:
        """Pass rows on, with the fields of their window."""
        any_null = self.columns.conform(rows)
        if fields:
            for row in rows:
                row.update(fields)
        for batch in batches(self.kind.name, rows, any_null):
            self.output.emit_message(batch)


class WindowPartition(Partition):
    """One window of one PBX. It passes its rows on itself, in batches, so the engine sees none."""

    def __init__(
        self, stream: SyncStream, report: Report, cursor: WindowCursor, window_slice: WindowSlice
    ) -> None:
        self._stream = stream
        self._report = report
        self._cursor = cursor
        self._slice = window_slice

    def read(self) -> Iterable[Record]:
        """Read the window, pass on its rows, and report the outcome to the cursor.

        A failure that was already reported ends it silently.
        """
        reading = Reading()
        try:
            for page in self._report.read(self._slice):
                self._add(page, reading)
        except ConnectorError as error:
            about_window = error.about(self._report.subject(self._slice))
            if self._must_raise(about_window, reading):
                raise about_window from None
        except Exception as error:
            if self._must_raise(error, reading):
                raise
        else:
            self._cursor.record(self._slice, reading)
        return ()

    def _must_raise(self, error: Exception, reading: Reading) -> bool:
        """Report a failure to the cursor. Return whether it is also raised."""
        skipped = self._report.skip(self._slice, error)
        return self._cursor.fail(self._slice, reading, str(error)) and not skipped

    def _add(self, page: Page, reading: Reading) -> None:
        window = self._slice.window
        reading.add_request(window, page.sent, page.requests)
        if page.rows:
            self._stream.emit(page.rows, reading.fields(window))
            reading.rows += len(page.rows)
            reading.repeated += page.repeated
            reading.size += len(json_of(page.rows[0])) * len(page.rows)

    def to_slice(self) -> Mapping[str, Any]:
        """Return the PBX and the window, for the log at debug level."""
        return self._slice.as_mapping()

    def stream_name(self) -> str:
        """Return the stream's name."""
        return self._stream.kind.name

    def __hash__(self) -> int:
        return id(self._slice)


class WindowPartitions(PartitionGenerator):
    """The windows of a stream, generated when the cursor lets them start."""

    def __init__(self, stream: SyncStream, report: Report, cursor: WindowCursor) -> None:
        self._stream = stream
        self._report = report
        self._cursor = cursor

    def generate(self) -> Iterable[Partition]:
        """Yield each window that this sync has to read; may block until the next one can start."""
        settings = self._stream.client.settings
        pbxes: dict[str, str | None] = dict.fromkeys(settings.pbx_ids)
        if self._report.by_id:
            pbxes = self._stream.directory.ids()
        listed = self._report.by_id and settings.all_pbxes
        for window_slice in self._cursor.slices(pbxes, listed):
            yield WindowPartition(self._stream, self._report, self._cursor, window_slice)


class ListPartition(Partition):
    """A list, of one PBX or of all."""

    def __init__(self, stream: SyncStream, report: ListReport, part: Pbx | str | None) -> None:
        self._stream = stream
        self._report = report
        self._part = part

    def read(self) -> Iterable[Record]:
        """Read the list, and pass on its rows."""
        count = 0
        for rows in self._report.read(self._part):
            self._stream.emit(list(rows))
            count += len(rows)
        name = self._part.name if isinstance(self._part, Pbx) else self._part
        of_pbx = f" of PBX {name}" if name else ""
        LOGGER.info("%s: read %s%s.", self._stream.kind.name, counted(count, "row"), of_pbx)
        return ()

    def to_slice(self) -> Mapping[str, Any]:
        """Return nothing: lists have no windows."""
        return {}

    def stream_name(self) -> str:
        """Return the stream's name."""
        return self._stream.kind.name

    def __hash__(self) -> int:
        return hash(self._part)


class ListPartitions(PartitionGenerator):
    """The lists of a stream."""

    def __init__(self, stream: SyncStream, report: ListReport) -> None:
        self._stream = stream
        self._report = report

    def generate(self) -> Iterable[Partition]:
        """Yield each list."""
        for part in self._report.parts():
            yield ListPartition(self._stream, self._report, part)


def selected_columns(configured: ConfiguredAirbyteStream, kind: StreamType) -> frozenset[str] | None:
    """Return the columns that a configured catalog selects, plus the key; None if it names none."""
    properties = (configured.stream.json_schema or {}).get("properties")
    if not isinstance(properties, dict) or not properties:
        return None
    return frozenset(properties) | frozenset(kind.row_key)


@cache
def _schemas() -> ResourceSchemaLoader:
    return ResourceSchemaLoader(__package__)
