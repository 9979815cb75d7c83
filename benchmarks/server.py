"""Serves reports from prebuilt bytes, so that the server itself does not affect the results.

`python -m benchmarks.server --rows 100 --latency 0.3` prints its address and serves until it is ended.
"""

import argparse
import asyncio
from collections.abc import Mapping

import orjson

from benchmarks.bodies import leg_pages, summary
from benchmarks.queue_bodies import queue_bodies

TOKEN = orjson.dumps(
    {"access_token": "benchmark-token-0123456789", "token_type": "bearer", "expires_in": 1800}
)


class Server:
    """A minimal HTTP/1.1 server: one body for all summaries, pages of legs, a token for each login.

    Args:
        body: the summary.
        pages: the pages of a day's legs.
        bodies: other bodies, by the last part of their paths.
        latency: seconds that a report takes.
    """

    def __init__(self, body: bytes, pages: list[bytes], bodies: Mapping[str, bytes], latency: float) -> None:
        self.body = body
        self.pages = pages
        self.bodies = {name.encode(): other for name, other in bodies.items()}
        self.latency = latency
        self.requests = 0

    async def serve_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve the requests of one connection."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                line, _, headers = head.partition(b"\r\n")
                length = headers.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
                if length.strip():
                    await reader.readexactly(int(length))
                pbx = line.partition(b"pbxId=")[2].partition(b"&")[0]
                body = self.body if pbx == b"acmecorp" else self.body.replace(b"acmecorp", pbx)
                body = self.bodies.get(line.partition(b"?")[0].rpartition(b"/")[2], body)
                if b"/calls?" in line and b"startingAfter" in line:
                    body = b'{"calls":[]}'
                if b"/call-legs" in line:
                    scroll = line.partition(b"scrollId=p")[2].partition(b" ")[0].partition(b"&")[0]
                    body = self.pages[int(scroll or 0)]
                if b"/oauth/token" in line:
                    body = TOKEN
                elif line.startswith(b"GET /count"):
                    body = str(self.requests).encode()
                else:
                    self.requests += 1
                    await asyncio.sleep(self.latency)
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                    % len(body)
                )
                writer.write(body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


async def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--pages", type=int, default=1, help="pages of call legs per day")
    parser.add_argument("--queues", action="store_true", help="rows of the sandbox's company, and its queues")
    parser.add_argument("--latency", type=float, default=0.0)
    options = parser.parse_args()
    bodies = queue_bodies(options.rows) if options.queues else {}
    served = Server(summary(options.rows), leg_pages(options.pages), bodies, options.latency)
    server = await asyncio.start_server(served.serve_connection, "127.0.0.1", 0, backlog=256)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
