"""The one place where time is read."""

import time

import pendulum


def now() -> pendulum.DateTime:
    """Return the present moment, as UTC."""
    return pendulum.now("UTC")


def elapsed() -> float:
    """Return seconds since some fixed moment, unaffected by changes of the wall clock."""
    return time.monotonic()
