"""Ask what the questions need, round by round, and draw the findings from the answers."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed

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

Fetch = Callable[[Request], Answer]
"""Sends a request, with retries. Raises what ends the run."""
Progress = Callable[[str], None]


def ask_all(answers: Answers, fetch: Fetch, progress: Progress) -> None:
    """Ask until no question names a request that is not answered.

    Raises:
        AirbyteTracedException: nothing more can be asked; `answers` has what was answered before.
        KeyboardInterrupt: likewise.
    """
    pool = ThreadPoolExecutor(IN_FLIGHT)
    try:
        while wanted := _wanted(answers):
            progress(f"{len(answers.by_request)} answers so far, asking {len(wanted)} more requests")
            alone, together = _split(answers, wanted)
            for request in alone:
                answers.by_request[request] = fetch(request)
            futures = {pool.submit(fetch, request): request for request in together}
            _collect(answers, futures)
    except RequestLimitReached as limit:
        answers.stopped = str(limit)
    except KeyboardInterrupt:
        answers.stopped = "interrupted"
        raise
    except AirbyteTracedException:
        answers.stopped = "8x8 stopped answering"
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _collect(answers: Answers, futures: dict[Future[Answer], Request]) -> None:
    """Note the answers as they come. What fails is raised once the others are noted."""
    failure: Exception | None = None
    for future in as_completed(futures):
        try:
            answers.by_request[futures[future]] = future.result()
        except (AirbyteTracedException, RequestLimitReached) as error:
            failure = failure or error
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


def _split(answers: Answers, wanted: list[Request]) -> tuple[list[Request], list[Request]]:
    """Return what to ask one by one, and what to ask two at once."""
    asked = sum(exchange.alone and exchange.stream == EXTENSIONS for exchange in answers.exchanges)
    reports = [request for request in wanted if request.stream == EXTENSIONS]
    alone = reports[: max(0, ASKED_ALONE - asked)] if len(wanted) > 1 else []
    return alone, [request for request in wanted if request not in alone]


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
        return unknown("", f"the answers have a shape that the doctor does not understand ({type(error).__name__})")

