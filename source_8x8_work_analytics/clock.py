"""The one place where time is read."""

import time

import pendulum


def now() -> pendulum.DateTime:
    """Return the current time in UTC."""
    return pendulum.now("UTC")


def milliseconds() -> int:
    """Return the current time in milliseconds since 1970, as the Airbyte protocol has it."""
    return int(now().timestamp() * 1000)


def elapsed() -> float:
    """Return seconds since a fixed point in time, unaffected by changes to the wall clock."""
    return time.monotonic()
