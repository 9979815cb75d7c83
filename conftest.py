"""Loads the hooks of the CDK's standard tests, which pytest takes from the root only."""

pytest_plugins = ["airbyte_cdk.test.standard_tests.pytest_hooks"]
