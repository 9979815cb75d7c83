"""What holds for all tests."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["airbyte_cdk.test.standard_tests.pytest_hooks"]
"""The hooks of the CDK's standard tests, which pytest takes from the root only."""

# No example has a deadline, so a busy machine fails no test. `make mutants` runs fewer, always the same ones.
STEADY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("steady", STEADY)
settings.register_profile("mutants", STEADY, derandomize=True, database=None, max_examples=50)
settings.load_profile("steady")
