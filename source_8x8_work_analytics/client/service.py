"""What all streams and threads of one sync share about 8x8's service: places, patience, and its health."""

import itertools
import logging
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics import clock
from source_8x8_work_analytics.errors import TryAgain, interrupted
from source_8x8_work_analytics.settings import Settings

LOGGER = logging.getLogger("airbyte")

MAX_TRIES = 6
"""Waits of 2, 4, 8, 16 and 32 s between them: a restart behind 8x8's gateway passes, an outage does not."""
MAX_TRIES_TOO_MANY = 8
"""About three minutes: 8x8 documents no limit on the rate of requests, and most are counted by the minute."""
MAX_SECONDS = 300.0
"""No new try begins later than this after the first failure, so silence is waited for twice: ten minutes."""
LONGEST_WAIT = 60.0
"""Seconds between two tries, unless 8x8 asks for more."""
MAX_FAILURES_IN_A_ROW = 60
"""So many failures of different units, and no answer between them, are enough to call the service down."""

T = TypeVar("T")


class Places:
    """How many requests may be under way at once.

    Each "too many requests" halves the places; each `size` answers in a row give one back.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.open = size
        self._taken = 0
        self._answers = 0
        self._changed = threading.Condition()

    @contextmanager
    def take(self) -> Iterator[None]:
        """Wait for a place and hold it."""
        with self._changed:
            self._changed.wait_for(lambda: self._taken < self.open)
            self._taken += 1
        try:
            yield
        finally:
            with self._changed:
                self._taken -= 1
                self._changed.notify_all()

    def fewer(self) -> None:
        """Halve the places."""
        with self._changed:
            self._answers = 0
            self.open = max(1, self.open // 2)

    def answered(self) -> None:
        """Count an answer, and give a place back where enough came in a row."""
        with self._changed:
            self._answers += 1
            if self._answers >= self.size and self.open < self.size:
                self._answers = 0
                self.open += 1
                self._changed.notify_all()


@dataclass
class Login:
    """The token that all streams share. `refusal` is kept, so that no refused password is sent twice."""

    access_token: str = ""
    expires: float = 0.0
    refusal: AirbyteTracedException | None = None


@dataclass
class Service:
    """8x8 as one sync sees it.

    A unit is one PBX of one stream. The service counts as down when a request has used up its tries, or very
    many requests failed, while nothing at all was answered to anybody: that takes failures of two units, or
    of the only one there is. From then on nothing is asked any more.
    """

    num_workers: int
    login: Login = field(default_factory=Login)

    def __post_init__(self) -> None:
        self.places = Places(self.num_workers)
        self._lock = threading.Lock()
        self._units: set[str] = set()
        self._last_answer = 0.0
        self._failing: set[str] = set()
        self._failures = 0
        self._pause_ends = 0.0
        self._pauses = 0
        self._down = threading.Event()

    def join(self, unit: str) -> None:
        """Say that a unit has windows to read."""
        with self._lock:
            self._units.add(unit)

    def leave(self, unit: str) -> None:
        """Say that a unit has no more windows to read."""
        with self._lock:
            self._units.discard(unit)

    def persist(self, unit: str, attempt: Callable[[], T]) -> T:
        """Try until there is an answer, a bounded number of times.

        Args:
            unit: on whose behalf.
            attempt: one try; raises `TryAgain` for what may pass, anything else for what will not.

        Raises:
            AirbyteTracedException: a transient error once the tries are used up, or what `attempt` raised.
        """
        failed_since: float | None = None
        for tries in itertools.count(1):
            if self._down.is_set():
                raise interrupted("8x8 answers nothing at all at the moment")
            try:
                answer = attempt()
            except TryAgain as error:
                failed_since = clock.elapsed() if failed_since is None else failed_since
                wait = self._wait_before_next(tries, failed_since, error)
                self._note_failure(unit, failed_since if wait is None else None, error.too_many)
                if wait is None:
                    raise interrupted(f"8x8 {error.trouble}, {tries} times in a row") from None
                LOGGER.info("8x8 %s (try %d); trying again in %.0f s.", error.trouble, tries, wait)
                self.rest(wait)
            else:
                self._note_answer()
                return answer
        raise AssertionError("unreachable")

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place for one request, once any pause that "too many requests" brought about is over."""
        with self.places.take():
            left = self._pause_ends - clock.elapsed()
            if left > 0:
                self.rest(left)
            yield

    def rest(self, seconds: float) -> None:
        """Wait, unless the service is found to be down meanwhile."""
        self._down.wait(seconds)

    def _wait_before_next(self, tries: int, failed_since: float, error: TryAgain) -> float | None:
        """Return how long to wait before the next try, None if there shall be none."""
        if error.too_many:
            self.places.fewer()
            wait = self._pause(error.retry_after)
        else:
            wait = _backoff(tries) if error.retry_after is None else error.retry_after
        if tries >= (MAX_TRIES_TOO_MANY if error.too_many else MAX_TRIES):
            return None
        return wait if clock.elapsed() + wait - failed_since <= MAX_SECONDS else None

    def _pause(self, asked_for: float | None) -> float:
        """Let nobody ask for a while, longer each time until there is an answer. Returns the seconds left."""
        with self._lock:
            present = clock.elapsed()
            if present >= self._pause_ends:
                self._pauses += 1
                wait = _backoff(self._pauses) if asked_for is None else asked_for
                self._pause_ends = present + wait
            elif asked_for is not None:
                self._pause_ends = max(self._pause_ends, present + asked_for)
            return self._pause_ends - present

    def _note_answer(self) -> None:
        with self._lock:
            self._last_answer = clock.elapsed()
            self._failing.clear()
            self._failures = 0
            self._pauses = 0
        self.places.answered()

    def _note_failure(self, unit: str, given_up_since: float | None, too_many: bool) -> None:
        """Note a failure, and since when it was tried if it was the last try."""
        with self._lock:
            self._failing.add(unit)
            self._failures += not too_many
            silent = given_up_since is not None and self._last_answer < given_up_since
            nobody = len(self._failing) >= min(2, len(self._units))
            if nobody and (silent or self._failures >= MAX_FAILURES_IN_A_ROW):
                self._down.set()


def _backoff(times: int) -> float:
    """Return 2, 4, 8 … seconds, a little more or less so that threads do not come back all at once."""
    return min(2.0**times, LONGEST_WAIT) * random.uniform(0.8, 1.2)  # noqa: S311 - no secret


def unit_of(stream: str, pbx_id: str) -> str:
    """Return the name of a unit."""
    return f"{stream} {pbx_id}"


@lru_cache(maxsize=8)
def service_for(settings: Settings) -> Service:
    """Return the service that everything with the same settings shares."""
    return Service(num_workers=settings.num_workers)
