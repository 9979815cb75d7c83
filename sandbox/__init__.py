"""A mock of the 8x8 Work Analytics API: a fictional company, its calls, and the reports on them."""

from sandbox.sandbox import Sandbox

__all__ = ["Sandbox"]
