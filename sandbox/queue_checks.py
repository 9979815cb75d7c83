"""Checks of the requests about queues, agents and ring groups, as strict as 8x8's documents."""

import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.checks import check_login, log_line
from sandbox.company import Pbx
from sandbox.errors import ApiError
from sandbox.lists import site_ids
from sandbox.queue_truth import QueueWindow
from sandbox.responses import json_response
from sandbox.rows import Row, queue_row
from sandbox.sandbox import Sandbox
from sandbox.variants import is_denied
from sandbox.windows import BEYOND_END

DATES = {"startDate", "endDate", "intraDayStart", "intraDayEnd"}
FILTERS = {"siteIds", "queueIds"}
METRICS = {"metrics", "includeSummary"}
STATUSES = {
    "userStatuses": {"AVAILABLE", "BUSY", "DND", "AWAY", "AUTO_AWAY", "OFFLINE", "ON_CALL", "INVISIBLE"},
    "queueStatuses": {
        *("AVAILABLE_IDLE", "HANDLING", "ALERTING", "PAUSE", "WRAP_UP"),
        *("BUSY_OTHER", "DND", "LOGGED_OUT", "OFFLINE"),
    },
}

DAY = timedelta(days=1)
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d{4})", re.ASCII)


class QueueQuery:
    """A request that passed the checks: sign-in, PBX, parameters and dates.

    Args:
        sandbox: the sandbox.
        request: the request.
        allowed: the parameters that the endpoint accepts.
        at_most: the longest period that it accepts.
    """

    def __init__(
        self, sandbox: Sandbox, request: Request, allowed: set[str], at_most: timedelta | None = None
    ) -> None:
        self.path = request.url.path
        known = sandbox.pbx_with_id(request.path_params["pbx"])
        query = request.query_params
        start, end = query.get("startDate", ""), query.get("endDate", "")
        self.line = log_line(sandbox, request, known.name if known else "", start, end)
        check_login(sandbox, request)
        self.sandbox = sandbox
        self.pbx = self._allowed_pbx(known)
        self.parameters = dict(query)
        if len(query.multi_items()) != len(self.parameters) or not set(self.parameters) <= allowed:
            raise self.error(400, "Parameters repeated or unknown.")
        self.first, self.last = self._dates(at_most)
        self._check_lists()

    def error(self, status: int, message: str) -> ApiError:
        """Return an error of these endpoints."""
        return ApiError(
            status,
            {
                "timestamp": f"{self.sandbox.clock():%Y-%m-%dT%H:%M:%S.000+0000}",
                "status": status,
                "messages": [message],
                "path": self.path,
            },
        )

    def list_of(self, name: str) -> set[str] | None:
        """Return the values of a list parameter, None if it was not sent."""
        return set(self.parameters[name].split(",")) if name in self.parameters else None

    def sorting(self, fields: tuple[str, ...], required: bool) -> tuple[str, bool]:
        """Return the field to sort by and whether it descends, or reject the request.

        Args:
            fields: those that the endpoint can sort by.
            required: whether both parameters must be sent; the defaults are the first field, ascending.
        """
        plain = {} if required else {"sortingField": fields[0], "sortingDirection": "ASC"}
        sent = {**plain, **self.parameters}
        field, direction = sent.get("sortingField"), sent.get("sortingDirection")
        if field not in fields or direction not in ("ASC", "DESC"):
            raise self.error(400, "sortingField or sortingDirection is missing or not valid.")
        return field, direction == "DESC"

    def window(self) -> QueueWindow:
        """Return the calls that were requested."""
        whole = self.sandbox.queue_window(self.pbx, self.first, self.last)
        ids, queues, sites = site_ids(self.pbx), self.list_of("queueIds"), self.list_of("siteIds")
        chosen = [
            queue
            for queue in whole.queues
            if (queues is None or queue.id in queues) and (sites is None or ids[queue.site] in sites)
        ]
        numbers = {queue.number for queue in chosen}
        return replace(whole, queues=chosen, calls=[call for call in whole.calls if call.group in numbers])

    def with_metrics(self, row: Row) -> Row:
        """Return a row as the variants have it, with the metrics that were requested."""
        row = queue_row(row, self.sandbox.variant)
        self.check_metrics(row["metrics"])
        names = self.list_of("metrics")
        kept = {name: value for name, value in row["metrics"].items() if names is None or name in names}
        return {**row, "metrics": kept}

    def check_metrics(self, known: set[str] | Row) -> None:
        """Reject a request for other metrics than the known ones."""
        unknown = sorted((self.list_of("metrics") or set()) - set(known))
        if unknown:
            raise self.error(400, f"Invalid Metrics Passed [{','.join(unknown)}].")

    def response(self, content: dict[str, Any]) -> Response:
        """Return the response, without the summary if it was not requested."""
        self.line.status = 200
        if self.parameters.get("includeSummary", "true") == "false":
            content = {name: value for name, value in content.items() if "ummary" not in name}
        cap = self.sandbox.variant.row_cap or None
        return json_response(
            {name: value[:cap] if isinstance(value, list) else value for name, value in content.items()}
        )

    def _allowed_pbx(self, known: Pbx | None) -> Pbx:
        if known is None:
            raise self.error(404, "PBX not found.")
        if is_denied(self.path, self.sandbox.variant) or not self.sandbox.is_readable(known):
            user = self.sandbox.username
            raise self.error(
                403, f"user [{user}] does not have access to pbxId [{known.opaque_id}] to make this request."
            )
        return known

    def _dates(self, at_most: timedelta | None) -> tuple[datetime, datetime]:
        """Return the requested period: its first instant and the one after its last."""
        sent = DATES & set(self.parameters)
        if ("startDate" in sent) != ("endDate" in sent):
            raise self.error(400, "startDate and endDate need each other.")
        if ("intraDayStart" in sent) != ("intraDayEnd" in sent) or len(sent) > 2:
            raise self.error(400, "The sandbox does not support intraDayStart.")
        if "startDate" not in sent:
            now = self.sandbox.clock()
            return now - DAY, now
        start, end = (self._instant(self.parameters[name]) for name in ("startDate", "endDate"))
        if start > end:
            raise self.error(400, "startDate is after endDate.")
        if at_most and end - start > at_most and self.sandbox.variant.queue_days == "one":
            raise self.error(400, "The interval is longer than a day.")
        if self.sandbox.variant.queue_window == "whole days":
            start, end = (moment.replace(hour=0, minute=0, second=0) for moment in (start, end))
            return start, end + DAY
        return start, end + BEYOND_END[self.sandbox.variant.end_time]

    def _instant(self, text: str) -> datetime:
        if not DATE.fullmatch(text):
            raise self.error(400, "A date is not ISO 8601 with an offset.")
        try:
            return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").astimezone(timezone.utc)
        except ValueError:
            raise self.error(400, "A date does not exist.") from None

    def _check_lists(self) -> None:
        if any("[" in value or not value for value in self.parameters.values()):
            raise self.error(400, "Lists are separated by commas.")
        if any(not (self.list_of(name) or set()) <= known for name, known in STATUSES.items()):
            raise self.error(400, "A status does not exist.")
        if self.parameters.get("includeSummary", "true") not in ("true", "false"):
            raise self.error(400, "includeSummary is true or false.")
