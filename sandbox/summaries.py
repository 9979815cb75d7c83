"""Extension and company summaries: no date on any row, one row for each key."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

from sandbox.calls import Call
from sandbox.company import Pbx
from sandbox.rows import Row
from sandbox.variants import PLAIN, Variant

Report = Callable[[Pbx, Iterable[Call], Variant], list[Row]]
"""A summary: from a PBX and the calls that end in a window to rows."""
Tally = defaultdict[str, int]

FORMER_DEPARTMENT = "Reception"


def extension_summary(pbx: Pbx, calls: Iterable[Call], variant: Variant = PLAIN) -> list[Row]:
    """Return a row for each extension that placed or received a call."""
    all_calls = list(calls)
    rows = _every_extension(pbx, all_calls)
    if variant.zero_rows == "no":
        rows = _with_calls(rows)
    return _with_repeated_key(pbx, all_calls, rows) if variant.one_row_per_key == "yes" else rows


def _with_calls(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["Inbound_Total"] or row["Outbound_Total"]]


def _with_repeated_key(pbx: Pbx, calls: list[Call], rows: list[Row]) -> list[Row]:
    """Split the row of the busiest extension in two, each with a department and half of the calls."""
    counts = Counter(number for call in calls for number in (call.caller, call.callee) if number)
    number, count = max(sorted(counts.items()), key=lambda item: item[1], default=("", 0))
    if count < 2:
        return rows
    own = [call for call in calls if number in (call.caller, call.callee)]
    halves = (_every_extension(pbx, half) for half in (own[: count // 2], own[count // 2 :]))
    parts = [next(row for row in half if row["Extension"] == number) for half in halves]
    parts[0]["Department"] = FORMER_DEPARTMENT
    place = next(i for i, row in enumerate(rows) if row["Extension"] == number)
    return [*rows[:place], *parts, *rows[place + 1 :]]


def _every_extension(pbx: Pbx, calls: Iterable[Call]) -> list[Row]:
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


def _percent(row: Row, side: str, joint: str = "_") -> int:
    answered, total = row[f"{side}{joint}Answered"], row[f"{side}{joint}Total"]
    return round(100 * answered / total) if total else 0


SIDE = (
    "InboundTotal",
    "InboundAnswered",
    "InboundAbandoned",
    "InboundMissed",
    "OutboundTotal",
    "OutboundAnswered",
    "OutboundAbandoned",
)


def company_summary(pbx: Pbx, calls: Iterable[Call], variant: Variant = PLAIN) -> list[Row]:
    """Return the row of a PBX. Its external and internal counts are 0, as in 8x8's own examples."""
    all_calls = list(calls)
    inbound = [call for call in all_calls if call.caller is None]
    outbound = [call for call in all_calls if call.callee is None]
    inside = [call for call in all_calls if call.caller is not None and call.callee is not None]
    answered = [sum(call.answered for call in part) for part in (inbound, outbound, inside)]
    abandoned = [sum(call.abandoned for call in part) for part in (inbound, outbound, inside)]
    talk, whole = sum(call.talk for call in all_calls), sum(call.end - call.start for call in all_calls)
    ring = sum(call.ring for call in all_calls)
    given_up = sum(call.ring for call in all_calls if call.abandoned)
    row: Row = {
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
    if variant.company_sides == "yes":
        row |= _company_sides(row)
    return [row] if all_calls else []


def _company_sides(row: Row) -> Row:
    """Return the external and internal counts; each internal call is both received and placed."""
    outcomes = ("Total", "Answered", "Abandoned", "Missed")
    inside = {name: row[f"totalExtToExt{name.removeprefix('Total')}"] for name in outcomes}
    return {
        **{f"externalInbound{name}": row[f"inbound{name}"] for name in outcomes},
        **{f"externalOutbound{name}": row[f"outbound{name}"] for name in outcomes[:3]},
        **{f"internalInbound{name}": count for name, count in inside.items()},
        **{f"internalOutbound{name}": inside[name] for name in ("Total", "Answered")},
        "internalOutboundAbandoned": inside["Missed"],
        "externalOutboundMissed": row["outboundAbandoned"],
        "percentExternalInboundAnswered": _percent(row, "inbound", ""),
        "percentExternalOutboundAnswered": _percent(row, "outbound", ""),
    }
