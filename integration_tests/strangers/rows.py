"""The usual rows of each report, and the pages that they come in."""

from typing import Any

from integration_tests.strangers.exchange import Reply, Request, Row

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
