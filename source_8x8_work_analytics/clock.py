"""The one place where time is read."""

import time

import pendulum


def now() -> pendulum.DateTime:
    """Return the current time in UTC."""
    return pendulum.now("UTC")


def elapsed() -> float:
    """Return seconds since a fixed point in time, unaffected by changes to the wall clock."""
    return time.monotonic()
