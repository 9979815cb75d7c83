"""Answers as Starlette sends them."""

from typing import Any

import orjson
from starlette.responses import Response


def json_answer(content: Any, status: int = 200) -> Response:
    """Return an answer of JSON."""
    return Response(orjson.dumps(content), status_code=status, media_type="application/json")
