"""Errors of the API, and how 8x8 words them."""

from datetime import datetime
from typing import Any


class ApiError(Exception):
    """A response of the API that is an error."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


def bad_key() -> ApiError:
    """Return the error for a wrong API key."""
    detail = {"type": "invalidValue", "location": "header", "path": ["8x8-apikey"], "hint": "unknown key"}
    return ApiError(
        400, {"status": 400, "message": "Invalid 8x8-apikey", "code": "SHA001", "details": [detail]}
    )


def bad_login(error: str, description: str) -> ApiError:
    """Return the error for a sign-in that fails."""
    return ApiError(400, {"error_description": description, "error": error})


def bad_token(description: str) -> ApiError:
    """Return the error for a token that is not valid."""
    return ApiError(401, {"error": "invalid_token", "error_description": description})


def bad_request(message: str) -> ApiError:
    """Return the error for wrong parameters."""
    return ApiError(400, {"status": 400, "message": message, "code": "400-BAD-REQUEST"})


def no_access(pbx: str, path: str, now: datetime) -> ApiError:
    """Return the error of a report for a PBX that the user cannot see."""
    message = f"user(reports.supervisor) does not have access to pbxId({pbx}) to make this request."
    return ApiError(
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


def no_category(path: str) -> ApiError:
    """Return the error of a report or list that the user cannot read at all."""
    if "/pbxes" in path:
        return list_error(403, "user(reports.supervisor) does not have access to make this request.")
    message = "user(reports.supervisor) does not have access to api category(CDR)."
    return ApiError(400, {"status": 400, "message": message, "code": "105-400-038"})


def list_error(status: int, message: str) -> ApiError:
    """Return an error of a list."""
    body = {"timestamp": "2026-01-01T00:00:00Z", "status": status, "messages": [message], "path": ""}
    return ApiError(status, body)
