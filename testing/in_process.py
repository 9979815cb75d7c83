"""A sandbox that answers within the process: no sockets, no server."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import requests_mock as rm
from starlette.types import ASGIApp, Message

from sandbox import Sandbox
from sandbox.routes import app


def respond(
    application: ASGIApp, method: str, url: str, headers: dict[str, str], body: bytes = b""
) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers (names in small letters) and body of an application's response."""
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


def answer_from(sandbox: Sandbox, api: rm.Mocker) -> None:
    """Let a sandbox answer every request of the process."""
    application = app(sandbox)

    def answer(request: Any, context: Any) -> bytes:
        body = request.body.encode() if isinstance(request.body, str) else request.body or b""
        headers = {name: str(value) for name, value in request.headers.items()}
        context.status_code, context.headers, content = respond(
            application, request.method, request.url, headers, body
        )
        return content

    api.register_uri(rm.ANY, rm.ANY, content=answer)
