"""Serve an account on a free port of this machine: plain HTTP, by the standard library."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from integration_tests.strangers.account import Account


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    account: Account

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client may hang up whenever it likes."""


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        self._respond()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self._respond()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
        pass

    def _respond(self) -> None:
        assert isinstance(self.server, _Server)
        account, url = self.server.account, urlsplit(self.path)
        reply = account.respond(unquote(url.path), dict(parse_qsl(url.query, keep_blank_values=True)))
        if reply.send:
            self.close_connection = not reply.keep_alive
            with suppress(OSError):
                reply.send(self.connection)
            return
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.send_response_only(reply.status)
        if moment := account.clock():
            self.send_header("Date", formatdate(moment.timestamp(), usegmt=True))
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        if reply.status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if reply.status not in (204, 304):
            self.wfile.write(body)


@contextmanager
def served(account: Account) -> Iterator[Account]:
    """Serve an account while the block runs."""
    with _Server(("127.0.0.1", 0), _Connection) as server:
        server.account = account
        account.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield account
        finally:
            server.shutdown()
            thread.join()
