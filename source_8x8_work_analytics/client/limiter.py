"""Limit how many requests are in flight at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class AdaptiveLimiter:
    """Limits the requests in flight, and slows down while the server returns "too many requests".

    Each such response removes one slot, and each success restores one. A server that rejects only an
    occasional request hardly slows the sync; one that rejects most of them soon gets one request at a time.

    The request that has waited longest gets the next slot; otherwise, new windows could keep overtaking a
    rejected request.
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
        """Remove one slot. Return whether there was one to remove: the last one always stays."""
        with self._changed:
            taken = self.open > 1
            self.open -= taken
            return taken

    def record_success(self) -> None:
        """Restore one slot."""
        if self.open < self.size:
            with self._changed:
                self.open = min(self.size, self.open + 1)
                self._changed.notify_all()
