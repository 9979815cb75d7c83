import threading

import pytest
from airbyte_cdk.models import FailureType
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from source_8x8_work_analytics.client.service import (
    MAX_FAILURES_IN_A_ROW,
    MAX_TRIES,
    MAX_TRIES_TOO_MANY,
    Places,
    Service,
)
from source_8x8_work_analytics.errors import TryAgain


def failing(error: Exception) -> None:
    raise error


def test_no_more_requests_are_under_way_than_there_are_places() -> None:
    places = Places(3)
    inside, most, lock = [0], [0], threading.Lock()
    gate = threading.Barrier(3, timeout=20)

    def work() -> None:
        with places.take():
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            gate.wait()
            with lock:
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 3


def test_too_many_requests_halve_the_places_and_answers_give_them_back() -> None:
    places = Places(8)
    for expected in (4, 2, 1, 1):
        places.fewer()
        assert places.open == expected
    for _ in range(7):
        places.answered()
    assert places.open == 1
    places.answered()
    assert places.open == 2
    for _ in range(8 * 10):
        places.answered()
    assert places.open == 8


def test_waits_grow_and_are_bounded(waits: list[float]) -> None:
    service = Service(4)
    service.join("a")
    with pytest.raises(AirbyteTracedException, match=r"answered .* 6 times in a row") as failed:
        service.persist("a", lambda: failing(TryAgain("answered the report with HTTP 503")))
    assert failed.value.failure_type is FailureType.transient_error
    assert len(waits) == MAX_TRIES - 1
    assert all(0.8 * 2**n <= wait <= 1.2 * 2**n for n, wait in enumerate(waits, 1))


def test_a_pause_is_for_everybody_and_grows_until_there_is_an_answer(waits: list[float]) -> None:
    service = Service(4)
    with pytest.raises(AirbyteTracedException):
        service.persist("a", lambda: failing(TryAgain("answered with HTTP 429", too_many=True)))
    assert len(waits) == MAX_TRIES_TOO_MANY - 1
    assert waits[0] < 2.5 < 45 < waits[-1]
    before = len(waits)
    other = Service(4)
    answers = iter([TryAgain("answered with HTTP 429", retry_after=7.0, too_many=True), None])

    def attempt() -> str:
        with other.place():
            error = next(answers)
            if error:
                raise error
            return "rows"

    assert other.persist("b", attempt) == "rows"
    assert waits[before:] == [7.0]


def test_what_8x8_asks_to_wait_is_waited_or_given_up(waits: list[float]) -> None:
    service = Service(4)
    with pytest.raises(AirbyteTracedException):
        service.persist("a", lambda: failing(TryAgain("answered with HTTP 503", retry_after=3600.0)))
    assert waits == []


def test_what_will_not_pass_is_not_tried_again(waits: list[float]) -> None:
    with pytest.raises(KeyError):
        Service(4).persist("a", lambda: failing(KeyError("a bug")))
    assert waits == []


def test_one_silent_unit_of_two_does_not_make_the_service_down() -> None:
    service = Service(4)
    service.join("a")
    service.join("b")
    with pytest.raises(AirbyteTracedException):
        service.persist("a", lambda: failing(TryAgain("answered with HTTP 500")))
    service.leave("a")
    assert service.persist("b", lambda: "rows") == "rows"


def test_silence_for_all_units_makes_the_service_down_for_all() -> None:
    service = Service(4)
    for unit in ("a", "b", "c"):
        service.join(unit)
    for unit in ("a", "b"):
        with pytest.raises(AirbyteTracedException):
            service.persist(unit, lambda: failing(TryAgain("could not be reached")))
        service.leave(unit)
    asked = []
    with pytest.raises(AirbyteTracedException, match="answers nothing at all"):
        service.persist("c", lambda: asked.append(1))
    assert asked == []


def test_very_many_failures_in_a_row_are_enough() -> None:
    service = Service(20)
    units = [f"unit {n}" for n in range(40)]
    for unit in units:
        service.join(unit)
    asked = 0

    def attempt() -> None:
        nonlocal asked
        asked += 1
        raise TryAgain("could not be reached")

    began = service.persist("unit 0", lambda: "an answer")
    assert began == "an answer"
    for unit in units:
        with pytest.raises(AirbyteTracedException):
            service.persist(unit, attempt)
    assert asked <= MAX_FAILURES_IN_A_ROW
