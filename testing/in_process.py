"""An in-process sandbox: no sockets, no server."""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson
import requests_mock as rm
from starlette.types import ASGIApp, Message

from sandbox import Sandbox
from sandbox.routes import app
from sandbox.sandbox import BASE_PATH


def respond(
    application: ASGIApp, method: str, url: str, headers: dict[str, str], body: bytes = b""
) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers (names in lower case) and body of an application's response."""
    parts = urlsplit(url)
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": parts.path,
        "query_string": parts.query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    async def serve() -> None:
        await application(scope, receive, send)

    loop = asyncio.new_event_loop()  # `asyncio.run` also ends what these responses never start
    try:
        loop.run_until_complete(serve())
    finally:
        loop.close()
    found = {name.decode().lower(): value.decode() for name, value in messages[0]["headers"]}
    return messages[0]["status"], found, b"".join(message.get("body", b"") for message in messages)


def respond_from(sandbox: Sandbox, api: rm.Mocker) -> None:
    """Let a sandbox respond to every request of the process."""
    application = app(sandbox)

    def content_of(request: Any, context: Any) -> bytes:
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        headers = {name: str(value) for name, value in request.headers.items()}
        context.status_code, context.headers, content = respond(
            application, request.method, request.url, headers, body
        )
        return content

    api.register_uri(rm.ANY, rm.ANY, content=content_of)


@dataclass(frozen=True)
class Reply:
    """A response of a sandbox."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, which is JSON."""
        return orjson.loads(self.body)


class InProcessClient:
    """A client of a sandbox, signed in."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._app = app(sandbox)
        self.sign_in()

    def sign_in(self) -> None:
        """Request a new token, and use it from now on."""
        form = urlencode({"username": self.sandbox.username, "password": self.sandbox.password})
        headers = {"8x8-apikey": self.sandbox.api_key, "content-type": "application/x-www-form-urlencoded"}
        _, _, body = respond(self._app, "POST", f"{BASE_PATH}/v1/oauth/token", headers, form.encode())
        self.token = orjson.loads(body)["access_token"]

    def get(self, path: str, **query: Any) -> Reply:
        """Request a path with the token."""
        headers = {"8x8-apikey": self.sandbox.api_key, "authorization": f"Bearer {self.token}"}
        url = f"http://sandbox{BASE_PATH}/{path}?{urlencode(query)}"
        return Reply(*respond(self._app, "GET", url, {**headers, "host": "sandbox"}))
