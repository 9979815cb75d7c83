"""How answers are worded: refusals, times, scroll ids."""

from base64 import b64decode, b64encode
from datetime import datetime, timezone
from typing import Any
from zoneinfo import ZoneInfo

Position = tuple[int, str, int, int]
"""Start, PBX, call and leg of a row: pages are sorted by it, in descending order."""


class Refusal(Exception):  # noqa: N818 - an answer of the API, not a failure of the sandbox
    """An answer other than a report."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


def bad_key() -> Refusal:
    """Return the answer to a wrong API key."""
    detail = {"type": "invalidValue", "location": "header", "path": ["8x8-apikey"], "hint": "unknown key"}
    return Refusal(
        400, {"status": 400, "message": "Invalid 8x8-apikey", "code": "SHA001", "details": [detail]}
    )


def bad_login(error: str, description: str) -> Refusal:
    """Return the answer to a login that fails."""
    return Refusal(400, {"error_description": description, "error": error})


def bad_token(description: str) -> Refusal:
    """Return the answer to a token that is not valid."""
    return Refusal(401, {"error": "invalid_token", "error_description": description})


def bad_request(message: str) -> Refusal:
    """Return the answer to parameters that are wrong."""
    return Refusal(400, {"status": 400, "message": message, "code": "400-BAD-REQUEST"})


def no_access(pbx: str, path: str, now: datetime) -> Refusal:
    """Return the answer of a report to a PBX that the user cannot see."""
    message = f"user(reports.supervisor) does not have access to pbxId({pbx}) to make this request."
    return Refusal(
        403,
        {
            "timeStamp": int(now.timestamp() * 1000),
            "status": 403,
            "error": "Access Denied",
            "exception": message,
            "message": message,
            "path": path,
        },
    )


def not_found() -> Refusal:
    """Return the answer of a list that does not exist."""
    body = {"timestamp": "2026-01-01T00:00:00Z", "status": 404, "messages": ["not found"], "path": ""}
    return Refusal(404, body)


def parse_time(text: str) -> datetime:
    """Read a startTime or endTime, which has no zone."""
    try:
        moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        moment = None
    if moment is None or f"{moment:%Y-%m-%d %H:%M:%S}" != text:
        raise bad_request("a time is not of the form YYYY-MM-DD HH:MM:SS")
    return moment


def instant(text: str, zone: str, fold: int) -> datetime:
    """Return the moment of a wall-clock time in a zone, as UTC; `fold` 1 is the second of a repeated hour."""
    return parse_time(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(timezone.utc)


def position(row: dict[str, Any]) -> Position:
    """Return the position of a call record or leg."""
    return row["startTimeUTC"], row["pbxId"], int(row["callId"]), int(row.get("legId", 0))


def scroll_id(row: dict[str, Any]) -> str:
    """Return the scroll id of a page that ends with a row."""
    leg = f"_{row['legId']}" if "legId" in row else ""
    return b64encode(f"{row['pbxId']}_{row['callId']}{leg}_{row['startTimeUTC']}".encode()).decode()


def read_scroll_id(text: str) -> Position:
    """Return the position after which a page begins."""
    try:
        pbx, call, *leg, start = b64decode(text, validate=True).decode().split("_")
        return int(start), pbx, int(call), int(leg[0]) if leg else 0
    except ValueError:
        raise bad_request("scrollId is not one of ours") from None
