"""How answers are worded: refusals, fields of rows, scroll ids."""

from base64 import b64decode, b64encode
from datetime import datetime
from typing import Any

import orjson

from sandbox.dialects import Dialect

Row = dict[str, Any]
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


def no_category(path: str) -> Refusal:
    """Return the answer to a report or list that the user may not read at all."""
    if "/pbxes" in path:
        return _list_refusal(403, "user(reports.supervisor) does not have access to make this request.")
    message = "user(reports.supervisor) does not have access to api category(CDR)."
    return Refusal(400, {"status": 400, "message": message, "code": "105-400-038"})


def not_found() -> Refusal:
    """Return the answer of a list that does not exist."""
    return _list_refusal(404, "not found")


def _list_refusal(status: int, message: str) -> Refusal:
    body = {"timestamp": "2026-01-01T00:00:00Z", "status": status, "messages": [message], "path": ""}
    return Refusal(status, body)


def worded(rows: list[Row], dialect: Dialect) -> list[Row]:
    """Return the rows of a report with the fields that a dialect has."""
    if dialect.windows_add_up == "different":
        rows = [{name: _whole_seconds(name, value) for name, value in row.items()} for row in rows]
    if "other type" in dialect.fields:
        rows = [{**row, **number_as_text(row)} for row in rows]
    if "missing" in dialect.fields:
        rows = [dict(list(row.items())[:-1]) for row in rows]
    if "new" in dialect.fields:
        rows = [{**row, "notDocumented": 7} for row in rows]
    return rows


def number_as_text(row: Row) -> Row:
    """Return the first count or duration of a row (or flag, if there is none) as text."""
    name = next(name for name, value in row.items() if isinstance(value, int) and not name.endswith("UTC"))
    return {name: orjson.dumps(row[name]).decode()}


def _whole_seconds(name: str, value: Any) -> Any:
    return value // 1000 * 1000 if name.lower().startswith("total") and name.endswith("Time") else value


def position(row: Row) -> Position:
    """Return the position of a call record or leg."""
    return row["startTimeUTC"], row["pbxId"], int(row["callId"]), int(row.get("legId", 0))


def scroll_id(row: Row) -> str:
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
