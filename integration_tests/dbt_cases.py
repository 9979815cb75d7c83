"""Raw rows made by hand for the dbt package, each for a reason that stands beside it."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from integration_tests.dbt_package import Row

ZONE = ZoneInfo("America/New_York")
READ = datetime(2026, 3, 10, 16, 10)
"""When the loader read the rows, in UTC: 12:10 of the local day in progress."""
OPEN_DAY = date(2026, 3, 10)
SHORT_DAY = date(2026, 3, 8)
MINUTE = 60_000


def window(day: date) -> Row:
    """Return the window fields of a row."""
    return {
        "report_date": day,
        "window_start": datetime.combine(day, datetime.min.time()) + timedelta(hours=5),
        "window_end": datetime.combine(day, datetime.min.time())
        + timedelta(hours=28, minutes=59, seconds=59),
        "time_zone": ZONE.key,
        "window_complete": day < OPEN_DAY,
        "_airbyte_extracted_at": READ,
    }


def milliseconds(local: str, fold: int = 0) -> int:
    """Return a local time as epoch milliseconds."""
    moment = datetime.fromisoformat(local).replace(tzinfo=ZONE, fold=fold)
    return int(moment.astimezone(timezone.utc).timestamp() * 1000)


def call(number: int, start: str, caller: str | None, callee: str, *marks: str, **more: Any) -> Row:
    """Return a call record of one minute."""
    begin = milliseconds(start, more.pop("fold", 0))
    return {
        **window(date.fromisoformat(start[:10])),
        "pbxId": "acmecorp",
        "callId": str(number),
        "startTimeUTC": begin,
        "disconnectedTimeUTC": begin + MINUTE,
        "talkTimeMS": MINUTE if "Answered" in marks else 0,
        "ringDuration": 4_500,
        "waitTimeMS": 0,
        "direction": "Incoming",
        "caller": caller,
        "callee": callee,
        **{name.lower(): name if name in marks else "-" for name in ("Answered", "Missed", "Abandoned")},
        **more,
    }


def placed(number: int, start: str, caller: str, callee: str, **more: Any) -> Row:
    return call(number, start, caller, callee, "Answered", direction="Outgoing", **more)


CALLS = [
    # Called back within a day, with the number spelled otherwise.
    call(1, "2026-03-02 09:00", "+1 (617) 555-0100", "1001", "Missed", "Abandoned"),
    placed(2, "2026-03-02 10:30", "1001", "6175550100"),
    # Called back too late.
    call(3, "2026-03-02 09:05", "+16175550101", "1001", "Missed"),
    placed(4, "2026-03-03 15:05", "1001", "+16175550101"),
    # Called back by another PBX only; called again, and answered.
    call(5, "2026-03-02 09:10", "+16175550102", "1001", "Missed"),
    placed(6, "2026-03-02 09:20", "3001", "+16175550102", pbxId="acme-apac"),
    call(7, "2026-03-02 11:00", "+16175550102", "1001", "Answered"),
    # A number that was called before it called; a withheld number; a colleague.
    placed(8, "2026-03-02 08:00", "1001", "+16175550103"),
    call(9, "2026-03-02 09:15", "+16175550103", "1001", "Missed"),
    call(10, "2026-03-02 09:20", "Anonymous", "1001", "Missed"),
    call(11, "2026-03-02 09:25", "1002", "1001", "Missed"),
    # Neither answered, missed nor abandoned; only abandoned; no caller; a direction of its own.
    call(12, "2026-03-02 09:30", "+16175550104", "1001"),
    call(13, "2026-03-02 09:31", "+16175550104", "1001", "Abandoned"),
    call(14, "2026-03-02 09:32", None, 'Müller\'s "佐藤"', "Answered", departments=["O'Malley", '"佐藤"']),
    # Just before and just after the hour that the clocks skip.
    call(15, "2026-03-08 01:59:59", "+16175550105", "1001", "Answered"),
    call(16, "2026-03-08 03:00", "+16175550105", "1001", "Answered"),
    # Missed today: there is still time.
    call(17, "2026-03-10 12:00", "+16175550106", "1001", "Missed"),
    # Began before the first day that was loaded.
    {**call(18, "2026-03-01 23:59:30", "+16175550107", "1001", "Answered"), **window(date(2026, 3, 2))},
    # Both in the half hour that the clocks repeat.
    *(
        call(
            19 + fold, "2025-11-02 01:40", "+16175550108", "2001", "Answered", pbxId="acme-europe", fold=fold
        )
        for fold in (0, 1)
    ),
]

NAMES = [("Siobhán", 'Ní "D\'huibhir"'), ("美玲", None), (None, "الهاشمي"), (None, None), ("", "")]
COUNTS = (
    *("Inbound_Total", "Outbound_Total", "Inbound_Answered", "Total_Answered", "Total_Missed"),
    *("Total_Abandoned", "Total_Talk_Time", "Total_Ring_Time", "External_Inbound_Total"),
    *("External_Outbound_Total", "Internal_Inbound_Total"),
)
EXTENSIONS = [
    {
        **window(date(2026, 3, 2)),
        **dict.fromkeys(COUNTS, 0),
        "PbxId": "acmecorp",
        "Extension": f"{number:04d}",
        "FirstName": first,
        "LastName": last,
    }
    for number, (first, last) in enumerate(NAMES)
]


def queue_call(number: int, waited: str, connected: bool, *labels: str, **more: Any) -> Row:
    return {
        **window(date(2026, 3, 2)),
        "pbx": "acmecorp",
        "pbx_id": "p1",
        "callId": str(number),
        "workGroup_id": "q1",
        "workGroup_groupType": "CALL_QUEUE",
        "startTime": milliseconds("2026-03-02 09:00"),
        "connectedTime": milliseconds("2026-03-02 09:01") if connected else 0,
        "waitingDuration": Decimal(waited),
        "labels": list(labels),
        **more,
    }


QUEUE_CALLS = [
    queue_call(1, "20", True, "WAITING", "TALKING", "FINISHED"),
    queue_call(2, "20.5", True, "WAITING", "TALKING", "FINISHED"),
    queue_call(3, "3", False, "WAITING", "ABANDONED"),
    queue_call(4, "60", False, "WAITING", "IN_VOICEMAIL", "FINISHED"),
    queue_call(5, "1", True, "TALKING", workGroup_groupType="RING_GROUP"),
    queue_call(6, "30", False, "WAITING", "ABANDONED", workGroup_id="q2"),
]
QUEUES = [
    {
        **window(date(2026, 3, 2)),
        "pbx": "acmecorp",
        "pbx_id": "p1",
        "id": queue,
        "name": "Ventes d'été",
        "enteredCalls": entered,
        "acceptedCalls": accepted,
        "abandonedInWaitingCalls": waiting,
        "abandonedInHandlingCalls": handling,
        "missedCalls": 1,
        "divertedCalls": 0,
        "totalHandlingTime": Decimal("300.5"),
        "totalWaitingTime": 90,
        "totalTalkTime": 250,
        "totalOnHoldTime": 0,
    }
    for queue, entered, accepted, waiting, handling in (
        ("q1", 9, 4, 2, 2),
        ("q2", 7, 4, 2, None),
        ("q3", 2, 0, 0, 0),
    )
]
AGENTS = [
    {
        **window(date(2026, 3, 2)),
        "pbx": "acmecorp",
        "pbx_id": "p1",
        "queueId": "q1",
        "userId": user,
        "agentName": "João",
        "enteredInteractions": entered,
        "acceptedInteractions": accepted,
        "missedInteractions": 1,
        "rejectedInteractions": 0,
        "agentTotalTalkTime": 90,
        "totalInteractionTime": 100,
    }
    for user, entered, accepted in (("u1", 4, 3), ("u2", 0, 0))
]
TABLES = {
    "call_records": CALLS,
    "extension_summary": EXTENSIONS,
    "queue_calls": QUEUE_CALLS,
    "call_queue_summary": QUEUES,
    "call_queue_agent_summary": AGENTS,
}
