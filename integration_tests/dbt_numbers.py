"""Raw rows for the dbt package about numbers, readings and clocks, each PBX for a reason of its own."""

from datetime import date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from integration_tests.dbt_package import Row

READ = datetime(2026, 3, 20, 12)
DAY = date(2026, 3, 2)
MINUTE = 60_000
HOUR = 60 * MINUTE
NOON = 12 * HOUR


def row(day: date, zone: str = "UTC", read: datetime | None = READ, complete: bool = True) -> Row:
    """Return the window fields of a row."""
    start = datetime.combine(day, datetime.min.time(), ZoneInfo(zone)).astimezone(timezone.utc)
    return {
        "report_date": day,
        "window_start": start.replace(tzinfo=None),
        "window_end": start.replace(tzinfo=None) + timedelta(hours=23, minutes=59, seconds=59),
        "time_zone": zone,
        "window_complete": complete,
        "window_read_at": read,
        "_airbyte_extracted_at": READ,
    }


def call(pbx: str, number: str, at: int | None, party: str | None, mark: str = "Missed", **more: Any) -> Row:
    """Return a call record of a day, which began so many milliseconds after midnight in UTC."""
    placed = more.pop("placed", False)
    day = more.pop("day", DAY)
    midnight = int(datetime.combine(day, datetime.min.time(), timezone.utc).timestamp() * 1000)
    start = None if at is None else midnight + at
    return {
        **row(day, more.pop("zone", "UTC")),
        "pbxId": pbx,
        "callId": number,
        "startTimeUTC": start,
        "disconnectedTimeUTC": None if start is None else start + MINUTE,
        "talkTimeMS": MINUTE if mark == "Answered" else 0,
        "direction": "Outgoing" if placed else "Incoming",
        "caller": "1001" if placed else party,
        "callee": party if placed else "1001",
        **{name.lower(): name if name == mark else "-" for name in ("Answered", "Missed", "Abandoned")},
        **more,
    }


def returned(pbx: str, missed: str, back: str, after: int = HOUR) -> list[Row]:
    """Return a missed call and a later call to a number."""
    return [
        call(pbx, "missed", NOON, missed),
        call(pbx, "back", NOON + after, back, "Answered", placed=True),
    ]


CODES = {
    "swiss": "41",
    "french": "33",
    "singapore": "65",
    "australia": "61",
    "spain": "34",
    "berlin": "49",
    "italy": 39,
    "london": "+44",
    "zeros": "0041",
    "usa": "1",
    "abroad": 1,
    "no plus": "41",
    "same end": "1",
}
"""Countries of the PBXs, in the spellings that the variable accepts."""
SAME = {
    "swiss": ("+41446681800", "0446681800"),
    "french": ("+33123456789", "0123456789"),
    "singapore": ("+6561234567", "61234567"),
    "australia": ("+61212345678", "0212345678"),
    "spain": ("+34912345678", "912345678"),
    "berlin": ("+4930123456", "030123456"),
    "italy": ("+390612345678", "0612345678"),
    "london": ("+44 (0)20 7946 0958", "020 7946 0958"),
    "zeros": ("0041 44 668 18 00", "+41 44 668 18 00"),
    "usa": ("617-555-0100", "+1 617 555 0100"),
    "abroad": ("+442079460958", "011442079460958"),
    "no plus": ("41446681800", "0446681800"),
}
"""One number in two forms."""
HASH = "#" + "0a" * 16
OTHER_HASH = "#" + "ab" * 16
CALLS = [
    *(each for pbx, (missed, back) in SAME.items() for each in returned(pbx, missed, back)),
    # The same last eight digits; only a country code tells them apart.
    *returned("same end", "+12125550100", "3125550100"),
    # Hashes match only themselves.
    *returned("hashed", HASH, HASH),
    *returned("other hash", HASH, OTHER_HASH),
    call("hashed", "inside", NOON, "1002"),
    # Withheld numbers are the same number as no other one.
    call("withheld", "null", NOON, None),
    call("withheld", "empty", NOON, ""),
    call("withheld", "word", NOON, "Anonymous"),
    call("withheld", "back", NOON + HOUR, None, "Answered"),
    # Names and numbers were removed.
    call("removed", "missed", NOON, None, callee=None),
    # A day to the millisecond.
    *returned("on time", "+16175550100", "+16175550100", 24 * HOUR),
    *returned("late", "+16175550100", "+16175550100", 24 * HOUR + 1),
    # At the same moment is not later.
    *returned("same moment", "+16175550100", "+16175550100", 0),
    # No start.
    call("no start", "missed", None, "+16175550100"),
    call("no start", "placed", NOON, "+16175550100", placed=True),
    # Calls again on the sixth day, and not within a week of that.
    *(
        call("again", f"{day}-{number}", NOON + number, "+16175550100", "Answered", day=date(2026, 3, day))
        for day, number in ((2, 1), (2, 2), (8, 1), (16, 1))
    ),
    # The clocks of the Chatham Islands go back by an hour at 03:45.
    *(
        call("chatham", str(day), NOON, "+16175550100", day=date(2026, 4, day), zone="Pacific/Chatham")
        for day in (4, 6)
    ),
    # A Monday at 07:59, 08:00 and 17:30, and a holiday at noon.
    *(call("hours", f"{minute}", minute * MINUTE, "+16175550100") for minute in (479, 480, 1050)),
    call("hours", "holiday", NOON, "+16175550100", day=date(2026, 3, 3)),
]

COUNTS = ("Inbound_Total", "Outbound_Total", "Inbound_Answered", "Total_Answered", "Total_Missed")


def extension(pbx: str, number: str, day: date, read: datetime | None = READ, complete: bool = True) -> Row:
    return {
        **row(day, read=read, complete=complete),
        **dict.fromkeys(COUNTS, 1),
        "Outbound_Total": 0,
        "PbxId": pbx,
        "Extension": number,
    }


def company(pbx: str, day: date, calls: int) -> Row:
    counts = ("totalCall", "inboundTotal", "outboundTotal", "totalExtToExt")
    return {**row(day), **dict.fromkeys(counts, calls), "pbxId": pbx}


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


EARLIER = READ - timedelta(days=1)
FEBRUARY = days(date(2026, 2, 1), date(2026, 2, 28))
EXTENSIONS = [
    # The newest reading lacks 1002; of 1003 only an old version's reading is there.
    extension("reread", "1001", DAY, EARLIER, complete=False),
    extension("reread", "1002", DAY, EARLIER, complete=False),
    extension("reread", "1001", DAY),
    extension("reread", "1003", DAY, None),
    extension("old version", "1001", DAY, None),
    extension("old version", "1002", DAY, None),
    # No calls on the first day of the month, a Sunday, nor on the last day, a Saturday.
    *(extension("quiet edges", "1001", day, None) for day in FEBRUARY[1:-1]),
    # The company had calls on days that this stream lacks.
    *(extension("partly loaded", "1001", day, None) for day in FEBRUARY[1:-1]),
    # No company summary: a reading on Monday shows that Sunday was read.
    *(
        extension("reading", "1001", day, datetime(2026, 3, 2, 9))
        for day in days(date(2026, 2, 23), date(2026, 2, 28))
    ),
    # Read once more long after an end date.
    *(extension("end date", "1001", day, READ) for day in days(date(2026, 2, 23), date(2026, 2, 28))),
]
COMPANY = [
    *(company("quiet edges", day, 0 if day in (FEBRUARY[0], FEBRUARY[-1]) else 5) for day in FEBRUARY),
    *(company("partly loaded", day, 5) for day in FEBRUARY),
]


def member(extension_number: str, group: str, read: datetime) -> Row:
    return {
        **row(DAY, read=read),
        "pbxId": "reread",
        "ringGroupExtension": group,
        "extension": extension_number,
        "offered": 4,
        "totalAnswered": 3,
        "totalAdvanced": 1,
        "totalTalkTime": 90_000,
    }


MEMBERS = [
    member("1001", "2001", EARLIER),
    member("1002", "2001", EARLIER),
    member("1001", "2001", READ),
    # Each group is read for itself.
    member("1002", "2002", EARLIER),
]
ACTIVITY = [
    {
        **row(DAY),
        "pbx": "Reread",
        "pbx_id": "p1",
        "ringGroupExtension": "2001",
        "agentExtension": agent,
        "loggedInDuration": logged_in,
        "loggedOutDuration": 24 * HOUR - logged_in,
    }
    for agent, logged_in in (("1001", 180_000), ("1009", 0))
]
AGENTS = [
    {
        **row(DAY, read=read),
        "pbx": "reread",
        "pbx_id": "p1",
        "userId": user,
        "enteredInteractions": 4,
        "acceptedInteractions": 3,
        "missedInteractions": 1,
        "rejectedInteractions": 0,
        "agentTotalTalkTime": 90,
        "totalInteractionTime": 120,
    }
    for user, read in (("u1", EARLIER), ("u2", EARLIER), ("u1", READ))
]
QUEUE_CALLS = [
    {
        **row(DAY),
        "pbx": "reread",
        "pbx_id": "p1",
        "callId": str(number),
        "workGroup_id": "q1",
        "workGroup_groupType": "CALL_QUEUE",
        "startTime": int(datetime(2026, 3, 2, 9, minute, tzinfo=timezone.utc).timestamp() * 1000),
        "connectedTime": 0 if abandoned else 1,
        "waitingDuration": waited,
        "labels": ["WAITING", "ABANDONED"] if abandoned else ["TALKING"],
    }
    for number, (minute, waited, abandoned) in enumerate(
        ((0, 10, False), (19, 300, False), (20, 20, True), (21, 21, True))
    )
]
TABLES = {
    "call_records": CALLS,
    "extension_summary": EXTENSIONS,
    "company_summary": COMPANY,
    "ring_group_member_summary": MEMBERS,
    "ring_group_agent_activity": ACTIVITY,
    "agent_summary": AGENTS,
    "queue_calls": QUEUE_CALLS,
}
