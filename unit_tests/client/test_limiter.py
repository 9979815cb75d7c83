"""How many requests may be in flight."""

import threading

import pytest

from source_8x8_work_analytics.client.limiter import AdaptiveLimiter


def most_in_flight(limiter: AdaptiveLimiter, threads: int) -> int:
    """Return how many of many threads held a slot at the same time, at most.

    Whoever comes in waits for company that fits; a slot too many would be company of one more.
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
def test_no_more_requests_are_in_flight_than_slots_are_open(size: int) -> None:
    assert most_in_flight(AdaptiveLimiter(size), 12) == size


def test_a_refusal_closes_a_slot_and_a_success_opens_one() -> None:
    limiter = AdaptiveLimiter(4)
    seen = []
    for _ in range(5):
        limiter.shrink()
        seen.append(limiter.open)
    assert seen == [3, 2, 1, 1, 1]
    assert most_in_flight(limiter, 6) == 1
    seen = []
    for _ in range(5):
        limiter.record_success()
        seen.append(limiter.open)
    assert seen == [2, 3, 4, 4, 4]
    assert most_in_flight(limiter, 12) == 4


def test_a_slot_that_opens_lets_a_waiting_thread_in() -> None:
    limiter = AdaptiveLimiter(2)
    limiter.shrink()
    came_in = threading.Event()

    def wait() -> None:
        with limiter.acquire():
            came_in.set()

    with limiter.acquire():
        waiting = threading.Thread(target=wait)
        waiting.start()
        assert not came_in.is_set()
        limiter.record_success()
        assert came_in.wait(timeout=20)
    waiting.join(timeout=20)


def test_an_error_gives_its_slot_back() -> None:
    limiter = AdaptiveLimiter(1)
    for _ in range(3):
        with pytest.raises(KeyError), limiter.acquire():
            raise KeyError
    assert most_in_flight(limiter, 2) == 1
