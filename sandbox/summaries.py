"""Extension and company summaries: no date on any row, one row for each key."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sandbox.calls import Call
from sandbox.company import Pbx

Tally = defaultdict[str, int]


def extension_summary(pbx: Pbx, calls: Iterable[Call]) -> list[dict[str, Any]]:
    """Return a row for each extension that made or received a call."""
    return [row for row in every_extension(pbx, calls) if row["Inbound_Total"] or row["Outbound_Total"]]


def every_extension(pbx: Pbx, calls: Iterable[Call]) -> list[dict[str, Any]]:
    """Return a row for each extension, also for one without calls."""
    tallies: dict[str, Tally] = defaultdict(lambda: defaultdict(int))
    for call in calls:
        inside = call.caller is not None and call.callee is not None
        if call.callee is not None:
            _received(tallies[call.callee], call, "Internal" if inside else "External")
        if call.caller is not None:
            _placed(tallies[call.caller], call, "Internal" if inside else "External")
    extensions = {extension.number: extension for extension in pbx.extensions}
    return [
        {
            "PbxId": pbx.name,
            "Extension": number,
            "ServiceType": "UE" if extensions[number].is_user else "RG",
            "FirstName": extensions[number].first_name,
            "LastName": extensions[number].last_name,
            "Branch": extensions[number].branch,
            "Department": extensions[number].department,
            **_numbers(tallies[number]),
            "Email": extensions[number].email,
            "UserName": extensions[number].user_name,
        }
        for number in sorted(extensions)
    ]


def _received(tally: Tally, call: Call, side: str) -> None:
    tally[f"{side} received"] += 1
    if call.answered:
        tally[f"{side} received answered"] += 1
        tally["received talk"] += call.talk
    elif call.abandoned:
        tally[f"{side} received abandoned"] += 1
        tally["abandoned time"] += call.ring
        tally["abandoned"] += 1
    if call.voicemail:
        tally["voicemail"] += 1
    _times(tally, call)


def _placed(tally: Tally, call: Call, side: str) -> None:
    tally[f"{side} placed"] += 1
    if call.answered:
        tally[f"{side} placed answered"] += 1
        tally["placed talk"] += call.talk
    _times(tally, call)


def _times(tally: Tally, call: Call) -> None:
    tally["calls"] += 1
    tally["ring"] += call.ring
    tally["time"] += call.end - call.start


def _side(tally: Tally, side: str) -> dict[str, int]:
    received = tally[f"{side} received"]
    received_answered = tally[f"{side} received answered"]
    placed, placed_answered = tally[f"{side} placed"], tally[f"{side} placed answered"]
    return {
        f"{side}_Inbound_Total": received,
        f"{side}_Inbound_Answered": received_answered,
        f"{side}_Inbound_Abandoned": tally[f"{side} received abandoned"],
        f"{side}_Inbound_Missed": received - received_answered,
        f"{side}_Outbound_Total": placed,
        f"{side}_Outbound_Answered": placed_answered,
        f"{side}_Outbound_Abandoned": placed - placed_answered,
    }


def _numbers(tally: Tally) -> dict[str, int]:
    sides = {**_side(tally, "External"), **_side(tally, "Internal")}
    both = {
        name: sides[f"External_{name}"] + sides[f"Internal_{name}"]
        for name in (
            "Inbound_Total",
            "Inbound_Answered",
            "Inbound_Abandoned",
            "Inbound_Missed",
            "Outbound_Total",
            "Outbound_Answered",
            "Outbound_Abandoned",
        )
    }
    answered = both["Inbound_Answered"] + both["Outbound_Answered"]
    ring = tally["ring"]
    talk = tally["received talk"] + tally["placed talk"]
    return {
        **sides,
        "Percent_External_Inbound_Answered": _percent(sides, "External_Inbound"),
        "Percent_External_Outbound_Answered": _percent(sides, "External_Outbound"),
        **both,
        "Total_Calls_To_VM": tally["voicemail"],
        "Total_Answered": answered,
        "Total_Abandoned": both["Inbound_Abandoned"] + both["Outbound_Abandoned"],
        "Total_Missed": both["Inbound_Missed"],
        "Total_Ring_Time": ring,
        "Total_Talk_Time": talk,
        "Total_Abandoned_Time": tally["abandoned time"],
        "Total_Call_Time": tally["time"],
        "Avg_Ring_Time": ring // (tally["calls"] or 1),
        "Avg_Talk_Time": talk // answered if answered else 0,
        "Inbound_Talk_Time": tally["received talk"],
        "Outbound_Talk_Time": tally["placed talk"],
        "Avg_Abandoned_Time": tally["abandoned time"] // tally["abandoned"] if tally["abandoned"] else 0,
    }


def _percent(sides: dict[str, int], name: str) -> int:
    return round(100 * sides[f"{name}_Answered"] / sides[f"{name}_Total"]) if sides[f"{name}_Total"] else 0


SIDE = (
    "InboundTotal",
    "InboundAnswered",
    "InboundAbandoned",
    "InboundMissed",
    "OutboundTotal",
    "OutboundAnswered",
    "OutboundAbandoned",
)


def company_summary(pbx: Pbx, calls: Iterable[Call]) -> list[dict[str, Any]]:
    """Return the row of a PBX. Counts by side stay 0, as in 8x8's own examples."""
    all_calls = list(calls)
    inbound = [call for call in all_calls if call.caller is None]
    outbound = [call for call in all_calls if call.callee is None]
    inside = [call for call in all_calls if call.caller is not None and call.callee is not None]
    answered = [sum(call.answered for call in part) for part in (inbound, outbound, inside)]
    abandoned = [sum(call.abandoned for call in part) for part in (inbound, outbound, inside)]
    talk, whole = sum(call.talk for call in all_calls), sum(call.end - call.start for call in all_calls)
    ring = sum(call.ring for call in all_calls)
    given_up = sum(call.ring for call in all_calls if call.abandoned)
    row = {
        "pbxId": pbx.name,
        "inboundTotal": len(inbound),
        "outboundTotal": len(outbound),
        **{f"{side}{name}": 0 for side in ("external", "internal") for name in SIDE},
        "externalOutboundMissed": 0,
        "percentExternalInboundAnswered": 0,
        "percentExternalOutboundAnswered": 0,
        "inboundAnswered": answered[0],
        "inboundAbandoned": abandoned[0],
        "inboundMissed": len(inbound) - answered[0],
        "outboundAnswered": answered[1],
        "outboundAbandoned": len(outbound) - answered[1],
        "totalAnswered": sum(answered),
        "totalAbandoned": abandoned[0] + len(outbound) - answered[1] + abandoned[2],
        "totalMissed": len(all_calls) - sum(answered),
        "totalRingTime": ring,
        "totalTalkTime": talk,
        "totalCall": len(all_calls),
        "totalAbandonedTime": given_up,
        "totalCallTime": whole,
        "avgRingTime": ring // max(1, len(all_calls)),
        "avgTalkTime": talk // max(1, sum(answered)),
        "avgCallTime": whole // max(1, len(all_calls)),
        "avgAbandonedTime": given_up // max(1, sum(abandoned)),
        "totalVm": sum(call.voicemail > 0 for call in all_calls),
        "totalExtToExtAbandoned": abandoned[2],
        "totalExtToExtAnswered": answered[2],
        "totalExtToExt": len(inside),
        "totalExtToExtMissed": len(inside) - answered[2],
    }
    return [row] if all_calls else []
