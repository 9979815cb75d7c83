"""Checks as strict as those of the real API: login, parameters, access to a PBX."""

from zoneinfo import available_timezones

from starlette.requests import Request

from sandbox.sandbox import LoggedRequest, Sandbox
from sandbox.wire import bad_key, bad_request, bad_token, no_access, parse_time

WINDOW = ("pbxId", "startTime", "endTime", "timeZone")
"""The parameters that every report needs."""


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


def report_query(
    sandbox: Sandbox, request: Request, more: tuple[str, ...] = (), optional: tuple[str, ...] = ()
) -> dict[str, str]:
    """Return the parameters of a report request, `more` beside those of every report, or refuse it."""
    check_login(sandbox, request)
    query = dict(request.query_params)
    needed = {*WINDOW, *more}
    unknown = set(query) - needed - set(optional)
    if len(request.query_params.multi_items()) != len(query) or unknown or not needed <= set(query):
        raise bad_request("parameters missing, repeated or unknown")
    if query["timeZone"] not in available_timezones():
        raise bad_request("timeZone is not an IANA time zone")
    if parse_time(query["startTime"]) > parse_time(query["endTime"]):
        raise bad_request("startTime is after endTime")
    names = [_spelling(sandbox, name, request.url.path) for name in query["pbxId"].split(",")]
    return {**query, "pbxId": ",".join(names)}


def _spelling(sandbox: Sandbox, name: str, path: str) -> str:
    """Return a PBX name as the company spells it, or refuse it."""
    known = {"allpbxes", *sandbox.visible_pbxes()}
    if sandbox.any_capitals:
        name = next((pbx for pbx in known if pbx.lower() == name.lower()), name)
    if name not in known:
        raise no_access(name, path, sandbox.clock())
    return name
