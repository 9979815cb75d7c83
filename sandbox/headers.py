"""Headers that every answer has: the date by the sandbox's clock, and the rate limit in one dialect."""

from email.utils import formatdate

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.sandbox import Sandbox

REQUESTS_A_MINUTE = 100


class HeaderServer:
    """Adds headers to the answers of an application."""

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
        dialect = self._sandbox.dialect
        headers = {"date": formatdate(self._sandbox.clock().timestamp() + dialect.clock, usegmt=True)}
        if dialect.rate_limit == "headers":
            used = len(self._sandbox.requests) % REQUESTS_A_MINUTE
            headers["x-ratelimit-limit"] = str(REQUESTS_A_MINUTE)
            headers["x-ratelimit-remaining"] = str(REQUESTS_A_MINUTE - used)
        return headers
