"""Middleware between the application and its clients: faults, and headers for every response."""

import asyncio
import gzip
from email.utils import formatdate
from urllib.parse import parse_qs

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.faults import BODIES, CHANGES, Fault
from sandbox.sandbox import Sandbox

REQUESTS_PER_MINUTE = 100


class HeaderServer:
    """Adds headers to the responses of an application: the date, and a rate limit in one variant."""

    def __init__(self, app: ASGIApp, sandbox: Sandbox) -> None:
        self._app = app
        self._sandbox = sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_more(message: Message) -> None:
            if message["type"] == "http.response.start":
                more = ((name.encode(), value.encode()) for name, value in self._headers().items())
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        await self._app(scope, receive, send_more)

    def _headers(self) -> dict[str, str]:
        variant = self._sandbox.variant
        headers = {"date": formatdate(self._sandbox.clock().timestamp() + variant.clock, usegmt=True)}
        if variant.rate_limit == "headers":
            used = len(self._sandbox.requests) % REQUESTS_PER_MINUTE
            headers["x-ratelimit-limit"] = str(REQUESTS_PER_MINUTE)
            headers["x-ratelimit-remaining"] = str(REQUESTS_PER_MINUTE - used)
        return headers


class FaultyServer:
    """Changes the responses of an application as the faults of a sandbox require.

    Args:
        app: the application.
        sandbox: its list of faults may change at any time.
    """

    def __init__(self, app: ASGIApp, sandbox: Sandbox) -> None:
        self._app = app
        self._sandbox = sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        query = {"pbxId": self._pbx_in(scope["path"]), **{k: v[0] for k, v in _query(scope).items()}}
        fault = next((f for f in list(self._sandbox.faults) if f.occurs(scope["path"], query)), None)
        if fault and fault.kind == "revoked token":
            self._sandbox.revoke_tokens()
        if fault is None or fault.kind == "revoked token":
            await self._app(scope, receive, send)
            return
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, keep)
        body = b"".join(message.get("body", b"") for message in messages)
        headers = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
        headers.pop("content-length")
        await self._send(fault, messages[0]["status"], {**headers, **fault.headers}, body, send)

    def _pbx_in(self, path: str) -> str:
        """Return the name of the PBX whose opaque id is in a path."""
        pbxes = self._sandbox.pbxes().values()
        return next((pbx.name for pbx in pbxes if f"/{pbx.opaque_id}/" in path), "")

    async def _send(
        self, fault: Fault, status: int, headers: dict[str, str], body: bytes, send: Send
    ) -> None:
        if fault.kind.isdigit():
            code = int(fault.kind)
            await _send(send, code, headers, _error(code) if fault.body is None else fault.body)
        elif fault.kind in BODIES:
            await _send(send, status, headers, BODIES[fault.kind](body if status == 200 else b"[]"))
        elif fault.kind in CHANGES:
            await _send(send, status, headers, CHANGES[fault.kind](body) if status == 200 else body)
        elif fault.kind == "no access to category":
            message = "user(jane.doe@acme.example) does not have access to api category(CDR)"
            await _send(send, 400, headers, orjson.dumps({"code": "105-400-038", "message": message}))
        elif fault.kind == "no token":
            await _send(send, 200, headers, b'{"token_type": "bearer"}')
        elif fault.kind == "cut gzip":
            await _send(send, status, {**headers, "content-encoding": "gzip"}, gzip.compress(body)[:-20])
        elif fault.kind in ("cut body", "wrong length"):
            more = 1000 if fault.kind == "wrong length" else 0
            kept = body if more else body[: len(body) // 2]
            await _send(send, status, {**headers, "content-length": str(len(body) + more)}, kept, more=True)
            _hang_up(send)
        elif fault.kind == "dropped connection":
            _hang_up(send)
        elif fault.kind == "slow body":
            await _send(send, status, {**headers, "content-length": str(len(body))}, body[:1], more=True)
            await asyncio.sleep(self._sandbox.patience)
            _hang_up(send)
        elif fault.kind == "time-out":
            await asyncio.sleep(self._sandbox.patience)
            _hang_up(send)
        else:
            raise ValueError(f"no such fault: {fault.kind}")


def _query(scope: Scope) -> dict[str, list[str]]:
    return parse_qs(scope["query_string"].decode())


def _error(status: int) -> bytes:
    if status in (204, 304):
        return b""
    message = "user(jane.doe@acme.example) met an error while reading +15550123456"
    return orjson.dumps({"status": status, "message": message})


async def _send(send: Send, status: int, headers: dict[str, str], body: bytes, more: bool = False) -> None:
    raw = {"content-length": str(len(body)), **headers}
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(name.lower().encode(), value.encode()) for name, value in raw.items()],
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": more})


def _hang_up(send: Send) -> None:
    """Close the connection in the middle of a response. ASGI cannot do this, so uvicorn's transport does."""
    send.__self__.transport.close()  # type: ignore[attr-defined]
