"""What holds for all tests."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["airbyte_cdk.test.standard_tests.pytest_hooks"]
"""The hooks of the CDK's standard tests, which pytest takes from the root only."""

# A busy machine is no failure: no example has a deadline.
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")
