"""A small 8x8 account for these tests: a plain HTTP server whose every response a test can replace.

It shares no code with the sandbox and knows no rules: it returns one row for each report, and whatever a test
says instead.
"""

import json
import socket
import threading
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from integration_tests.harness import NOW

BASE_PATH = "/analytics/work"
API_KEY = "strangers-key-7d1e94b0"
PASSWORD = "strangers-password-52c8"

Row = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """One request that the account received; `number` counts all of them, from 1."""

    number: int
    path: str
    query: Mapping[str, str]

    @property
    def day(self) -> str:
        """The day or instant at which the requested window begins."""
        return (self.query.get("startTime") or self.query.get("startDate") or "")[:10]

    @property
    def pbx_id(self) -> str:
        """The opaque id in the path."""
        parts = self.path.split("/pbxes/")
        return parts[1].split("/")[0] if len(parts) > 1 else ""


@dataclass
class Reply:
    """A response: bytes, or anything that JSON can hold; or a function that sends all of it by itself."""

    body: Any = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    send: Callable[[socket.socket], None] | None = None
    keep_alive: bool = False


Handler = Callable[[Request], Reply | None]
"""Returns the response to a request, or None for the usual one."""


class Account:
    """PBXs with one extension, ring group, queue and agent each.

    Args:
        names: names of the PBXs in use; the id of `alpha` is `id-alpha`.

    Attributes:
        pbxes: the entries of `v2/pbxes`, which a test may change.
        requests: what was received.
        clock: returns the moment of the `Date` header; None for no header.
    """

    def __init__(self, *names: str) -> None:
        self.pbxes: list[Row] = [{"id": f"id-{name}", "name": name, "deleted": False} for name in names]
        self.requests: list[Request] = []
        self.clock: Callable[[], datetime | None] = lambda: NOW
        self.address = ""
        self._handlers: list[tuple[str, Handler]] = []
        self._numbers = count(1)
        self._lock = threading.Lock()

    def on(self, path_end: str, handler: Handler) -> None:
        """Let a handler respond to requests whose path ends like this, before those that were set earlier."""
        self._handlers.insert(0, (path_end, handler))

    def as_usual(self) -> None:
        """Forget all handlers."""
        self._handlers.clear()

    def config(self, **more: Any) -> dict[str, Any]:
        """Return a configuration that reads yesterday and today; a value of `...` removes a key."""
        whole = {
            "api_key": API_KEY,
            "username": "reports@strangers.example",
            "password": PASSWORD,
            "time_zone": "America/New_York",
            "pbx_ids": [str(pbx["name"]) for pbx in self.pbxes],
            "start_date": "2026-11-23",
            "base_url": self.address + BASE_PATH,
            **more,
        }
        return {name: value for name, value in whole.items() if value is not ...}

    def received(self, path_end: str) -> list[Request]:
        """Return the requests whose path ends like this."""
        return [request for request in self.requests if request.path.endswith(path_end)]

    def respond(self, path: str, query: Mapping[str, str]) -> Reply:
        """Return the response to a request."""
        with self._lock:
            request = Request(next(self._numbers), path.removeprefix(BASE_PATH), query)
            self.requests.append(request)
            for end, handler in self._handlers:
                if request.path.endswith(end) and (reply := handler(request)):
                    return reply
        return self._usual(request)

    def _usual(self, request: Request) -> Reply:
        if request.path.endswith("/oauth/token"):
            token = f"token-{request.number:08d}"
            return Reply({"access_token": token, "token_type": "bearer", "expires_in": 1800})
        if request.path == "/v2/pbxes":
            return list_page(request, "pbxList", self.pbxes)
        if request.path.startswith("/v2/pbxes/"):
            return self._of_pbx(request)
        return self._report(request)

    def _report(self, request: Request) -> Reply:
        wanted = same_name(request.query.get("pbxId", ""))
        names = [str(pbx["name"]) for pbx in self.pbxes]
        names = [name for name in names if wanted in (same_name(name), "allpbxes")]
        if not names:
            return Reply({"status": 403, "message": f"no access to pbxId({wanted})"}, 403)
        rows = [report_row(request, name) for name in names]
        if not request.path.startswith("/v2/call-"):
            return Reply(rows)
        if "scrollId" in request.query:
            return call_page([], 0, "No Data")
        return call_page(rows, len(rows), f"after-{request.day}")

    def _of_pbx(self, request: Request) -> Reply:
        pbx = next((pbx for pbx in self.pbxes if pbx["id"] == request.pbx_id), None)
        if pbx is None:
            return Reply({"status": 404, "messages": ["not found"]}, 404)
        what = request.path.split("/", 4)[4]
        if what in LISTS:
            name = "firstName" if what == "agents" else "name"
            entry = {"id": f"{what}-{pbx['name']}", "pbxId": pbx["id"], name: what, "deleted": False}
            return list_page(request, LISTS[what], [entry])
        return queue_reply(request, what, str(pbx["name"]))


def same_name(name: str) -> str:
    """Return what names that mean the same have in common."""
    return unicodedata.normalize("NFC", name.strip()).casefold()


LISTS = {"sites": "siteList", "queues": "queueList", "agents": "agentList"}


def list_page(request: Request, name: str, rows: list[Row], **page: Any) -> Reply:
    """Return the requested page of a list; `page` changes what it says about itself."""
    number, size = int(request.query.get("page", "0")), int(request.query.get("size", "100"))
    shown = rows[number * size : (number + 1) * size]
    about = {"size": size, "totalElements": len(rows), "totalPages": -(-len(rows) // size), "number": number}
    body: Row = {"_links": {"self": {"href": request.path}}, "page": {**about, **page}}
    if shown:
        body["_embedded"] = {name: shown}
    return Reply(body)


def report_row(request: Request, pbx: str, extension: str = "1001", **more: Any) -> Row:
    """Return a row as the requested report has it."""
    report = request.path.rpartition("/")[2]
    if report == "extsum":
        return {"PbxId": pbx, "Extension": extension, "FirstName": "Ana", "Inbound_Total": 2, **more}
    if report == "compsum":
        return {"pbxId": pbx, "inboundTotal": 2, **more}
    if report == "rgsum-groups":
        return {"pbxId": pbx, "extension": "9001", "name": "Sales", "totalCalls": 2, **more}
    if report == "rgsum-members":
        of_group = {"ringGroupExtension": request.query.get("extId", ""), "ringGroupName": "Sales"}
        return {"pbxId": pbx, **of_group, "extension": extension, "totalCalls": 2, **more}
    return call_row(request, pbx, 1, **more)


def call_row(request: Request, pbx: str, number: int, **more: Any) -> Row:
    """Return a call record or leg of the requested day."""
    call_id = f"{request.day.replace('-', '')}{number:04d}"
    leg = {"legId": "1"} if request.path.endswith("legs") else {}
    times = {"startTimeUTC": 1_795_500_000_000 - number, "startTime": f"{request.day}T12:00:00.000-0500"}
    return {"pbxId": pbx, "callId": call_id, **leg, **times, "callerName": "Ana", **more}


def call_page(rows: list[Row], total: Any, scroll_id: str) -> Reply:
    """Return a page of calls."""
    return Reply({"meta": {"totalRecordCount": total, "scrollId": scroll_id}, "data": rows})


def queue_row(request: Request, pbx: str, name: str = "q1", **metrics: Any) -> Row:
    """Return a row of `call-queue-metrics`."""
    counts = {"enteredCalls": 3, "acceptedCalls": 3, "totalHandlingTime": 90.0, "longestHandlingTime": 40.0}
    about = {"pbx": pbx, "site": "Lyon", "id": name, "name": "Billing", "extension": "2201"}
    return {**about, "metrics": {**counts, **metrics}}


def agent_row(name: str = "u1", **metrics: Any) -> Row:
    """Return a row of `agent-activity`, or an agent within `queue-agent-activity`."""
    counts = {"enteredInteractions": 3, "acceptedInteractions": 3, "agentTotalTalkTime": 90.0}
    return {"userId": name, "agentExtension": "3305", "agentName": "Ana", "metrics": {**counts, **metrics}}


def queue_call(request: Request, number: int, **more: Any) -> Row:
    """Return a call of `calls`."""
    times = {"startTime": 1_795_500_000_000, "stopTime": 1_795_500_060_000, "connectedTime": 0}
    call_id = f"{request.day.replace('-', '')}{number:04d}"
    return {"callId": call_id, "workGroup": {"id": "q1", "groupType": "CALL_QUEUE"}, **times, **more}


def queue_reply(request: Request, what: str, pbx: str) -> Reply:
    """Return the usual response of an endpoint about queues and agents."""
    if what == "call-queue-metrics":
        return Reply({"callQueues": [queue_row(request, pbx)]})
    if what == "queue-agent-activity":
        queue = {"pbx": pbx, "queueId": "q1", "queueName": "Billing", "queueAgentActivity": [agent_row()]}
        return Reply({"queuesAgentActivity": [queue]})
    if what == "agent-activity":
        return Reply({"agentActivity": [agent_row()]})
    if what == "calls":
        return Reply({"calls": [] if "startingAfter" in request.query else [queue_call(request, 1)]})
    durations = {"loggedInDuration": 30_000_000, "loggedOutDuration": 1_000}
    return Reply({"ringGroupAgentActivity": [{"agentExtension": "3305", "metrics": durations}]})


def first(times: int, handler: Handler) -> Handler:
    """Return a handler that responds so often, and leaves the other requests to the usual response."""
    numbers = count()
    return lambda request: handler(request) if next(numbers) < times else None


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
        reply = account.respond(url.path, dict(parse_qsl(url.query, keep_blank_values=True)))
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
