"""Accounts that are served while a test runs; within this process, waits between tries take no time."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from integration_tests.strangers.account import Account
from integration_tests.strangers.server import served


@pytest.fixture
def account_of(waits: list[float]) -> Iterator[Callable[..., Account]]:
    """Return what serves an account with PBXs of some names."""
    with ExitStack() as stack:
        yield lambda *names: stack.enter_context(served(Account(*names)))


@pytest.fixture
def account(account_of: Callable[..., Account]) -> Account:
    """An account with two PBXs, alpha and beta."""
    return account_of("alpha", "beta")
