"""In which order the doctor sends what its questions need, and what ends that."""

import threading
from collections.abc import Callable, Sequence
from threading import Event

import pytest

from source_8x8_work_analytics.doctor import fetching
from source_8x8_work_analytics.doctor.fetching import RequestLimitReached, fetch_all
from source_8x8_work_analytics.doctor.findings import Question
from source_8x8_work_analytics.doctor.observations import (
    EXTENSIONS,
    GROUPS,
    Exchange,
    Observations,
    Reply,
    Request,
)
from source_8x8_work_analytics.errors import ConnectorError
from source_8x8_work_analytics.messages import SERVICE_DOWN
from testing.builders import settings
from unit_tests.conftest import NOW

A, B, C, D, E = (Request(GROUPS, name) for name in "abcde")
E1, E2, E3, E4, E5 = (Request(EXTENSIONS, f"e{i}") for i in range(1, 6))

Fetch = Callable[[Request], Reply]


class Needs(Question):
    """Needs requests, each list once those before have replies."""

    def __init__(self, *rounds: Sequence[Request], phase: int = 0) -> None:
        self._rounds = rounds
        self.phase = phase  # type: ignore[misc] # elsewhere, it is set with the class

    def requests(self, seen: Observations) -> list[Request]:
        found: list[Request] = []
        for each in self._rounds:
            if not seen.has(found):
                break
            found += each
        return found


class Broken(Question):
    """Cannot tell what it needs."""

    def requests(self, seen: Observations) -> list[Request]:
        raise KeyError(seen.stopped)


@pytest.fixture
def seen() -> Observations:
    return Observations(settings(), NOW)


def explore(
    questions: Sequence[Question], seen: Observations, fetch: Fetch = lambda _: Reply(200)
) -> list[str]:
    """Return what is said about the progress."""
    lines: list[str] = []
    fetch_all(questions, seen, fetch, lines.append, Event())
    return lines


def test_questions_are_asked_again_until_they_need_nothing_more(seen: Observations) -> None:
    seen.replies[A] = Reply(200)
    sent: dict[str, str] = {}

    def fetch(request: Request) -> Reply:
        sent[request.path] = threading.current_thread().name
        return Reply(200, [{"path": request.path}])

    lines = explore([Needs([A, B], [C]), Broken(), Needs([B, D])], seen, fetch)

    assert lines == [
        "1 response so far; sending 2 more requests.",
        "3 responses so far; sending 1 more request.",
    ]
    assert sorted(sent) == ["b", "c", "d"]
    assert {name.rpartition("_")[0] for name in sent.values()} == {"doctor"}
    assert [seen.replies[request].rows for request in (B, C, D)] == [[{"path": path}] for path in "bcd"]
    assert seen.stopped == ""


def test_later_phases_wait_for_those_before(seen: Observations) -> None:
    lines = explore([Needs([D], phase=2), Needs([C], phase=1), Needs([A], [B])], seen)

    counts = ["0 responses", "1 response", "2 responses", "3 responses"]
    assert lines == [f"{count} so far; sending 1 more request." for count in counts]
    assert list(seen.replies) == [A, B, C, D]


def test_a_question_without_needs_sends_nothing(seen: Observations) -> None:
    assert explore([Needs([])], seen) == []


def test_nothing_is_sent_once_it_was_stopped(seen: Observations) -> None:
    seen.stopped = "before"

    assert explore([Needs([A])], seen) == []
    assert seen.replies == {}


def reports(count: int, status: int = 200, stream: str = EXTENSIONS, alone: bool = True) -> list[Exchange]:
    return [Exchange(stream, status, 0.1, alone)] * count


@pytest.mark.parametrize(
    ("exchanges", "batches"),
    [
        ([], [[E1], [E2], [E3], [A, E4, B, E5]]),
        (reports(1), [[E1], [E2], [A, E3, E4, B, E5]]),
        (reports(2), [[E1], [A, E2, E3, E4, B, E5]]),
        (reports(3), [[A, E1, E2, E3, E4, B, E5]]),
        (reports(5), [[A, E1, E2, E3, E4, B, E5]]),
        (
            [*reports(3, status=503), *reports(3, stream=GROUPS), *reports(3, alone=False)],
            [[E1], [E2], [E3], [A, E4, B, E5]],
        ),
    ],
)
def test_three_reports_are_sent_alone(
    seen: Observations, exchanges: list[Exchange], batches: list[list[Request]]
) -> None:
    seen.exchanges += exchanges

    assert fetching._batches(seen, [A, E1, E2, E3, E4, B, E5]) == batches


def test_two_requests_are_sent_at_once(seen: Observations) -> None:
    both, names = threading.Barrier(2), set()

    def fetch(request: Request) -> Reply:
        names.add(threading.current_thread().name)
        both.wait(5)
        return Reply(200)

    explore([Needs([A, B, C, D])], seen, fetch)

    assert names == {"doctor_0", "doctor_1"}
    assert len(seen.replies) == 4


def failing(*failures: tuple[Request, Exception]) -> Fetch:
    def fetch(request: Request) -> Reply:
        for failed, error in failures:
            if request == failed:
                raise error
        return Reply(200)

    return fetch


def test_the_limit_of_requests_ends_the_run(seen: Observations) -> None:
    explore([Needs([A, B, C], [D])], seen, failing((B, RequestLimitReached("the limit"))))

    assert set(seen.replies) == {A, C}
    assert seen.stopped == "the limit"


def test_a_service_that_does_not_respond_ends_the_run(seen: Observations) -> None:
    error = ConnectorError(SERVICE_DOWN, count=3)
    with pytest.raises(ConnectorError) as raised:
        explore([Needs([E1, A, B], [D])], seen, failing((E1, error)))

    assert raised.value is error
    assert seen.replies == {}
    assert seen.stopped == "8x8 stopped responding"


def test_a_bug_ends_the_run(seen: Observations) -> None:
    with pytest.raises(KeyError):
        explore([Needs([A, B])], seen, failing((A, KeyError("x"))))

    assert (set(seen.replies), seen.stopped) == ({B}, "")


class AtSecondGlance(Event):
    """An interruption while replies are waited for."""

    def __init__(self) -> None:
        super().__init__()
        self._glances = 0

    def is_set(self) -> bool:
        self._glances += 1
        return self._glances > 1


def test_an_interruption_leaves_what_is_in_flight(seen: Observations) -> None:
    """Two requests hang, and the others are not sent any more."""
    sent: list[Request] = []
    release, late = Event(), []

    def fetch(request: Request) -> Reply:
        sent.append(request)
        if not release.wait(2):
            late.append(request)
        return Reply(200)

    others = set(threading.enumerate())
    fetch_all([Needs([A, B, C, D, E])], seen, fetch, lambda _: None, AtSecondGlance())

    assert (seen.replies, seen.stopped, late) == ({}, "interrupted", [])
    release.set()
    for thread in set(threading.enumerate()) - others:
        thread.join(5)
    assert set(sent) <= {A, B}


def test_nothing_is_sent_after_an_interruption(seen: Observations) -> None:
    interrupted, sent = Event(), []

    def fetch(request: Request) -> Reply:
        sent.append(request)
        interrupted.set()
        return Reply(200)

    fetch_all([Needs([E1, E2, A])], seen, fetch, lambda _: None, interrupted)

    assert sent == [E1]
    assert seen.stopped == "interrupted"
