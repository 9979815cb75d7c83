"""Check the connection to every configured PBX, with messages that a person can act on.

Airbyte also runs a check by itself before it retries a sync. It treats FAILED as a mistake in the form and
stops retrying, so FAILED is only for problems that the form can fix; errors that may be transient are raised,
which exits with 1.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as DeadlineExceeded
from itertools import islice
from typing import Any, TypeVar

from airbyte_cdk.models import AirbyteConnectionStatus, FailureType, Status

from source_8x8_work_analytics import clock, messages
from source_8x8_work_analytics.client.client import Client
from source_8x8_work_analytics.client.retries import Retries
from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.reports.pbx_directory import PbxDirectory
from source_8x8_work_analytics.reports.report import Report
from source_8x8_work_analytics.settings import Settings, log_warnings, pbx_key
from source_8x8_work_analytics.streams import stream_type
from source_8x8_work_analytics.windows.calendar import Window, oldest_day, window_at
from source_8x8_work_analytics.windows.progress import WindowSlice

LOGGER = logging.getLogger("airbyte")

REPORT = "extension_summary"
"""The report that is tried: it requires the same key, user and access as all others."""
QUEUES = "call_queue_summary"
"""Shows whether call queues and agents can be read, which requires a separate permission."""
QUEUES_TRIED = 3
"""How many PBXs are tried for that until one can be read, since a deleted one may be denied."""
QUEUES_DEADLINE = 20.0
"""Time limit for that in seconds: it only results in a warning, so the check does not wait longer."""

RETRIES = Retries(tries=3, tries_rate_limited=3, tries_told_to_wait=3, budget=120.0, read_timeout=60.0)
PARALLEL = 20
"""How many PBXs are tried at once, so that 200 of them take only seconds."""
DEADLINE = 225.0
"""Seconds after which the check ends, regardless of what 8x8 does: Airbyte allows nine minutes."""
NAMES_SHOWN = 20
"""Maximum number of PBX names in one sentence."""
RETRY = ": run the check again later"

T = TypeVar("T")

DENIED = (messages.PBX_DENIED, messages.TOKEN_DENIED)


def check_connection(config: Mapping[str, Any]) -> AirbyteConnectionStatus:
    """Read the current day of each PBX.

    Args:
        config: the configuration.

    Returns:
        Success, with a warning if a PBX is denied; or failure, with everything that needs to be fixed.

    Raises:
        ConnectorError: a transient error; a later check may succeed.
    """
    try:
        now = clock.now()
        settings = Settings.from_config(config, now)
        oldest = oldest_day(settings.time_zone, now)
        log_warnings(config, settings, oldest)
        start = max(settings.start_date or oldest, oldest)
        first = window_at(start, settings.summary_window, settings.time_zone).first_day
        if settings.reread_to and settings.reread_to < first:
            LOGGER.warning(messages.REREAD_BEFORE_START.text(first=first))
        today = window_at(now.in_timezone(settings.time_zone).date(), "day", settings.time_zone)
        return _within(DEADLINE, _Check(settings, today).run)
    except DeadlineExceeded:
        raise ConnectorError(messages.CHECK_TIMED_OUT) from None
    except ConnectorError as error:
        if error.failure_type is not FailureType.transient_error:
            return _failed(str(error))
        raise ConnectorError(messages.CHECK_LATER, problem=error.sentence(RETRY).removesuffix(".")) from None


def _within(seconds: float, function: Callable[[], T]) -> T:
    """Return the result of a function, or raise `DeadlineExceeded` after some seconds."""
    pool = ThreadPoolExecutor()
    try:
        return pool.submit(function).result(seconds)
    finally:
        pool.shutdown(wait=False)


class _Check:
    """One check.

    Args:
        settings: the configuration.
        today: the current day.
    """

    def __init__(self, settings: Settings, today: Window) -> None:
        self._settings = settings
        self._today = today
        self._client = Client(settings, RETRIES, PARALLEL)
        self._directory = PbxDirectory(self._client)

    def run(self) -> AirbyteConnectionStatus:
        """Return the status; raises transient errors."""
        errors = self._try_each_pbx()
        denied = {name: error for name, error in errors.items() if error and error.problem in DENIED}
        others = [error for name, error in errors.items() if error and name not in denied]
        transient = [error for error in others if error.failure_type is FailureType.transient_error]
        if len(transient) < len(others):
            return _failed(_joined([error for error in errors.values() if error and error not in transient]))
        if transient:
            raise transient[0]
        status = AirbyteConnectionStatus(status=Status.SUCCEEDED)
        if denied:
            status = _denied(denied, self._listed(), responded=len(denied) < len(errors))
        if status.status is Status.SUCCEEDED and (warning := self._queues_denied()):
            status.message = f"{status.message} {warning}" if status.message else warning
        return status

    def _try_each_pbx(self) -> dict[str, ConnectorError | None]:
        names = self._settings.pbx_ids
        report = stream_type(REPORT).report_for(self._client, self._directory)
        with ThreadPoolExecutor(PARALLEL) as pool:
            return dict(pool.map(lambda name: (name, self._error_of(report, name)), names))

    def _error_of(self, report: Report, name: str) -> ConnectorError | None:
        try:
            next(report.read(WindowSlice(name, self._today)), None)
        except ConnectorError as error:
            return error.about(f"PBX {name}")
        return None

    def _listed(self) -> dict[str, bool] | None:
        """Return the PBXs that this user can see, and whether each is active; None if they are not known."""
        try:
            return self._directory.names()
        except ConnectorError as error:
            if error.failure_type is FailureType.transient_error:
                raise
            return {} if error.problem is messages.NO_PBX_LISTED else None

    def _queues_denied(self) -> str | None:
        """Return a warning if call queues and agents cannot be read; None also if that is not known now."""
        try:
            error = _within(QUEUES_DEADLINE, self._error_of_queues)
        except DeadlineExceeded:
            return None
        if error is None or error.failure_type is FailureType.transient_error:
            return None
        message = messages.ONLY_REPORTS.text(problem=str(error).removesuffix("."))
        LOGGER.warning(message)
        return message

    def _error_of_queues(self) -> ConnectorError | None:
        """Return why none of the first PBXs can be read, or None if one can."""
        report, first = stream_type(QUEUES).report_for(self._client, self._directory), None
        try:
            for name in islice(self._directory.ids(), QUEUES_TRIED):
                error = self._error_of(report, name)
                if error is None:
                    return None
                first = first or error
        except ConnectorError as error:
            return error
        return first


def _denied(
    denied: Mapping[str, ConnectorError], listed: Mapping[str, bool] | None, responded: bool
) -> AirbyteConnectionStatus:
    """Return the status if some PBXs are denied.

    Args:
        denied: these PBXs, and why.
        listed: the PBXs that the user can see, if known.
        responded: whether another PBX responded.
    """
    spellings = {pbx_key(name): name for name in listed or ()}
    misspelled = {name for name in denied if spellings.get(pbx_key(name), name) != name}
    sentences = [
        messages.PBX_SPELLING.text(name=name, listed=spellings[pbx_key(name)]) for name in sorted(misspelled)
    ]
    if others := [error for name, error in denied.items() if name not in misspelled]:
        sentences.insert(0, _joined(others))
    unknown = listed is not None and any(pbx_key(name) not in spellings for name in denied)
    if unknown or not responded:
        if listed is not None and len(misspelled) < len(denied):
            names = sorted(name for name, in_use in listed.items() if in_use)
            sentences.append(messages.PBXES_VISIBLE.text(names=_enumerated(names)))
        return _failed(" ".join(sentences))
    sentences.append(messages.OTHERS_RESPOND.text())
    message = " ".join(sentences)
    LOGGER.warning(message)
    return AirbyteConnectionStatus(status=Status.SUCCEEDED, message=message)


def _enumerated(names: Sequence[str]) -> str:
    shown = ", ".join(names[:NAMES_SHOWN]) or "no PBXs"
    more = len(names) - NAMES_SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown


def _joined(errors: Sequence[ConnectorError]) -> str:
    return " ".join(dict.fromkeys(str(error) for error in errors))


def _failed(message: str) -> AirbyteConnectionStatus:
    return AirbyteConnectionStatus(status=Status.FAILED, message=message)
