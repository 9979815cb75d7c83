"""Settings for all tests."""

import gc

from hypothesis import HealthCheck, settings

# No example has a deadline, so a busy machine fails no test. `make mutants` runs fewer, always the same ones;
# `make soak` runs many more.
STEADY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("steady", STEADY)
settings.register_profile("mutants", STEADY, derandomize=True, database=None, max_examples=50)
settings.register_profile("soak", STEADY, max_examples=2000)
settings.load_profile("steady")


def pytest_collection_finish() -> None:
    """Exclude imported and collected objects, which stay, from garbage collection, and collect rarely."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
