"""Measures the connector against alternatives."""
