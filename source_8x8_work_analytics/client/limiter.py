"""How many requests may be in flight at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class AdaptiveLimiter:
    """Limits the requests in flight, and slows down as long as the server says "too many requests".

    Each such response takes one slot away, each success gives one back. A server that rejects a request now
    and then hardly slows the sync; one that rejects most of them soon gets one request at a time.

    Slots go to whoever has waited longest. Otherwise new windows could overtake a rejected request each time.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.open = size
        self._in_flight = 0
        self._next_ticket = 0
        self._now_served = 0
        self._changed = threading.Condition()

    @contextmanager
    def acquire(self) -> Iterator[None]:
        """Wait for a slot and hold it."""
        with self._changed:
            ticket = self._next_ticket
            self._next_ticket += 1
            self._changed.wait_for(lambda: ticket == self._now_served and self._in_flight < self.open)
            self._now_served += 1
            self._in_flight += 1
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._in_flight -= 1
                self._changed.notify_all()

    def shrink(self) -> bool:
        """Take one slot away. Returns whether there was one to take: the last one stays."""
        with self._changed:
            taken = self.open > 1
            self.open -= taken
            return taken

    def record_success(self) -> None:
        """Give one slot back."""
        if self.open < self.size:
            with self._changed:
                self.open = min(self.size, self.open + 1)
                self._changed.notify_all()
