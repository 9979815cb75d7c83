"""Call records and legs: one record per call, one leg for each phone that rang."""

from datetime import datetime, timezone
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.calls import OFFER, Call
from sandbox.company import Extension, Pbx

NEVER = "0"


@lru_cache(maxsize=100_000)  # each page of a day writes the whole day
def _text(moment: int, zone: ZoneInfo) -> str:
    """Return a moment as 8x8 writes it: milliseconds, and an offset without a colon."""
    local = datetime.fromtimestamp(moment / 1000, timezone.utc).astimezone(zone)
    return f"{local:%Y-%m-%dT%H:%M:%S}.{moment % 1000:03d}{local:%z}"


def _clock(milliseconds: int) -> str:
    seconds = milliseconds // 1000
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _times(start: int, connect: int, end: int, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "startTimeUTC": start,
        "startTime": _text(start, zone),
        "connectTimeUTC": connect,
        "connectTime": _text(connect, zone) if connect else NEVER,
        "disconnectedTimeUTC": end,
        "disconnectedTime": _text(end, zone),
    }


def _name(extension: Extension | None) -> str:
    return f"{extension.first_name} {extension.last_name}".strip() if extension else ""


def _parties(call: Call, people: dict[str, Extension], callee: str | None) -> dict[str, Any]:
    caller = people.get(call.caller or "")
    called = people.get(callee or "")
    known = [party for party in (caller, called) if party]
    return {
        "caller": call.caller or call.outside,
        "callerName": _name(caller) or call.outside,
        "callee": callee or call.outside,
        "calleeName": _name(called),
        "callerId": f"{_name(caller) or 'Outside'},{call.caller or call.outside}",
        "dnis": "+16175550100" if call.caller is None else "",
        "direction": "Outgoing" if call.callee is None else "Incoming",
        "departments": sorted({party.department for party in known if party.department}) or None,
        "branches": sorted({party.branch for party in known}) or None,
    }


def record(pbx: Pbx, call: Call, zone: ZoneInfo) -> dict[str, Any]:
    """Return the record of a call."""
    people = pbx.people
    connect = call.start + call.ring if call.answered else 0
    return {
        **_parties(call, people, call.callee),
        "aaDestination": None,
        "callId": str(call.call_id),
        **_times(call.start, connect, call.end, zone),
        "talkTimeMS": call.talk,
        "talkTime": _clock(call.talk),
        "missed": "-" if call.answered else "Missed",
        "abandoned": "Abandoned" if call.abandoned else "-",
        "answered": "Answered" if call.answered else "-",
        "answeredTime": connect,
        "calleeDisconnectOnHold": "",
        "callerDisconnectOnHold": "",
        "pbxId": call.pbx,
        "sipCallId": f"{call.call_id:x}@acme.example",
        "lastLegDisposition": "Voicemail" if call.voicemail else ("Connected" if call.answered else "Missed"),
        "callLegCount": str(len(call.offered) + 1),
        "callTime": call.end - call.start,
        "ringDuration": call.ring,
        "abandonedTime": call.ring if call.abandoned else 0,
        "calleeHoldDurationMS": 0,
        "calleeHoldDuration": _clock(0),
        "waitTimeMS": 0,
        "waitTime": _clock(0),
    }


def legs(pbx: Pbx, call: Call, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Return the legs of a call: those that were not answered, then the last one."""
    people = pbx.people
    earlier = []
    for i, member in enumerate(call.offered):
        begin = call.start + OFFER * i
        earlier.append(_leg(call, people, zone, i + 1, member, begin, 0, begin + OFFER, "Ring No Answer"))
    begin = call.start + OFFER * len(call.offered)
    connect = call.start + call.ring if call.answered else 0
    last = _leg(call, people, zone, len(earlier) + 1, call.callee, begin, connect, call.end, "Normal")
    return [*earlier, last]


def _leg(
    call: Call,
    people: dict[str, Extension],
    zone: ZoneInfo,
    number: int,
    callee: str | None,
    begin: int,
    connect: int,
    end: int,
    cause: str,
) -> dict[str, Any]:
    return {
        "callId": str(call.call_id),
        "legId": str(number),
        **_times(begin, connect, end, zone),
        "talkTimeMS": call.talk if connect else 0,
        "talkTime": _clock(call.talk if connect else 0),
        **_parties(call, people, callee),
        "lra": "",
        "parentCallId": None,
        "transferToCallId": None,
        "status": "Completed",
        "callerDeviceId": None,
        "calleeDeviceId": None,
        "callerDeviceModel": "",
        "calleeDeviceModel": "",
        "missed": "-" if connect else "Missed",
        "abandoned": "Abandoned" if call.abandoned and cause == "Normal" else "-",
        "answered": "Answered" if connect else "-",
        "cause": cause,
        "callerSvcName": None,
        "callerSvcType": None,
        "calleeSvcName": "VMadvanced" if call.voicemail and cause == "Normal" else "",
        "calleeSvcType": "",
        "lraType": 3 if call.group else 0,
        "calleeHoldDurationMS": 0,
        "calleeHoldDuration": _clock(0),
        "calleeDisconnectOnHold": "",
        "callerDisconnectOnHold": "",
        "pbxId": call.pbx,
        "sipCallId": f"{call.call_id:x}@acme.example",
        "recordServiceOn": "",
        "bargeServiceOn": "",
        "masterSlaveExts": "",
        "propsLastPartyDisp": "Voicemail" if call.voicemail else "",
        "accountCode": "",
        "aaPath": "",
        "callTime": end - begin,
    }
