"""Send what the doctor's questions need, round by round, and count and time it.

Transient failures are retried as in a sync, but fewer times. A rejected request is a reply like others. A
rejected sign-in, and a service that does not respond, end the run.
"""

import itertools
import re
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from threading import Event
from typing import Any

import requests

from source_8x8_work_analytics import clock, messages
from source_8x8_work_analytics.client.authenticator import Target, WorkAnalyticsAuthenticator
from source_8x8_work_analytics.client.http import Auth, Http, Response
from source_8x8_work_analytics.client.responses import date_of, raise_if_no_answer, status_with_code
from source_8x8_work_analytics.client.retries import Reader, Retrier, Retries, TryAgain
from source_8x8_work_analytics.doctor.findings import Question
from source_8x8_work_analytics.doctor.observations import (
    EXTENSIONS,
    OTHER_LIMIT,
    SESSIONS,
    Exchange,
    Observations,
    Reply,
    Request,
)
from source_8x8_work_analytics.errors import ConnectorError, RetryableError
from source_8x8_work_analytics.messages import counted
from source_8x8_work_analytics.reports.calls import CallReport, raw_call_page
from source_8x8_work_analytics.reports.list_pages import PAGE_SIZE, list_page
from source_8x8_work_analytics.reports.pbx_directory import Pbx
from source_8x8_work_analytics.reports.queue_payload import call_rows, ring_group_agent_rows
from source_8x8_work_analytics.reports.queues import PARSERS, QueueCallReport
from source_8x8_work_analytics.reports.rows import parse_json, summary_rows
from source_8x8_work_analytics.settings import Settings
from source_8x8_work_analytics.streams import stream_type

MAX_REQUESTS = 120
IN_FLIGHT = 2
RETRIES = Retries(tries=3, tries_rate_limited=4, tries_told_to_wait=4, budget=60.0, read_timeout=60.0)
"""A person is waiting at a terminal, so a failure gets seconds, not minutes."""
SIGN_IN = "the sign-in"
ALONE = 3
"""Reports requested one at a time, to compare their response times with those of two at once."""
LOOK_AROUND = 0.1
"""Seconds after which an interruption is noticed."""
INTERRUPTED = "interrupted"

SHOWN_CODE = re.compile(r"\d{3}-\d{3}-\d{3}|SHA\d{3}", re.ASCII)
"""The shape of 8x8's codes for errors, such as 105-400-038 and SHA001. Anything else may be a name."""
LIMIT_HEADER = re.compile(
    r"(x-)?rate-?limit(-(limit|remaining|reset|used|policy)(-(second|minute|hour|day))?)?|retry-after"
)
"""The usual names of headers that concern a rate limit. Any other name could contain personal data."""

_LIMIT = re.compile(r"limit|quota|throttl|retry-after", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9][0-9., ]{0,20}")


class RequestLimitReached(Exception):
    """The doctor has sent the maximum number of requests."""


class CountingHttp(Http):
    """Counts and times what is sent, and raises `RequestLimitReached` before the limit is passed."""

    def __init__(self, exchanges: list[Exchange]) -> None:
        super().__init__(IN_FLIGHT, RETRIES.read_timeout)
        self._exchanges = exchanges
        self._lock = threading.Lock()
        self._in_flight = 0
        self.sent = 0

    def send(self, method: str, url: str, auth: Auth, requested: str = SIGN_IN, **parts: Any) -> Response:
        """Send a request once, and note how it went."""
        with self._lock:
            if self.sent >= MAX_REQUESTS:
                raise RequestLimitReached(f"the limit of {MAX_REQUESTS} requests was reached")
            self.sent += 1
            place, idle = self.sent, not self._in_flight
            self._in_flight += 1
        begin = clock.elapsed()
        try:
            response = super().send(method, url, auth, requested, **parts)
        finally:
            with self._lock:
                self._in_flight -= 1
                alone = idle and self.sent == place
        stream, seconds = "" if requested == SIGN_IN else requested, clock.elapsed() - begin
        self._exchanges.append(exchange_of(stream, response, seconds, alone))
        return response


def exchange_of(stream: str, response: Response, seconds: float, alone: bool) -> Exchange:
    """Return what to note of a response. Its `Date` is cut to whole seconds."""
    date = date_of(response.headers)
    ahead = (date - clock.now()).total_seconds() + 0.5 if date else None
    return Exchange(stream, response.status, seconds, alone, limits_in(response), ahead)


def limits_in(response: Response) -> tuple[tuple[str, str], ...]:
    """Return the headers that concern a rate limit: known names, and values that are numbers."""
    found = []
    for name, value in response.headers.items():
        if LIMIT_HEADER.fullmatch(name.lower()):
            found.append((name.lower(), value if _NUMBER.fullmatch(value) else ""))
        elif _LIMIT.search(name):
            found.append((OTHER_LIMIT, ""))
    return tuple(found)


class Fetcher:
    """Sends the requests for a configuration; safe for several threads. `http` sends each try."""

    def __init__(self, settings: Settings, http: Http) -> None:
        self._settings = settings
        self._http = http
        self._retrier = Retrier(RETRIES, IN_FLIGHT)
        self._auth = WorkAnalyticsAuthenticator(settings, http, self._retrier)
        self._numbers = itertools.count(1)

    def fetch(self, request: Request) -> Reply:
        """Return the reply to a request; raises `ConnectorError` where nothing more can be sent."""
        reader = Reader(request.stream, f"request {next(self._numbers)}")
        self._retrier.register(reader)
        rejections = itertools.count(1)
        try:
            if request.stream == SESSIONS:
                return self._retrier.call(reader, lambda: self._sign_in_again(request))
            return self._retrier.call(reader, lambda: self._send(request, reader, rejections))
        except ConnectorError as error:
            if error.problem is messages.TOKEN_DENIED:
                return Reply(401, problem="HTTP 401")
            if error.service_wide and request.stream != SESSIONS:
                raise
            return Reply(0, problem=error.sentence(retry="").removesuffix("."))

    def _send(self, request: Request, reader: Reader, rejections: "itertools.count[int]") -> Reply:
        target = Target(reader, request.path)
        response = self._get(request, self._auth)
        if response.status == 401:
            raise TryAgain(self._auth.renew(response, target, next(rejections)))
        raise_if_no_answer(response, request.stream)
        if response.status != 200:
            return Reply(response.status, problem=status_with_code(response, SHOWN_CODE))
        reply = reply_of(request, response)
        self._auth.record_success(response, target)
        return reply

    def _get(self, request: Request, auth: WorkAnalyticsAuthenticator) -> Response:
        url = f"{self._settings.base_url}/{request.path}"
        auth(requests.Request("GET", url).prepare())  # a sign-in that is due now is not timed below
        return self._http.send("GET", url, auth, request.stream, params=dict(request.params))

    def _sign_in_again(self, request: Request) -> Reply:
        """Sign in once more, and use the token of the sign-in before. Nothing else is in flight meanwhile."""
        before = self._get(request, self._auth)
        raise_if_no_answer(before, request.stream)
        self._get(request, WorkAnalyticsAuthenticator(self._settings, self._http, self._retrier))
        after = self._get(request, self._auth)
        if before.status != 200 or before.authorization != after.authorization:
            return Reply(0, problem="the token expired at that moment")
        raise_if_no_answer(after, request.stream)
        return Reply(after.status, problem="" if after.status == 200 else status_with_code(after, SHOWN_CODE))


def reply_of(request: Request, response: Response) -> Reply:
    """Return the rows of a report or list; raises `RetryableError` if it is not valid.

    The values of reports by name stay as they came: their types are a question of their own.
    """
    kind, params = stream_type(request.stream), dict(request.params)
    if kind.report is None:
        page = list_page(response.body, kind.list_of.lists)
        received = int(params["page"]) * PAGE_SIZE + len(page.rows)
        more = page.last is False or (page.total is not None and received < page.total)
        if more and not page.rows:
            raise RetryableError(messages.LIST_PAGE_EMPTY)
        return Reply(200, page.rows, more=more)
    if not kind.report.by_id:
        if kind.report is CallReport:
            calls = raw_call_page(response, kind.row_key, params["pbxId"])
            return Reply(200, calls.rows, more=calls.scroll_id is not None)
        try:
            return Reply(200, summary_rows(response, kind.row_key, params["pbxId"]))
        except ConnectorError:  # a summary in pages
            content = parse_json(response.body)
            rows = content.get("data") if isinstance(content, dict) else content
            if not isinstance(rows, list):
                raise RetryableError(messages.NOT_A_REPORT) from None
            return Reply(200, problem="8x8 sends this summary in pages", page_rows=len(rows))
    pbx = Pbx(request.pbx, request.path.split("/")[2])
    if kind.report is QueueCallReport:
        return Reply(200, call_rows(response, pbx))
    if kind.endpoint in PARSERS:
        return Reply(200, PARSERS[kind.endpoint][0](response, pbx))
    return Reply(200, ring_group_agent_rows(response, pbx, request.path.rpartition("/")[2]))


def fetch_all(
    questions: Sequence[Question],
    seen: Observations,
    fetch: Callable[[Request], Reply],
    progress: Callable[[str], None],
    interrupted: Event,
) -> None:
    """Send requests until no question needs one that was not sent, and add each reply to what was seen.

    Args:
        questions: what is to be found out.
        seen: what is known so far.
        fetch: sends a request.
        progress: called with a line about the progress.
        interrupted: ends the run when it is set.
    """
    pool = ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="doctor")
    try:
        while not seen.stopped and (needed := _needed(questions, seen)):
            sending = counted(len(needed), "more request")
            progress(f"{counted(len(seen.replies), 'response')} so far; sending {sending}.")
            for batch in _batches(seen, needed):
                if not seen.stopped:
                    futures = {pool.submit(fetch, request): request for request in batch}
                    _collect(seen, futures, interrupted)
    except RequestLimitReached as limit:
        seen.stopped = str(limit)
    except ConnectorError:
        seen.stopped = "8x8 stopped responding"
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _collect(seen: Observations, futures: dict[Future[Reply], Request], interrupted: Event) -> None:
    """Record the replies as they arrive, then raise the first failure."""
    failure: BaseException | None = None
    pending = set(futures)
    while pending:
        if interrupted.is_set():
            seen.stopped = INTERRUPTED
            return
        done, pending = wait(pending, LOOK_AROUND, FIRST_COMPLETED)
        for future in done:
            if error := future.exception():
                failure = failure or error
            else:
                seen.replies[futures[future]] = future.result()
    if failure:
        raise failure


def _needed(questions: Sequence[Question], seen: Observations) -> list[Request]:
    """Return the requests that questions need and that were not sent yet, each once."""
    found: dict[Request, None] = {}
    for question in sorted(questions, key=lambda question: question.phase):
        if not (question.phase and found):
            found.update(dict.fromkeys(r for r in _requests(question, seen) if r not in seen.replies))
    return list(found)


def _requests(question: Question, seen: Observations) -> list[Request]:
    try:
        return question.requests(seen)
    except Exception:  # rows in an unexpected format: the outcome reports it
        return []


def _batches(seen: Observations, needed: list[Request]) -> list[list[Request]]:
    """Return what to send one after another: some reports alone first, then all others together."""
    sent = sum(e.alone and e.stream == EXTENSIONS and e.status == 200 for e in seen.exchanges)
    reports = [request for request in needed if request.stream == EXTENSIONS]
    alone = reports[: max(0, ALONE - sent)]
    together = [request for request in needed if request not in alone]
    return [*([request] for request in alone), together]
