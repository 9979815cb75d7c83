"""Ask what the questions need, round by round, and draw the findings from the answers."""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from threading import Event

from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics.doctor.account import EXTENSIONS
from source_8x8_work_analytics.doctor.asking import IN_FLIGHT
from source_8x8_work_analytics.doctor.model import (
    Answer,
    Answers,
    Finding,
    Outcome,
    Question,
    Request,
    RequestLimitReached,
    unknown,
)
from source_8x8_work_analytics.doctor.questions import LAST, QUESTIONS

ASKED_ALONE = 3
"""Reports asked for one at a time, to compare their response times with those of two at once."""
LOOK_AROUND = 0.1
"""Seconds after which an interruption is noticed."""
INTERRUPTED = "interrupted"
NOT_UNDERSTOOD = "the answers have a shape that the doctor does not understand"

Fetch = Callable[[Request], Answer]
"""Sends a request, with retries. Raises what ends the run."""
Progress = Callable[[str], None]


def ask_all(answers: Answers, fetch: Fetch, progress: Progress, interrupted: Event | None = None) -> None:
    """Ask until no question names a request that is not answered.

    Args:
        answers: what is known so far; each answer is added as it comes.
        fetch: sends a request.
        progress: takes a line for the person who waits.
        interrupted: ends the asking at once when it is set.

    Raises:
        AirbyteTracedException: nothing more can be asked.
    """
    interrupted = interrupted or Event()
    pool = ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="doctor")
    try:
        while not answers.stopped and (wanted := _wanted(answers)):
            progress(f"{len(answers.by_request)} answers so far; asking for {len(wanted)} more.")
            for batch in _batches(answers, wanted):
                if not answers.stopped:
                    futures = {pool.submit(fetch, request): request for request in batch}
                    _collect(answers, futures, interrupted)
    except RequestLimitReached as limit:
        answers.stopped = str(limit)
    except AirbyteTracedException:
        answers.stopped = "8x8 stopped answering"
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _collect(answers: Answers, futures: dict[Future[Answer], Request], interrupted: Event) -> None:
    """Note the answers as they come. What fails is raised once the others are noted."""
    failure: BaseException | None = None
    pending = set(futures)
    while pending:
        if interrupted.is_set():
            answers.stopped = INTERRUPTED
            return
        done, pending = wait(pending, LOOK_AROUND, FIRST_COMPLETED)
        for future in done:
            if error := future.exception():
                failure = failure or error
            else:
                answers.by_request[futures[future]] = future.result()
    if failure:
        raise failure


def _wanted(answers: Answers) -> list[Request]:
    """Return the requests that questions need and nobody asked yet, each once."""
    found: dict[Request, None] = {}
    for question in sorted(QUESTIONS, key=lambda question: question.id == LAST):
        if question.id != LAST or not found:
            wanted = _requests(question, answers)
            found.update(dict.fromkeys(r for r in wanted if r not in answers.by_request))
    return list(found)


def _batches(answers: Answers, wanted: list[Request]) -> list[list[Request]]:
    """Return what to ask one after another: some reports alone first, then all others together."""
    asked = sum(e.alone and e.stream == EXTENSIONS and e.status == 200 for e in answers.exchanges)
    reports = [request for request in wanted if request.stream == EXTENSIONS]
    alone = reports[: max(0, ASKED_ALONE - asked)]
    return [*([request] for request in alone), [request for request in wanted if request not in alone]]


def _requests(question: Question, answers: Answers) -> list[Request]:
    try:
        return question.requests(answers)
    except Exception:  # rows of a shape that nobody foresaw: the outcome says so
        return []


def findings(answers: Answers) -> list[Finding]:
    """Return what the answers say to each question."""
    return [Finding(q.id, q.text, **vars(_outcome(q, answers))) for q in QUESTIONS]


def _outcome(question: Question, answers: Answers) -> Outcome:
    try:
        return question.outcome(answers)
    except Exception as error:  # one question must not cost the others
        return unknown("", f"{NOT_UNDERSTOOD} ({type(error).__name__})", "Report this.")
