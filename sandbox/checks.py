"""Checks as strict as those of the real API: login, parameters, access to a PBX."""

from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import available_timezones

from starlette.requests import Request

from sandbox.company import Pbx
from sandbox.dialects import STREAMS
from sandbox.sandbox import LoggedRequest, Sandbox
from sandbox.windows import Window, oldest_kept, parse_time, window
from sandbox.wire import bad_key, bad_request, bad_token, no_access, no_category

WINDOW = ("pbxId", "startTime", "endTime", "timeZone")
"""The parameters that every report needs."""


@lru_cache(maxsize=1)
def _time_zones() -> set[str]:
    return available_timezones()


def log_request(sandbox: Sandbox, request: Request) -> LoggedRequest:
    """Add a request to the log; its status is 0 until it is answered."""
    query = request.query_params
    line = LoggedRequest(
        request.url.path,
        query.get("pbxId", ""),
        query.get("startTime", ""),
        query.get("endTime", ""),
        query.get("timeZone", ""),
        request.headers.get("user-agent", ""),
        request.headers.get("authorization", "")[-8:],
        "8x8-apikey" in request.headers,
    )
    sandbox.requests.append(line)
    return line


def check_key(sandbox: Sandbox, request: Request) -> None:
    """Refuse a request without the API key."""
    if request.headers.get("8x8-apikey") != sandbox.api_key:
        raise bad_key()


def check_login(sandbox: Sandbox, request: Request) -> None:
    """Refuse a request without the API key and a valid token."""
    check_key(sandbox, request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    problem = sandbox.token_problem(token if scheme == "Bearer" else "")
    if problem:
        raise bad_token(problem)


def check_access(sandbox: Sandbox, request: Request) -> None:
    """Refuse a report or a list that the user may not read."""
    if any(request.url.path.endswith(STREAMS[stream]) for stream in sandbox.dialect.access):
        raise no_category(request.url.path)


@dataclass(frozen=True)
class Asked:
    """What a report request asks for, as the dialect reads it; `query` are its parameters as they came."""

    pbxes: list[Pbx]
    window: Window
    query: dict[str, str]


def report_query(
    sandbox: Sandbox, request: Request, more: tuple[str, ...] = (), optional: tuple[str, ...] = ()
) -> Asked:
    """Return what a report request asks for, with `more` parameters beside the usual ones, or refuse it."""
    check_login(sandbox, request)
    check_access(sandbox, request)
    query = dict(request.query_params)
    needed = {*WINDOW, *more}
    unknown = set(query) - needed - set(optional)
    if len(request.query_params.multi_items()) != len(query) or unknown or not needed <= set(query):
        raise bad_request("parameters missing, repeated or unknown")
    if query["timeZone"] not in _time_zones():
        raise bad_request("timeZone is not an IANA time zone")
    if parse_time(query["startTime"]) > parse_time(query["endTime"]):
        raise bad_request("startTime is after endTime")
    pbxes = [pbx for name in query["pbxId"].split(",") for pbx in _named(sandbox, name, request.url.path)]
    asked = window(query["startTime"], query["endTime"], query["timeZone"], sandbox.dialect)
    if sandbox.dialect.retention == "error" and asked.last <= oldest_kept(sandbox.clock(), asked.zone):
        raise bad_request("data is kept for two years")
    return Asked(pbxes, asked, query)


def _named(sandbox: Sandbox, name: str, path: str) -> list[Pbx]:
    """Return the PBXs of a name, or refuse it."""
    visible = sandbox.visible_pbxes()
    if sandbox.any_capitals:
        name = next((known for known in ("allpbxes", *visible) if known.lower() == name.lower()), name)
    if name == "allpbxes":
        pbxes = list(visible.values())
        return pbxes if sandbox.dialect.all_pbxes == "equal" else pbxes[:-1]
    if name not in visible:
        raise no_access(name, path, sandbox.clock())
    return [visible[name]]
