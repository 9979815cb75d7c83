"""Build the page: a single HTML file that makes no network requests."""

import base64
import hashlib
import json
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from scripts.dashboard.charts import Target, charts
from scripts.dashboard.data import MOST_WAITING, DashboardData
from scripts.dashboard.database import Row
from scripts.dashboard.look import looks

FOLDER = Path(__file__).parent
# In dependency order.
SCRIPTS = ("format.js", "rows.js", "tiles.js", "columns.js", "tables.js", "charts.js", "page.js")
TITLE = "Phone dashboard"


@lru_cache
def library() -> str:
    """Return Vega-Embed and its dependencies as one script; building it takes seconds."""
    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")


def page(data: DashboardData, target: Target | None = None, title: str = TITLE) -> str:
    """Return the page as HTML.

    Everything from the data is escaped, and only the two scripts whose hashes are listed can run.

    Args:
        data: the rows.
        target: the company's targets.
        title: the heading.
    """
    target = target or Target()
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False, "separators": (",", ":")}
    scripts = [library(), "\n".join((FOLDER / "js" / name).read_text(encoding="utf-8") for name in SCRIPTS)]
    specs = charts(data, target)
    return environment.get_template("page.html.jinja").render(
        data=data,
        charts=specs,
        embedded=_embedded(data, target) | {"charts": specs, "looks": looks()},
        most_waiting=MOST_WAITING,
        hashes=[_hash(script) for script in scripts],
        scripts=[Markup(script) for script in scripts],  # noqa: S704 - the library and our own files
        style=Markup((FOLDER / "page.css").read_text(encoding="utf-8")),  # noqa: S704
        target=target,
        title=title,
    )


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _embedded(data: DashboardData, target: Target) -> dict[str, Any]:
    """Return the data for the page's script, as JSON values."""
    periods = data.periods
    embedded = {
        "first": periods and periods.first,
        "before": periods and periods.before,
        "days": periods and periods.days,
        "parts": {part: _columns(rows) for part, rows in data.parts.items()},
        "compared": data.compared,
        "pbxes": data.pbxes,
        "target": target.__dict__,
    }
    plain: dict[str, Any] = json.loads(json.dumps(embedded, default=_text))
    return plain


def _columns(rows: list[Row]) -> dict[str, list[Any]]:
    """Return rows in compact form, with each column name given once."""
    names = list(rows[0]) if rows else []
    return {"columns": names, "rows": [[row[name] for name in names] for row in rows]}


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"A {type(value).__name__} cannot be shown on the page.")
