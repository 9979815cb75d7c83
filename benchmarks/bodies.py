"""Prebuilt bodies: an extension summary and pages of call legs."""

import orjson

COUNTS = [
    f"{side}_{name}"
    for side in ("External", "Internal")
    for name in (
        "Inbound_Total", "Inbound_Answered", "Inbound_Abandoned", "Inbound_Missed",
        "Outbound_Total", "Outbound_Answered", "Outbound_Abandoned",
    )
]  # fmt: skip
OTHER = [
    "Percent_External_Inbound_Answered", "Percent_External_Outbound_Answered", "Inbound_Total",
    "Inbound_Answered", "Inbound_Abandoned", "Inbound_Missed", "Total_Calls_To_VM", "Outbound_Total",
    "Outbound_Answered", "Outbound_Abandoned", "Total_Answered", "Total_Abandoned", "Total_Missed",
    "Total_Ring_Time", "Total_Talk_Time", "Total_Abandoned_Time", "Total_Call_Time", "Avg_Ring_Time",
    "Avg_Talk_Time", "Inbound_Talk_Time", "Outbound_Talk_Time", "Avg_Abandoned_Time",
]  # fmt: skip


def summary(rows: int) -> bytes:
    """Return an extension summary with that many rows of 45 fields."""
    return orjson.dumps(
        [
            {
                "PbxId": "acmecorp",
                "Extension": str(10_000 + i),
                "ServiceType": "UE",
                "FirstName": "Alexandra",
                "LastName": f"Worthington-{i}",
                "Branch": "Headquarters",
                "Department": "Customer Support",
                **{name: (i * 7 + j) % 97 for j, name in enumerate(COUNTS + OTHER)},
                "Email": f"alexandra.worthington{i}@acme.example",
                "UserName": f"alexandra.worthington{i}",
            }
            for i in range(rows)
        ]
    )


PAGE = 2000


def leg_pages(pages: int) -> list[bytes]:
    """Return the pages of a day of call legs, and the empty one after them."""
    leg: dict[str, object] = {
        **dict.fromkeys(LEG_TEXTS, ""),
        **dict.fromkeys(LEG_NULLS),
        "startTimeUTC": 1643898447493,
        "startTime": "2022-02-03T09:27:27.493-0500",
        "connectTimeUTC": 0,
        "connectTime": "0",
        "disconnectedTimeUTC": 1643898507493,
        "disconnectedTime": "2022-02-03T09:28:27.493-0500",
        "talkTimeMS": 0,
        "talkTime": "00:00:00",
        "lraType": 0,
        "calleeHoldDurationMS": 0,
        "callTime": 60000,
        "pbxId": "acmecorp",
        "departments": ["Customer Support"],
        "branches": ["Headquarters"],
        "callerName": "Alexandra Worthington",
        "caller": "+16175550100",
        "status": "Completed",
    }
    rows = [
        {**leg, "callId": f"@page{i // 2:09}", "legId": str(1 + i % 2), **_caller(i // 2)}
        for i in range(PAGE)
    ]
    data = orjson.dumps(rows)
    meta = b'{"meta":{"totalRecordCount":%d,"scrollId":"p%d"},"data":'
    whole = [
        meta % (pages * PAGE, i + 1) + data.replace(b"@page", b"%d" % (1600 + i)) + b"}" for i in range(pages)
    ]
    return [*whole, b'{"meta":{"totalRecordCount":0,"scrollId":"No Data"},"data":[]}']


LEG_TEXTS = [
    "callee", "calleeName", "lra", "direction", "dnis", "callerDeviceModel", "calleeDeviceModel", "callerId",
    "missed", "abandoned", "answered", "cause", "calleeSvcName", "calleeSvcType", "calleeHoldDuration",
    "calleeDisconnectOnHold", "callerDisconnectOnHold", "sipCallId", "recordServiceOn", "bargeServiceOn",
    "masterSlaveExts", "propsLastPartyDisp", "accountCode", "aaPath",
]  # fmt: skip
LEG_NULLS = [
    "parentCallId", "transferToCallId", "callerDeviceId", "calleeDeviceId", "callerSvcName", "callerSvcType",
]  # fmt: skip


def _caller(call: int) -> dict[str, object]:
    """Return a caller who appears once per page, as in reality, so that cached hashes save little."""
    return {"caller": f"+1@page{call:06}", "callerName": f"Alexandra Worthington {call}"}
