"""The one place where time is read."""

import time

import pendulum


def now() -> pendulum.DateTime:
    """Return the present moment, as UTC."""
    return pendulum.now("UTC")


def elapsed() -> float:
    """Return seconds from some fixed moment: they pass evenly, whatever the clock on the wall is set to."""
    return time.monotonic()
