"""Checks as strict as the real API's: sign-in, parameters, access to a PBX."""

from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import available_timezones

from starlette.requests import Request

from sandbox.company import Pbx
from sandbox.errors import bad_key, bad_request, bad_token, no_access, no_category
from sandbox.sandbox import LoggedRequest, Sandbox
from sandbox.variants import is_denied
from sandbox.windows import Window, oldest_kept, parse_time, window

WINDOW = ("pbxId", "startTime", "endTime", "timeZone")
"""The parameters that every report requires."""


@lru_cache(maxsize=1)
def _time_zones() -> set[str]:
    return available_timezones()


def log_request(sandbox: Sandbox, request: Request) -> LoggedRequest:
    """Add a request to the log; its status is 0 until it has a response."""
    query = request.query_params
    return log_line(
        sandbox,
        request,
        pbx=query.get("pbxId", ""),
        start=query.get("startTime", ""),
        end=query.get("endTime", ""),
        time_zone=query.get("timeZone", ""),
    )


def log_line(
    sandbox: Sandbox, request: Request, pbx: str, start: str, end: str, time_zone: str = ""
) -> LoggedRequest:
    """Add a request for a PBX and period to the log."""
    line = LoggedRequest(
        path=request.url.path,
        pbx=pbx,
        start=start,
        end=end,
        time_zone=time_zone,
        user_agent=request.headers.get("user-agent", ""),
        token=request.headers.get("authorization", "")[-8:],
        has_key="8x8-apikey" in request.headers,
    )
    sandbox.requests.append(line)
    return line


def check_key(sandbox: Sandbox, request: Request) -> None:
    """Reject a request without the API key."""
    if request.headers.get("8x8-apikey") != sandbox.api_key:
        raise bad_key()


def check_login(sandbox: Sandbox, request: Request) -> None:
    """Reject a request without the API key and a valid token."""
    check_key(sandbox, request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    problem = sandbox.token_problem(token if scheme == "Bearer" else "")
    if problem:
        raise bad_token(problem)


def check_access(sandbox: Sandbox, request: Request) -> None:
    """Deny a report or a list that the user cannot read."""
    if is_denied(request.url.path, sandbox.variant):
        raise no_category(request.url.path)


@dataclass(frozen=True)
class ReportQuery:
    """The PBXs and the window of a report request, and its parameters as they were sent."""

    pbxes: list[Pbx]
    window: Window
    parameters: dict[str, str]


def report_query(
    sandbox: Sandbox, request: Request, required: tuple[str, ...] = (), optional: tuple[str, ...] = ()
) -> ReportQuery:
    """Return what a report request contains, or reject it.

    Args:
        sandbox: the sandbox.
        request: the request.
        required: parameters that the report requires next to those of every report.
        optional: parameters that it also accepts.
    """
    check_login(sandbox, request)
    check_access(sandbox, request)
    query = dict(request.query_params)
    required_names = {*WINDOW, *required}
    unknown = set(query) - required_names - set(optional)
    repeated = len(request.query_params.multi_items()) != len(query)
    if repeated or unknown or not required_names <= set(query):
        raise bad_request("parameters missing, repeated or unknown")
    if query["timeZone"] not in _time_zones():
        raise bad_request("timeZone is not an IANA time zone")
    if parse_time(query["startTime"]) > parse_time(query["endTime"]):
        raise bad_request("startTime is after endTime")
    pbxes = [pbx for name in query["pbxId"].split(",") for pbx in _named(sandbox, name, request.url.path)]
    requested = window(query["startTime"], query["endTime"], query["timeZone"], sandbox.variant)
    if sandbox.variant.retention == "error" and requested.last <= oldest_kept(
        sandbox.clock(), requested.zone
    ):
        raise bad_request("data is kept for two years")
    return ReportQuery(pbxes, requested, query)


def _named(sandbox: Sandbox, name: str, path: str) -> list[Pbx]:
    """Return the PBXs of a name, or deny access."""
    visible = sandbox.visible_pbxes()
    if sandbox.any_capitals:
        name = next((known for known in ("allpbxes", *visible) if known.lower() == name.lower()), name)
    if name == "allpbxes":
        pbxes = list(visible.values())
        return pbxes if sandbox.variant.all_pbxes == "equal" else pbxes[:-1]
    if name not in visible:
        raise no_access(name, path, sandbox.clock())
    return [visible[name]]
