"""The one place where the time of day is read."""

import pendulum


def now() -> pendulum.DateTime:
    """Return the present moment, as UTC."""
    return pendulum.now("UTC")
