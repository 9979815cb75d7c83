"""What pytest takes from the root only: the hooks of the CDK's standard tests, and Hypothesis profiles."""

from hypothesis import settings

pytest_plugins = ["airbyte_cdk.test.standard_tests.pytest_hooks"]

# A busy machine fails no test. `make mutants` runs fewer examples, the same ones each time.
settings.register_profile("project", deadline=None)
settings.register_profile("mutants", deadline=None, derandomize=True, database=None, max_examples=50)
settings.load_profile("project")
