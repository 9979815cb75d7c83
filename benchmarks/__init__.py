"""Measures the connector against what else a person might run."""
