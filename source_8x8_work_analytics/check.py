"""Check the connection: every PBX of the configuration, with messages that a person can act on.

Airbyte also runs a check by itself before it retries a sync. It takes FAILED for a mistake in the form and
stops retrying, so FAILED is for what the form can fix; what may be transient is raised, which exits with 1.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as DeadlineExceeded
from itertools import islice
from typing import Any

from airbyte_cdk.models import AirbyteConnectionStatus, FailureType, Status
from airbyte_cdk.sources.streams.concurrent.abstract_stream import AbstractStream
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics import clock
from source_8x8_work_analytics.client.service import Retries
from source_8x8_work_analytics.context import Context
from source_8x8_work_analytics.errors import AccessRefusedError, transient_error, without_resuming
from source_8x8_work_analytics.settings import warn_of_unknown_keys
from source_8x8_work_analytics.windows.calendar import window_at
from source_8x8_work_analytics.windows.window_read import WindowRead

LOGGER = logging.getLogger("airbyte")

STREAM = "extension_summary"
"""The report that is tried: it takes the same key, user and access as all others."""
PBXES = "pbxes"
"""The list that tells which PBXs there are."""

QUEUES = "call_queue_summary"
"""Tells whether call queues and agents may be read, which is a right of its own beside the reports."""
CHECKED = (STREAM, PBXES, QUEUES)
"""All that a check reads."""
QUEUES_TRIED = 3
"""PBXs tried for that until one can be read: a deleted one may be refused by itself."""
QUEUES_DEADLINE = 20.0
"""Seconds for that: it ends in a warning at most, so the check does not wait for it."""

RETRIES = Retries(tries=3, tries_rate_limited=3, tries_told_to_wait=3, budget=120.0, read_timeout=60.0)
PARALLEL = 20
"""PBXs tried at once: 200 of them take seconds."""
DEADLINE = 225.0
"""Seconds after which the check ends whatever 8x8 does: Airbyte allows it nine minutes."""

Build = Callable[[Context], Sequence[AbstractStream]]


def check_connection(config: Mapping[str, Any], build: Build) -> AirbyteConnectionStatus:
    """Read the present day of each PBX.

    Args:
        config: the configuration.
        build: makes the manifest's streams, `CHECKED` at least, in a context.

    Returns:
        Success, with a warning where a PBX is refused; or failure, with all that is to be fixed.

    Raises:
        AirbyteTracedException: a transient error, which a later check may not meet.
    """
    warn_of_unknown_keys(config)
    context = Context(config, lambda _, pbx_ids: _present_day(context, pbx_ids), RETRIES, PARALLEL)
    pool = ThreadPoolExecutor(1, thread_name_prefix="check")
    try:
        return pool.submit(_check, context, build).result(DEADLINE)
    except DeadlineExceeded:
        raise transient_error("8x8 did not respond in time: run the check again later.") from None
    except AirbyteTracedException as error:
        if error.failure_type is not FailureType.transient_error:
            return _failed(str(error))
        problem = without_resuming(error)
        if problem == error.message:
            raise
        raise transient_error(f"{problem}: run the check again later.") from None
    finally:
        pool.shutdown(wait=False)


def _check(context: Context, build: Build) -> AirbyteConnectionStatus:
    streams = {stream.name: stream for stream in build(context)}
    errors = _try_each_pbx(streams[STREAM])
    refused = {pbx_id: error for pbx_id, error in errors.items() if isinstance(error, AccessRefusedError)}
    others = [error for pbx_id, error in errors.items() if error and pbx_id not in refused]
    passing = [error for error in others if error.failure_type is FailureType.transient_error]
    if len(passing) < len(others):
        return _failed(_joined([error for error in errors.values() if error and error not in passing]))
    if passing:
        raise passing[0]
    status = AirbyteConnectionStatus(status=Status.SUCCEEDED)
    if refused:
        status = _refused(refused, _listed(streams[PBXES]), responded=len(refused) < len(errors))
    if status.status is Status.SUCCEEDED and (warning := _queues_refused(streams[QUEUES])):
        status.message = f"{status.message} {warning}" if status.message else warning
    return status


def _present_day(context: Context, pbx_ids: Sequence[str]) -> Iterator[WindowRead]:
    """Yield the present day of each PBX, whatever stretch of time the settings ask for."""
    settings = context.settings
    today = clock.now().in_timezone(settings.time_zone).date()
    window = window_at(today, "day", settings.time_zone)
    for pbx_id in pbx_ids:
        yield WindowRead(pbx_id, window, (window, window), settings.window_end)


def _try_each_pbx(stream: AbstractStream) -> dict[str, AirbyteTracedException | None]:
    partitions = list(stream.generate_partitions())
    with ThreadPoolExecutor(PARALLEL, thread_name_prefix="check") as pool:
        errors = list(pool.map(_error_of, partitions))
    names = [WindowRead.of(partition).pbx_id for partition in partitions]
    return dict(zip(names, errors, strict=True))


def _error_of(partition: Partition) -> AirbyteTracedException | None:
    try:
        for _ in partition.read():
            break
    except AirbyteTracedException as error:
        return error
    return None


def _listed(pbxes: AbstractStream) -> dict[str, bool] | None:
    """Return the PBXs that this user can see, and whether each is in use; None if 8x8 does not tell."""
    try:
        rows = [row for partition in pbxes.generate_partitions() for row in partition.read()]
    except AirbyteTracedException as error:
        if error.failure_type is FailureType.transient_error:
            raise
        return None
    return {str(row.data.get("name")): not row.data.get("deleted") for row in rows}


def _refused(
    refused: Mapping[str, AirbyteTracedException], listed: Mapping[str, bool] | None, responded: bool
) -> AirbyteConnectionStatus:
    """Return the status where some PBXs are refused.

    Args:
        refused: these PBXs, and why.
        listed: the PBXs that the user can see, if 8x8 tells.
        responded: whether another PBX responded.
    """
    sentences = [_joined(list(refused.values()))]
    folded = {name.casefold(): name for name in listed or ()}
    for pbx_id in refused:
        name = folded.get(pbx_id.casefold(), pbx_id)
        if name != pbx_id:
            sentences.append(f"8x8 lists the PBX {pbx_id} as {name}: spell it that way (pbx_ids).")
    unknown = listed is not None and any(pbx_id.casefold() not in folded for pbx_id in refused)
    if unknown or not responded:
        if listed is not None:
            names = sorted(name for name, in_use in listed.items() if in_use)
            sentences.append(f"This user can see: {', '.join(names) or 'no PBX at all'}.")
        return _failed(" ".join(sentences))
    sentences.append("The other PBXs respond, so syncs load those and report this one as failed.")
    message = " ".join(sentences)
    LOGGER.warning(message)
    return AirbyteConnectionStatus(status=Status.SUCCEEDED, message=message)


def _queues_refused(stream: AbstractStream) -> str | None:
    """Return a warning if call queues and agents may not be read; None also if 8x8 does not tell now."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="check")
    try:
        error = pool.submit(_error_of_all, stream).result(QUEUES_DEADLINE)
    except DeadlineExceeded:
        return None
    finally:
        pool.shutdown(wait=False)
    if error is None or error.failure_type is FailureType.transient_error:
        return None
    message = f"Reports can be read, but not call queues and agents: {error}"
    LOGGER.warning(message)
    return message


def _error_of_all(stream: AbstractStream) -> AirbyteTracedException | None:
    """Return why none of the first PBXs can be read, or None if one can."""
    first = None
    try:
        for partition in islice(stream.generate_partitions(), QUEUES_TRIED):
            error = _error_of(partition)
            if error is None:
                return None
            first = first or error
    except AirbyteTracedException as error:
        return error
    return first


def _joined(errors: Sequence[AirbyteTracedException]) -> str:
    return " ".join(dict.fromkeys(str(error) for error in errors))


def _failed(message: str) -> AirbyteConnectionStatus:
    return AirbyteConnectionStatus(status=Status.FAILED, message=message)
