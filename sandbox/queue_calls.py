"""The rows of the endpoint `calls`: each call to a queue that ends in the window."""

from sandbox.calls import Call
from sandbox.company import CallQueue, Extension
from sandbox.queue_truth import QueueWindow
from sandbox.rows import Row


def call_rows(window: QueueWindow) -> list[Row]:
    """Return the rows, in no particular order."""
    queues = {queue.number: queue for queue in window.queues}
    return [
        _call_row(call, queues[call.group], window.pbx.people)
        for call in window.calls
        if call.group in queues
    ]


def _call_row(call: Call, queue: CallQueue, people: dict[str, Extension]) -> Row:
    labels = ["WAITING"]
    labels += ["ALERTING", "MISSED"] if call.offered else []
    labels += ["ALERTING", "TALKING"] if call.answered else []
    labels += ["IN_VOICEMAIL"] if call.voicemail else []
    labels += ["ABANDONED"] if call.abandoned else ["DISCONNECTED", "FINISHED"]
    row: Row = {
        "callId": str(call.call_id),
        "workGroup": {"id": queue.id, "extension": queue.number, "groupType": "CALL_QUEUE"},
        "caller": {"id": f"Outside,{call.outside}", "address": call.outside, "name": "Outside"},
        "status": "COMPLETED",
        "latestLabel": labels[-1],
        "outcome": "ABANDONED" if call.abandoned else "FINISHED",
        "labels": labels,
        "startTime": call.start,
        "stopTime": call.end,
        "connectedTime": call.start + call.ring if call.answered else 0,
        "waitingDuration": call.ring / 1000,
        "handlingDuration": call.talk / 1000,
        "talkingDuration": call.talk / 1000,
        "onHoldDuration": 0,
        "totalDuration": (call.end - call.start) / 1000,
        "did": queue.number,
        "direction": "INBOUND",
    }
    if call.voicemail:
        row["resolution"] = "ENDED_IN_VOICEMAIL"
    elif not call.answered and not call.abandoned:
        row["resolution"] = "OFFER_TIMEOUT"
    last = call.callee if call.answered else next(reversed(call.offered), None)
    if last:
        person = people[last]
        row["latestCallee"] = {
            "address": last,
            "name": f"{person.first_name} {person.last_name}",
            "deviceId": f"device-{last}",
            "deviceModel": "voo8x8",
        }
    return row
