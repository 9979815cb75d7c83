"""A small 8x8 account for these tests, whose every response a test can replace.

It shares no code with the sandbox and knows no rules: it returns one row for each report, and whatever a test
says instead.
"""

import threading
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import count
from typing import Any

from integration_tests.harness import NOW
from integration_tests.strangers.exchange import Handler, Reply, Request, Row
from integration_tests.strangers.rows import LISTS, call_page, list_page, queue_reply, report_row

BASE_PATH = "/analytics/work"
API_KEY = "strangers-key-7d1e94b0"
PASSWORD = "strangers-password-52c8"


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
            "pbx_ids": [pbx["name"] for pbx in self.pbxes if pbx.get("name")],
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
        names = [str(pbx["name"]) for pbx in self.pbxes if pbx.get("name")]
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
