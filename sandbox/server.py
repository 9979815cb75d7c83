"""Serve a sandbox on a free port of this machine."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from sandbox.routes import app
from sandbox.sandbox import Sandbox


def _server(sandbox: Sandbox) -> uvicorn.Server:
    config = uvicorn.Config(
        app(sandbox), log_level="critical", lifespan="off", date_header=False, timeout_graceful_shutdown=1
    )
    return uvicorn.Server(config)


def listen(port: int) -> socket.socket:
    """Open the socket to serve on; 0 picks a free port. Connections wait until it is served."""
    # With the protocol named, asyncio turns Nagle's algorithm off: it would add 40 ms to every response.
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(512)
    return listener


def address_of(listener: socket.socket) -> str:
    """Return the address of a listening socket, as in http://127.0.0.1:8808."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def running(sandbox: Sandbox, port: int = 0) -> Iterator[str]:
    """Serve from a thread while the block runs; yields the address."""
    listener = listen(port)
    server = _server(sandbox)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield address_of(listener)
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()


def serve(sandbox: Sandbox, listener: socket.socket) -> None:
    """Serve until interrupted."""
    _server(sandbox).run(sockets=[listener])
