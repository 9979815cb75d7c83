"""The API: routes, and checks as strict as those of the real one."""

import asyncio
import secrets
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from functools import partial
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo, available_timezones

import orjson
import pendulum
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sandbox.calls import LONGEST, Call, calls_ending
from sandbox.company import Pbx, company
from sandbox.faults import Fault, FaultyServer
from sandbox.records import legs, record
from sandbox.summaries import (
    company_summary,
    extension_summary,
    ring_group_members,
    ring_group_summary,
)

BASE_PATH = "/analytics/work"
WINDOW = ("pbxId", "startTime", "endTime", "timeZone")
COMMON = set(WINDOW)

Report = Callable[[Pbx, Iterable[Call]], list[dict[str, Any]]]


def system_clock() -> datetime:
    """Return the present moment."""
    return datetime.now(timezone.utc)


class Refusal(Exception):  # noqa: N818 - what the API says, not what went wrong in it
    """An answer other than a report."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


@dataclass
class Request8x8:
    """One line of the sandbox's log of requests; `token` is the end of the token it came with."""

    path: str
    pbx: str
    start: str
    end: str
    time_zone: str
    user_agent: str
    token: str
    status: int = 0


@dataclass
class Sandbox:
    """The stand-in: credentials, clock, calls, faults, and a log of what was asked.

    Args:
        seed: what the calls are made from.
        latency: seconds before each report.
        token_lifetime: seconds that a token lives.
        clock: tells the moment; calls that end later do not exist yet.
        busy: how many times as many calls as usual; 300 makes about 100,000 a working day.
        patience: seconds for which slow faults keep silent.
    """

    seed: int = 8
    latency: float = 0.0
    token_lifetime: float = 1800.0
    clock: Callable[[], datetime] = system_clock
    busy: int = 1
    patience: float = 30.0
    api_key: str = "sandbox-key-3f9c1b7e5d"
    username: str = "reports.supervisor@acme.example"
    password: str = "päss &=+%wörd/?#sandbox"
    hidden_pbxes: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    requests: list[Request8x8] = field(default_factory=list)
    revisions: dict[tuple[str, date], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._tokens: dict[str, float] = {}
        self._lock = threading.Lock()

    def app(self) -> ASGIApp:
        """Return the application, faults included."""
        routes = [
            Route(f"{BASE_PATH}/v1/oauth/token", self._token, methods=["POST"]),
            *(
                Route(f"{BASE_PATH}/{path}", partial(self._summary, rows), methods=["GET"])
                for path, rows in (
                    ("v2/extsum", extension_summary),
                    ("v1/compsum", company_summary),
                    ("v2/rgsum-groups", ring_group_summary),
                )
            ),
            Route(f"{BASE_PATH}/v2/rgsum-members", self._members, methods=["GET"]),
            Route(f"{BASE_PATH}/v2/call-records", partial(self._calls_paged, False), methods=["GET"]),
            Route(f"{BASE_PATH}/v2/call-legs", partial(self._calls_paged, True), methods=["GET"]),
            Route(f"{BASE_PATH}/v2/pbxes/{{pbx}}/{{what}}", self._children, methods=["GET"]),
            Route(f"{BASE_PATH}/v2/pbxes", self._pbxes, methods=["GET"]),
            Route("/sandbox/requests", self._log, methods=["GET"]),
        ]
        return FaultyServer(
            Starlette(routes=routes, exception_handlers={Refusal: _refuse}),
            self.faults,
            lambda: self.patience,
            self.revoke_tokens,
        )

    def config(self, address: str, **more: Any) -> dict[str, Any]:
        """Return a connector configuration for a sandbox at an address."""
        return {
            "api_key": self.api_key,
            "username": self.username,
            "password": self.password,
            "time_zone": "America/New_York",
            "pbx_ids": list(company()),
            "base_url": address + BASE_PATH,
            **more,
        }

    def correct(self, pbx: str, day: date) -> None:
        """Correct the calls of a PBX and UTC day, as 8x8 does late."""
        self.revisions[pbx, day] = self.revisions.get((pbx, day), 0) + 1

    def revoke_tokens(self) -> None:
        """Let no token be valid any more."""
        with self._lock:
            self._tokens.clear()

    def asked(self, path: str = "/extsum") -> list[Request8x8]:
        """Return the requests whose path ends like this."""
        return [request for request in self.requests if request.path.endswith(path)]

    def summary_rows(
        self, report: Report, pbx_id: str, start: str, end: str, zone: str
    ) -> list[dict[str, Any]]:
        """Return the truth: the rows of a summary for a window, from start to end inclusive."""
        return [row for pbx in _pbxes(pbx_id) for row in report(pbx, self._calls(pbx, start, end, zone))]

    def extension_rows(self, pbx_id: str, start: str, end: str, zone: str) -> list[dict[str, Any]]:
        """Return the truth of the extension summary."""
        return self.summary_rows(extension_summary, pbx_id, start, end, zone)

    def call_rows(self, of_legs: bool, pbx_id: str, start: str, end: str, zone: str) -> list[dict[str, Any]]:
        """Return the call records or legs that end in a window, newest first."""
        clock = ZoneInfo(zone)
        rows: list[dict[str, Any]] = []
        for pbx in _pbxes(pbx_id):
            calls = self._calls(pbx, start, end, zone, beyond=of_legs)
            rows += [row for call in calls for row in (legs if of_legs else _records)(pbx, call, clock)]
        first, last = self._bounds(start, end, zone)
        inside = [row for row in rows if first <= row["disconnectedTimeUTC"] < last]
        return sorted(inside, key=_place, reverse=True)

    def _bounds(self, start: str, end: str, zone: str) -> tuple[int, int]:
        """Return the stretch of time, as epoch milliseconds, in which calls are known and kept."""
        now = self.clock()
        first, last = _instant(start, zone, fold=0), _instant(end, zone, fold=1) + timedelta(seconds=1)
        kept = pendulum.instance(now).in_timezone(zone).date().subtract(years=2)
        first = max(first, _instant(f"{kept} 00:00:00", zone, fold=0))
        return int(first.timestamp() * 1000), int(min(last, now).timestamp() * 1000)

    def _calls(self, pbx: Pbx, start: str, end: str, zone: str, beyond: bool = False) -> Iterator[Call]:
        """Return the calls that end in a window; `beyond` adds those that end soon after it."""
        first, last = self._bounds(start, end, zone)
        more = int(LONGEST.total_seconds() * 1000) if beyond else 0
        last = min(last + more, int(self.clock().timestamp() * 1000))
        begin, finish = (datetime.fromtimestamp(ms / 1000, timezone.utc) for ms in (first, last))
        return calls_ending(pbx.name, begin, finish, self.seed, self.revisions, self.busy)

    async def _token(self, request: Request) -> Response:
        line = self._note(request)
        if request.headers.get("8x8-apikey") != self.api_key:
            raise _bad_key()
        if request.headers.get("content-type") != "application/x-www-form-urlencoded":
            raise Refusal(400, {"error": "invalid_request", "error_description": "CONTENT_TYPE_ERROR"})
        form = parse_qs((await request.body()).decode(), strict_parsing=True)
        if form.get("username") != [self.username]:
            raise Refusal(400, {"error_description": "USER_NOTFOUND_ERROR", "error": "invalid_grant"})
        if form.get("password") != [self.password]:
            raise Refusal(400, {"error_description": "PASSWORD_ERROR", "error": "invalid_grant"})
        token = f"sandbox.{secrets.token_urlsafe(24)}"
        with self._lock:
            self._tokens[token] = time.monotonic() + self.token_lifetime
        line.status = 200
        lifetime = int(self.token_lifetime) or 1
        return _json({"access_token": token, "token_type": "bearer", "expires_in": lifetime})

    async def _summary(self, report: Report, request: Request) -> Response:
        line = self._note(request)
        query = self._checked(request, COMMON)
        await asyncio.sleep(self.latency)
        line.status = 200
        return _json(self.summary_rows(report, *(query[name] for name in WINDOW)))

    async def _members(self, request: Request) -> Response:
        line = self._note(request)
        query = self._checked(request, COMMON | {"extId", "collapse"})
        if query["collapse"] != "true":
            raise _bad_request("collapse is true or left out")
        await asyncio.sleep(self.latency)
        line.status = 200
        report = partial(members_of, query["extId"])
        return _json(self.summary_rows(report, *(query[name] for name in WINDOW)))

    async def _calls_paged(self, of_legs: bool, request: Request) -> Response:
        line = self._note(request)
        query = self._checked(request, COMMON | {"pageSize"}, {"scrollId"})
        if not query["pageSize"].isdigit() or not 1 <= int(query["pageSize"]) <= 7000:
            raise _bad_request("pageSize is 1 to 7000")
        await asyncio.sleep(self.latency)
        rows = self.call_rows(of_legs, *(query[name] for name in WINDOW))
        left = rows
        if "scrollId" in query:
            after = _read_scroll_id(query["scrollId"])
            left = [row for row in rows if _place(row) < after]
        page = left[: int(query["pageSize"])]
        line.status = 200
        if not page:
            return _json({"meta": {"totalRecordCount": 0, "scrollId": "No Data"}, "data": []})
        return _json(
            {"meta": {"totalRecordCount": len(rows), "scrollId": _scroll_id(page[-1])}, "data": page}
        )

    async def _children(self, request: Request) -> Response:
        pbx = next((p for p in company().values() if p.opaque_id == request.path_params["pbx"]), None)
        if pbx is None or pbx.name in self.hidden_pbxes:
            body = {"timestamp": "2026-01-01T00:00:00Z", "status": 404, "messages": ["not found"], "path": ""}
            raise Refusal(404, body)
        lists = {"sites": "siteList", "queues": "queueList", "agents": "agentList"}
        what = request.path_params["what"]
        if what not in lists:
            raise Refusal(404, {"status": 404, "messages": ["not found"]})
        return self._page(request, lists[what], child_rows(pbx, what))

    async def _pbxes(self, request: Request) -> Response:
        visible = [pbx for pbx in company().values() if pbx.name not in self.hidden_pbxes]
        rows = [{"id": pbx.opaque_id, "name": pbx.name, "deleted": False} for pbx in visible]
        return self._page(request, "pbxList", rows)

    def _page(self, request: Request, name: str, rows: list[dict[str, Any]]) -> Response:
        """Return the page of a list that was asked for."""
        line = self._note(request)
        self._check_login(request)
        query = dict(request.query_params)
        if not set(query) <= {"page", "size"} or not all(value.isdigit() for value in query.values()):
            raise _bad_request("page and size are numbers")
        number, size = int(query.get("page", "0")), int(query.get("size", "50"))
        if not 1 <= size <= 100:
            raise _bad_request("size is 1 to 100")
        pages = -(-len(rows) // size)
        shown = rows[number * size : (number + 1) * size]
        links = {"self": {"href": str(request.url.path)}}
        if number + 1 < pages:
            links["next"] = {"href": f"{request.url.path}?page={number + 1}&size={size}"}
        page = {"size": size, "totalElements": len(rows), "totalPages": pages, "number": number}
        line.status = 200
        return _json({**({"_embedded": {name: shown}} if shown else {}), "_links": links, "page": page})

    async def _log(self, _: Request) -> Response:
        return _json([vars(line) for line in self.requests])

    def _note(self, request: Request) -> Request8x8:
        query = request.query_params
        line = Request8x8(
            request.url.path,
            query.get("pbxId", ""),
            query.get("startTime", ""),
            query.get("endTime", ""),
            query.get("timeZone", ""),
            request.headers.get("user-agent", ""),
            request.headers.get("authorization", "")[-8:],
        )
        self.requests.append(line)
        return line

    def _checked(
        self, request: Request, expected: set[str], optional: set[str] | None = None
    ) -> dict[str, str]:
        """Return the parameters of a report request, or refuse it."""
        self._check_login(request)
        query = dict(request.query_params)
        unknown = set(query) - expected - (optional or set())
        if len(request.query_params.multi_items()) != len(query) or unknown or not expected <= set(query):
            raise _bad_request("parameters missing, repeated or unknown")
        if query["timeZone"] not in available_timezones():
            raise _bad_request("timeZone is not an IANA time zone")
        if _time(query["startTime"]) > _time(query["endTime"]):
            raise _bad_request("startTime is after endTime")
        for name in query["pbxId"].split(","):
            if name != "allpbxes" and (name not in company() or name in self.hidden_pbxes):
                raise _no_access(name, request.url.path)
        return query

    def _check_login(self, request: Request) -> None:
        if request.headers.get("8x8-apikey") != self.api_key:
            raise _bad_key()
        authorization = request.headers.get("authorization", "")
        with self._lock:
            expires = self._tokens.get(authorization.removeprefix("Bearer "))
        if not authorization.startswith("Bearer ") or expires is None or expires < time.monotonic():
            description = "Cannot convert access token to JSON" if expires is None else "Access token expired"
            raise Refusal(401, {"error": "invalid_token", "error_description": description})


def child_rows(pbx: Pbx, what: str) -> list[dict[str, Any]]:
    """Return the sites, call queues or agents of a PBX, a deleted one among them."""
    names = sorted({extension.branch for extension in pbx.extensions})
    sites = {name: f"site-{pbx.opaque_id[:4]}-{i}" for i, name in enumerate(names)}
    common = {"pbxId": pbx.opaque_id, "deleted": False}
    if what == "sites":
        gone = {"id": f"site-{pbx.opaque_id[:4]}-gone", "name": "Old town", **common, "deleted": True}
        return [*({"id": key, "name": name, **common} for name, key in sites.items()), gone]
    if what == "queues":
        return [
            {
                "id": f"queue-{group.number}",
                "siteId": sites[group.site],
                "name": group.name,
                "extensionNumber" if i % 2 else "extension": group.number,
                **common,
            }
            for i, group in enumerate(pbx.ring_groups)
        ]
    return [
        {
            "id": f"agent-{extension.number}",
            "siteId": sites[extension.branch],
            "firstName": extension.first_name,
            "lastName": extension.last_name,
            "extension": extension.number,
            **common,
        }
        for extension in pbx.extensions
        if extension.is_user
    ]


def members_of(group: str, pbx: Pbx, calls: Iterable[Call]) -> list[dict[str, Any]]:
    """Return the member summary of one ring group."""
    return ring_group_members(pbx, group, calls)


def _records(pbx: Pbx, call: Call, zone: ZoneInfo) -> list[dict[str, Any]]:
    return [record(pbx, call, zone)]


def _place(row: dict[str, Any]) -> tuple[int, str, int, int]:
    """Return a row's place in the order of pages, newest first when reversed."""
    return row["startTimeUTC"], row["pbxId"], int(row["callId"]), int(row.get("legId", 0))


def _scroll_id(row: dict[str, Any]) -> str:
    leg = f"_{row['legId']}" if "legId" in row else ""
    return b64encode(f"{row['pbxId']}_{row['callId']}{leg}_{row['startTimeUTC']}".encode()).decode()


def _read_scroll_id(scroll_id: str) -> tuple[int, str, int, int]:
    try:
        pbx, call, *leg, start = b64decode(scroll_id, validate=True).decode().split("_")
        return int(start), pbx, int(call), int(leg[0]) if leg else 0
    except ValueError:
        raise _bad_request("scrollId is not one of ours") from None


def _pbxes(pbx_id: str) -> list[Pbx]:
    pbxes = company()
    return list(pbxes.values()) if pbx_id == "allpbxes" else [pbxes[name] for name in pbx_id.split(",")]


def _instant(text: str, zone: str, fold: int) -> datetime:
    return _time(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(timezone.utc)


def _time(text: str) -> datetime:
    try:
        moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        moment = None
    if moment is None or f"{moment:%Y-%m-%d %H:%M:%S}" != text:
        raise _bad_request("a time is not of the form YYYY-MM-DD HH:MM:SS")
    return moment


def _bad_key() -> Refusal:
    detail = {"type": "invalidValue", "location": "header", "path": ["8x8-apikey"], "hint": "unknown key"}
    return Refusal(
        400, {"status": 400, "message": "Invalid 8x8-apikey", "code": "SHA001", "details": [detail]}
    )


def _bad_request(message: str) -> Refusal:
    return Refusal(400, {"status": 400, "message": message, "code": "400-BAD-REQUEST"})


def _no_access(name: str, path: str) -> Refusal:
    message = f"user(reports.supervisor) does not have access to pbxId({name}) to make this request."
    return Refusal(
        403,
        {
            "timeStamp": int(time.time() * 1000),
            "status": 403,
            "error": "Access Denied",
            "exception": message,
            "message": message,
            "path": path,
        },
    )


def _json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status_code=status, media_type="application/json")


async def _refuse(_: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)  # noqa: S101 - Starlette's type is wider than its call
    return _json(refusal.body, refusal.status)
