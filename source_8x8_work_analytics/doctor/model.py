"""What the doctor works with: requests, answers to them, and findings."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import pendulum

from source_8x8_work_analytics.doctor.memory import Memory
from source_8x8_work_analytics.settings import Settings

Row = dict[str, Any]
Verdict = Literal["holds", "contradicted", "unknown"]


class RequestLimitReached(Exception):  # noqa: N818 - no failure: the run ends with what it has
    """As many requests were sent as the doctor may send."""


@dataclass(frozen=True)
class Request:
    """One request. Equal requests are sent once, and their answer serves every question.

    Attributes:
        stream: the stream whose endpoint, keys and fields it concerns, or the name of another endpoint.
        path: the endpoint below the base URL.
        params: the query, in order.
    """

    stream: str
    path: str
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, eq=False)
class Answer:
    """What came back for a request, after all tries. Each one equals only itself, so it can be a cache's key.

    Attributes:
        status: the HTTP status; 0 if no answer came.
        rows: the rows of a report or list; empty if there are none.
        problem: why there is no report, without any of 8x8's own words; empty if there is one.
        more: whether there are more pages.
    """

    status: int
    rows: list[Row] = field(default_factory=list)
    problem: str = ""
    more: bool = False

    @property
    def refused(self) -> bool:
        """Whether 8x8 turned the request down."""
        return 400 <= self.status < 500


@dataclass(frozen=True)
class Exchange:
    """One HTTP exchange, sign-ins and failed tries included.

    Attributes:
        stream: as in `Request`; empty for a sign-in.
        status: the HTTP status.
        seconds: how long it took.
        alone: whether nothing else was in flight.
        limits: headers that speak of a limit, and their values where these are numbers.
        ahead: by how many seconds the server's clock is ahead of this machine's, if it says.
    """

    stream: str
    status: int
    seconds: float
    alone: bool
    limits: tuple[tuple[str, str], ...] = ()
    ahead: float | None = None


@dataclass
class Answers:
    """All that is known so far.

    Attributes:
        settings: the configuration.
        asked_at: the moment at which the doctor started.
        days: how many finished days to fingerprint.
        memory: what an earlier run left, or the start of one; None without a memory file.
        by_request: the answers.
        exchanges: every exchange, in the order of their ends.
        stopped: why nothing more is asked, as the end of "not asked: …".
        main_pbx: the PBX that `account.main_pbx` chose, kept for the next time; None before it is known.
    """

    settings: Settings
    asked_at: pendulum.DateTime
    days: int = 30
    memory: Memory | None = None
    by_request: dict[Request, Answer] = field(default_factory=dict)
    exchanges: list[Exchange] = field(default_factory=list)
    stopped: str = ""
    main_pbx: str | None = field(default=None, init=False)

    @cached_property
    def today(self) -> pendulum.Date:
        """The present day in the configuration's time zone."""
        return self.asked_at.in_timezone(self.settings.time_zone).date()

    def get(self, request: Request) -> Answer:
        """Return the answer to a request, or one that says why there is none."""
        return self.by_request.get(request) or Answer(0, problem=f"not asked: {self.stopped or 'no need'}")

    def has(self, requests: Iterable[Request]) -> bool:
        """Return whether all of these requests are answered."""
        return all(request in self.by_request for request in requests)


@dataclass(frozen=True)
class Outcome:
    """The answer to a question. An `unknown` gives its reason as evidence."""

    assumed: str
    seen: str
    verdict: Verdict
    evidence: str
    advice: str = ""


def compared(assumed: str, seen: str, evidence: str, advice: str = "") -> Outcome:
    """Return the outcome of a question whose answer is one word: it holds if that word was assumed."""
    holds = seen == assumed
    return Outcome(assumed, seen, "holds" if holds else "contradicted", evidence, "" if holds else advice)


def unknown(assumed: str, reason: str, advice: str = "") -> Outcome:
    """Return the outcome of a question that could not be answered."""
    return Outcome(assumed, "", "unknown", reason, advice)


@dataclass(frozen=True)
class Question:
    """A question of the report.

    Attributes:
        id: its fixed name.
        text: the question, for a person.
        requests: returns the requests that it needs, as far as the answers so far tell; it is called again
            after these are answered, until it names no new ones.
        outcome: returns what the answers say.
    """

    id: str
    text: str
    requests: Callable[[Answers], list[Request]]
    outcome: Callable[[Answers], Outcome]


@dataclass(frozen=True)
class Finding:
    """A line of the report."""

    id: str
    question: str
    assumed: str
    seen: str
    verdict: Verdict
    evidence: str
    advice: str
