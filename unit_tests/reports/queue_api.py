"""The queue endpoints of one PBX, as tests of queue reports need them."""

from collections.abc import Callable
from typing import Any

from source_8x8_work_analytics import messages
from testing.builders import PBXES_URL
from unit_tests.reading import Read
from unit_tests.reports.sentences import sentence

URL = f"{PBXES_URL}/x0"
ONE_DAY: dict[str, Any] = {"start_date": "2026-11-22", "end_date": "2026-11-22"}
Respond = Callable[[Any, Any], Any]


def rejects(condition: Callable[[dict[str, list[str]]], bool], otherwise: Respond) -> Respond:
    """Return 400 for the requests that a condition holds for."""

    def respond(request: Any, context: Any) -> Any:
        if not condition(request.qs):
            return otherwise(request, context)
        context.status_code = 400
        return {"status": 400, "messages": ["no"]}

    return respond


def bad_request(stream: str, day: str = "2026-11-22") -> list[str]:
    return [sentence(messages.BAD_REQUEST, f"{stream}, PBX acmecorp, {day}", details="HTTP 400")]


def texts(read: Read) -> list[str]:
    return [error.message for error in read.errors]


def spans(report: Any) -> list[tuple[str, str]]:
    return [(r.qs["startdate"][0].upper(), r.qs["enddate"][0].upper()) for r in report.request_history]
