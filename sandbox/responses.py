"""Responses with a JSON body."""

from typing import Any

import orjson
from starlette.responses import Response

from sandbox.rows import Row, report_rows
from sandbox.variants import Variant

ROWS_PER_PAGE = 10
"""Of a summary in pages."""


def json_response(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a response with a JSON body."""
    return Response(orjson.dumps(content), status, headers, media_type="application/json")


def summary_response(rows: list[Row], variant: Variant, url: str) -> Response:
    """Return the response of a summary, which has only the first rows in some variants."""
    rows = report_rows(rows[: variant.row_cap or None], variant)
    if variant.summary_pages == "no":
        return json_response(rows)
    page = rows[:ROWS_PER_PAGE]
    if variant.summary_pages == "wrapped":
        meta = {"totalRecordCount": len(rows), "page": 0, "totalPages": -(-len(rows) // ROWS_PER_PAGE)}
        return json_response({"meta": meta, "data": page})
    link = {"link": f'<{url}&page=1>; rel="next"'} if len(rows) > len(page) else {}
    return json_response(page, headers=link)
