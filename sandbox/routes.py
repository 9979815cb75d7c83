"""The endpoints: a handler for each."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sandbox.checks import check_access, check_key, check_login, log_request, report_query
from sandbox.errors import ApiError, bad_login, bad_request, list_error
from sandbox.lists import child_rows, pbx_rows
from sandbox.middleware import FaultyServer, HeaderServer
from sandbox.queue_routes import QUEUE_HANDLERS
from sandbox.responses import json_response, summary_response
from sandbox.ring_groups import ring_group_members, ring_group_summary
from sandbox.rows import Row, position, read_scroll_id, report_rows, scroll_id
from sandbox.sandbox import BASE_PATH, Sandbox
from sandbox.summaries import Report, company_summary, extension_summary

Handler = Callable[[Sandbox, Request], Awaitable[Response]]

LISTS = {"sites": "siteList", "queues": "queueList", "agents": "agentList"}


def app(sandbox: Sandbox) -> ASGIApp:
    """Return the application that serves a sandbox, faults included."""
    handlers: dict[str, Handler] = {
        "v2/extsum": partial(_summary, extension_summary),
        "v1/compsum": partial(_summary, company_summary),
        "v2/rgsum-groups": partial(_summary, ring_group_summary),
        "v2/rgsum-members": _members,
        "v2/call-records": partial(_calls, False),
        "v2/call-legs": partial(_calls, True),
        **{f"v2/pbxes/{{pbx}}/{name}": handler for name, handler in QUEUE_HANDLERS.items()},
        "v2/pbxes/{pbx}/{what}": _children,
        "v2/pbxes": _pbxes,
    }
    routes = [
        Route(f"{BASE_PATH}/v1/oauth/token", partial(_token, sandbox), methods=["POST"]),
        *(
            Route(f"{BASE_PATH}/{path}", partial(handler, sandbox), methods=["GET"])
            for path, handler in handlers.items()
        ),
        Route("/sandbox/requests", partial(_log, sandbox), methods=["GET"]),
    ]
    api = Starlette(routes=routes, exception_handlers={ApiError: _error})
    return FaultyServer(HeaderServer(api, sandbox), sandbox)


async def _token(sandbox: Sandbox, request: Request) -> Response:
    line = log_request(sandbox, request)
    check_key(sandbox, request)
    if request.headers.get("content-type") != "application/x-www-form-urlencoded":
        raise bad_login("invalid_request", "CONTENT_TYPE_ERROR")
    form = parse_qs((await request.body()).decode(), strict_parsing=True)
    if form.get("username") != [sandbox.username]:
        raise bad_login("invalid_grant", "USER_NOTFOUND_ERROR")
    if form.get("password") != [sandbox.password]:
        raise bad_login("invalid_grant", "PASSWORD_ERROR")
    line.status = 200
    lifetime = int(sandbox.token_lifetime) or 1
    return json_response(
        {"access_token": sandbox.issue_token(), "token_type": "bearer", "expires_in": lifetime}
    )


async def _summary(report: Report, sandbox: Sandbox, request: Request) -> Response:
    line = log_request(sandbox, request)
    query = report_query(sandbox, request)
    await asyncio.sleep(sandbox.delay())
    line.status = 200
    rows = sandbox.summary_in(report, query.pbxes, query.window)
    return summary_response(rows, sandbox.variant, str(request.url))


async def _members(sandbox: Sandbox, request: Request) -> Response:
    line = log_request(sandbox, request)
    query = report_query(sandbox, request, required=("extId", "collapse"))
    if query.parameters["collapse"] != "true":
        raise bad_request("collapse is true or left out")
    await asyncio.sleep(sandbox.delay())
    line.status = 200
    report = partial(ring_group_members, query.parameters["extId"])
    rows = sandbox.summary_in(report, query.pbxes, query.window)
    return summary_response(rows, sandbox.variant, str(request.url))


async def _calls(of_legs: bool, sandbox: Sandbox, request: Request) -> Response:
    line = log_request(sandbox, request)
    query = report_query(sandbox, request, required=("pageSize",), optional=("scrollId",))
    size, scroll = query.parameters["pageSize"], query.parameters.get("scrollId")
    if not size.isdigit() or not 1 <= int(size) <= 7000:
        raise bad_request("pageSize is 1 to 7000")
    await asyncio.sleep(sandbox.delay())
    rows = left = sandbox.calls_in(of_legs, query.pbxes, query.window)
    if scroll is not None:
        after = read_scroll_id(scroll)
        left = [row for row in rows if position(row) < after]
    page = left[: int(size)]
    line.status = 200
    if not page:
        return json_response({"meta": {"totalRecordCount": 0, "scrollId": "No Data"}, "data": []})
    meta = {"totalRecordCount": len(rows), "scrollId": scroll_id(page[-1])}
    return json_response({"meta": meta, "data": report_rows(page, sandbox.variant)})


async def _pbxes(sandbox: Sandbox, request: Request) -> Response:
    rows = pbx_rows(sandbox.pbxes().values(), set(sandbox.visible_pbxes()), sandbox.variant)
    return _list_page(sandbox, request, "pbxList", rows)


async def _children(sandbox: Sandbox, request: Request) -> Response:
    pbx, what = sandbox.pbx_with_id(request.path_params["pbx"]), request.path_params["what"]
    denied = "denied" in sandbox.variant.deleted_pbxes
    if pbx is None or what not in LISTS or not (denied or sandbox.is_readable(pbx)):
        raise list_error(404, "not found")
    if not sandbox.is_readable(pbx):
        raise list_error(403, "user(reports.supervisor) does not have access to make this request.")
    return _list_page(sandbox, request, LISTS[what], child_rows(pbx, what, sandbox.extra_agents))


def _list_page(sandbox: Sandbox, request: Request, name: str, rows: list[Row]) -> Response:
    """Return the page of a list that was requested."""
    line = log_request(sandbox, request)
    check_login(sandbox, request)
    check_access(sandbox, request)
    query = dict(request.query_params)
    if not set(query) <= {"page", "size"} or not all(value.isdigit() for value in query.values()):
        raise bad_request("page and size are numbers")
    number, size = int(query.get("page", "0")), int(query.get("size", "50"))
    if not 1 <= size <= 100:
        raise bad_request("size is 1 to 100")
    pages = -(-len(rows) // size)
    shown = rows[number * size : (number + 1) * size]
    links = {"self": {"href": str(request.url.path)}}
    if number + 1 < pages:
        links["next"] = {"href": f"{request.url.path}?page={number + 1}&size={size}"}
    page = {"size": size, "totalElements": len(rows), "totalPages": pages, "number": number}
    line.status = 200
    return json_response({**({"_embedded": {name: shown}} if shown else {}), "_links": links, "page": page})


async def _log(sandbox: Sandbox, _: Request) -> Response:
    return json_response([vars(line) for line in sandbox.requests])


async def _error(_: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)  # noqa: S101 - Starlette's type is wider than its call
    return json_response(error.body, error.status)
