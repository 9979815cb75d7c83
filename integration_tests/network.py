"""What stands between the connector and 8x8: TLS servers, proxies, and servers that misbehave."""

import gc
import socket
import socketserver
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import trustme
import uvicorn

from sandbox import Sandbox
from sandbox.routes import app
from sandbox.server import listen


@contextmanager
def tls_server(sandbox: Sandbox, certificate: trustme.LeafCert) -> Iterator[int]:
    """Serve a sandbox with TLS while the block runs; yields the port."""
    try:
        with _tls_server(sandbox, certificate) as port:
            yield port
    finally:
        with warnings.catch_warnings():  # asyncio leaves the sockets of failed handshakes to the collector
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()


@contextmanager
def _tls_server(sandbox: Sandbox, certificate: trustme.LeafCert) -> Iterator[int]:
    with certificate.private_key_and_cert_chain_pem.tempfile() as path, listen(0) as listener:
        config = uvicorn.Config(
            app(sandbox),
            log_level="critical",
            lifespan="off",
            date_header=False,
            timeout_graceful_shutdown=1,
            ssl_certfile=path,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(timeout=10)


class Proxy(socketserver.ThreadingTCPServer):
    """A CONNECT proxy.

    Args:
        answer: the status line that refuses every tunnel, or nothing to open it.

    Attributes:
        seen: what came before the tunnels were open: all that a proxy can read.
    """

    daemon_threads = True

    def __init__(self, answer: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.answer = answer
        self.seen: list[bytes] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Tunnel(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        proxy = self.server
        assert isinstance(proxy, Proxy)
        head = b""
        while b"\r\n\r\n" not in head:
            received = self.request.recv(65536)
            if not received:
                return
            head += received
        proxy.seen.append(head)
        if proxy.answer:
            self.request.sendall(f"HTTP/1.1 {proxy.answer}\r\nContent-Length: 0\r\n\r\n".encode())
            return
        host, _, port = head.split()[1].decode().rpartition(":")
        with socket.create_connection((host, int(port))) as target:
            self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_pump, args=(target, self.request), daemon=True)
            back.start()
            _pump(self.request, target)
            back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@contextmanager
def proxy(answer: str = "") -> Iterator[Proxy]:
    """Run a CONNECT proxy while the block runs."""
    with Proxy(answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()


@contextmanager
def silent_server() -> Iterator[int]:
    """Accept connections and never say anything; yields the port."""
    with listen(0) as listener:
        yield int(listener.getsockname()[1])


@contextmanager
def replying_server(*reply: bytes, endless: bytes = b"") -> Iterator[int]:
    """Reply to every connection with the same bytes; yields the port.

    Args:
        reply: the pieces of the reply.
        endless: what follows again and again, until the client closes the connection.
    """

    class Reply(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            with suppress(ConnectionError):
                for piece in reply:
                    self.wfile.write(piece)
                while endless:
                    self.wfile.write(endless)

    with _Server(("127.0.0.1", 0), Reply) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


def closed_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])
