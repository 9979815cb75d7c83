"""How many requests may be in flight."""

import threading

import pytest

from source_8x8_work_analytics.client.limiter import AdaptiveLimiter


def most_in_flight(limiter: AdaptiveLimiter, threads: int) -> int:
    """Return how many threads held a slot at the same time, at most.

    Whoever has a slot waits until all slots are taken, or one more than there are.
    """
    inside, most = 0, 0
    changed = threading.Condition()
    left = threads

    def work() -> None:
        nonlocal inside, most, left
        with limiter.acquire():
            with changed:
                inside += 1
                most = max(most, inside)
                changed.notify_all()
                changed.wait_for(lambda: inside > limiter.open or most >= min(limiter.open, left), timeout=20)
            with changed:
                inside -= 1
                left -= 1
                changed.notify_all()

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
        assert not worker.is_alive()
    return most


@pytest.mark.parametrize("size", [1, 2, 5])
def test_as_many_requests_are_in_flight_as_slots_are_open(size: int) -> None:
    assert most_in_flight(AdaptiveLimiter(size), 12) == size


def test_rejection_takes_a_slot_away_and_success_gives_one_back() -> None:
    limiter = AdaptiveLimiter(4)
    taken = [limiter.shrink() for _ in range(5)]
    assert taken == [True, True, True, False, False]
    assert limiter.open == 1
    assert most_in_flight(limiter, 6) == 1
    seen = []
    for _ in range(5):
        limiter.record_success()
        seen.append(limiter.open)
    assert seen == [2, 3, 4, 4, 4]
    assert most_in_flight(limiter, 12) == 4


def test_slot_that_opens_lets_a_waiting_thread_in() -> None:
    limiter = AdaptiveLimiter(2)
    limiter.shrink()
    entered = threading.Event()

    def wait() -> None:
        with limiter.acquire():
            entered.set()

    with limiter.acquire():
        waiting = threading.Thread(target=wait)
        waiting.start()
        assert not entered.is_set()
        limiter.record_success()
        assert entered.wait(timeout=20)
    waiting.join(timeout=20)


def test_error_gives_its_slot_back() -> None:
    limiter = AdaptiveLimiter(1)
    for _ in range(3):
        with pytest.raises(KeyError), limiter.acquire():
            raise KeyError
    assert most_in_flight(limiter, 2) == 1


def test_slots_go_to_whoever_has_waited_longest() -> None:
    limiter = AdaptiveLimiter(1)
    entered: list[int] = []

    def work(number: int) -> None:
        with limiter.acquire():
            entered.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    with limiter.acquire():
        for number, thread in enumerate(threads):
            thread.start()
            while limiter._next_ticket < number + 2:
                pass
    for thread in threads:
        thread.join(timeout=20)
    assert entered == list(range(8))
